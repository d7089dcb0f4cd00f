//! One pass over an encoded message.
//!
//! Output is written forwards. What is kept is copied in runs, as late as possible, so that neighbouring kept fields cost one
//! copy. The length of a nested message is known only at its end: it keeps the room that the old length took, which the new
//! one never exceeds, and in the rare case that the new one is narrower, what follows it moves up.

use super::plan::{Action, Plan};
use crate::WireError;
use crate::cursor::{self, Key, WireType};

/// Prunes `message` into `output`.
pub(super) fn prune(
    plan: &Plan,
    message: &[u8],
    max_depth: usize,
    output: &mut Output,
) -> Result<(), WireError> {
    let mut walk = Walk { plan, input: message, max_depth, sink: output };
    match walk.message(0, 0, message.len(), None, 1) {
        Ok(_) | Err(Stop::Enough) => Ok(()),
        Err(Stop::Wire(error)) => Err(error),
    }
}

/// Whether there is anything to drop.
pub(super) fn contains_dropped(plan: &Plan, message: &[u8], max_depth: usize) -> Result<bool, WireError> {
    let mut walk = Walk { plan, input: message, max_depth, sink: &mut Detector };
    match walk.message(0, 0, message.len(), None, 1) {
        Ok(_) => Ok(false),
        Err(Stop::Enough) => Ok(true),
        Err(Stop::Wire(error)) => Err(error),
    }
}

/// Why a walk ended before the message did.
enum Stop {
    /// Nothing more needs to be known.
    Enough,
    Wire(WireError),
}

impl From<WireError> for Stop {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

/// What happens to what a walk finds.
trait Sink {
    /// What has to be remembered while inside a nested message.
    type Mark;

    /// The field at `start..end` of the input is dropped.
    fn dropped(&mut self, input: &[u8], start: usize, end: usize) -> Result<(), Stop>;

    /// A nested message begins, whose length stands at `length`.
    fn enter(&self, length: usize) -> Self::Mark;

    /// A nested message ends. Its length stood at `length` and its body at `body..end`.
    fn leave(&mut self, mark: Self::Mark, length: usize, body: usize, end: usize);
}

/// Stops at the first field to drop.
struct Detector;

impl Sink for Detector {
    type Mark = ();

    fn dropped(&mut self, _: &[u8], _: usize, _: usize) -> Result<(), Stop> {
        Err(Stop::Enough)
    }

    fn enter(&self, _: usize) {}

    fn leave(&mut self, (): (), _: usize, _: usize, _: usize) {}
}

/// What is kept. Offsets of the input count from its start.
#[derive(Debug, Default)]
pub(super) struct Output {
    buffer: Vec<u8>,
    /// The input before this offset is in the buffer, or dropped.
    done: usize,
    /// How much shorter than the input the output is so far.
    saved: usize,
}

/// Where a nested message begins in the output.
pub(super) struct Mark {
    length: usize,
    saved: usize,
}

impl Output {
    /// Uses the capacity of a buffer.
    pub(super) fn reusing(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self { buffer, done: 0, saved: 0 }
    }

    /// Whether anything was dropped.
    pub(super) fn dropped(&self) -> bool {
        self.done > 0
    }

    /// The output, with what remains of the input.
    pub(super) fn finish(mut self, input: &[u8]) -> Vec<u8> {
        self.buffer.extend_from_slice(&input[self.done..]);
        self.buffer
    }
}

impl Sink for Output {
    type Mark = Mark;

    #[inline]
    fn dropped(&mut self, input: &[u8], start: usize, end: usize) -> Result<(), Stop> {
        if start > self.done {
            if self.buffer.capacity() == 0 {
                self.buffer.reserve(input.len());
            }
            self.buffer.extend_from_slice(&input[self.done..start]);
        }
        self.done = end;
        self.saved += end - start;
        Ok(())
    }

    #[inline]
    fn enter(&self, length: usize) -> Mark {
        // Everything between `done` and here will be copied as it is before anything behind it is dropped.
        Mark { length: self.buffer.len() + (length - self.done), saved: self.saved }
    }

    #[inline]
    fn leave(&mut self, mark: Mark, length: usize, body: usize, end: usize) {
        let saved = self.saved - mark.saved;
        if saved > 0 {
            self.shorten(mark.length, body - length, end - body - saved);
        }
    }
}

impl Output {
    /// Writes the new length of a nested message at `at`, in the room of `width` bytes.
    fn shorten(&mut self, at: usize, width: usize, size: usize) {
        let mut length = [0u8; 10];
        let mut used = 0;
        let mut rest = size as u64;
        loop {
            let byte = rest.to_le_bytes()[0] & 0x7f;
            rest >>= 7;
            length[used] = if rest == 0 { byte } else { byte | 0x80 };
            used += 1;
            if rest == 0 {
                break;
            }
        }
        self.buffer[at..at + used].copy_from_slice(&length[..used]);
        if used < width {
            self.buffer.copy_within(at + width.., at + used);
            self.buffer.truncate(self.buffer.len() - (width - used));
            self.saved += width - used;
        }
    }
}

struct Walk<'a, S> {
    plan: &'a Plan,
    input: &'a [u8],
    max_depth: usize,
    sink: &'a mut S,
}

impl<S: Sink> Walk<'_, S> {
    /// Walks the message at `at..end`, or the group that begins at `at`, and returns where it ends.
    fn message(
        &mut self,
        node: u32,
        mut at: usize,
        end: usize,
        group: Option<u32>,
        depth: usize,
    ) -> Result<usize, Stop> {
        if depth > self.max_depth {
            return Err(WireError::TooDeep { limit: self.max_depth }.into());
        }
        let node = self.plan.node(node);
        let input = &self.input[..end];
        while at < end {
            let start = at;
            let (key, after) = cursor::varint(input, at)?;
            at = after;
            let (number, wire_type) = match cursor::parse_key(key, start)? {
                Key::Field(number, wire_type) => (number, wire_type),
                Key::GroupEnd(number) if group == Some(number) => return Ok(at),
                Key::GroupEnd(_) => return Err(WireError::Group { at: start }.into()),
            };
            let action = node.action(number);
            match wire_type {
                WireType::Varint => at = cursor::varint(input, at)?.1,
                WireType::Fixed64 => at += 8,
                WireType::Fixed32 => at += 4,
                WireType::Len => {
                    let (length, body) = cursor::varint(input, at)?;
                    let stop = usize::try_from(length).ok().and_then(|length| body.checked_add(length));
                    let Some(stop) = stop.filter(|&stop| stop <= end) else {
                        return Err(WireError::Truncated { at: start }.into());
                    };
                    if let Action::Descend(next) = action {
                        let mark = self.sink.enter(at);
                        self.message(next, body, stop, None, depth + 1)?;
                        self.sink.leave(mark, at, body, stop);
                    }
                    at = stop;
                }
                WireType::Group => {
                    at = match action {
                        Action::Descend(next) => self.message(next, at, end, Some(number), depth + 1)?,
                        _ => self.skip_group(number, at, end, depth)?,
                    }
                }
            }
            if at > end {
                return Err(WireError::Truncated { at: start }.into());
            }
            if action == Action::Drop {
                self.sink.dropped(input, start, at)?;
            }
        }
        if group.is_some() { Err(WireError::Truncated { at: end }.into()) } else { Ok(at) }
    }

    /// Goes past a group that is kept or dropped whole.
    #[cold]
    fn skip_group(&self, number: u32, at: usize, end: usize, depth: usize) -> Result<usize, WireError> {
        cursor::skip_group(&self.input[..end], number, at, depth, self.max_depth)
    }
}
