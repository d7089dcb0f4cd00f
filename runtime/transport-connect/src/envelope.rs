//! The bodies of gRPC and gRPC-Web: enveloped messages, then trailers of one kind or the other.

use bytes::Bytes;
use holdover_client::Failure;
use holdover_wire::frame::{self, Frame, FrameError, FrameReader};
use http::HeaderMap;
use http_body_util::BodyExt as _;

use crate::outcome::{cut_short, from_http, malformed, too_large, unsendable};
use crate::service::ResponseBody;
use crate::transport::Bounds;

/// What a body is made of.
#[derive(Debug)]
pub(crate) enum Piece {
    Message(Frame),
    /// gRPC-Web's trailer frame, the last piece of its bodies.
    TrailerFrame(Frame),
    /// The end of the body, with HTTP trailers if there were any.
    End(Option<HeaderMap>),
}

/// Puts one message into an envelope.
pub(crate) fn seal(message: &[u8], compressed: bool) -> Result<Bytes, Failure> {
    let flags = if compressed { frame::COMPRESSED } else { 0 };
    frame::encode(flags, message).map_err(|error| unsendable(format!("the request: {error}")))
}

/// Reads a body piece by piece, holding no more than one piece.
pub(crate) struct Pieces {
    body: ResponseBody,
    frames: FrameReader,
    /// gRPC-Web: trailer frames are allowed.
    web: bool,
    received: u64,
}

impl Pieces {
    pub(crate) fn new(body: ResponseBody, web: bool, bounds: Bounds) -> Self {
        // A trailer frame has a limit of its own, which may be the higher one.
        let limit = if web { bounds.message_bytes.max(bounds.metadata_bytes) } else { bounds.message_bytes };
        Self { body, frames: FrameReader::new(limit), web, received: 0 }
    }

    /// Bytes of the body that have arrived so far, framing included.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// Waits for the next piece.
    pub(crate) async fn next(&mut self) -> Result<Piece, Failure> {
        loop {
            if let Some(frame) = self.frames.next_frame().map_err(broken)? {
                return self.sort(frame);
            }
            match self.body.frame().await {
                None => return self.end(None),
                Some(Err(failure)) => return Err(from_http(failure)),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(chunk) => {
                        self.received += chunk.len() as u64;
                        self.frames.push(chunk);
                    }
                    Err(frame) => {
                        if let Ok(trailers) = frame.into_trailers() {
                            return self.end(Some(trailers));
                        }
                    }
                },
            }
        }
    }

    fn sort(&self, frame: Frame) -> Result<Piece, Failure> {
        let trailers = self.web && frame.flags & frame::WEB_TRAILERS != 0;
        let kind = if trailers { frame::WEB_TRAILERS } else { 0 };
        if frame.flags & !(kind | frame::COMPRESSED) != 0 {
            return Err(malformed(format!(
                "a frame has the flags {:#04x}, which the protocol does not have",
                frame.flags
            )));
        }
        Ok(if trailers { Piece::TrailerFrame(frame) } else { Piece::Message(frame) })
    }

    fn end(&self, trailers: Option<HeaderMap>) -> Result<Piece, Failure> {
        self.frames.finish().map_err(broken)?;
        Ok(Piece::End(trailers))
    }
}

fn broken(error: FrameError) -> Failure {
    match error {
        FrameError::TooLarge { .. } => too_large(error.to_string()),
        FrameError::Truncated { .. } => cut_short(error.to_string()),
    }
}
