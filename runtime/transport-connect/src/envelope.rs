//! Bodies of enveloped messages: gRPC, gRPC-Web and Connect's streams.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use holdover_client::{Failure, Progress};
use holdover_wire::frame::{self, Frame, FrameError, FrameReader};
use http::HeaderMap;
use http_body::Body as _;
use tokio::time::Instant;

use crate::Protocol;
use crate::bounds::Bounds;
use crate::meter::Meter;
use crate::outcome::{cut_short, from_http, malformed, too_large};
use crate::service::{HttpFailure, ResponseBody};

/// A body whose last frame has come should end with it. One that does not is left after so long.
const LINGER: Duration = Duration::from_secs(1);

/// What a body is made of.
#[derive(Debug)]
pub(crate) enum Piece {
    /// No piece yet, but something to tell.
    Progress(Progress),
    Message(Frame),
    /// The frame that ends bodies of gRPC-Web and of Connect's streams. Nothing comes after it.
    Last(Frame),
    /// The end of the body, with HTTP trailers if there were any.
    End(Option<HeaderMap>),
}

/// Puts one message into an envelope.
pub(crate) fn seal(message: &[u8], compressed: bool) -> Result<Bytes, Failure> {
    let flags = if compressed { frame::COMPRESSED } else { 0 };
    frame::encode(flags, message).map_err(|error| crate::outcome::misuse(format!("the request: {error}")))
}

/// Reads a body piece by piece, holding no more than one piece. It reads only when it is asked to.
pub(crate) struct Pieces {
    body: ResponseBody,
    frames: FrameReader,
    last: Option<u8>,
    /// The last frame, until the body's end has been seen.
    ending: Option<Frame>,
    pub(crate) meter: Meter,
}

impl Pieces {
    pub(crate) fn new(body: ResponseBody, protocol: Protocol, bounds: Bounds, meter: Meter) -> Self {
        let last = protocol.last_frame();
        // A last frame has a limit of its own, which may be the higher one.
        let limit = if last.is_some() {
            bounds.message_bytes.max(bounds.metadata_bytes)
        } else {
            bounds.message_bytes
        };
        Self { body, frames: FrameReader::new(limit), last, ending: None, meter }
    }

    /// Waits for the next piece. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Piece, Failure> {
        loop {
            if let Some(news) = self.meter.news() {
                return Ok(Piece::Progress(news));
            }
            if self.ending.is_some() {
                self.finish().await?;
            }
            if let Some(last) = self.ending.take() {
                return Ok(Piece::Last(last));
            }
            if let Some(frame) = self.frames.next_frame().map_err(broken)? {
                if !self.is_last(&frame)? {
                    return Ok(Piece::Message(frame));
                }
                self.ending = Some(frame);
                continue;
            }
            match self.frame().await {
                None => return self.end(None),
                Some(Err(failure)) => return Err(from_http(failure)),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(chunk) => self.frames.push(chunk),
                    Err(frame) => {
                        if let Ok(trailers) = frame.into_trailers() {
                            return self.end(Some(trailers));
                        }
                    }
                },
            }
        }
    }

    /// The next frame of HTTP's own.
    async fn frame(&mut self) -> Option<Result<http_body::Frame<Bytes>, HttpFailure>> {
        let (asked, mut waited) = (Instant::now(), false);
        let frame = poll_fn(|cx| {
            let polled = Pin::new(&mut self.body).poll_frame(cx);
            waited |= polled.is_pending();
            polled
        })
        .await;
        if let Some(Ok(frame)) = &frame
            && let Some(chunk) = frame.data_ref()
        {
            self.meter.arrived(chunk.len(), asked, waited, self.frames.is_mid_frame());
        }
        frame
    }

    /// Whether nothing comes after a frame.
    fn is_last(&self, frame: &Frame) -> Result<bool, Failure> {
        let last = self.last.filter(|last| frame.flags & last != 0);
        if frame.flags & !(last.unwrap_or_default() | frame::COMPRESSED) != 0 {
            return Err(malformed(format!(
                "a frame has the flags {:#04x}, which the protocol does not have",
                frame.flags
            )));
        }
        Ok(last.is_some())
    }

    /// Sees the body end after its last frame, so that its connection can be used again and nobody resets a stream that
    /// is over. What has been said is true however the body ends, but not if it goes on.
    async fn finish(&mut self) -> Result<(), Failure> {
        let more = || malformed("something comes after the frame that ends the answer");
        if self.frames.has_more() {
            return Err(more());
        }
        let end = poll_fn(|cx| {
            loop {
                match std::task::ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                    Some(Ok(frame)) if frame.data_ref().is_some_and(|chunk| !chunk.is_empty()) => {
                        return std::task::Poll::Ready(Err(more()));
                    }
                    Some(Ok(_)) => {}
                    None | Some(Err(_)) => return std::task::Poll::Ready(Ok(())),
                }
            }
        });
        tokio::pin!(end);
        // No timer is made for a body that has ended, as nearly all have.
        if let std::task::Poll::Ready(ended) = futures_util::poll!(&mut end) {
            return ended;
        }
        tokio::time::timeout(LINGER, end).await.unwrap_or(Ok(()))
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
