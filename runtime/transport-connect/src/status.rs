//! The status of a call, as each protocol spells it.

use std::collections::BTreeMap;

use bytes::Bytes;
use holdover_client::{Code, Failure};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use percent_encoding::percent_decode;
use prost::Message as _;

use crate::metadata::{self, decode_base64};

/// The names of the codes in Connect's errors (<https://connectrpc.com/docs/protocol/#error-codes>).
pub(crate) fn from_connect(name: &str) -> Option<Code> {
    Some(match name {
        "canceled" => Code::Cancelled,
        "unknown" => Code::Unknown,
        "invalid_argument" => Code::InvalidArgument,
        "deadline_exceeded" => Code::DeadlineExceeded,
        "not_found" => Code::NotFound,
        "already_exists" => Code::AlreadyExists,
        "permission_denied" => Code::PermissionDenied,
        "resource_exhausted" => Code::ResourceExhausted,
        "failed_precondition" => Code::FailedPrecondition,
        "aborted" => Code::Aborted,
        "out_of_range" => Code::OutOfRange,
        "unimplemented" => Code::Unimplemented,
        "internal" => Code::Internal,
        "unavailable" => Code::Unavailable,
        "data_loss" => Code::DataLoss,
        "unauthenticated" => Code::Unauthenticated,
        _ => return None,
    })
}

/// What an HTTP status without RPC framing stands for. gRPC and Connect agree on the table, but for 408, which only
/// Connect's has (<https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>,
/// <https://connectrpc.com/docs/protocol/#http-to-error-code>).
pub(crate) fn from_http(status: StatusCode) -> Code {
    match status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    }
}

/// What gRPC's trailers say about the outcome.
#[derive(Debug)]
pub(crate) enum GrpcStatus {
    /// There is no `grpc-status`.
    Missing,
    /// There is one, and it is not a number: nothing was said.
    Malformed,
    Ok,
    Failed(Failed),
}

/// A status that is not OK, before it is joined with the metadata around it.
#[derive(Debug)]
pub(crate) struct Failed {
    code: Code,
    message: String,
    /// An encoded `google.rpc.Status`, or nothing.
    details: Bytes,
}

impl Failed {
    pub(crate) fn with_metadata(self, headers: &HeaderMap, trailers: &HeaderMap) -> Failure {
        let mut metadata = metadata::received(headers);
        metadata::extend(&mut metadata, trailers);
        let Self { code, message, details } = self;
        Failure::Status { code, message, details, metadata }
    }
}

/// Takes the status out of `trailers`, so that what is left is the caller's metadata.
pub(crate) fn take_grpc(trailers: &mut HeaderMap) -> GrpcStatus {
    let Some(status) = trailers.remove("grpc-status") else { return GrpcStatus::Missing };
    let message = trailers.remove("grpc-message");
    let details = trailers.remove("grpc-status-details-bin");
    let Some(number) = status.to_str().ok().and_then(|text| text.trim().parse::<u32>().ok()) else {
        return GrpcStatus::Malformed;
    };
    if number == 0 {
        return GrpcStatus::Ok;
    }
    GrpcStatus::Failed(Failed {
        code: Code::from_number(number),
        message: message
            .map(|value| percent_decode(value.as_bytes()).decode_utf8_lossy().into_owned())
            .unwrap_or_default(),
        // Details that cannot be read do not make the status less true.
        details: details.and_then(|value| decode_base64(value.as_bytes())).unwrap_or_default(),
    })
}

/// Reads the body of a Connect error. `None` if it is not one: a JSON document of somebody else's, or no JSON.
///
/// The code is required and must be one of Connect's. The protocol would let a client infer it from the HTTP status,
/// but gateways answer with JSON too, and their word is not the server's (rule C4).
pub(crate) fn parse_connect(body: &[u8]) -> Option<Failed> {
    let error: ConnectError = serde_json::from_slice(body).ok()?;
    let code = from_connect(error.code.as_deref()?)?;
    Some(error.with_code(code))
}

/// How a Connect stream ended.
#[derive(Debug)]
pub(crate) struct ConnectEnd {
    pub(crate) error: Option<Failed>,
    pub(crate) trailers: HeaderMap,
}

/// Reads the message that ends a Connect stream (<https://connectrpc.com/docs/protocol/#error-end-stream>). `None` if it is
/// not one. Only the server ends a stream, so an error without one of Connect's codes is the server's all the same.
pub(crate) fn parse_connect_end(body: &[u8]) -> Option<ConnectEnd> {
    let end: EndStream = serde_json::from_slice(body).ok()?;
    let error = end.error.map(|error| {
        let code = error.code.as_deref().and_then(from_connect).unwrap_or(Code::Unknown);
        error.with_code(code)
    });
    let mut trailers = HeaderMap::new();
    for (name, values) in end.metadata.into_iter().flatten() {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
        for value in values {
            if let Ok(value) = HeaderValue::try_from(value) {
                trailers.try_append(&name, value).ok()?;
            }
        }
    }
    Some(ConnectEnd { error, trailers })
}

#[derive(serde::Deserialize)]
struct EndStream {
    error: Option<ConnectError>,
    metadata: Option<BTreeMap<String, Vec<String>>>,
}

#[derive(serde::Deserialize)]
struct ConnectError {
    code: Option<String>,
    message: Option<String>,
    details: Option<Vec<ConnectDetail>>,
}

impl ConnectError {
    fn with_code(self, code: Code) -> Failed {
        let message = self.message.unwrap_or_default();
        let details: Vec<Any> =
            self.details.into_iter().flatten().filter_map(ConnectDetail::into_any).collect();
        let details = if details.is_empty() {
            Bytes::new()
        } else {
            let code = i32::try_from(code.number()).expect("codes are below 17");
            RpcStatus { code, message: message.clone(), details }.encode_to_vec().into()
        };
        Failed { code, message, details }
    }
}

#[derive(serde::Deserialize)]
struct ConnectDetail {
    #[serde(rename = "type")]
    name: String,
    #[serde(default)]
    value: String,
}

impl ConnectDetail {
    /// A detail whose value is not base64 is left out.
    fn into_any(self) -> Option<Any> {
        let value = decode_base64(self.value.as_bytes())?;
        // Connect names the type, `Any` wants a URL that ends in the name.
        let type_url =
            if self.name.contains('/') { self.name } else { format!("type.googleapis.com/{}", self.name) };
        Some(Any { type_url, value })
    }
}

/// [`google.rpc.Status`](https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto), the form in
/// which details go on, whatever the protocol.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// [`google.protobuf.Any`](https://protobuf.dev/reference/protobuf/google.protobuf/#any).
#[derive(Clone, PartialEq, prost::Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "bytes", tag = "2")]
    value: Bytes,
}
