//! Answers in gRPC's and gRPC-Web's framing.

use bytes::Bytes;
use holdover_client::Failure;
use holdover_wire::frame::Frame;
use http::{HeaderMap, HeaderName, HeaderValue, Response};

use crate::envelope::{Piece, Pieces};
use crate::gzip::{GunzipError, gunzip};
use crate::outcome::{Answer, cut_short, intercepted, malformed, too_large};
use crate::service::ResponseBody;
use crate::status::{self, GrpcStatus};
use crate::transport::Bounds;
use crate::{Protocol, metadata};

/// Reads the one message of a unary answer, and the status after it.
///
/// The head's content type has been checked: whoever sent this speaks the protocol, or pretends to.
pub(crate) async fn read(
    protocol: Protocol,
    response: Response<ResponseBody>,
    bounds: Bounds,
) -> Result<Answer, Failure> {
    let (head, body) = response.into_parts();
    let mut headers = head.headers;

    // Trailers-Only: the status is in the head, and nothing follows. Some servers say it in the head and again in the
    // trailers, with the details there, so those are waited for.
    let in_head = status::take_grpc(&mut headers);

    let encoding = Encoding::of(&headers);
    let mut pieces = Pieces::new(body, protocol == Protocol::GrpcWeb, bounds);
    let (message, mut trailers) = match collect(&mut pieces, &encoding, bounds).await {
        Ok(collected) => collected,
        Err(failure) => {
            return Err(match in_head {
                GrpcStatus::Failed(failed) => failed.with_metadata(&headers, &HeaderMap::new()),
                // A proxy's error page under a gRPC content type: its HTTP status says more than its bytes.
                _ if !head.status.is_success() => intercepted(head.status, describe(failure)),
                _ => failure,
            });
        }
    };

    let said = match status::take_grpc(&mut trailers) {
        GrpcStatus::Missing => in_head,
        said => said,
    };
    match said {
        GrpcStatus::Failed(failed) => Err(failed.with_metadata(&headers, &trailers)),
        _ if !head.status.is_success() => Err(intercepted(head.status, "no grpc-status came with it")),
        GrpcStatus::Missing => Err(cut_short("the answer ends without a grpc-status")),
        GrpcStatus::Malformed => Err(malformed("the grpc-status is not a number")),
        GrpcStatus::Ok => {
            let Some(frame) = message else {
                return Err(malformed("the status is OK, but there is no message"));
            };
            let message = encoding.open(frame, bounds.message_bytes, "the message")?;
            Ok(Answer { headers, trailers, message, received: pieces.received() })
        }
    }
}

/// At most one message, still compressed, and the trailers.
async fn collect(
    pieces: &mut Pieces,
    encoding: &Encoding,
    bounds: Bounds,
) -> Result<(Option<Frame>, HeaderMap), Failure> {
    let mut message = None;
    let trailers = loop {
        match pieces.next().await? {
            Piece::Message(frame) if message.is_none() => message = Some(frame),
            Piece::Message(_) => {
                return Err(malformed("a second message, where the method answers with one"));
            }
            Piece::TrailerFrame(frame) => {
                let block = encoding.open(frame, bounds.metadata_bytes, "the trailer frame")?;
                break parse_trailer_frame(&block)?;
            }
            Piece::End(trailers) => break trailers.unwrap_or_default(),
        }
    };
    bounds.check_metadata(metadata::size(&trailers), "the response's trailers")?;
    Ok((message, trailers))
}

fn describe(failure: Failure) -> String {
    match failure {
        Failure::Status { message, .. }
        | Failure::Transport { message, .. }
        | Failure::Intercepted { message, .. } => message,
    }
}

/// The compression that an answer declares.
enum Encoding {
    Identity,
    Gzip,
    Other(String),
}

impl Encoding {
    fn of(headers: &HeaderMap) -> Self {
        match headers.get("grpc-encoding").map(HeaderValue::as_bytes) {
            None | Some(b"" | b"identity") => Self::Identity,
            Some(b"gzip") => Self::Gzip,
            Some(other) => Self::Other(String::from_utf8_lossy(other).into_owned()),
        }
    }

    /// The payload of `frame`, decompressed if its flag says so.
    fn open(&self, frame: Frame, limit: usize, what: &str) -> Result<Bytes, Failure> {
        if !frame.is_compressed() {
            let size = frame.payload.len();
            return if size > limit {
                Err(too_large(format!("{what} has {size} bytes, where {limit} are allowed")))
            } else {
                Ok(frame.payload)
            };
        }
        match self {
            Self::Gzip => decompress(&frame.payload, limit, what),
            Self::Identity => {
                Err(malformed(format!("{what} is marked as compressed, but no grpc-encoding was declared")))
            }
            Self::Other(name) => Err(malformed(format!(
                "{what} is compressed by {name:?}, where identity and gzip were offered"
            ))),
        }
    }
}

/// Decompresses `what`, which nobody has to do when there is nothing.
pub(crate) fn decompress(bytes: &[u8], limit: usize, what: &str) -> Result<Bytes, Failure> {
    if bytes.is_empty() {
        return Ok(Bytes::new());
    }
    gunzip(bytes, limit).map_err(|error| match error {
        GunzipError::TooLarge => {
            too_large(format!("{what} decompresses to more than the {limit} bytes allowed"))
        }
        GunzipError::Corrupt(reason) => malformed(format!("{what} is not intact gzip: {reason}")),
    })
}

/// gRPC-Web's trailers: an HTTP/1.1 header block without the final empty line.
fn parse_trailer_frame(block: &[u8]) -> Result<HeaderMap, Failure> {
    let mut trailers = HeaderMap::new();
    for line in block.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let entry = line.iter().position(|byte| *byte == b':').and_then(|colon| {
            let name = HeaderName::from_bytes(line[..colon].trim_ascii()).ok()?;
            let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
            Some((name, value))
        });
        let Some((name, value)) = entry else {
            return Err(malformed("the trailer frame has a line that is no header"));
        };
        trailers.try_append(name, value).map_err(|_| too_large("more trailers than can be held"))?;
    }
    Ok(trailers)
}
