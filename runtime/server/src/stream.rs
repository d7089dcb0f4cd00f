//! Trimming the messages of a body while it passes.
//!
//! The head of a stream is gone before its first message is there, so it promises for all of them, and what it promises is
//! an upper bound: the plan's fields may be missing. A message that cannot be trimmed passes as it is, because nobody is
//! deceived: a client calls a field that is there present, whatever the head says, and one that is missing withheld.

use bytes::{BufMut as _, Bytes, BytesMut};
use holdover_wire::frame::{self, Frame, Piece, PieceReader};

use crate::DetailMetrics;
use crate::format::{Format, Framing};
use crate::message::Trimming;
use crate::metrics::{Passed, StreamTally};

/// What becomes of the bytes of one stream. It holds one unfinished message at most, within the limit, and what came of the
/// chunk that was pushed last.
#[derive(Debug)]
pub(crate) struct StreamTrimmer {
    trimming: Trimming,
    gzip: bool,
    /// The flag of the frame that is no message: the end of a stream.
    end: u8,
    frames: PieceReader,
    /// Frames that are ready, in one piece: a frame of its own for each small message would cost more than the message.
    ready: BytesMut,
    /// Goes out behind them.
    part: Option<Bytes>,
    /// Used again for every message.
    trimmed: Vec<u8>,
    tally: StreamTally,
    metrics: DetailMetrics,
}

/// Larger buffers are not kept for the next message, so that a stream with nothing to say holds little.
const KEPT: usize = 64 << 10;

impl StreamTrimmer {
    pub(crate) fn new(trimming: Trimming, format: Format, metrics: DetailMetrics) -> Self {
        Self {
            frames: PieceReader::new(trimming.limits.max_bytes),
            trimming,
            gzip: format.gzip,
            end: match format.framing {
                Framing::Grpc | Framing::ConnectUnary => 0,
                Framing::GrpcWeb => frame::WEB_TRAILERS,
                Framing::ConnectStream => frame::CONNECT_END,
            },
            ready: BytesMut::new(),
            part: None,
            trimmed: Vec::new(),
            tally: StreamTally::default(),
            metrics,
        }
    }

    /// Takes the next chunk of the service's body. Only when [`StreamTrimmer::next_chunk`] has nothing more.
    pub(crate) fn push(&mut self, chunk: Bytes) {
        self.tally.bytes_in(chunk.len());
        self.frames.push(chunk);
    }

    /// The next chunk of the body that goes out; `None` until more has been pushed.
    pub(crate) fn next_chunk(&mut self) -> Option<Bytes> {
        let chunk = self.part.take().or_else(|| self.assemble());
        self.tally.bytes_out(chunk.as_ref().map_or(0, Bytes::len));
        self.metrics.streamed(&mut self.tally);
        chunk
    }

    /// Whether everything that was pushed has gone out.
    pub(crate) fn is_empty(&self) -> bool {
        self.part.is_none() && self.frames.is_empty()
    }

    /// What is left of a body that has ended, well or not: an unfinished frame, as it came.
    pub(crate) fn take_rest(&mut self) -> Option<Bytes> {
        let rest = Some(self.frames.take_rest()).filter(|rest| !rest.is_empty());
        self.tally.bytes_out(rest.as_ref().map_or(0, Bytes::len));
        self.metrics.streamed(&mut self.tally);
        rest
    }

    fn assemble(&mut self) -> Option<Bytes> {
        while let Some(piece) = self.frames.next_piece() {
            match piece {
                Piece::Frame(frame) => self.frame(&frame),
                Piece::Part { bytes, last } => {
                    if last {
                        self.tally.message(Err(Passed::TooLarge));
                    }
                    if self.ready.is_empty() {
                        return Some(bytes);
                    }
                    self.part = Some(bytes);
                    break;
                }
            }
        }
        if self.ready.is_empty() {
            return None;
        }
        let ready =
            if self.ready.len() > KEPT { std::mem::take(&mut self.ready) } else { self.ready.split() };
        Some(ready.freeze())
    }

    fn frame(&mut self, frame: &Frame) {
        if frame.flags & self.end != 0 {
            self.put(frame.flags, &frame.payload);
            return;
        }
        let mut trimmed = std::mem::take(&mut self.trimmed);
        let outcome = self.trimming.payload(frame, self.gzip, &mut trimmed).map(drop);
        match outcome {
            Ok(()) => self.put(frame.flags, &trimmed),
            Err(_) => self.put(frame.flags, &frame.payload),
        }
        if trimmed.capacity() <= KEPT {
            self.trimmed = trimmed;
        }
        self.tally.message(outcome);
    }

    fn put(&mut self, flags: u8, payload: &[u8]) {
        let head = frame::head(flags, payload.len()).expect("it came in a frame, or was found to fit in one");
        self.ready.reserve(frame::HEAD_LEN + payload.len());
        self.ready.put_slice(&head);
        self.ready.put_slice(payload);
    }
}
