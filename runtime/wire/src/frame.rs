//! The envelope of gRPC, gRPC-Web and Connect streams: one byte of flags, four bytes of length (big endian), the message.
//!
//! See <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md> (Length-Prefixed-Message),
//! <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md> and
//! <https://connectrpc.com/docs/protocol/#streaming-rpcs>.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// The length of what stands before a message.
pub const HEAD_LEN: usize = 5;
/// The message is compressed.
pub const COMPRESSED: u8 = 0b0000_0001;
/// Connect: the message ends the stream, as JSON.
pub const CONNECT_END: u8 = 0b0000_0010;
/// gRPC-Web: the message is the trailers.
pub const WEB_TRAILERS: u8 = 0b1000_0000;

/// One enveloped message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// [`COMPRESSED`] and its protocol's other flags, as they came.
    pub flags: u8,
    /// The message, still compressed if the flags say so.
    pub payload: Bytes,
}

impl Frame {
    /// Whether [`COMPRESSED`] is set.
    pub fn is_compressed(&self) -> bool {
        self.flags & COMPRESSED != 0
    }
}

/// Why bytes are not a sequence of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The frame announces more than is allowed. It was not read.
    #[error("a message of {size} bytes was announced and {limit} are allowed: send less or raise the limit")]
    TooLarge {
        /// The announced size in bytes, without the head.
        size: u32,
        /// The limit in force.
        limit: usize,
    },
    /// The body ended inside a frame.
    #[error(
        "the body ended {missing} bytes before the end of a message: the connection was cut, so try again"
    )]
    Truncated {
        /// How many bytes are missing at least.
        missing: usize,
    },
}

impl FrameError {
    /// How large the frame said it is.
    fn announced(self) -> u64 {
        match self {
            Self::TooLarge { size, .. } => size.into(),
            Self::Truncated { .. } => 0,
        }
    }
}

/// The head of a frame.
///
/// # Errors
///
/// The payload does not fit in a frame (4 GiB).
pub fn head(flags: u8, payload: usize) -> Result<[u8; HEAD_LEN], FrameError> {
    let size = u32::try_from(payload)
        .map_err(|_| FrameError::TooLarge { size: u32::MAX, limit: u32::MAX as usize })?;
    let [a, b, c, d] = size.to_be_bytes();
    Ok([flags, a, b, c, d])
}

/// A frame in one piece.
///
/// # Errors
///
/// The payload does not fit in a frame (4 GiB).
pub fn encode(flags: u8, payload: &[u8]) -> Result<Bytes, FrameError> {
    let mut frame = BytesMut::with_capacity(HEAD_LEN + payload.len());
    frame.put_slice(&head(flags, payload.len())?);
    frame.put_slice(payload);
    Ok(frame.freeze())
}

/// Takes frames out of a body that arrives in chunks. It holds one unfinished frame at most, and copies only what arrives
/// in more than one chunk.
#[derive(Debug)]
pub struct FrameReader {
    limit: usize,
    /// The chunk that frames are being taken from.
    chunk: Bytes,
    /// An unfinished frame, head included; empty if none.
    partial: BytesMut,
}

impl FrameReader {
    /// `limit` is the largest payload in bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit, chunk: Bytes::new(), partial: BytesMut::new() }
    }

    /// Whether a frame has begun and not ended.
    pub fn is_mid_frame(&self) -> bool {
        !self.partial.is_empty()
    }

    /// Whether there is anything that was not taken yet.
    pub fn has_more(&self) -> bool {
        self.is_mid_frame() || !self.chunk.is_empty()
    }

    /// Adds a chunk of the body. Call [`FrameReader::next_frame`] until it has none before adding another.
    pub fn push(&mut self, chunk: Bytes) {
        if self.chunk.is_empty() {
            self.chunk = chunk;
        } else {
            let mut joined = BytesMut::with_capacity(self.chunk.len() + chunk.len());
            joined.put_slice(&self.chunk);
            joined.put_slice(&chunk);
            self.chunk = joined.freeze();
        }
    }

    /// The next frame; `None` until more of the body has come.
    ///
    /// # Errors
    ///
    /// The next frame is larger than the limit. Nothing can be read after it.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        if self.partial.is_empty() {
            let Some((flags, size)) = self.parse_head(&self.chunk)? else {
                self.keep_partial();
                return Ok(None);
            };
            if self.chunk.len() - HEAD_LEN < size {
                self.keep_partial();
                return Ok(None);
            }
            self.chunk.advance(HEAD_LEN);
            return Ok(Some(Frame { flags, payload: self.chunk.split_to(size) }));
        }
        if self.partial.len() < HEAD_LEN {
            self.move_to_partial(HEAD_LEN - self.partial.len());
        }
        let Some((flags, size)) = self.parse_head(&self.partial)? else { return Ok(None) };
        let wanted = HEAD_LEN + size;
        self.move_to_partial(wanted - self.partial.len());
        if self.partial.len() < wanted {
            return Ok(None);
        }
        let mut payload = std::mem::take(&mut self.partial).freeze();
        payload.advance(HEAD_LEN);
        Ok(Some(Frame { flags, payload }))
    }

    /// To be called at the end of the body.
    ///
    /// # Errors
    ///
    /// The body ended inside a frame.
    pub fn finish(&self) -> Result<(), FrameError> {
        let have = self.partial.len() + self.chunk.len();
        if have == 0 {
            return Ok(());
        }
        let size = match self.parse_head(&self.partial) {
            Ok(Some((_, size))) => HEAD_LEN.saturating_add(size),
            _ => HEAD_LEN,
        };
        Err(FrameError::Truncated { missing: size.saturating_sub(have).max(1) })
    }

    fn parse_head(&self, bytes: &[u8]) -> Result<Option<(u8, usize)>, FrameError> {
        let Some(&[flags, a, b, c, d]) = bytes.first_chunk::<HEAD_LEN>() else { return Ok(None) };
        let size = u32::from_be_bytes([a, b, c, d]);
        match usize::try_from(size) {
            Ok(length) if length <= self.limit => Ok(Some((flags, length))),
            _ => Err(FrameError::TooLarge { size, limit: self.limit }),
        }
    }

    fn keep_partial(&mut self) {
        let all = self.chunk.len();
        self.move_to_partial(all);
    }

    fn move_to_partial(&mut self, at_most: usize) {
        let taken = self.chunk.split_to(at_most.min(self.chunk.len()));
        self.partial.put_slice(&taken);
    }
}

/// What a [`PieceReader`] finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A frame within the limit.
    Frame(Frame),
    /// A part of a frame beyond the limit, as it came, head and all.
    Part {
        /// Never empty.
        bytes: Bytes,
        /// The frame ends with it.
        last: bool,
    },
}

/// Takes frames out of a body whose every byte goes on to somebody else. As [`FrameReader`], but what is too large to be
/// held comes through in parts.
#[derive(Debug)]
pub struct PieceReader {
    frames: FrameReader,
    /// How much of the frame beyond the limit is still to come, in bytes.
    passing: u64,
}

impl PieceReader {
    /// `limit` is the largest payload, in bytes, that is held until it is complete.
    pub fn new(limit: usize) -> Self {
        Self { frames: FrameReader::new(limit), passing: 0 }
    }

    /// Adds a chunk of the body. Call [`PieceReader::next_piece`] until it has none before adding another.
    pub fn push(&mut self, chunk: Bytes) {
        self.frames.push(chunk);
    }

    /// The next piece; `None` until more of the body has come.
    pub fn next_piece(&mut self) -> Option<Piece> {
        if self.passing == 0 {
            match self.frames.next_frame() {
                Ok(frame) => return frame.map(Piece::Frame),
                Err(error) => self.passing = error.announced(),
            }
            if !self.frames.partial.is_empty() {
                return Some(Piece::Part { bytes: self.frames.partial.split().freeze(), last: false });
            }
            self.passing += HEAD_LEN as u64;
        }
        let chunk = &mut self.frames.chunk;
        if chunk.is_empty() {
            return None;
        }
        let length = usize::try_from(self.passing).map_or(chunk.len(), |passing| passing.min(chunk.len()));
        self.passing -= length as u64;
        Some(Piece::Part { bytes: chunk.split_to(length), last: self.passing == 0 })
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.frames.partial.is_empty() && self.frames.chunk.is_empty()
    }

    /// What has come of a frame that is not complete: at the end of the body, what was cut off. Empty if nothing has.
    pub fn take_rest(&mut self) -> Bytes {
        self.frames.partial.split().freeze()
    }
}

#[cfg(test)]
mod tests;
