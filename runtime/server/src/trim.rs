//! Trimming one complete response body.

use bytes::{Bytes, BytesMut};
use holdover_wire::frame::{self, Frame, FrameReader};
use holdover_wire::{Limits, Pruner, WireError};
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode, response};

use crate::gzip::{gunzip, gzip};
use crate::metrics::Passed;

/// How the body of a response is put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    framing: Framing,
    /// Whether what is compressed is compressed with gzip.
    gzip: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// One message in an envelope, then HTTP trailers with `grpc-status`.
    Grpc,
    /// One message in an envelope, then the trailers in another.
    GrpcWeb,
    /// The message alone.
    Connect,
}

impl Format {
    /// Recognises a response that can be trimmed, by its head.
    pub(crate) fn of(head: &response::Parts) -> Result<Self, Passed> {
        let headers = &head.headers;
        if head.status != StatusCode::OK {
            return Err(Passed::Failed);
        }
        // A failed call without a message has its status in the head.
        if headers.contains_key(GRPC_STATUS) {
            return Err(Passed::Failed);
        }
        let words = |name| {
            let values = headers.get_all(name).iter();
            values.map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase()).collect::<Vec<_>>()
        };
        let no_transform = words(CACHE_CONTROL).iter().any(|value| value.contains("no-transform"));
        if headers.contains_key(CONTENT_RANGE) || no_transform {
            return Err(Passed::OtherEncoding);
        }
        let content_type = words(CONTENT_TYPE);
        let [content_type] = content_type.as_slice() else { return Err(Passed::OtherEncoding) };
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        let framing = match essence {
            "application/grpc" | "application/grpc+proto" => Framing::Grpc,
            "application/grpc-web" | "application/grpc-web+proto" => Framing::GrpcWeb,
            "application/proto" => Framing::Connect,
            _ => return Err(Passed::OtherEncoding),
        };
        let is_gzip = |encodings: &[String]| match encodings {
            [] => Ok(false),
            [encoding] if encoding == "identity" => Ok(false),
            [encoding] if encoding == "gzip" => Ok(true),
            _ => Err(Passed::OtherEncoding),
        };
        let content_encoding = is_gzip(&words(CONTENT_ENCODING))?;
        let gzip = match framing {
            Framing::Connect => content_encoding,
            // An envelope inside a compressed body: possible, unheard of.
            _ if content_encoding => return Err(Passed::OtherEncoding),
            _ => is_gzip(&words(http::HeaderName::from_static("grpc-encoding")))?,
        };
        Ok(Self { framing, gzip })
    }

    /// The body without what the plan drops.
    pub(crate) fn trim(
        self,
        body: &Bytes,
        trailers: Option<&HeaderMap>,
        plan: &Pruner,
        limits: &Limits,
    ) -> Result<Bytes, Passed> {
        match self.framing {
            Framing::Connect => self.message(body, self.gzip, plan, limits),
            Framing::Grpc => {
                succeeded(
                    trailers.and_then(|trailers| trailers.get(GRPC_STATUS)).map(HeaderValue::as_bytes),
                )?;
                match frames(body, limits)?.as_slice() {
                    [message] => self.enveloped(message, plan, limits),
                    _ => Err(Passed::Malformed),
                }
            }
            Framing::GrpcWeb => match frames(body, limits)?.as_slice() {
                [message, end] if end.flags == frame::WEB_TRAILERS => {
                    succeeded(web_status(&end.payload))?;
                    let message = self.enveloped(message, plan, limits)?;
                    let mut trimmed = BytesMut::from(&message[..]);
                    trimmed.extend_from_slice(&envelope(end.flags, &end.payload)?);
                    Ok(trimmed.freeze())
                }
                [end] if end.flags == frame::WEB_TRAILERS => Err(Passed::Failed),
                _ => Err(Passed::Malformed),
            },
        }
    }

    fn enveloped(self, message: &Frame, plan: &Pruner, limits: &Limits) -> Result<Bytes, Passed> {
        if message.flags & !frame::COMPRESSED != 0 {
            return Err(Passed::Malformed);
        }
        if message.is_compressed() && !self.gzip {
            return Err(Passed::OtherEncoding);
        }
        envelope(message.flags, &self.message(&message.payload, message.is_compressed(), plan, limits)?)
    }

    fn message(
        self,
        message: &Bytes,
        compressed: bool,
        plan: &Pruner,
        limits: &Limits,
    ) -> Result<Bytes, Passed> {
        let plain = if compressed { gunzip(message, limits.max_bytes)? } else { message.clone() };
        let pruned = plan.prune(&plain, limits).map_err(|error| match error {
            WireError::TooLarge { .. } => Passed::TooLarge,
            _ => Passed::Malformed,
        })?;
        if !pruned.dropped {
            return Err(Passed::NothingToDrop);
        }
        Ok(if compressed { gzip(&pruned.message) } else { pruned.message })
    }
}

const GRPC_STATUS: http::HeaderName = http::HeaderName::from_static("grpc-status");

fn succeeded(status: Option<&[u8]>) -> Result<(), Passed> {
    match status {
        Some(b"0") => Ok(()),
        Some(_) => Err(Passed::Failed),
        None => Err(Passed::Malformed),
    }
}

/// The status among gRPC-Web's trailers: `name: value` lines, as in HTTP/1.
fn web_status(trailers: &[u8]) -> Option<&[u8]> {
    trailers.split(|&byte| byte == b'\n').find_map(|line| {
        let colon = line.iter().position(|&byte| byte == b':')?;
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        name.eq_ignore_ascii_case(GRPC_STATUS.as_str().as_bytes()).then_some(value)
    })
}

fn envelope(flags: u8, payload: &[u8]) -> Result<Bytes, Passed> {
    frame::encode(flags, payload).map_err(|_| Passed::TooLarge)
}

fn frames(body: &Bytes, limits: &Limits) -> Result<Vec<Frame>, Passed> {
    let mut reader = FrameReader::new(limits.max_bytes);
    reader.push(body.clone());
    let mut frames = Vec::new();
    while let Some(frame) = reader.next_frame().map_err(|_| Passed::TooLarge)? {
        frames.push(frame);
        if frames.len() > 2 {
            return Err(Passed::Malformed);
        }
    }
    reader.finish().map_err(|_| Passed::Malformed)?;
    Ok(frames)
}
