//! How a response is put together, as far as its head tells.

use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, StatusCode, response};

use crate::metrics::Passed;

/// How the body of a response is put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) framing: Framing,
    /// Whether what is compressed is compressed with gzip.
    pub(crate) gzip: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Messages in envelopes, then HTTP trailers with `grpc-status`.
    Grpc,
    /// Messages in envelopes, then the trailers in another.
    GrpcWeb,
    /// One message alone.
    ConnectUnary,
    /// Messages in envelopes, then the end of the stream in another.
    ConnectStream,
}

/// Where a failed gRPC call has its status.
pub(crate) const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

impl Format {
    /// Recognises the response of a unary or a streaming method that can be trimmed, by its head.
    pub(crate) fn of(head: &response::Parts, streams: bool) -> Result<Self, Passed> {
        let headers = &head.headers;
        if head.status != StatusCode::OK {
            return Err(Passed::Failed);
        }
        // A failed call without a message has its status in the head.
        if headers.contains_key(GRPC_STATUS) {
            return Err(Passed::Failed);
        }
        let no_transform = words(headers, CACHE_CONTROL).iter().any(|value| value.contains("no-transform"));
        if headers.contains_key(CONTENT_RANGE) || no_transform {
            return Err(Passed::OtherEncoding);
        }
        let content_type = words(headers, CONTENT_TYPE);
        let [content_type] = content_type.as_slice() else { return Err(Passed::OtherEncoding) };
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        let framing = match essence {
            "application/grpc" | "application/grpc+proto" => Framing::Grpc,
            "application/grpc-web" | "application/grpc-web+proto" => Framing::GrpcWeb,
            "application/proto" if !streams => Framing::ConnectUnary,
            "application/connect+proto" if streams => Framing::ConnectStream,
            _ => return Err(Passed::OtherEncoding),
        };
        let content_encoding = is_gzip(headers, CONTENT_ENCODING)?;
        let gzip = match framing {
            Framing::ConnectUnary => content_encoding,
            // An envelope inside a compressed body: possible, unheard of.
            _ if content_encoding => return Err(Passed::OtherEncoding),
            Framing::Grpc | Framing::GrpcWeb => is_gzip(headers, HeaderName::from_static("grpc-encoding"))?,
            Framing::ConnectStream => is_gzip(headers, HeaderName::from_static("connect-content-encoding"))?,
        };
        Ok(Self { framing, gzip })
    }
}

/// The values of a header in lower case.
fn words(headers: &HeaderMap, name: HeaderName) -> Vec<String> {
    let values = headers.get_all(name).iter();
    values.map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase()).collect()
}

fn is_gzip(headers: &HeaderMap, name: HeaderName) -> Result<bool, Passed> {
    match words(headers, name).as_slice() {
        [] => Ok(false),
        [encoding] if encoding == "identity" => Ok(false),
        [encoding] if encoding == "gzip" => Ok(true),
        _ => Err(Passed::OtherEncoding),
    }
}
