//! What a service does, whichever server serves it.

use std::future::Future;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, Stream, StreamExt as _};
use holdover_client::Code;
use http::{HeaderMap, HeaderName, HeaderValue};

/// A request, as it reached the service.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `/pricing.v1.Pricing/GetQuote`
    pub path: String,
    /// The request's metadata.
    pub headers: HeaderMap,
    /// The encoded message, decompressed. Empty for a streaming method: its messages are in [`Messages`].
    pub message: Bytes,
}

/// Encoded messages, one by one; a refusal is the last item.
pub type Messages = BoxStream<'static, Result<Bytes, Refusal>>;

/// The answer of a streaming method: its head goes out when this is there, before the first message.
pub struct Streamed {
    /// Leading metadata.
    pub headers: HeaderMap,
    /// The messages. It is dropped when the server learns that nobody reads any more.
    pub messages: Messages,
    /// Trailing metadata; tonic has none for streams that end well.
    pub trailers: HeaderMap,
}

impl Streamed {
    /// Messages without metadata.
    pub fn of(messages: impl Stream<Item = Result<Bytes, Refusal>> + Send + 'static) -> Self {
        Self { headers: HeaderMap::new(), messages: messages.boxed(), trailers: HeaderMap::new() }
    }
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
    /// Answers one call of a unary method. The future is dropped when the server learns that nobody waits any more.
    fn handle(&self, asked: Asked) -> BoxFuture<'static, Result<Answer, Refusal>>;

    /// Answers one call of a streaming method, of any kind: a server stream's request is the only one of `requests`, and
    /// a client stream is answered by one message.
    fn stream(&self, asked: Asked, requests: Messages) -> BoxFuture<'static, Result<Streamed, Refusal>> {
        drop(requests);
        let refusal = Refusal::of(Code::Unimplemented, &asked.path);
        Box::pin(std::future::ready(Err(refusal)))
    }
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

/// A handler of streaming methods alone, from a closure.
pub struct Streams<F>(pub F);

impl<F, Fut> Handler for Streams<F>
where
    F: Fn(Asked, Messages) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Streamed, Refusal>> + Send + 'static,
{
    fn handle(&self, asked: Asked) -> BoxFuture<'static, Result<Answer, Refusal>> {
        let refusal = Refusal::of(Code::Unimplemented, &asked.path);
        Box::pin(std::future::ready(Err(refusal)))
    }

    fn stream(&self, asked: Asked, requests: Messages) -> BoxFuture<'static, Result<Streamed, Refusal>> {
        Box::pin(self.0(asked, requests))
    }
}
