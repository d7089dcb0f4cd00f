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
//!     pub fn prefetch_get_quote(&self, request: &GetQuoteRequest) {
//!         self.client.prefetch(0, request)
//!     }
//!     pub fn put_get_quote(&self, request: &GetQuoteRequest, value: &Quote) -> Result<(), holdover::Error> {
//!         self.client.put(0, request, value)
//!     }
//! }
//! ```

use prost::Message;

pub use crate::tag::{TagBuilder, TagValue};
use crate::{Error, Observation, Session, Snapshot, UnaryCall};

/// A session that knows the policy of some services.
#[derive(Clone, Debug)]
pub struct Client {
    session: Session,
}

impl Client {
    /// Reads a policy set, once per process, and binds it to a session.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) when the policy is damaged, is of a newer format, or promises
    /// something that this runtime cannot do yet; the message names the method and the block.
    pub fn bind(session: &Session, policy: &'static [u8]) -> Result<Self, Error> {
        session.runtime().policy(policy)?;
        Ok(Self { session: session.clone() })
    }

    /// A call of the policy's method of this index.
    pub fn unary<Request, Response>(&self, method: usize, request: &Request) -> UnaryCall<Response>
    where
        Request: Message,
        Response: Message + Default + 'static,
    {
        let request = request.encode_to_vec().into();
        let call = self.session.runtime().call(method, request);
        UnaryCall::answered_by(|_| call)
    }

    /// Watches the answer to a request.
    pub fn observe<Request, Response>(&self, method: usize, request: &Request) -> Observation<Response>
    where
        Request: Message,
        Response: Message + Default + 'static,
    {
        let _request = (method, request.encode_to_vec());
        Observation::of(futures_util::stream::empty())
    }

    /// What memory has, at once: for the first frame.
    pub fn cached<Request, Response>(&self, method: usize, request: &Request) -> Option<Snapshot<Response>>
    where
        Request: Message,
        Response: Message + Default + 'static,
    {
        let _request = (method, request.encode_to_vec());
        None
    }

    /// Fetches the answer in the background unless there is a fresh one.
    pub fn prefetch<Request: Message>(&self, method: usize, request: &Request) {
        let _request = (method, request.encode_to_vec());
    }

    /// Stores an answer that the app has from elsewhere, as stale: shown at once, and refreshed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unusable`](crate::ErrorKind::Unusable) when a required part is missing,
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge), or [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) when the
    /// method is not cached.
    pub fn put<Request: Message, Response: Message>(
        &self,
        method: usize,
        request: &Request,
        value: &Response,
    ) -> Result<(), Error> {
        let _put = (method, request.encode_to_vec(), value.encode_to_vec());
        Ok(())
    }
}
