//! Trimming one message.

use bytes::Bytes;
use holdover_wire::frame::{self, Frame};
use holdover_wire::{Limits, Pruner, WireError};

use crate::gzip::{gunzip, gzip};
use crate::metrics::Passed;

/// What it takes to trim messages of one method.
#[derive(Clone, Debug)]
pub(crate) struct Trimming {
    pub(crate) plan: Pruner,
    pub(crate) limits: Limits,
}

impl Trimming {
    /// Leaves out of a message what the plan drops, into an empty or used buffer. It is compressed again if it was.
    /// Returns how many bytes of the message itself, uncompressed, it has left out.
    pub(crate) fn message(
        &self,
        message: &[u8],
        compressed: bool,
        out: &mut Vec<u8>,
    ) -> Result<usize, Passed> {
        if !compressed {
            return self.plain(message, out);
        }
        let plain = gunzip(message, self.limits.max_bytes)?;
        let dropped = self.plain(&plain, out)?;
        *out = gzip(out);
        Ok(dropped)
    }

    fn plain(&self, message: &[u8], out: &mut Vec<u8>) -> Result<usize, Passed> {
        match self.plan.prune_into(message, &self.limits, out) {
            Ok(true) => Ok(message.len().saturating_sub(out.len())),
            Ok(false) => Err(Passed::NothingToDrop),
            Err(WireError::TooLarge { .. }) => Err(Passed::TooLarge),
            Err(_) => Err(Passed::Malformed),
        }
    }

    /// The payload of an envelope, without what the plan drops. `gzip`: this is how messages may be compressed.
    /// Returns what [`Self::message`] does.
    pub(crate) fn payload(&self, message: &Frame, gzip: bool, out: &mut Vec<u8>) -> Result<usize, Passed> {
        if message.flags & !frame::COMPRESSED != 0 {
            return Err(Passed::Malformed);
        }
        if message.is_compressed() && !gzip {
            return Err(Passed::OtherEncoding);
        }
        let dropped = self.message(&message.payload, message.is_compressed(), out)?;
        // gzip can make a message longer.
        u32::try_from(out.len()).map(|_| dropped).map_err(|_| Passed::TooLarge)
    }
}

/// A frame in one piece.
pub(crate) fn envelope(flags: u8, payload: &[u8]) -> Result<Bytes, Passed> {
    frame::encode(flags, payload).map_err(|_| Passed::TooLarge)
}
