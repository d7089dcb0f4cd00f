//! What a service does, whichever server serves it.

use std::future::Future;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use holdover_client::Code;
use http::{HeaderMap, HeaderName, HeaderValue};

/// A request, as it reached the service.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `/pricing.v1.Pricing/GetQuote`
    pub path: String,
    /// The request's metadata.
    pub headers: HeaderMap,
    /// The encoded message, decompressed.
    pub message: Bytes,
}

/// A message, and what goes with it.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Encoded.
    pub message: Bytes,
    /// Leading metadata.
    pub headers: HeaderMap,
    /// Trailing metadata; tonic has none for successful unary calls.
    pub trailers: HeaderMap,
}

impl Answer {
    /// A message without metadata.
    pub fn of(message: impl Into<Bytes>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// Adds leading metadata.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }
}

/// A status other than OK.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Why.
    pub code: Code,
    /// For developers.
    pub message: String,
    /// Type names and encoded messages.
    pub details: Vec<(String, Bytes)>,
    /// Metadata, trailing where the protocol has that.
    pub metadata: Box<HeaderMap>,
}

impl Refusal {
    /// A status without details.
    pub fn of(code: Code, message: &str) -> Self {
        Self { code, message: message.to_owned(), details: Vec::new(), metadata: Box::default() }
    }
}

/// Serves every method.
pub trait Handler: Send + Sync + 'static {
    /// Answers one call. The future is dropped when the server learns that nobody waits any more.
    fn handle(&self, asked: Asked) -> BoxFuture<'static, Result<Answer, Refusal>>;
}

impl<F, Fut> Handler for F
where
    F: Fn(Asked) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Answer, Refusal>> + Send + 'static,
{
    fn handle(&self, asked: Asked) -> BoxFuture<'static, Result<Answer, Refusal>> {
        Box::pin(self(asked))
    }
}
