//! Readers: what they take, and how they leave (rule G5).

use std::sync::Arc;
use std::time::Duration;

use super::super::Engine;
use super::super::specs::signed_out;
use super::starts::end_of;
use crate::call::{CacheMode, OpId};
use crate::clock::elapsed;
use crate::error::{Error, ErrorKind};
use crate::operation::Spec;
use crate::output::Delivered;
use crate::session::Account;
use crate::snapshot::Snapshot;
use crate::stream::{Parting, Phase, Promise, Reader, StreamId, Unread};

impl Engine {
    /// The caller of a stream takes more items.
    pub(in crate::engine) fn demand(&mut self, op: OpId, items: u32) {
        let Some(reader) = self.readers.get_mut(&op) else { return };
        reader.demand = reader.demand.saturating_add(items);
        let stream = reader.stream;
        if items > 0
            && let Some(parting) = reader.parting.take()
        {
            let Parting { mut item, ended, end } = *parting;
            item.age += Duration::from_nanos(elapsed(&ended, &self.now));
            self.deliver_item(op, item);
            return self.finish_reader(op, end);
        }
        self.flush(op);
        if let Some(id) = stream {
            self.top_up(id);
        }
    }

    /// Delivers what a reader has not read yet, if it takes an item.
    pub(super) fn flush(&mut self, op: OpId) {
        let Some(reader) = self.readers.get(&op).filter(|reader| reader.demand > 0) else { return };
        let Some(id) = reader.stream else { return };
        if let Some(item) = self.unread_item(id, op) {
            self.deliver_item(op, item);
        }
    }

    /// The same for everybody who reads a stream.
    pub(super) fn flush_all(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get(&id) else { return };
        for op in stream.readers.clone() {
            self.flush(op);
        }
        self.top_up(id);
    }

    /// Decides what there is to replay to readers who have just come, or whose app has just come back: where nothing is
    /// now, nothing will be, whatever the stream becomes (reading 44).
    pub(super) fn settle_replay(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get(&id) else { return };
        let has_current = stream.opening().is_some_and(|opening| opening.newest.is_some());
        if has_current || matches!(stream.phase, Phase::Looking) {
            return;
        }
        let has_nothing = |op: &OpId| {
            let reader = self.readers.get(op)?;
            (reader.unread == Unread::Current && !self.has_replay(stream, reader.detail)).then_some(*op)
        };
        let settled: Vec<OpId> = stream.readers.iter().filter_map(has_nothing).collect();
        for op in settled {
            if let Some(reader) = self.readers.get_mut(&op) {
                reader.unread = Unread::Nothing;
            }
        }
    }

    /// A reader's time is over.
    pub(in crate::engine) fn reader_deadline(&mut self, op: OpId) {
        let Some(reader) = self.readers.get_mut(&op) else { return };
        reader.wait = None;
        let message = "the stream has lasted as long as its caller allows: allow more time, or none at all";
        self.leave_stream(op, Some(Error::new(ErrorKind::Timeout, message)));
    }

    /// A reader leaves a stream; the last one closes it (rule G4).
    pub(in crate::engine) fn leave_stream(&mut self, op: OpId, why: Option<Error>) {
        let Some(reader) = self.take_reader(op) else { return };
        if let Some(error) = why {
            let delivered = end_of(&reader.spec.method, Err(error));
            self.deliver(op, delivered);
        }
        let Some(id) = reader.stream else { return };
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.readers.remove(&op);
        match stream.readers.first().and_then(|op| self.readers.get(op)) {
            None => self.close_stream(id),
            Some(other) => {
                if stream.spec.session == reader.spec.session {
                    stream.spec = Arc::new(taken_over(&stream.spec, &other.spec));
                }
            }
        }
    }

    /// Closes a stream that nobody reads. One that changes something on the server may have done so (reading 16).
    fn close_stream(&mut self, id: StreamId) {
        let was_sent = self.streams.get(&id).is_some_and(|stream| stream.opening().is_some());
        let Some(stream) = self.retire(id, true) else { return };
        if was_sent && !stream.spec.method.invalidates.is_empty() {
            self.invalidate_after(&stream.spec, None, Vec::new());
        }
    }

    fn take_reader(&mut self, op: OpId) -> Option<Reader> {
        let mut reader = self.readers.remove(&op)?;
        self.timers.cancel(&mut reader.wait);
        Some(reader)
    }

    /// Ends a reader: it hears of the end, and of nothing afterwards.
    pub(super) fn finish_reader(&mut self, op: OpId, result: Result<(), Error>) {
        let Some(reader) = self.take_reader(op) else { return };
        let delivered = end_of(&reader.spec.method, result);
        self.deliver(op, delivered);
    }

    /// The stream of a reader has ended. What it has not read yet comes before the end, when it takes it.
    pub(super) fn part(&mut self, op: OpId, item: Option<Snapshot>, end: Result<(), Error>) {
        let Some(reader) = self.readers.get_mut(&op) else { return };
        reader.stream = None;
        match item.filter(|_| reader.unread == Unread::Message) {
            // It came for an item when there was none to show.
            Some(item) if reader.demand > 0 => {
                self.deliver_item(op, item);
                self.finish_reader(op, end);
            }
            Some(item) => {
                let mut wait = reader.wait.take();
                reader.parting = Some(Box::new(Parting { item, ended: self.now, end }));
                self.timers.cancel(&mut wait);
            }
            None => self.finish_reader(op, end),
        }
    }

    /// Moves the readers of one stream to another of the same key (rule G4).
    pub(super) fn merge(&mut self, from: StreamId, into: StreamId) {
        let Some(stream) = self.retire(from, true) else { return };
        for op in &stream.readers {
            if let Some(reader) = self.readers.get_mut(op) {
                reader.stream = Some(into);
                reader.gap = true;
                if reader.reads_kept() {
                    reader.unread = Unread::Current;
                }
            }
            if let Some(into) = self.streams.get_mut(&into) {
                into.readers.insert(*op);
            }
        }
        self.flush_all(into);
    }

    /// Ends the streams of an account that is signed out, whatever their readers have not read (rule A6). Others may read
    /// those of the device.
    pub(in crate::engine) fn end_streams_of(&mut self, account: &Account) {
        let is_ending = |reader: &Reader| self.has_left(account, &reader.spec);
        let ending: Vec<OpId> =
            self.readers.iter().filter(|(_, reader)| is_ending(reader)).map(|(op, _)| *op).collect();
        for op in ending {
            self.leave_stream(op, Some(signed_out()));
        }
    }

    /// Delivers the end of a reader that waited until tags were durable. Whether there is one.
    pub(in crate::engine) fn settle_reader(&mut self, op: OpId, delivered: &Delivered) -> bool {
        let Some(reader) = self.take_reader(op) else { return false };
        debug_assert!(reader.settling, "only readers that wait are settled");
        self.deliver(op, delivered.clone());
        true
    }
}

/// What a stream calls when the one who began it has left: its session's metadata goes with that (rule A7).
fn taken_over(begun: &Spec, by: &Spec) -> Spec {
    Spec {
        session: by.session,
        account: by.account.clone(),
        metadata: by.metadata.clone(),
        own_mask: by.own_mask,
        ..begun.clone()
    }
}

impl Reader {
    /// Whether what is kept may be shown to it.
    pub(super) fn reads_kept(&self) -> bool {
        self.mode != CacheMode::NetworkOnly && super::starts::promise(&self.spec) == Promise::Replay
    }
}
