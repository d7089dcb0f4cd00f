//! Streams that break are opened again, with backoff (rules G3, C9).

use std::time::Duration;

use super::super::Engine;
use super::super::paths::DRAIN;
use crate::backoff::{RESET_EVERY, backoff, cut_short};
use crate::detail;
use crate::error::Error;
use crate::event::Event;
use crate::network::{AttemptId, Kind};
use crate::stream::{Phase, Stream, StreamId};
use crate::timer::Timer;

/// The longest delay that a server is granted: users wait for the stream (reading 47).
const MOST_ASKED: Duration = Duration::from_secs(300);

impl Engine {
    /// A stream broke, and will be opened again: after a while, or when the network is back.
    pub(super) fn await_reopening(&mut self, id: StreamId, error: Error) {
        let Some(spec) = self.streams.get(&id).map(|stream| stream.spec.clone()) else { return };
        let offline = self.is_offline(&spec);
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let (method, kind) = (stream.spec.method.id, error.kind);
        let asked = error.retry_after.map_or(Duration::ZERO, |asked| asked.min(MOST_ASKED));
        stream.failures = stream.failures.saturating_add(1);
        let failures = stream.failures;
        stream.error = Some(Box::new(Error { will_retry: true, ..error }));
        self.mark_gap(id);
        let wait = (!offline).then(|| backoff(failures, &mut self.random).max(asked));
        let timer = wait.map(|wait| self.timers.set(self.now.boot.after(wait), Timer::Reopen(id)));
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.phase = Phase::Waiting(timer);
        }
        self.event(Event::StreamBroke { method, kind, again: wait });
        // What was invalidated may be shown now, for lack of something better (rule D1).
        self.flush_all(id);
    }

    /// The network is known to be away: the stream waits for it.
    pub(super) fn await_network(&mut self, id: StreamId) {
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.phase = Phase::Waiting(None);
            self.flush_all(id);
        }
    }

    /// The next live item may have a gap before it.
    pub(super) fn mark_gap(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.broken = true;
        for op in &stream.readers {
            if let Some(reader) = self.readers.get_mut(op) {
                reader.gap = true;
            }
        }
    }

    /// The wait is over.
    pub(in crate::engine) fn reopen_due(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if let Phase::Waiting(timer) = &mut stream.phase {
            *timer = None;
            self.open_stream(id);
        }
    }

    /// Opens a stream anew, whatever it is doing: the old opening is closed first.
    pub(in crate::engine) fn reopen_now(&mut self, id: StreamId) {
        if self.take_off_wire(id, true).is_some() {
            self.mark_gap(id);
        }
        let Some(stream) = self.streams.get_mut(&id) else { return };
        match &mut stream.phase {
            Phase::Waiting(timer) => self.timers.cancel(timer),
            Phase::Suspended => {}
            // It is being opened already.
            Phase::Looking | Phase::Asking | Phase::Open(_) => return,
        }
        self.open_stream(id);
    }

    /// The network may be back: streams that wait for it are opened at once.
    pub(in crate::engine) fn streams_reachable(&mut self) {
        let may_open =
            |stream: &Stream| matches!(stream.phase, Phase::Waiting(None)) && !self.is_offline(&stream.spec);
        let mut streams = self.streams_where(may_open);
        // INTERACTIVE first, then oldest first.
        streams.sort_by_key(|id| std::cmp::Reverse(self.streams.get(id).map(|stream| stream.priority)));
        for id in streams {
            self.reopen_now(id);
        }
    }

    /// The device has moved to another network: streams that can be opened again move to the new path (rule J2), and those
    /// that wait for their turn do not wait much longer (rule C9).
    pub(in crate::engine) fn streams_path_changed(&mut self) {
        let now = self.now.boot;
        let moves = |stream: &Stream| {
            // One that has just moved drains first, like everything else: so the network may change as often as it likes.
            let may_move = stream.moved.is_none_or(|at| now.since(at) >= DRAIN);
            may_move && stream.reconnects() && matches!(stream.phase, Phase::Open(_))
        };
        let waits = |stream: &Stream| matches!(stream.phase, Phase::Waiting(Some(_)));
        for id in self.streams_where(waits) {
            self.hurry(id);
        }
        for id in self.streams_where(moves) {
            self.move_stream(id);
        }
    }

    /// What was sent over an old path is cut. A stream that can be opened again moves instead. Whether the attempt was its.
    pub(in crate::engine) fn move_drained(&mut self, attempt: AttemptId) -> bool {
        let Some(id) = self.stream_attempts.get(&attempt).copied() else { return false };
        let moves = self.streams.get(&id).is_some_and(|stream| {
            stream.reconnects() && stream.opening().is_some_and(|opening| opening.id == attempt)
        });
        if moves {
            self.move_stream(id);
        }
        moves
    }

    fn move_stream(&mut self, id: StreamId) {
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.moved = Some(self.now.boot);
        }
        self.reopen_now(id);
    }

    /// Ends a stream's backoff after a random part of its first step, so that not everybody comes at once; at most once in
    /// 10 s. What the server has asked for stands.
    fn hurry(&mut self, id: StreamId) {
        let now = self.now.boot;
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let was_asked = stream.error.as_ref().is_some_and(|error| error.retry_after.is_some());
        if was_asked || stream.hurried.is_some_and(|at| now.since(at) < RESET_EVERY) {
            return;
        }
        stream.hurried = Some(now);
        stream.failures = 0;
        let at = now.after(cut_short(&mut self.random));
        if let Phase::Waiting(timer) = &mut stream.phase
            && timer.is_some_and(|timer| timer.at() > at)
        {
            self.timers.cancel(timer);
            *timer = Some(self.timers.set(at, Timer::Reopen(id)));
        }
    }

    /// The network is good enough: streams that run reduced are opened in full (rule F8).
    pub(in crate::engine) fn restore_streams(&mut self) {
        let network = self.network;
        let to_restore =
            |stream: &Stream| {
                stream.want == crate::snapshot::Detail::Reduced
                    && matches!(stream.phase, Phase::Open(_))
                    && stream.spec.method.kind == Kind::ServerStream
                    && stream.spec.method.detail.as_ref().is_some_and(|detail| {
                        detail.restore && !detail::is_called_for(detail.reduce_at, network)
                    })
            };
        for id in self.streams_where(to_restore) {
            if let Some(stream) = self.streams.get(&id) {
                let method = stream.spec.method.id;
                self.event(Event::StreamRestored { method });
            }
            self.reopen_now(id);
        }
    }

    pub(super) fn streams_where(&self, wanted: impl Fn(&Stream) -> bool) -> Vec<StreamId> {
        self.streams.iter().filter(|(_, stream)| wanted(stream)).map(|(id, _)| *id).collect()
    }
}
