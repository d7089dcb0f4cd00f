//! Answers in Connect's framing of unary calls, which is HTTP's own.

use bytes::{Bytes, BytesMut};
use holdover_client::{Failure, TransportFailure};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body_util::BodyExt as _;

use crate::grpc::decompress;
use crate::outcome::{Answer, from_http, intercepted, malformed, too_large};
use crate::service::ResponseBody;
use crate::status;
use crate::transport::Bounds;

/// An error is a small JSON document; nobody reads more than this from what claims to be one.
const ERROR_BYTES: usize = 64 * 1024;

/// Reads the message of an answer with status 200, whose content type has been checked.
pub(crate) async fn read(response: Response<ResponseBody>, bounds: Bounds) -> Result<Answer, Failure> {
    let (head, body) = response.into_parts();
    let (headers, trailers) = split_trailers(head.headers);
    let raw = collect(body, bounds.message_bytes).await?;
    let received = raw.len() as u64;
    let message = open(&headers, raw, bounds.message_bytes, "the message")?;
    Ok(Answer { headers, trailers, message, received })
}

/// Reads an error: any other status, with JSON that has a Connect code in it. Everything else is somebody else's word.
pub(crate) async fn read_error(response: Response<ResponseBody>, bounds: Bounds) -> Failure {
    let (head, body) = response.into_parts();
    let (headers, trailers) = split_trailers(head.headers);
    let limit = bounds.message_bytes.min(ERROR_BYTES);
    let document = match collect(body, limit).await.and_then(|raw| open(&headers, raw, limit, "the error")) {
        Ok(document) => document,
        // The connection broke: nobody knows what the rest would have said.
        Err(failure @ Failure::Transport { kind: TransportFailure::Reset, .. }) => return failure,
        Err(_) => return intercepted(head.status, "its JSON cannot be read"),
    };
    match status::parse_connect(&document) {
        Some(failed) => failed.with_metadata(&headers, &trailers),
        None => intercepted(head.status, "its JSON is not a Connect error"),
    }
}

/// Trailing metadata of unary calls travels in the head, as `trailer-<name>`.
fn split_trailers(all: HeaderMap) -> (HeaderMap, HeaderMap) {
    let is_trailer = |name: &HeaderName| name.as_str().starts_with("trailer-");
    if !all.keys().any(is_trailer) {
        return (all, HeaderMap::new());
    }
    let mut headers = HeaderMap::with_capacity(all.len());
    let mut trailers = HeaderMap::new();
    for (name, value) in &all {
        let trailer = name.as_str().strip_prefix("trailer-").and_then(|rest| rest.parse::<HeaderName>().ok());
        match trailer {
            Some(name) => trailers.append(name, value.clone()),
            None => headers.append(name, value.clone()),
        };
    }
    (headers, trailers)
}

async fn collect(mut body: ResponseBody, limit: usize) -> Result<Bytes, Failure> {
    let too_large = || too_large(format!("a body of more than the {limit} bytes allowed"));
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // HTTP trailers have no meaning in Connect.
        let Ok(chunk) = frame.map_err(from_http)?.into_data() else { continue };
        if chunk.len() > limit.saturating_sub(first.len() + rest.len()) {
            return Err(too_large());
        }
        if first.is_empty() && rest.is_empty() {
            first = chunk;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&std::mem::take(&mut first));
            }
            rest.extend_from_slice(&chunk);
        }
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

fn open(headers: &HeaderMap, raw: Bytes, limit: usize, what: &str) -> Result<Bytes, Failure> {
    match headers.get("content-encoding").map(HeaderValue::as_bytes) {
        None | Some(b"" | b"identity") => Ok(raw),
        Some(b"gzip") => decompress(&raw, limit, what),
        Some(other) => Err(malformed(format!(
            "{what} is compressed by {:?}, where identity and gzip were offered",
            String::from_utf8_lossy(other)
        ))),
    }
}
