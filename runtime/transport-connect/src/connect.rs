//! Answers in Connect's framing of unary calls, which is HTTP's own.

use bytes::{Bytes, BytesMut};
use holdover_client::{Failure, OnProgress, Progress, Response as Answered, TransportFailure};
use http::{HeaderMap, HeaderName, Response};
use http_body_util::BodyExt as _;
use tokio::time::Instant;

use crate::bounds::Bounds;
use crate::encoding::Encoding;
use crate::meter::Meter;
use crate::outcome::{from_http, intercepted, other_protocol, too_large};
use crate::service::ResponseBody;
use crate::{Protocol, metadata, status};

/// An error is a small JSON document; nobody reads more than this from what claims to be one.
pub(crate) const ERROR_BYTES: usize = 64 * 1024;

/// Reads the message of an answer with status 200, whose content type has been checked.
pub(crate) async fn read(
    response: Response<ResponseBody>,
    bounds: Bounds,
    on_progress: &mut OnProgress,
) -> Result<Answered, Failure> {
    let (head, body) = response.into_parts();
    let (headers, trailers) = split_trailers(head.headers);
    let mut meter = Meter::whole();
    let raw = collect(body, bounds.message_bytes, &mut meter, on_progress).await?;
    let encoding = Encoding::of(Protocol::Connect, &headers);
    let body = encoding.decompress(raw, bounds.message_bytes, "the message")?;
    on_progress(meter.total());
    Ok(Answered { metadata: metadata::received(&headers), trailers: metadata::received(&trailers), body })
}

/// Reads an error: any other status, with JSON that has a Connect code in it. Everything else is somebody else's word.
/// `spoken` is what the call spoke: a server that answers gRPC with such an error does not speak gRPC.
pub(crate) async fn read_error(
    spoken: Protocol,
    response: Response<ResponseBody>,
    bounds: Bounds,
) -> Failure {
    let (head, body) = response.into_parts();
    let (headers, trailers) = split_trailers(head.headers);
    let limit = bounds.message_bytes.min(ERROR_BYTES);
    let encoding = Encoding::of(Protocol::Connect, &headers);
    let collected = collect(body, limit, &mut Meter::whole(), &mut |_| {}).await;
    let document = match collected.and_then(|raw| encoding.decompress(raw, limit, "the error")) {
        Ok(document) => document,
        // The connection broke: nobody knows what the rest would have said.
        Err(failure @ Failure::Transport { kind: TransportFailure::Reset, .. }) => return failure,
        Err(_) => return intercepted(head.status, &headers, "its JSON cannot be read"),
    };
    match status::parse_connect(&document) {
        Some(_) if !spoken.is_connect() => other_protocol(spoken, Protocol::Connect),
        Some(failed) => failed.with_metadata(&headers, &trailers),
        None => intercepted(head.status, &headers, "its JSON is not a Connect error"),
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

async fn collect(
    mut body: ResponseBody,
    limit: usize,
    meter: &mut Meter,
    on_progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Bytes, Failure> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    loop {
        let asked = Instant::now();
        let Some(frame) = body.frame().await else { break };
        // HTTP trailers have no meaning in Connect.
        let Ok(chunk) = frame.map_err(from_http)?.into_data() else { continue };
        if chunk.len() > limit.saturating_sub(first.len() + rest.len()) {
            return Err(too_large(format!("a body of more than the {limit} bytes allowed")));
        }
        meter.arrived(chunk.len(), asked, true, true);
        while let Some(news) = meter.news() {
            on_progress(news);
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
