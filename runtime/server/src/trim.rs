//! Trimming the one message of a complete response body.

use bytes::{Bytes, BytesMut};
use holdover_wire::frame::{self, Frame, FrameReader};
use http::{HeaderMap, HeaderValue};

use crate::format::{Format, Framing, GRPC_STATUS};
use crate::message::{Trimming, envelope};
use crate::metrics::Passed;

/// The body without what the plan drops, and how many bytes of the message, uncompressed, that was.
pub(crate) fn trim(
    format: Format,
    body: &Bytes,
    trailers: Option<&HeaderMap>,
    trimming: &Trimming,
) -> Result<(Bytes, usize), Passed> {
    let mut trimmed = Vec::new();
    match format.framing {
        Framing::ConnectUnary => {
            let dropped = trimming.message(body, format.gzip, &mut trimmed)?;
            Ok((trimmed.into(), dropped))
        }
        Framing::Grpc => {
            succeeded(trailers.and_then(|trailers| trailers.get(GRPC_STATUS)).map(HeaderValue::as_bytes))?;
            match frames(body, trimming)?.as_slice() {
                [message] => {
                    let dropped = trimming.payload(message, format.gzip, &mut trimmed)?;
                    Ok((envelope(message.flags, &trimmed)?, dropped))
                }
                _ => Err(Passed::Malformed),
            }
        }
        Framing::GrpcWeb => match frames(body, trimming)?.as_slice() {
            [message, end] if end.flags == frame::WEB_TRAILERS => {
                succeeded(web_status(&end.payload))?;
                let dropped = trimming.payload(message, format.gzip, &mut trimmed)?;
                let mut body = BytesMut::from(&envelope(message.flags, &trimmed)?[..]);
                body.extend_from_slice(&envelope(end.flags, &end.payload)?);
                Ok((body.freeze(), dropped))
            }
            [end] if end.flags == frame::WEB_TRAILERS => Err(Passed::Failed),
            _ => Err(Passed::Malformed),
        },
        // Unary methods have no such responses.
        Framing::ConnectStream => Err(Passed::OtherEncoding),
    }
}

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

fn frames(body: &Bytes, trimming: &Trimming) -> Result<Vec<Frame>, Passed> {
    let mut reader = FrameReader::new(trimming.limits.max_bytes);
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
