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

/// The kinds of methods, by who sends a sequence of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One request, one response.
    #[default]
    Unary,
    /// One request, many responses.
    ServerStream,
    /// Many requests, one response.
    ClientStream,
    /// Many requests, many responses, in any order.
    BidiStream,
}

impl Kind {
    /// The client sends a sequence of messages.
    #[must_use]
    pub const fn sends_many(self) -> bool {
        matches!(self, Self::ClientStream | Self::BidiStream)
    }

    /// The server sends a sequence of messages.
    #[must_use]
    pub const fn receives_many(self) -> bool {
        matches!(self, Self::ServerStream | Self::BidiStream)
    }
}

/// Send a request. A unary one is answered by [`crate::Input::Head`] (optional), then one of [`crate::Input::Response`]
/// and [`crate::Input::Failed`]. One with many responses is answered by [`crate::Input::Head`], then
/// [`crate::Input::Message`] as often as [`crate::Output::Pull`] allows, then [`crate::Input::Ended`] or
/// [`crate::Input::Failed`]. One whose client sends a sequence that is answered once is pulled for two: its message, and
/// the end that shows that it is all. A cancelled attempt needs no answer, and a late one is ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The attempt that answers refer to.
    pub attempt: AttemptId,
    /// How many messages go to and fro.
    pub kind: Kind,
    /// Where to.
    pub endpoint: Endpoint,
    /// "/pricing.v1.Pricing/GetQuote"
    pub path: Arc<str>,
    /// Everything to send beyond what the protocol itself needs: ambient, per call, credentials, detail.
    pub metadata: Metadata,
    /// The encoded request message, uncompressed and unframed. Empty where the client sends a sequence: its messages
    /// follow by [`crate::Output::SendMessage`].
    pub body: Bytes,
    /// How long the attempt may take, for `grpc-timeout` and `connect-timeout-ms`. `None`: as long as it likes, which
    /// only streams may. The engine cancels by itself.
    pub timeout: Option<Duration>,
    /// Who gets the network first.
    pub priority: Priority,
    /// The request may reach the server twice without harm, so that a transport may send it again on a connection that
    /// turned out to be dead.
    pub idempotent: bool,
    /// The request changes nothing on the server, so that Connect may use HTTP GET.
    pub no_side_effects: bool,
}

/// The head of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Response headers, without the protocol's own. The engine reads `server-timing`, and of a stream
    /// `holdover-detail-applied`.
    pub metadata: Metadata,
    /// How long it took from the start of sending, making a connection not counted, by the transport's own monotonic
    /// clock. `None`: the engine takes the time by its own.
    pub after: Option<Duration>,
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
        /// What it asks to wait before the next attempt (HTTP's `retry-after`), if it does.
        retry_after: Option<Duration>,
        /// For people.
        message: String,
    },
}

/// What broke below the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportFailure {
    /// The name did not resolve, or there is no route, or nobody answered: no contact at all.
    Unreachable,
    /// The connection was refused: somebody is there, but not the service.
    Refused,
    /// TLS failed otherwise than by trust: a protocol or certificate that the two sides do not share.
    Tls,
    /// The transport itself gave up waiting.
    Timeout,
    /// The connection broke.
    Reset,
    /// The peer broke the protocol.
    Protocol,
    /// The status is OK, but there are more messages than a method of its kind answers with, or fewer. gRPC's libraries say
    /// UNIMPLEMENTED, since client and server do not have the same method.
    Cardinality,
    /// The answer is over a limit of size.
    TooLarge,
    /// The server answered in another protocol than the one that its endpoint is configured with: nobody is offline, and
    /// trying again does not help.
    OtherProtocol,
    /// The call cannot be carried as it is made or configured, and was not sent: a metadata name that belongs to the
    /// protocol, or a bidi stream where there is no HTTP/2. Trying again does not help.
    Misuse,
}

/// What the platform says of the network. The default is "nothing known".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Platform {
    /// Whether there is a way out.
    pub reachability: Reachability,
    /// By what.
    pub interface: Interface,
    /// Names the path: it changes when the device moves to another network, even of the same type (rule J2).
    pub path: u64,
    /// The user asked the OS to save data: answers are trimmed as on a poor network (rule F1).
    pub save_data: bool,
}

/// What the platform believes of the way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reachability {
    /// The platform does not say.
    #[default]
    Unknown,
    /// There is one.
    Reachable,
    /// There is none: the device is offline (rule H4).
    Unreachable,
}

/// Types of network interfaces, whose estimates are remembered apart (rule H3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interface {
    /// The platform does not say.
    #[default]
    Unknown,
    /// A cable.
    Ethernet,
    /// A wireless LAN.
    Wifi,
    /// GPRS, EDGE.
    Cellular2g,
    /// UMTS, HSPA.
    Cellular3g,
    /// LTE.
    Cellular4g,
    /// NR.
    Cellular5g,
    /// Another device's network over Bluetooth.
    Bluetooth,
}

/// How good a network is, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// From sending a request until the head of its answer, without the server's own time.
    pub request_time: Option<Duration>,
    /// In kilobits (1,000 bits) per second.
    pub downlink_kbps: Option<u32>,
}

/// See whether an endpoint can be reached (rule H4): make a connection, ask nothing of the service. Answered by
/// [`crate::Input::Contact`] or [`crate::Input::Failed`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// What the answer refers to.
    pub attempt: AttemptId,
    /// Which endpoint.
    pub endpoint: Endpoint,
    /// How long it may take. The engine cancels by itself.
    pub timeout: Duration,
}

/// What the engine holds to be true of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NetworkState {
    /// Its quality. [`Quality::Unspecified`] is "nothing known": nothing is trimmed, nobody is offline.
    pub(crate) quality: Quality,
    /// The user asked the OS to save data.
    pub(crate) save_data: bool,
}
