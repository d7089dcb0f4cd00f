//! An app that uses the service.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use holdover::{
    Account, Clock, Credentials, CredentialsError, CredentialsProvider, CredentialsRequest, Error, Event,
    Freshness, Observation, Observed, Protocol, Runtime, RuntimeBuilder, Session, Snapshot,
};

use holdover_transport_connect::{ConnectTransport, HyperService};
use tokio::sync::mpsc;

use crate::clock::{PausedClock, TestClock};
use crate::pipe::Pipe;
use crate::pricing::v1::{GetQuoteRequest, PricingClient, Quote};
use crate::running::Server;
use crate::site::{Site, http};
use crate::untold::Untold;

/// One account's session, and the generated client on it.
pub struct App<C = TestClock> {
    /// What the app holds for its whole life.
    pub runtime: Runtime,
    /// The account `u-17` at the server.
    pub session: Session,
    /// The generated client.
    pub pricing: PricingClient,
    /// The runtime's time.
    pub clock: C,
    /// What the runtime decided, in order; told after the caller who is concerned.
    events: mpsc::UnboundedReceiver<Event>,
}

impl App {
    /// An app on `server`, with nothing on disk, whose calls need no credentials.
    pub fn on(site: &Site, server: &Server) -> Self {
        Self::with(site, server, |builder| builder, holdover::Anonymous)
    }

    /// As [`App::on`], configured further.
    pub fn with(
        site: &Site,
        server: &Server,
        configure: impl FnOnce(RuntimeBuilder) -> RuntimeBuilder,
        credentials: impl CredentialsProvider,
    ) -> Self {
        let builder = match site.tls {
            None => Runtime::builder().plain_text_endpoint("prod", &server.url(), site.protocol),
            Some(_) => Runtime::builder().endpoint_with("prod", &server.url(), site.protocol),
        };
        let transport = ConnectTransport::over(Untold(http(server)));
        Self::built(configure(builder.transport(transport)), credentials)
    }

    /// An app of a builder that has its endpoint and transport.
    pub fn built(builder: RuntimeBuilder, credentials: impl CredentialsProvider) -> Self {
        let clock = TestClock::new();
        let (builder, events) = observed(builder, clock.clone());
        Self::of(builder.build().unwrap(), credentials, clock, events)
    }
}

impl App<PausedClock> {
    /// An app at the other end of `pipe`, whose runtime is a task of this executor: where tokio's time is paused,
    /// everything that happens to it happens in order.
    pub fn through(site: &Site, pipe: &Pipe) -> Self {
        assert!(site.tls.is_none(), "pipes carry plain text: what TLS adds does not depend on the wire");
        let clock = PausedClock::new();
        let service = HyperService::builder().dial(pipe.clone()).build().unwrap();
        let builder = Runtime::builder()
            .plain_text_endpoint("prod", "http://pricing.invalid", site.protocol)
            .transport(ConnectTransport::over(Untold(service)));
        let (builder, events) = observed(builder, clock);
        let (runtime, mut driver) = builder.build_inline().unwrap();
        tokio::spawn(async move { driver.drive().await });
        Self::of(runtime, holdover::Anonymous, clock, events)
    }
}

/// The builder of a runtime that tells its events.
fn observed(builder: RuntimeBuilder, clock: impl Clock) -> (RuntimeBuilder, mpsc::UnboundedReceiver<Event>) {
    let (tell, events) = mpsc::unbounded_channel();
    let builder = builder.clock(clock).seed([7; 32]).on_event(move |event, _| {
        // Nobody may listen any more.
        let _ = tell.send(event.clone());
    });
    (builder, events)
}

impl<C> App<C> {
    fn of(
        runtime: Runtime,
        credentials: impl CredentialsProvider,
        clock: C,
        events: mpsc::UnboundedReceiver<Event>,
    ) -> Self {
        let session = runtime.session(Account::user("u-17"), credentials);
        let pricing = PricingClient::new(&session).unwrap();
        Self { runtime, session, pricing, clock, events }
    }

    /// Waits for an event that `wanted` accepts, and passes over those before it.
    pub async fn event(&mut self, mut wanted: impl FnMut(&Event) -> bool) -> Event {
        loop {
            let event = self.events.recv().await.expect("the runtime is there");
            if wanted(&event) {
                return event;
            }
        }
    }

    /// Forgets the events that there were, for tests that count memory.
    pub fn forget_events(&mut self) {
        while self.events.try_recv().is_ok() {}
    }

    /// Asks for the quote of the ride `r-1`.
    pub async fn quote(&self) -> Result<Snapshot<Quote>, Error> {
        self.pricing.get_quote(ride()).await
    }

    /// Watches the quote of the ride `r-1`.
    pub fn observe_quote(&self) -> Observation<Quote> {
        self.pricing.observe_get_quote(ride())
    }
}

/// The ride that tests are about.
pub fn ride() -> GetQuoteRequest {
    GetQuoteRequest { ride_id: "r-1".to_owned() }
}

/// Waits for the first state that `wanted` accepts.
pub async fn state_with<T>(
    observation: &mut Observation<T>,
    mut wanted: impl FnMut(&Observed<T>) -> bool,
) -> Observed<T> {
    loop {
        let state = observation.next().await.expect("an observation goes on");
        if wanted(&state) {
            return state;
        }
    }
}

/// Waits for a fresh value that is not being refreshed.
pub async fn settled<T>(observation: &mut Observation<T>) -> Snapshot<T> {
    let state = state_with(observation, |state| {
        matches!(state, Observed::Value(value)
            if value.freshness() == Freshness::Fresh && !value.is_refreshing())
    });
    match state.await {
        Observed::Value(value) => value,
        _ => unreachable!("only values are accepted above"),
    }
}

/// Gives out `Bearer token-<n>`, with a new number each time it is asked, and counts.
#[derive(Clone, Default)]
pub struct Tokens {
    asked: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<CredentialsRequest>>>,
}

impl Tokens {
    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// What it was asked, in order.
    pub fn requests(&self) -> Vec<CredentialsRequest> {
        self.requests.lock().unwrap().clone()
    }
}

impl CredentialsProvider for Tokens {
    fn credentials(
        &self,
        request: CredentialsRequest,
    ) -> futures_util::future::BoxFuture<'static, Result<Credentials, CredentialsError>> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        self.requests.lock().unwrap().push(request);
        let token = Credentials::bearer(&format!("token-{number}"));
        Box::pin(async move { Ok(token?) })
    }
}

/// The protocols, for tests that need no particular server.
pub const PROTOCOLS: [Protocol; 3] = [Protocol::Connect, Protocol::Grpc, Protocol::GrpcWeb];
