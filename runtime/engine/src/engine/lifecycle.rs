//! The life of the app: foreground and background, pausing, memory pressure, the kill switch (rules J1, J5, E4).

use super::Engine;
use crate::call::OpId;
use crate::event::Event;
use crate::lifecycle::{AppState, Switch};
use crate::output::Delivered;
use crate::timer::Timer;

impl Engine {
    /// The app came to the foreground or went to the background.
    pub(super) fn app_state(&mut self, state: AppState) {
        if std::mem::replace(&mut self.app, state) == state {
            return;
        }
        match state {
            AppState::Background => {
                let end = self.now.boot.after(self.config.grace);
                self.grace = Some(self.timers.set(end, Timer::Grace));
            }
            AppState::Foreground => {
                let mut grace = self.grace.take();
                self.timers.cancel(&mut grace);
                self.streams_foregrounded();
            }
        }
    }

    /// The app has been in the background for the grace period.
    pub(super) fn grace_over(&mut self) {
        self.grace = None;
        self.streams_backgrounded();
    }

    /// Stop working, and close the store.
    pub(super) fn pause(&mut self, op: OpId) {
        self.streams_paused();
        self.deliver(op, Delivered::Done(Ok(())));
    }

    /// Work again.
    pub(super) fn resume_work(&mut self) {
        self.streams_resumed();
    }

    /// Drops the entries that memory holds, and nothing else (rule E4).
    pub(super) fn memory_pressure(&mut self) {
        let (entries, bytes) = self.memory.clear();
        self.event(Event::MemoryDropped { entries: entries as u64, bytes: bytes as u64 });
    }

    /// Turn parts of policies off.
    pub(super) fn disable(&mut self, op: OpId, _switches: Vec<Switch>) {
        self.deliver(op, Delivered::Done(Ok(())));
    }
}
