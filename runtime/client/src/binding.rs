//! What generated clients are made of. Apps use the generated client instead.
//!
//! ```ignore
//! static POLICY: &[u8] = include_bytes!("pricing.v1.policy.binpb");
//!
//! pub struct PricingClient { client: holdover::binding::Client }
//!
//! impl PricingClient {
//!     pub fn new(session: &holdover::Session) -> Result<Self, holdover::Error> {
//!         Ok(Self { client: holdover::binding::Client::bind(session, POLICY)? })
//!     }
//!     pub fn get_quote(&self, request: GetQuoteRequest) -> holdover::UnaryCall<Quote> {
//!         self.client.unary(0, &request)                     // 0: the method's index in POLICY
//!     }
//!     pub fn observe_get_quote(&self, request: GetQuoteRequest) -> holdover::Observation<Quote> {
//!         self.client.observe(0, &request)
//!     }
//!     pub fn cached_get_quote(&self, request: &GetQuoteRequest) -> Option<holdover::Snapshot<Quote>> {
//!         self.client.cached(0, request)
//!     }
//!     pub fn prefetch_get_quote(&self, request: &GetQuoteRequest) -> holdover::Completion {
//!         self.client.prefetch(0, request)
//!     }
//!     pub fn watch_prices(&self, request: WatchPricesRequest) -> holdover::Streaming<Price> {
//!         self.client.server_stream(1, &request)
//!     }
//!     pub fn upload(&self) -> holdover::ClientStream<Chunk, Receipt> {
//!         self.client.client_stream(2)
//!     }
//!     pub fn talk(&self) -> holdover::BidiStream<Line, Line> {
//!         self.client.bidi_stream(3)
//!     }
//!     pub fn put_get_quote(&self, request: &GetQuoteRequest, value: &Quote) -> holdover::Completion {
//!         self.client.put(0, request, value)
//!     }
//! }
//! ```

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use holdover_engine::{
    CallOptions, Form, Input, Kind, MethodId, Observed as RawObserved, SessionId, Snapshot as RawSnapshot,
};
use prost::Message;

use crate::driver::{Driver, Lane, Started, Ticket, Window};
use crate::policy::Policy;
use crate::stream::Exchange;
pub use crate::tag::{TagBuilder, TagValue};
use crate::view::{LastKnown, Withheld};
use crate::{
    BidiStream, ClientStream, Completion, Error, ErrorKind, Observation, Observed, Provenance, Session,
    Snapshot, Streaming, UnaryCall,
};

/// A session that knows the policy of some services. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    session: Session,
    policy: Arc<Policy>,
}

impl Client {
    /// Reads a policy set, once per runtime, and binds it to a session.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misuse`] when the policy is damaged, is of a newer format, or promises something that this runtime
    /// cannot do yet; the message names the method and the block. Also for an account whose id is empty.
    pub fn bind(session: &Session, policy: &'static [u8]) -> Result<Self, Error> {
        session.account().check()?;
        let policy = session.runtime().policy(policy)?;
        Ok(Self { session: session.clone(), policy })
    }

    /// The session that calls are made on.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// A call of the policy's method of this index. Nothing happens before it is awaited.
    pub fn unary<Request, Response>(&self, method: usize, request: &Request) -> UnaryCall<Response>
    where
        Request: Message,
        Response: Message + Default + 'static,
    {
        UnaryCall::bound(self.target(method, request))
    }

    /// Watches the answer to a request. After a restart the first state comes when the disk has been looked at: what it has,
    /// or [`Observed::Loading`].
    pub fn observe<Request, Response>(&self, method: usize, request: &Request) -> Observation<Response>
    where
        Request: Message,
        Response: Message + Default + 'static,
    {
        Observation::bound(self.target(method, request))
    }

    /// The messages of a server. Nothing happens before the stream is polled.
    pub fn server_stream<Request, Response>(&self, method: usize, request: &Request) -> Streaming<Response>
    where
        Request: Message + 'static,
        Response: Message + Default + 'static,
    {
        let exchange = Exchange::new(self.target(method, request), encode::<Request>);
        Streaming::new(Arc::new(exchange))
    }

    /// Many requests, one response. Nothing happens before something is sent.
    pub fn client_stream<Request, Response>(&self, method: usize) -> ClientStream<Request, Response>
    where
        Request: Message + 'static,
        Response: Message + Default + 'static,
    {
        let exchange = Arc::new(self.exchange(method));
        ClientStream::new(exchange.clone(), exchange)
    }

    /// Many requests, many responses. Nothing happens before something is sent or awaited.
    pub fn bidi_stream<Request, Response>(&self, method: usize) -> BidiStream<Request, Response>
    where
        Request: Message + 'static,
        Response: Message + Default + 'static,
    {
        let exchange = Arc::new(self.exchange(method));
        BidiStream::new(exchange.clone(), exchange)
    }

    fn exchange<Request, Response>(&self, method: usize) -> Exchange<Request, Response>
    where
        Request: Message,
        Response: Message + Default,
    {
        let decode = |bytes: &[u8]| Response::decode(bytes);
        let target = Target { client: self.clone(), method, request: Bytes::new(), decode };
        Exchange::new(target, encode::<Request>)
    }

    /// What memory has, at once: for the first frame. After a restart memory has nothing, until a call, an observer or a
    /// [prefetch](Self::prefetch) has brought what the disk has.
    pub fn cached<Request, Response>(&self, method: usize, request: &Request) -> Option<Snapshot<Response>>
    where
        Request: Message,
        Response: Message + Default + 'static,
    {
        let target = self.target(method, request);
        let session = target.client.session.id();
        let raw =
            target.driver().peek(session, target.id().ok()?, &target.request, &CallOptions::default())?;
        target.snapshot(raw).ok()
    }

    /// Fetches the answer at BACKGROUND priority unless there is a fresh one. After a restart, one that is fresh on the disk
    /// is brought to memory, without the network.
    pub fn prefetch<Request: Message>(&self, method: usize, request: &Request) -> Completion {
        let request = encode(request);
        let session = self.session.id();
        Completion::of(self.policy.method(method).and_then(|method| {
            let (method, options) = (method.id, CallOptions::default());
            let form = Form::Prefetch;
            self.driver().start(|op| Input::Call { op, session, method, request, options, form })
        }))
    }

    /// Stores an answer that the app has from elsewhere, as stale: shown at once, and refreshed.
    ///
    /// Fails [`ErrorKind::Unusable`] when a required part is missing, [`ErrorKind::TooLarge`], or [`ErrorKind::Misuse`]
    /// when the method is not cached.
    pub fn put<Request, Response>(&self, method: usize, request: &Request, value: &Response) -> Completion
    where
        Request: Message,
        Response: Message,
    {
        let (request, value) = (encode(request), encode(value));
        let session = self.session.id();
        Completion::of(self.policy.method(method).and_then(|method| {
            let (method, options) = (method.id, CallOptions::default());
            self.driver().start(|op| Input::Put { op, session, method, request, value, options })
        }))
    }

    fn driver(&self) -> &Arc<Driver> {
        self.session.runtime().driver()
    }

    fn target<Request, Response>(&self, method: usize, request: &Request) -> Target<Response>
    where
        Request: Message,
        Response: Message + Default,
    {
        let decode = |bytes: &[u8]| Response::decode(bytes);
        Target { client: self.clone(), method, request: encode(request), decode }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("session", &self.session).finish_non_exhaustive()
    }
}

fn encode<M: Message>(message: &M) -> Bytes {
    message.encode_to_vec().into()
}

/// A request to a method, and how to read its answer.
pub(crate) struct Target<T> {
    client: Client,
    method: usize,
    request: Bytes,
    decode: fn(&[u8]) -> Result<T, prost::DecodeError>,
}

impl<T> Target<T> {
    pub(crate) fn driver(&self) -> &Arc<Driver> {
        self.client.driver()
    }

    fn session(&self) -> SessionId {
        self.client.session.id()
    }

    fn id(&self) -> Result<MethodId, Error> {
        Ok(self.client.policy.method(self.method)?.id)
    }

    /// Answers from memory, or starts the call.
    pub(crate) fn call(&self, options: CallOptions) -> Result<Started, Error> {
        self.driver().call(self.session(), self.id()?, self.request.clone(), options, Form::Get)
    }

    /// Starts a stream.
    pub(crate) fn open(&self, options: CallOptions) -> Result<Ticket<Lane>, Error> {
        let known = self.client.policy.method(self.method)?;
        let window = match known.kind {
            Kind::Unary => {
                let wrong =
                    format!("{} is no stream; generate the client and its policy together", known.name);
                return Err(Error::misuse(wrong));
            }
            Kind::ClientStream => Window::NONE,
            Kind::ServerStream | Kind::BidiStream if known.replay => Window::SHALLOW,
            Kind::ServerStream | Kind::BidiStream => Window::DEEP,
        };
        let (session, method, request) = (self.session(), known.id, self.request.clone());
        let form = Form::Stream;
        self.driver().open(window, |op| Input::Call { op, session, method, request, options, form })
    }

    /// Starts observing.
    pub(crate) fn observe(&self, options: CallOptions) -> Result<Ticket, Error> {
        let (session, method, request) = (self.session(), self.id()?, self.request.clone());
        let form = Form::Observe;
        self.driver().start(|op| Input::Call { op, session, method, request, options, form })
    }

    /// Reads an answer.
    pub(crate) fn snapshot(&self, raw: RawSnapshot) -> Result<Snapshot<T>, Error> {
        let method = self.client.policy.method(self.method)?;
        let value = (self.decode)(&raw.value).map_err(|error| {
            let what = format!("the answer of {} cannot be read as its type ({error})", method.name);
            Error::new(
                ErrorKind::Unusable,
                format!("{what}; compare the server's .proto files with the app's"),
            )
        })?;
        let withheld = match raw.withheld {
            None => Withheld::NOTHING,
            Some(withheld) => Withheld {
                plan: method.withheld(withheld.plan),
                last_known: withheld.last_known.map(|bytes| Arc::new(LastKnown::new(bytes, self.decode))),
            },
        };
        let provenance = Provenance {
            source: raw.source,
            freshness: raw.freshness,
            as_of: wall_time(raw.as_of_ms),
            age: raw.age,
            detail: raw.detail,
            refreshing: raw.refreshing,
            gap: raw.gap,
            error: raw.error.map(|error| *error),
        };
        Ok(Snapshot::new(value, provenance, withheld))
    }

    /// Reads a state.
    pub(crate) fn observed(&self, raw: RawObserved) -> Observed<T> {
        match raw {
            RawObserved::Loading => Observed::Loading,
            RawObserved::Value(raw) => self.snapshot(raw).map_or_else(Observed::Failed, Observed::Value),
            RawObserved::Failed(error) => Observed::Failed(error),
        }
    }
}

/// Milliseconds since 1970, which may be anything in a store, as a time that the platform can hold.
fn wall_time(ms: i64) -> SystemTime {
    let distance = Duration::from_millis(ms.unsigned_abs());
    let time = if ms < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}
