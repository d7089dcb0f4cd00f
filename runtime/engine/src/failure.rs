//! What failures mean: their class (rule C3), the error that callers see (J7), and what they prove (D1).

use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;

use crate::error::{Code, Error, ErrorKind, StatusDetail};
use crate::fault::{Fault, planted};
use crate::metadata::Metadata;
use crate::network::{Failure, TransportFailure};

/// What a failure does to what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A stored answer may be served instead.
    Transient,
    /// Stored answers are not true any more.
    Evicting,
    /// The account's credentials were refused (rule A4).
    SignIn,
    /// Passed on; changes nothing stored.
    Other,
}

/// A failure, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    pub(crate) error: Error,
    pub(crate) class: Class,
    /// It is proven that the server did not act: it never got the request, or rejected it (rule D1).
    pub(crate) harmless: bool,
}

impl Failed {
    /// A transport failure before anything was sent.
    pub(crate) fn unsent(error: Error) -> Self {
        Self { error, class: Class::Transient, harmless: true }
    }

    /// The runtime's own deadline.
    pub(crate) fn timeout(what: &str, after: Duration, harmless: bool) -> Self {
        let message = format!(
            "{what} took longer than {} s: raise delivery.attempt_timeout or total_timeout if the server needs longer",
            after.as_secs_f64()
        );
        Self { error: Error::new(ErrorKind::Timeout, message), class: Class::Transient, harmless }
    }

    /// An answer without a REQUIRED field, or one that cannot be read.
    pub(crate) fn unusable(message: String, paths: Vec<String>) -> Self {
        let error = Error { paths, ..Error::new(ErrorKind::Unusable, message) };
        Self { error, class: Class::Transient, harmless: false }
    }

    pub(crate) fn sign_in_required() -> Self {
        Self { error: sign_in_required(), class: Class::SignIn, harmless: true }
    }
}

/// The error of an account that has no accepted credentials.
pub(crate) fn sign_in_required() -> Error {
    Error::new(
        ErrorKind::SignInRequired,
        "the server does not accept the account's credentials: let the user sign in, then tell the runtime",
    )
}

/// Understands what a transport reported.
pub(crate) fn understand(failure: Failure) -> Failed {
    match failure {
        Failure::Status { code, message, details, metadata } => {
            let class = class_of(code);
            let retry_after = retry_after(&details, &metadata);
            let error = Error {
                status: Some(Box::new(StatusDetail { code, message: message.clone(), details })),
                retry_after,
                ..Error::new(kind_of(code), format!("the server answered {}: {message}", code.name()))
            };
            Failed { error, class, harmless: class != Class::Transient }
        }
        Failure::Transport { kind, unsent, message } => {
            let (error, class) = transport(kind, &message);
            Failed { error, class, harmless: unsent }
        }
        Failure::Intercepted { http_status, code, retry_after, message } => {
            let what = http_status
                .map_or_else(|| "its TLS is not trusted".to_owned(), |status| format!("HTTP {status}"));
            let text = format!(
                "something between here and the server answered instead of it ({what}; {message}): a captive portal or a proxy may want attention"
            );
            let class = if planted(Fault::InterceptionEvicts) { Class::Evicting } else { Class::Transient };
            let status = StatusDetail { code, message, details: Bytes::new() };
            let error = Error {
                status: Some(Box::new(status)),
                retry_after,
                ..Error::new(ErrorKind::Intercepted, text)
            };
            Failed { error, class, harmless: false }
        }
    }
}

fn class_of(code: Code) -> Class {
    match code {
        Code::Unavailable
        | Code::DeadlineExceeded
        | Code::ResourceExhausted
        | Code::Internal
        | Code::Unknown
        | Code::Aborted => Class::Transient,
        Code::PermissionDenied | Code::NotFound => Class::Evicting,
        Code::Unauthenticated => Class::SignIn,
        _ => Class::Other,
    }
}

fn kind_of(code: Code) -> ErrorKind {
    match code {
        Code::DeadlineExceeded => ErrorKind::Timeout,
        Code::Unauthenticated => ErrorKind::SignInRequired,
        _ if class_of(code) == Class::Transient => ErrorKind::Unavailable,
        _ => ErrorKind::Rejected,
    }
}

fn transport(kind: TransportFailure, message: &str) -> (Error, Class) {
    let (kind, what, class) = match kind {
        TransportFailure::Unreachable => {
            (ErrorKind::Unreachable, "the server cannot be reached", Class::Transient)
        }
        TransportFailure::Refused => {
            (ErrorKind::Unreachable, "the server refused the connection", Class::Transient)
        }
        TransportFailure::Tls => (ErrorKind::Unreachable, "TLS failed", Class::Transient),
        TransportFailure::Timeout => {
            (ErrorKind::Timeout, "the server did not answer in time", Class::Transient)
        }
        TransportFailure::Reset => (ErrorKind::Unreachable, "the connection broke", Class::Transient),
        TransportFailure::Protocol => {
            (ErrorKind::Unreachable, "the server broke the protocol", Class::Transient)
        }
        TransportFailure::Cardinality => {
            (ErrorKind::Unusable, "the answer does not have as many messages as the method", Class::Transient)
        }
        TransportFailure::TooLarge => (
            ErrorKind::TooLarge,
            "the answer is over a limit of size: ask for less or raise the limit",
            Class::Other,
        ),
        TransportFailure::OtherProtocol => {
            (ErrorKind::Misuse, "the endpoint is configured with another protocol", Class::Other)
        }
        TransportFailure::Misuse => (ErrorKind::Misuse, "the call cannot be carried", Class::Other),
    };
    (Error::new(kind, format!("{what} ({message})")), class)
}

/// How long the server asks to wait: google.rpc.RetryInfo, gRPC's push-back, or HTTP's header in seconds.
fn retry_after(details: &Bytes, metadata: &Metadata) -> Option<Duration> {
    let info = rpc::Status::decode(details.clone()).ok().and_then(|status| {
        let info = status.details.iter().find(|any| any.type_url.ends_with("/google.rpc.RetryInfo"))?;
        let delay = rpc::RetryInfo::decode(info.value.clone()).ok()?.retry_delay?;
        Some(Duration::new(
            u64::try_from(delay.seconds).ok()?,
            u32::try_from(delay.nanos).ok()?.min(999_999_999),
        ))
    });
    let millis = || metadata.text("grpc-retry-pushback-ms")?.parse().ok().map(Duration::from_millis);
    let seconds = || metadata.text("retry-after")?.parse().ok().map(Duration::from_secs);
    info.or_else(millis).or_else(seconds)
}

/// As much of google/rpc/status.proto and error_details.proto as a client needs.
mod rpc {
    use bytes::Bytes;

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Status {
        #[prost(message, repeated, tag = "3")]
        pub(super) details: Vec<Any>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Any {
        #[prost(string, tag = "1")]
        pub(super) type_url: String,
        #[prost(bytes = "bytes", tag = "2")]
        pub(super) value: Bytes,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub(super) struct RetryInfo {
        #[prost(message, optional, tag = "1")]
        pub(super) retry_delay: Option<Delay>,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub(super) struct Delay {
        #[prost(int64, tag = "1")]
        pub(super) seconds: i64,
        #[prost(int32, tag = "2")]
        pub(super) nanos: i32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(number: u32) -> Failed {
        understand(Failure::Status {
            code: Code::from_number(number),
            message: "m".into(),
            details: Bytes::new(),
            metadata: Metadata::new(),
        })
    }

    #[test]
    fn every_code_has_its_class_and_kind() {
        use Class::{Evicting, Other, SignIn, Transient};
        use ErrorKind::{Rejected, SignInRequired, Timeout, Unavailable};
        let expected = [
            (1, Other, Rejected),
            (2, Transient, Unavailable),
            (3, Other, Rejected),
            (4, Transient, Timeout),
            (5, Evicting, Rejected),
            (6, Other, Rejected),
            (7, Evicting, Rejected),
            (8, Transient, Unavailable),
            (9, Other, Rejected),
            (10, Transient, Unavailable),
            (11, Other, Rejected),
            (12, Other, Rejected),
            (13, Transient, Unavailable),
            (14, Transient, Unavailable),
            (15, Other, Rejected),
            (16, SignIn, SignInRequired),
        ];
        for (number, class, kind) in expected {
            let failed = status(number);
            assert_eq!((failed.class, failed.error.kind), (class, kind), "code {number}");
            assert_eq!(failed.harmless, class != Transient, "code {number}");
        }
    }

    #[test]
    fn an_intercepted_call_keeps_the_mapped_code_and_proves_nothing() {
        let failed = understand(Failure::Intercepted {
            http_status: Some(403),
            code: Code::PermissionDenied,
            retry_after: Some(Duration::from_secs(30)),
            message: "text/html".into(),
        });
        assert_eq!((failed.class, failed.harmless), (Class::Transient, false));
        assert_eq!(failed.error.kind, ErrorKind::Intercepted);
        assert_eq!(failed.error.retry_after, Some(Duration::from_secs(30)));
        assert_eq!(failed.error.status.unwrap().code, Code::PermissionDenied);
    }

    #[test]
    fn only_a_proof_makes_a_broken_connection_harmless() {
        for unsent in [false, true] {
            let kind = TransportFailure::Reset;
            let failed = understand(Failure::Transport { kind, unsent, message: String::new() });
            assert_eq!((failed.class, failed.harmless), (Class::Transient, unsent));
        }
    }

    #[test]
    fn another_protocol_is_a_mistake_of_the_app_and_changes_nothing_stored() {
        let kind = TransportFailure::OtherProtocol;
        let failed = understand(Failure::Transport { kind, unsent: false, message: "say so".into() });
        assert_eq!((failed.class, failed.harmless), (Class::Other, false));
        assert_eq!(failed.error.kind, ErrorKind::Misuse);
        assert!(failed.error.message.contains("say so"), "{}", failed.error);
    }

    #[test]
    fn the_servers_delay_is_found_wherever_it_says_it() {
        let delay = rpc::RetryInfo { retry_delay: Some(rpc::Delay { seconds: 2, nanos: 500_000_000 }) };
        let any = rpc::Any {
            type_url: "type.googleapis.com/google.rpc.RetryInfo".into(),
            value: delay.encode_to_vec().into(),
        };
        let details: Bytes = rpc::Status { details: vec![any] }.encode_to_vec().into();
        assert_eq!(retry_after(&details, &Metadata::new()), Some(Duration::from_millis(2500)));
        let mut metadata = Metadata::new();
        metadata.push("retry-after", "7").unwrap();
        assert_eq!(retry_after(&Bytes::new(), &metadata), Some(Duration::from_secs(7)));
        metadata.push("grpc-retry-pushback-ms", "30").unwrap();
        assert_eq!(retry_after(&Bytes::from_static(b"\xff"), &metadata), Some(Duration::from_millis(30)));
        metadata = Metadata::new();
        metadata.push("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT").unwrap();
        assert_eq!(retry_after(&Bytes::new(), &metadata), None);
    }
}
