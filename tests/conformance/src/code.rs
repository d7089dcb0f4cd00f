//! Failures, as errors of RPC libraries: the engine has finer words, the runner wants one of gRPC's codes.

use holdover_client::{Code, Failure, TransportFailure};
use prost::Message as _;

use crate::proto::{self, Error};

/// `google.rpc.Status`, which has a status' details.
#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

pub(crate) fn of(code: Code, message: impl Into<String>) -> Error {
    let code = proto::Code::try_from(i32::try_from(code.number()).unwrap_or_default()).unwrap_or_default();
    Error { code: code.into(), message: Some(message.into()), details: Vec::new() }
}

pub(crate) fn error(failure: &Failure) -> Error {
    match failure {
        Failure::Status { code, message, details, .. } => {
            let details = Status::decode(details.clone()).unwrap_or_default().details;
            Error { details, ..of(*code, message.clone()) }
        }
        Failure::Intercepted { code, message, .. } => of(*code, message.clone()),
        Failure::Transport { kind, message, .. } => of(transport(*kind), message.clone()),
    }
}

fn transport(kind: TransportFailure) -> Code {
    match kind {
        TransportFailure::Unreachable | TransportFailure::Refused | TransportFailure::Tls => {
            Code::Unavailable
        }
        TransportFailure::Timeout => Code::DeadlineExceeded,
        // Cut in the middle, by a connection or by a body that ends without a status.
        TransportFailure::Reset => Code::Unknown,
        TransportFailure::TooLarge => Code::ResourceExhausted,
        TransportFailure::Cardinality => Code::Unimplemented,
        TransportFailure::Protocol | TransportFailure::OtherProtocol | TransportFailure::Misuse => {
            Code::Internal
        }
    }
}
