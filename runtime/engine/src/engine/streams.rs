//! Streams (section G).

use bytes::Bytes;

use super::Engine;
use crate::call::OpId;
use crate::metadata::Metadata;
use crate::network::AttemptId;

impl Engine {
    /// The caller of a stream takes more items.
    pub(super) fn demand(&mut self, _op: OpId, _items: u32) {}

    /// The caller sends the next message of its sequence.
    pub(super) fn send_message(&mut self, _op: OpId, _message: Bytes) {}

    /// The caller has sent its last message.
    pub(super) fn close_send(&mut self, _op: OpId) {}

    /// A message has arrived.
    pub(super) fn stream_message(&mut self, _attempt: AttemptId, _message: Bytes) {}

    /// A stream has ended with OK.
    pub(super) fn stream_ended(&mut self, _attempt: AttemptId, _trailers: Metadata) {}

    /// The wire has taken messages of the client's sequence.
    pub(super) fn stream_written(&mut self, _attempt: AttemptId, _messages: u32) {}
}
