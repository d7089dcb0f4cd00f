//! Streams and the life of the app: off the wire in the background and while paused, repainted when it comes back
//! (rules G4, J1).

use super::super::Engine;
use crate::event::Event;
use crate::fault::{Fault, planted};
use crate::stream::{Phase, Stream, StreamId, Unread};
use crate::timer::Timer;

impl Engine {
    /// The app has been in the background for longer than the grace period: streams that can be opened again go off the
    /// wire. Those that are passed through stay: nobody could give back what they would miss.
    pub(in crate::engine) fn streams_backgrounded(&mut self) {
        self.suspend_streams(|stream| stream.reconnects() && !planted(Fault::StreamsStayInBackground));
    }

    /// The app came to the foreground: suspended streams are shown from what is kept, and opened.
    pub(in crate::engine) fn streams_foregrounded(&mut self) {
        self.wake_streams();
    }

    /// The runtime is paused: nothing stays on the wire, and nothing is learnt from that. Streams that are passed through
    /// end with the error of a broken transport when their attempt does; they are cut by the caller of this.
    pub(in crate::engine) fn streams_paused(&mut self) {
        self.suspend_streams(Stream::reconnects);
    }

    /// The runtime works again.
    pub(in crate::engine) fn streams_resumed(&mut self) {
        self.wake_streams();
    }

    fn suspend_streams(&mut self, is_concerned: impl Fn(&Stream) -> bool) {
        let running = |stream: &Stream| {
            matches!(stream.phase, Phase::Open(_) | Phase::Waiting(_) | Phase::Asking) && is_concerned(stream)
        };
        for id in self.streams_where(running) {
            self.suspend_stream(id);
        }
    }

    fn suspend_stream(&mut self, id: StreamId) {
        if self.take_off_wire(id, true).is_some() {
            self.mark_gap(id);
        }
        let Some(stream) = self.streams.get_mut(&id) else { return };
        match std::mem::replace(&mut stream.phase, Phase::Suspended) {
            Phase::Waiting(mut timer) => self.timers.cancel(&mut timer),
            Phase::Asking => {
                if let Some(account) = self.credentials.get_mut(&stream.spec.account) {
                    account.forget(crate::credentials::Asker::Stream(id));
                }
            }
            _ => {}
        }
        let method = stream.spec.method.id;
        // Nobody wakes the device for a reader's deadline: it is looked at when the stream is.
        for op in &stream.readers {
            if let Some(reader) = self.readers.get_mut(op) {
                let mut wait = reader.wait.take();
                self.timers.cancel(&mut wait);
            }
        }
        self.event(Event::StreamSuspended { method });
    }

    fn wake_streams(&mut self) {
        if self.is_paused() {
            return;
        }
        let rests = self.rests();
        let to_wake =
            |stream: &Stream| matches!(stream.phase, Phase::Suspended) && !(rests && stream.reconnects());
        for id in self.streams_where(to_wake) {
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            stream.failures = 0;
            for op in stream.readers.clone() {
                let Some(reader) = self.readers.get_mut(&op) else { continue };
                if reader.deadline.is_some_and(|deadline| deadline <= self.now.boot) {
                    self.reader_deadline(op);
                    continue;
                }
                if let Some(deadline) = reader.deadline.filter(|_| reader.wait.is_none()) {
                    reader.wait = Some(self.timers.set(deadline, Timer::Deadline(op)));
                }
                if reader.reads_kept() && reader.unread == Unread::Nothing {
                    reader.unread = Unread::Current;
                }
            }
            self.settle_replay(id);
            self.flush_all(id);
            self.open_stream(id);
        }
    }
}
