//! How an exchange ended, in the engine's words.

use holdover_client::{Code, Failure, TransportFailure};
use http::{HeaderMap, StatusCode};

use crate::service::{HttpFailure, HttpFailureKind};
use crate::status;
use crate::{Protocol, metadata};

/// The call cannot be carried as it is made or configured, and was not sent.
pub(crate) fn misuse(message: impl Into<String>) -> Failure {
    Failure::Transport { kind: TransportFailure::Misuse, unsent: true, message: message.into() }
}

/// The call is over a limit of our own, and was not sent.
pub(crate) fn too_large_to_send(message: impl Into<String>) -> Failure {
    Failure::Transport { kind: TransportFailure::TooLarge, unsent: true, message: message.into() }
}

/// The answer breaks the protocol.
pub(crate) fn malformed(message: impl Into<String>) -> Failure {
    Failure::Transport { kind: TransportFailure::Protocol, unsent: false, message: message.into() }
}

/// The status is OK, and the method has another number of messages.
pub(crate) fn miscounted(message: impl Into<String>) -> Failure {
    Failure::Transport { kind: TransportFailure::Cardinality, unsent: false, message: message.into() }
}

/// Something from outside is larger than its limit (rule J3).
pub(crate) fn too_large(message: impl Into<String>) -> Failure {
    Failure::Transport { kind: TransportFailure::TooLarge, unsent: false, message: message.into() }
}

/// The body ended before the protocol allows it to: the connection was cut, whatever HTTP thinks of it.
pub(crate) fn cut_short(message: impl Into<String>) -> Failure {
    Failure::Transport { kind: TransportFailure::Reset, unsent: false, message: message.into() }
}

/// The server answered, in a protocol that its endpoint does not have.
pub(crate) fn other_protocol(spoken: Protocol, heard: Protocol) -> Failure {
    let variant = match heard {
        Protocol::Connect | Protocol::ConnectStream => "Connect",
        Protocol::Grpc => "Grpc",
        Protocol::GrpcWeb => "GrpcWeb",
    };
    Failure::Transport {
        kind: TransportFailure::OtherProtocol,
        unsent: false,
        message: format!(
            "the server speaks {heard}, not {spoken}: use Protocol::{variant} for this endpoint"
        ),
    }
}

/// Something between client and server answered (rule C4).
pub(crate) fn intercepted(
    http_status: StatusCode,
    headers: &HeaderMap,
    why: impl std::fmt::Display,
) -> Failure {
    Failure::Intercepted {
        http_status: Some(http_status.as_u16()),
        code: status::from_http(http_status),
        retry_after: metadata::seconds(headers, "retry-after"),
        message: format!("HTTP {} that is not from the service: {why}", http_status.as_u16()),
    }
}

/// What a failure says to people.
pub(crate) fn describe(failure: Failure) -> String {
    match failure {
        Failure::Status { message, .. }
        | Failure::Transport { message, .. }
        | Failure::Intercepted { message, .. } => message,
    }
}

/// What a failure of the HTTP stack is to the engine.
pub(crate) fn from_http(failure: HttpFailure) -> Failure {
    let HttpFailure { kind, unsent, message, reused: _ } = failure;
    let kind = match kind {
        HttpFailureKind::Unreachable => TransportFailure::Unreachable,
        HttpFailureKind::Refused => TransportFailure::Refused,
        HttpFailureKind::Tls => TransportFailure::Tls,
        HttpFailureKind::Reset => TransportFailure::Reset,
        HttpFailureKind::Unsupported => TransportFailure::Misuse,
        HttpFailureKind::Protocol => TransportFailure::Protocol,
        HttpFailureKind::TooLarge => TransportFailure::TooLarge,
        HttpFailureKind::Timeout => TransportFailure::Timeout,
        // Whoever shows the wrong certificate answered in the server's place. gRPC reports a failed handshake as
        // UNAVAILABLE, as it does every connection that could not be made.
        HttpFailureKind::Untrusted => {
            return Failure::Intercepted {
                http_status: None,
                code: Code::Unavailable,
                retry_after: None,
                message,
            };
        }
    };
    Failure::Transport { kind, unsent, message }
}
