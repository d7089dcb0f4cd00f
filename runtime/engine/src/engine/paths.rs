//! Paths: the device moves to another network (rule J2).

use std::time::Duration;

use super::Engine;
use crate::event::Event;
use crate::fault::{Fault, planted};
use crate::network::{AttemptId, Interface, Platform, Reachability};
use crate::output::Output;
use crate::timer::Timer;

/// How long what was sent over the old path may go on.
pub(super) const DRAIN: Duration = Duration::from_secs(5);

impl Engine {
    /// What the platform says of the way out has changed. `before` is what it said last of a way that there was.
    pub(super) fn way_out_changed(&mut self, before: &Platform, platform: &Platform) {
        if platform.reachability == Reachability::Unreachable {
            return;
        }
        let moved = is_another(before, platform);
        if moved {
            self.event(Event::PathChanged);
            self.outputs.push_back(Output::PathChanged);
            self.path_news = true;
            let last = self.on_the_wire().last();
            if let Some(last) = last.filter(|last| !self.drains.contains_key(last)) {
                let timer = self.timers.set(self.now.boot.after(DRAIN), Timer::Drained(last));
                self.drains.insert(last, timer);
            }
        }
        if moved || before.reachability == Reachability::Unreachable {
            self.renew_reconnected();
        }
    }

    /// What was sent over the old path, up to this attempt, had its time.
    pub(super) fn drained(&mut self, last: AttemptId) {
        self.drains.remove(&last);
        let is_old = |attempt: &AttemptId| *attempt <= last && !planted(Fault::OldPathNeverDrains);
        let attempts: Vec<AttemptId> = self.on_the_wire().take_while(is_old).collect();
        for attempt in attempts {
            if !self.move_drained(attempt) {
                self.cut(attempt, "the device has moved to another network");
            }
        }
    }

    /// What was sent over old paths may have ended in time: then nobody waits for that any more (rule J1).
    pub(super) fn forget_drains(&mut self) {
        while let Some((last, timer)) = self.drains.first_key_value().map(|(last, timer)| (*last, *timer)) {
            if self.on_the_wire().next().is_some_and(|attempt| attempt <= last) {
                return;
            }
            self.drains.remove(&last);
            self.timers.cancel(&mut Some(timer));
        }
    }
}

/// Whether the device has moved to another network. The first word on the path is no change (reading 51).
pub(super) fn is_another(before: &Platform, after: &Platform) -> bool {
    let was_told = before.interface != Interface::Unknown || before.path != 0;
    was_told && (before.interface, before.path) != (after.interface, after.path)
}
