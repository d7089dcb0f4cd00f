//! The vectors' API as a generated client would have it, and a world to call it in.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use holdover_client::binding::Client;
use holdover_client::store::Store;
use holdover_client::{
    Account, CallRequest, Code, Credentials, CredentialsProvider, Error, Failure, InlineDriver, MemoryStore,
    Observation, Observed, Protocol, Runtime, RuntimeBuilder, Session, Snapshot,
};
use holdover_testkit::clock::ManualClock;
use holdover_testkit::network::{Reply, ScriptedNetwork};
use prost::Message;

pub(crate) static POLICY: &[u8] = include_bytes!("../../../../tests/vectors/api.policy");

// Indexes into the policy, in the order of `tests/vectors/api.proto`.
pub(crate) const QUOTE: usize = 0;
pub(crate) const PLAN: usize = 2;
pub(crate) const STATUS: usize = 9;
pub(crate) const PLAIN: usize = 11;
pub(crate) const UPDATE: usize = 12;
pub(crate) const TRIP: usize = 14;
pub(crate) const WATCH: usize = 19;
pub(crate) const WATCH_TRIMMED: usize = 20;
pub(crate) const FEED: usize = 23;
pub(crate) const UPLOAD: usize = 24;
pub(crate) const CHAT: usize = 25;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RideRequest {
    #[prost(string, tag = "1")]
    pub(crate) ride_id: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Ride {
    #[prost(string, optional, tag = "1")]
    pub(crate) id: Option<String>,
    #[prost(int64, optional, tag = "2")]
    pub(crate) cents: Option<i64>,
    #[prost(message, optional, tag = "3")]
    pub(crate) promo: Option<Banner>,
    #[prost(string, optional, tag = "4")]
    pub(crate) note: Option<String>,
    #[prost(message, optional, tag = "6")]
    pub(crate) first: Option<Stage>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Banner {
    #[prost(string, optional, tag = "1")]
    pub(crate) text: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Stage {
    #[prost(string, optional, tag = "1")]
    pub(crate) id: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) sketch: Option<String>,
}

pub(crate) fn request(ride: &str) -> RideRequest {
    RideRequest { ride_id: ride.to_owned() }
}

pub(crate) fn ride(id: &str) -> Ride {
    Ride { id: Some(id.to_owned()), ..Ride::default() }
}

/// An answer with this id.
pub(crate) fn answers(id: &str) -> impl Fn(&CallRequest) -> Reply + Send + Sync + use<> {
    let body = encode(&ride(id));
    move |_| Reply::Ok(body.clone())
}

/// A status in the protocol's own framing.
pub(crate) fn status(code: Code) -> Failure {
    match Reply::status(code) {
        Reply::Fail(failure) => failure,
        _ => unreachable!("a status is a failure"),
    }
}

pub(crate) fn encode(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}

pub(crate) fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// One process on one device.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) network: ScriptedNetwork,
    pub(crate) runtime: Runtime,
    pub(crate) driver: InlineDriver,
    pub(crate) session: Session,
    pub(crate) rides: Client,
}

/// Everything that a world needs but its store and credentials.
pub(crate) fn builder(clock: &ManualClock, network: &ScriptedNetwork) -> RuntimeBuilder {
    Runtime::builder()
        .plain_text_endpoint("test", "http://rides.invalid", Protocol::Connect)
        .transport(network.clone())
        .clock(clock.clone())
        .seed([7; 32])
}

impl World {
    /// With an empty store.
    pub(crate) fn new() -> Self {
        Self::with(
            &ManualClock::new(),
            &ScriptedNetwork::new(answers("q1")),
            MemoryStore::new(),
            no_credentials,
        )
    }

    pub(crate) fn with(
        clock: &ManualClock,
        network: &ScriptedNetwork,
        store: impl Store,
        credentials: impl CredentialsProvider,
    ) -> Self {
        let (runtime, driver) = builder(clock, network).store(store).build_inline().unwrap();
        let session = runtime.session(Account::user("u-1"), credentials);
        let rides = Client::bind(&session, POLICY).unwrap();
        Self { clock: clock.clone(), network: network.clone(), runtime, driver, session, rides }
    }

    /// Lets time pass, and everything happen that is due.
    pub(crate) fn pass(&mut self, by: Duration) {
        self.driver.run();
        self.clock.advance(by);
        self.driver.run();
    }

    /// Runs until the future has its answer, without time passing.
    pub(crate) fn finish<F: Future + Unpin>(&mut self, mut future: F) -> F::Output {
        for _ in 0..10 {
            if let Some(output) = (&mut future).now_or_never() {
                return output;
            }
            self.driver.run();
        }
        panic!("nothing moves, and there is no answer");
    }

    pub(crate) fn get(&mut self, method: usize, ride: &str) -> Result<Snapshot<Ride>, Error> {
        let call = self.rides.unary(method, &request(ride));
        self.finish(call)
    }

    /// The newest state, if there is one that was not seen yet. `None` in it: the end.
    pub(crate) fn next(&mut self, observation: &mut Observation<Ride>) -> Option<Option<Observed<Ride>>> {
        // The first poll starts it.
        let first = observation.next().now_or_never();
        if first.is_some() {
            return first;
        }
        self.driver.run();
        observation.next().now_or_never()
    }
}

pub(crate) async fn no_credentials(
    _: holdover_client::CredentialsRequest,
) -> Result<Credentials, holdover_client::CredentialsError> {
    Ok(Credentials::none())
}
