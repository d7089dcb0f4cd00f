//! The sequence that the client sends: never further ahead of the wire than its credit (rule G5).

use bytes::Bytes;

use super::super::Engine;
use crate::call::OpId;
use crate::error::Error;
use crate::network::AttemptId;
use crate::output::{Delivered, Output};
use crate::stream::{CREDIT, Stream, StreamId};
use crate::timer::Timer;

impl Engine {
    /// The stream whose sequence an operation sends.
    fn sequence_of(&mut self, op: OpId) -> Option<(StreamId, &mut Stream)> {
        let id = self.readers.get(&op)?.stream?;
        let stream = self.streams.get_mut(&id).filter(|stream| stream.spec.method.kind.sends_many())?;
        Some((id, stream))
    }

    /// The caller sends the next message of its sequence.
    pub(in crate::engine) fn send_message(&mut self, op: OpId, message: Bytes) {
        let Some((_, stream)) = self.sequence_of(op).filter(|(_, stream)| !stream.sending.closed) else {
            return;
        };
        let method = stream.spec.method.clone();
        if stream.sending.credit == 0 {
            let message = format!(
                "more messages of {} were sent than there was credit for: send one for each credit",
                method.full_name()
            );
            return self.leave_stream(op, Some(Error::misuse(message)));
        }
        if let Err(error) = self.check_message(&method, &message, "message") {
            return self.leave_stream(op, Some(error));
        }
        let Some((id, stream)) = self.sequence_of(op) else { return };
        stream.sending.credit -= 1;
        stream.sending.begun = true;
        stream.sending.queued.push_back(message);
        self.write(id);
    }

    /// The caller has sent its last message.
    pub(in crate::engine) fn close_send(&mut self, op: OpId) {
        let Some((id, stream)) = self.sequence_of(op) else { return };
        if std::mem::replace(&mut stream.sending.closed, true) {
            return;
        }
        stream.sending.begun = true;
        self.write(id);
        self.close_sequence(id);
    }

    /// The wire has taken messages.
    pub(in crate::engine) fn stream_written(&mut self, attempt: AttemptId, messages: u32) {
        let Some((_, stream)) = self.stream_of(attempt) else { return };
        let written = messages.min(stream.sending.unwritten);
        stream.sending.unwritten -= written;
        if stream.sending.closed || written == 0 {
            return;
        }
        stream.sending.credit += written;
        let reader = stream.readers.first().copied();
        if let Some(op) = reader {
            self.deliver(op, Delivered::Credit(written));
        }
    }

    /// An opening is on the wire: the caller may begin, or what it has sent meanwhile follows.
    pub(super) fn resume_sequence(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id).filter(|s| s.spec.method.kind.sends_many()) else {
            return;
        };
        let reader = stream.readers.first().copied();
        if !std::mem::replace(&mut stream.sending.granted, true) {
            stream.sending.credit = CREDIT;
            if let Some(op) = reader {
                self.deliver(op, Delivered::Credit(CREDIT));
            }
        }
        self.write(id);
        self.close_sequence(id);
    }

    /// Gives the wire what is queued.
    fn write(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let Some(attempt) = stream.opening().map(|opening| opening.id) else { return };
        for message in std::mem::take(&mut stream.sending.queued) {
            stream.sending.unwritten += 1;
            self.outputs.push_back(Output::SendMessage { attempt, message });
        }
    }

    /// Says that the sequence is complete, if it is. From now on the server has no reason to wait (rule C5).
    fn close_sequence(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id).filter(|stream| stream.sending.closed) else { return };
        let timeout = stream.spec.method.head_timeout();
        let Some(opening) = stream.opening_mut() else { return };
        self.outputs.push_back(Output::CloseSend { attempt: opening.id });
        if !opening.live && opening.head.is_none() {
            opening.head = Some(self.timers.set(self.now.boot.after(timeout), Timer::StreamHead(id)));
        }
    }
}
