//! Connect, gRPC and gRPC-Web for Holdover, over any HTTP service.
//!
//! [`ConnectTransport`] frames messages and tells outcomes apart; an [`HttpService`] below it moves bytes. The default
//! one is [`HyperService`] (feature `http`): hyper, and rustls with the platform's trust. A host's own HTTP stack can take
//! its place, and no protocol is written twice.
//!
//! # Why the framing is our own
//!
//! The `connectrpc` crate has a client that is generic over its HTTP service and could carry undecoded messages. Its
//! errors, though, do not say who speaks: a status that the server sent, one that was inferred from an HTTP status, and
//! a local finding (a limit, a broken frame, corrupt compression) all arrive as the same type with the same codes. The
//! rules need them apart: only UNAUTHENTICATED in the protocol's own framing asks for credentials (A4), a server's
//! RESOURCE_EXHAUSTED is transient while a message over the limit is TOO_LARGE (C3, J3), and a status without framing
//! is INTERCEPTED (C4). It also takes a 204, or a 200 without a content type, for an empty message, which a cache would
//! keep; it reduces errors while a body is read to text, so nothing can be proven unsent; it takes method names as
//! `&'static str`, where a policy brings them at run time; and it measures time by the system's clock, so deadlines
//! cannot be tested in virtual time. To recover the difference by watching the bytes go by would mean to parse
//! trailers, trailer frames and error documents a second time. What is left is small, and the crate is
//! used where it is strong: its server is one of those that the end-to-end tests run against.
#![forbid(unsafe_code)]

mod answer;
mod bounds;
mod connect;
mod encoding;
mod envelope;
mod exchange;
mod framing;
mod gzip;
mod metadata;
mod meter;
mod outcome;
mod probe;
mod protocol;
mod request;
mod service;
mod status;
mod stream;
mod timeout;
mod trailers;
mod transport;

#[cfg(feature = "http")]
mod hyper_service;

#[cfg(feature = "http")]
pub use hyper_service::{Dial, DialError, HyperService, HyperServiceBuilder, TlsError, Wire};
pub(crate) use protocol::Protocol;
pub use service::{ConnectTimings, HttpFailure, HttpFailureKind, HttpService, RequestBody, ResponseBody};
pub use transport::ConnectTransport;
