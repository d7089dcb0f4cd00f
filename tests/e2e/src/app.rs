//! An app that uses the service.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use holdover::{
    Account, Credentials, CredentialsError, CredentialsProvider, CredentialsRequest, Error, Event, Freshness,
    Observation, Observed, Protocol, Runtime, RuntimeBuilder, Session, Snapshot,
};

use tokio::sync::mpsc;

use crate::clock::TestClock;
use crate::pricing::v1::{GetQuoteRequest, PricingClient, Quote};
use crate::running::Server;
use crate::site::{Site, transport};

/// One account's session, and the generated client on it.
pub struct App {
    /// What the app holds for its whole life.
    pub runtime: Runtime,
    /// The account `u-17` at the server.
    pub session: Session,
    /// The generated client.
    pub pricing: PricingClient,
    /// The runtime's time.
    pub clock: TestClock,
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
        Self::built(configure(builder.transport(transport(server))), credentials)
    }

    /// An app of a builder that has its endpoint and transport.
    pub fn built(builder: RuntimeBuilder, credentials: impl CredentialsProvider) -> Self {
        let clock = TestClock::new();
        let (tell, events) = mpsc::unbounded_channel();
        let runtime = builder
            .clock(clock.clone())
            .seed([7; 32])
            .on_event(move |event, _| {
                // Nobody may listen any more.
                let _ = tell.send(event.clone());
            })
            .build()
            .unwrap();
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
