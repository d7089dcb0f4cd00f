//! What crosses the wire: requests out, answers and failures in. Transports carry it and decide nothing.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::call::Priority;
use crate::error::Code;
use crate::metadata::Metadata;
use crate::session::Endpoint;

pub use holdover_annotations::policy::Quality;

/// Names one attempt of one request. The engine chooses it and never reuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(pub u64);

/// Send a unary request. Answered by [`crate::Input::Head`] (optional), then one of [`crate::Input::Response`] and
/// [`crate::Input::Failed`]; a cancelled attempt needs no answer, and a late one is ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The attempt that answers refer to.
    pub attempt: AttemptId,
    /// Where to.
    pub endpoint: Endpoint,
    /// "/pricing.v1.Pricing/GetQuote"
    pub path: Arc<str>,
    /// Everything to send beyond what the protocol itself needs: ambient, per call, credentials, detail.
    pub metadata: Metadata,
    /// The encoded request message, uncompressed and unframed.
    pub body: Bytes,
    /// How long the attempt may take, for `grpc-timeout` and `connect-timeout-ms`. The engine cancels by itself.
    pub timeout: Duration,
    /// Who gets the network first.
    pub priority: Priority,
    /// The request may reach the server twice without harm, so that a transport may send it again on a connection that
    /// turned out to be dead.
    pub idempotent: bool,
    /// The request changes nothing on the server, so that Connect may use HTTP GET.
    pub no_side_effects: bool,
}

/// A complete OK answer in the protocol's own framing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// Response headers, without the protocol's own. The engine reads `age` (seconds) and `holdover-detail-applied`.
    pub metadata: Metadata,
    /// Trailers, without the protocol's own. Read where `metadata` lacks a name.
    pub trailers: Metadata,
    /// The encoded response message, decompressed.
    pub body: Bytes,
}

/// Why an attempt has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A status other than OK in the protocol's own framing: the server itself spoke.
    Status {
        /// The code.
        code: Code,
        /// The server's message.
        message: String,
        /// An encoded `google.rpc.Status`; empty where there is none.
        details: Bytes,
        /// Headers and trailers. The engine reads `retry-after` and `grpc-retry-pushback-ms`.
        metadata: Metadata,
    },
    /// No answer at all, or half of one.
    Transport {
        /// What broke.
        kind: TransportFailure,
        /// The request is proven not to have reached the server: nothing of it was written, or the connection said so
        /// (HTTP/2 REFUSED_STREAM, a GOAWAY below the stream's id).
        unsent: bool,
        /// For people.
        message: String,
    },
    /// A status without protocol framing: HTML, a redirect, a wrong content type, a TLS trust failure (rule C4).
    Intercepted {
        /// The HTTP status, if there was one.
        http_status: Option<u16>,
        /// What the protocol maps that status to (gRPC's "HTTP to gRPC Status Code Mapping"; Connect's table).
        code: Code,
        /// For people.
        message: String,
    },
}

/// What broke below the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportFailure {
    /// The name did not resolve, or no route, or the connection was refused.
    Unreachable,
    /// TLS failed otherwise than by trust: a protocol or certificate that the two sides do not share.
    Tls,
    /// The transport itself gave up waiting.
    Timeout,
    /// The connection broke.
    Reset,
    /// The peer broke the protocol.
    Protocol,
    /// The answer is over a limit of size.
    TooLarge,
    /// The server answered in another protocol than the one that its endpoint is configured with: nobody is offline, and
    /// trying again does not help.
    OtherProtocol,
}

/// What is known about the network. Given by the app for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkState {
    /// Its quality. [`Quality::Unspecified`] is "nothing known": nothing is trimmed, nobody is offline.
    pub quality: Quality,
    /// The user asked the OS to save data: answers are trimmed as on a poor network.
    pub save_data: bool,
}
