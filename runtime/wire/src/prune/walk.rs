//! One pass over an encoded message.
//!
//! Output is written forwards. What is kept is copied in runs, as late as possible, so that neighbouring kept fields cost one
//! copy. The length of a nested message is known only at its end: it keeps the room that the old length took, which the new
//! one never exceeds, and in the rare case that the new one is narrower, what follows it moves up.

use super::plan::{Action, Node, Plan};
use crate::WireError;
use crate::cursor::{self, Key, WireType};

/// Prunes `message` into `output`.
pub(super) fn prune(
    plan: &Plan,
    message: &[u8],
    max_depth: usize,
    output: &mut Output,
) -> Result<(), WireError> {
    walk(plan, message, max_depth, output).map(|_| ())
}

/// Whether there is anything to drop.
pub(super) fn contains_dropped(plan: &Plan, message: &[u8], max_depth: usize) -> Result<bool, WireError> {
    Ok(walk(plan, message, max_depth, &mut Detector)? == Walked::Stopped)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Walked {
    /// To the end of the message.
    Through,
    /// The sink has seen enough.
    Stopped,
}

/// What happens to what a walk finds.
trait Sink {
    /// What has to be remembered while inside a nested message.
    type Mark: Copy;

    /// The field at `start..end` of the input is dropped. Whether to go on.
    fn dropped(&mut self, input: &[u8], start: usize, end: usize) -> bool;

    /// A nested message begins, whose length stands at `length`.
    fn enter(&self, length: usize) -> Self::Mark;

    /// A nested message ends. Its length stood at `length` and its body at `body..end`.
    fn leave(&mut self, mark: Self::Mark, body: usize, end: usize);
}

/// Stops at the first field to drop.
struct Detector;

impl Sink for Detector {
    type Mark = ();

    fn dropped(&mut self, _: &[u8], _: usize, _: usize) -> bool {
        false
    }

    fn enter(&self, _: usize) {}

    fn leave(&mut self, (): (), _: usize, _: usize) {}
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

/// Where a nested message begins.
#[derive(Clone, Copy)]
struct Mark {
    /// Where its length stands in the input, and in the output.
    length: usize,
    output: usize,
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

/// Runs of up to this many bytes are copied as so many: that takes a few instructions, and a copy of any length a call.
const CHUNK: usize = 32;

impl Sink for Output {
    type Mark = Mark;

    #[inline]
    fn dropped(&mut self, input: &[u8], start: usize, end: usize) -> bool {
        let run = start - self.done;
        if run > 0 {
            let length = self.buffer.len();
            match input[self.done..].first_chunk::<CHUNK>() {
                Some(chunk) if run <= CHUNK && self.buffer.capacity() - length >= CHUNK => {
                    self.buffer.extend_from_slice(chunk);
                    self.buffer.truncate(length + run);
                }
                _ => self.copy(&input[self.done..start], input.len()),
            }
        }
        self.done = end;
        self.saved += end - start;
        true
    }

    #[inline]
    fn enter(&self, length: usize) -> Mark {
        // Everything between `done` and here will be copied as it is before anything behind it is dropped.
        Mark { length, output: self.buffer.len() + (length - self.done), saved: self.saved }
    }

    #[inline]
    fn leave(&mut self, mark: Mark, body: usize, end: usize) {
        let saved = self.saved - mark.saved;
        if saved > 0 {
            let (width, size) = (body - mark.length, end - body - saved);
            if width == 1 {
                // The new length is less than the old one, so it fits, too.
                self.buffer[mark.output] = size.to_le_bytes()[0];
            } else {
                self.shorten(mark.output, width, size);
            }
        }
    }
}

impl Output {
    #[inline(never)]
    fn copy(&mut self, run: &[u8], input: usize) {
        if self.buffer.capacity() <= CHUNK {
            self.buffer.reserve(input + CHUNK);
        }
        self.buffer.extend_from_slice(run);
    }

    /// Writes the new length of a nested message at `at`, in the room of `width` bytes.
    fn shorten(&mut self, at: usize, width: usize, size: usize) {
        let mut used = 0;
        let mut rest = size;
        loop {
            let byte = rest.to_le_bytes()[0] & 0x7f;
            rest >>= 7;
            self.buffer[at + used] = if rest == 0 { byte } else { byte | 0x80 };
            used += 1;
            if rest == 0 {
                break;
            }
        }
        if used < width {
            self.buffer.copy_within(at + width.., at + used);
            self.buffer.truncate(self.buffer.len() - (width - used));
            self.saved += width - used;
        }
    }
}

/// A message that is being walked while one nested in it is.
struct Frame<'p, M> {
    node: &'p Node,
    end: usize,
    inner: Inner<M>,
}

/// How the nested message began.
enum Inner<M> {
    Message { mark: M, body: usize },
    Group(u32),
}

/// By wire type, for keys of one byte: the width of key and value (without the body), which bits of the byte after the key
/// are the length of a body, and which show that this shortcut does not apply.
const WIDTH: [u8; 8] = [2, 9, 2, 0, 0, 5, 0, 0];
const BODY: [u8; 8] = [0, 0, 0x7f, 0, 0, 0, 0, 0];
const LONG: [u8; 8] = [0x80, 0, 0x80, 0, 0, 0, 0, 0];
const OTHER: [u8; 8] = [0, 0, 0, 0x80, 0x80, 0, 0x80, 0x80];

fn walk<S: Sink>(plan: &Plan, input: &[u8], max_depth: usize, sink: &mut S) -> Result<Walked, WireError> {
    if max_depth == 0 {
        return Err(WireError::TooDeep { limit: 0 });
    }
    let mut frames: Vec<Frame<'_, S::Mark>> = Vec::new();
    let mut node = plan.node(0);
    let mut end = input.len();
    let mut at = 0;
    loop {
        while at < end {
            let start = at;
            let tag = input[start];
            let next = input.get(start + 1).copied().unwrap_or(0);
            let bits = usize::from(tag & 7);
            let (action, is_message, length, body);
            if tag | (next & LONG[bits]) | OTHER[bits] < 0x80 {
                at = start + usize::from(WIDTH[bits]) + usize::from(next & BODY[bits]);
                action = node.near(tag >> 3);
                if action == Action::Keep {
                    // Whether it reaches past the end is seen at the end.
                    continue;
                }
                (is_message, length, body) = (BODY[bits] != 0, start + 1, start + 2);
            } else {
                let message = &input[..end];
                let (key, after) = cursor::varint(message, start)?;
                let (number, wire_type) = match cursor::parse_key(key, start)? {
                    Key::Field(number, wire_type) => (number, wire_type),
                    Key::GroupEnd(number) => match frames.pop() {
                        Some(Frame { node: outer, inner: Inner::Group(open), .. }) if open == number => {
                            (node, at) = (outer, after);
                            continue;
                        }
                        _ => return Err(WireError::Group { at: start }),
                    },
                };
                action = node.action(number);
                (is_message, length) = (wire_type == WireType::Len, after);
                (body, at) = match wire_type {
                    WireType::Varint => (after, cursor::varint(message, after)?.1),
                    WireType::Fixed64 => (after, after + 8),
                    WireType::Fixed32 => (after, after + 4),
                    WireType::Len => {
                        let (size, body) = cursor::varint(message, after)?;
                        let size = usize::try_from(size).ok().filter(|&size| size <= end - body);
                        (body, body + size.ok_or(WireError::Truncated { at: start })?)
                    }
                    WireType::Group => {
                        let depth = frames.len() + 1;
                        if let Action::Descend(next) = action {
                            deeper(depth, max_depth)?;
                            frames.push(Frame { node, end, inner: Inner::Group(number) });
                            (node, at) = (plan.node(next), after);
                            continue;
                        }
                        (after, cursor::skip_group(message, number, after, depth, max_depth)?)
                    }
                };
            }
            if at > end {
                return Err(WireError::Truncated { at: start });
            }
            match action {
                Action::Drop => {
                    if !sink.dropped(input, start, at) {
                        return Ok(Walked::Stopped);
                    }
                }
                Action::Descend(next) if is_message => {
                    deeper(frames.len() + 1, max_depth)?;
                    frames.push(Frame {
                        node,
                        end,
                        inner: Inner::Message { mark: sink.enter(length), body },
                    });
                    node = plan.node(next);
                    end = at;
                    at = body;
                }
                // A message field that holds something else is an unknown field to a decoder.
                Action::Keep | Action::Descend(_) => {}
                Action::Refuse => return Err(WireError::FieldNumber { at: start }),
            }
        }
        if at > end {
            return Err(WireError::Truncated { at: end });
        }
        match frames.pop() {
            None => return Ok(Walked::Through),
            Some(Frame { inner: Inner::Group(_), .. }) => return Err(WireError::Truncated { at: end }),
            Some(Frame { node: outer, end: outer_end, inner: Inner::Message { mark, body } }) => {
                sink.leave(mark, body, end);
                (node, end) = (outer, outer_end);
            }
        }
    }
}

/// Whether a message or group may be opened inside one that is `depth` deep.
#[inline]
fn deeper(depth: usize, max_depth: usize) -> Result<(), WireError> {
    if depth < max_depth { Ok(()) } else { Err(WireError::TooDeep { limit: max_depth }) }
}
