//! Flights that are held back: until there is a network, a better one, or their turn (rules I1, I2, C9).

use std::cmp::Reverse;
use std::time::Duration;

use super::Engine;
use crate::call::{CacheMode, Priority};
use crate::event::Event;
use crate::failure::Failed;
use crate::fault::{Fault, planted};
use crate::flight::{Flight, FlightId, Held};
use crate::method::OfflineMode;
use crate::network::Quality;
use crate::operation::Spec;
use crate::timer::Timer;

impl Engine {
    /// For how long a call of this priority would be deferred now, if it is (rule I2). Unknown quality is good enough; an
    /// endpoint that is known to be offline is not (reading 64).
    pub(super) fn deferral(&self, spec: &Spec, priority: Priority) -> Option<Duration> {
        let at_most = spec.method.defer_at_most.filter(|_| priority == Priority::Background)?;
        let is_poor = self.network.quality != Quality::Unspecified && self.network.quality <= Quality::Poor;
        (is_poor || self.is_offline(spec)).then_some(at_most)
    }

    /// For how long a call that would end OFFLINE waits for a network instead, if it does.
    pub(super) fn deferral_offline(&self, spec: &Spec, priority: Priority) -> Option<Duration> {
        self.deferral(spec, priority).filter(|_| spec.method.offline != OfflineMode::FailFast)
    }

    /// Sends a flight, unless something holds it back.
    pub(super) fn launch(&mut self, id: FlightId) {
        let Some(flight) = self.flights.get(&id) else { return };
        let (spec, priority) = (flight.spec.clone(), flight.priority);
        // Those who call are told at once; these were held back when it came to that.
        if self.is_sign_in_required(&spec) && spec.method.is_read() {
            return self.ended.push_back((id, Failed::sign_in_required()));
        }
        if self.is_offline(&spec) && !flight.insists {
            if flight.waits_for_network() {
                return self.hold_until_online(id);
            }
            if flight.was_deferred || self.deferral_offline(&spec, priority).is_none() {
                // Those who wait are told by their own modes.
                let error = self.offline(&spec, CacheMode::Default);
                return self.ended.push_back((id, Failed::unsent(error)));
            }
        }
        if let Some(wait) = self.deferral(&spec, priority).filter(|_| !flight.was_deferred) {
            let timer = self.timers.set(self.now.boot.after(wait), Timer::Deferral(id));
            let is_left = flight.waiters.is_empty();
            self.event(Event::Deferred { method: spec.method.id, at_most: wait });
            if is_left {
                self.refreshes.nobody_waits(id);
            }
            return self.hold(id, Held::Deferred(timer));
        }
        let is_refresh = self.flights.get(&id).is_some_and(|flight| flight.refresh);
        if is_refresh && !self.take_turn(id, priority) {
            self.event(Event::RefreshWaits { method: spec.method.id });
            return self.hold(id, Held::Turn);
        }
        let deadline = self.now.boot.after(spec.method.total_timeout(priority));
        let total = self.timers.set(deadline, Timer::Total(id));
        if let Some(flight) = self.flights.get_mut(&id) {
            self.timers.cancel(&mut flight.total);
            (flight.held, flight.started, flight.deadline) = (None, self.now.boot, deadline);
            flight.total = Some(total);
        }
        self.depart(id);
    }

    pub(super) fn hold(&mut self, id: FlightId, held: Held) {
        if let Some(flight) = self.flights.get_mut(&id) {
            match held {
                Held::Offline => {
                    self.reaches.interest.wait(&flight.spec.endpoint);
                    // Others may refresh meanwhile.
                    self.refreshes.give_back_turn(id);
                }
                Held::Deferred(_) => self.reaches.interest.wait(&flight.spec.endpoint),
                Held::Turn => {}
            }
            flight.held = Some(held);
        }
    }

    /// Ends what holds a flight back; something else may still.
    pub(super) fn let_go(&mut self, id: FlightId) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        match flight.held.take() {
            None => return,
            Some(Held::Deferred(timer)) => {
                flight.was_deferred = !planted(Fault::DeferralNeverEnds);
                self.reaches.interest.stop_waiting(&flight.spec.endpoint);
                self.timers.cancel(&mut Some(timer));
                self.refreshes.somebody_waits(id);
            }
            Some(Held::Offline) => {
                self.reaches.interest.stop_waiting(&flight.spec.endpoint);
                self.launch(id);
                return self.network_asked(id);
            }
            Some(Held::Turn) => {}
        }
        self.launch(id);
    }

    /// Lets go of all flights whose endpoint can be reached again: INTERACTIVE first, then oldest first. In a pause they
    /// wait on, so that their totals do not begin before they are sent.
    pub(super) fn let_go_reachable(&mut self) {
        if self.is_paused() {
            return;
        }
        let is_ready = |flight: &Flight| flight.held == Some(Held::Offline) && !self.is_offline(&flight.spec);
        let ready: Vec<FlightId> =
            self.flights.iter().filter(|(_, flight)| is_ready(flight)).map(|(id, _)| *id).collect();
        for id in self.in_order(ready) {
            self.let_go(id);
        }
    }

    /// INTERACTIVE first, then oldest first.
    pub(super) fn in_order(&self, flights: impl IntoIterator<Item = FlightId>) -> Vec<FlightId> {
        let rank = |id| Some((Reverse(self.flights.get(&id)?.priority), id));
        let mut ranked: Vec<(Reverse<Priority>, FlightId)> = flights.into_iter().filter_map(rank).collect();
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, id)| id).collect()
    }

    /// The quality of the network is another one: deferred calls go if it is good enough.
    pub(super) fn end_deferrals(&mut self) {
        if self.is_paused() {
            return;
        }
        let is_ready = |flight: &Flight| {
            matches!(flight.held, Some(Held::Deferred(_)))
                && self.deferral(&flight.spec, flight.priority).is_none()
        };
        // All of one priority, and by age.
        let ready: Vec<FlightId> =
            self.flights.iter().filter(|(_, flight)| is_ready(flight)).map(|(id, _)| *id).collect();
        for id in ready {
            self.let_go(id);
        }
    }
}
