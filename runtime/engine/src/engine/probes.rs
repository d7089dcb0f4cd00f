//! Probes: whether an endpoint in doubt can be reached (rule H4).

use std::collections::BTreeSet;
use std::time::Duration;

use super::Engine;
use super::reach::{Doubt, FIRST, Sign, sign};
use crate::event::Event;
use crate::fault::{Fault, planted};
use crate::lifecycle::AppState;
use crate::network::{AttemptId, Failure, Probe, Reachability};
use crate::output::Output;
use crate::session::Endpoint;
use crate::timer::Timer;

/// How long a probe may take.
const PATIENCE: Duration = Duration::from_secs(10);

impl Engine {
    pub(super) fn stop_probing(&mut self, endpoint: &Endpoint) {
        let Some(doubt) = self.reaches.doubts.get_mut(endpoint) else { return };
        self.timers.cancel(&mut doubt.timer);
        if let Some(probe) = doubt.probe.take()
            && self.reaches.probes.remove(&probe).is_some()
        {
            self.outputs.push_back(Output::CancelAttempt(probe));
        }
    }

    /// A probe has reached its endpoint.
    pub(super) fn contact(&mut self, attempt: AttemptId) {
        if let Some(endpoint) = self.reaches.probes.remove(&attempt) {
            self.event(Event::ProbeAnswered { endpoint: endpoint.clone() });
            self.heard(&endpoint);
        }
    }

    /// A probe has failed. `false`: the attempt is no probe.
    pub(super) fn probe_failed(&mut self, attempt: AttemptId, failure: &Failure) -> bool {
        let Some(endpoint) = self.reaches.probes.get(&attempt).cloned() else { return false };
        match sign(failure) {
            Sign::Contact => self.contact(attempt),
            Sign::NoContact => self.probe_lost(&endpoint, true),
            Sign::Nothing => self.probe_lost(&endpoint, false),
        }
        true
    }

    /// A probe has ended without contact; whether that says that there is none.
    fn probe_lost(&mut self, endpoint: &Endpoint, is_evidence: bool) {
        let now = self.now.boot;
        let Some(doubt) = self.reaches.doubts.get_mut(endpoint) else { return };
        self.timers.cancel(&mut doubt.timer);
        if let Some(probe) = doubt.probe.take() {
            self.reaches.probes.remove(&probe);
        }
        doubt.failures = doubt.failures.saturating_add(u32::from(is_evidence));
        doubt.wait(now);
        let again = doubt.due.since(now);
        self.event(Event::ProbeFailed { endpoint: endpoint.clone(), again });
        self.review(endpoint);
    }

    /// The wait of an endpoint in doubt is over, or its probe has taken too long.
    pub(super) fn probe_due(&mut self, endpoint: &Endpoint) {
        let may_probe = self.may_probe();
        let Some(doubt) = self.reaches.doubts.get_mut(endpoint) else { return };
        doubt.timer = None;
        if let Some(probe) = doubt.probe {
            self.outputs.push_back(Output::CancelAttempt(probe));
            return self.probe_lost(endpoint, true);
        }
        if !may_probe {
            // What was known has lapsed: whoever waits finds out.
            return self.review(endpoint);
        }
        let attempt = AttemptId(self.name());
        let timer = self.timers.set(self.now.boot.after(PATIENCE), Timer::Probe(endpoint.clone()));
        if let Some(doubt) = self.reaches.doubts.get_mut(endpoint) {
            (doubt.probe, doubt.timer) = (Some(attempt), Some(timer));
        }
        self.reaches.probes.insert(attempt, endpoint.clone());
        self.event(Event::ProbeSent { endpoint: endpoint.clone() });
        let probe = Probe { attempt, endpoint: endpoint.clone(), timeout: PATIENCE };
        self.outputs.push_back(Output::Probe(Box::new(probe)));
    }

    /// Probes run in the foreground, unless the app or the platform itself knows that there is a way out, or the app says
    /// that there is to be none.
    fn may_probe(&self) -> bool {
        self.in_foreground()
            && !self.is_paused()
            && self.pinned_quality().is_none()
            && (self.platform().reachability != Reachability::Reachable || planted(Fault::ProbesNeverStop))
    }

    /// Takes probes off the wire that must not run any more; what they were to confirm has lapsed.
    pub(super) fn stop_forbidden_probes(&mut self) {
        if self.may_probe() {
            return;
        }
        let probed: Vec<Endpoint> = self.reaches.probes.values().cloned().collect();
        for endpoint in &probed {
            self.stop_probing(endpoint);
        }
    }

    /// Whether anybody waits for the endpoint. In the background only calls count.
    fn is_of_interest(&self, endpoint: &Endpoint) -> bool {
        match self.life.app {
            AppState::Foreground => self.reaches.interest.is_anybody_at(endpoint),
            AppState::Background => self.reaches.interest.is_anybody_waiting_for(endpoint),
        }
    }

    /// Somebody may have come to wait for an endpoint, or have left: probes run only for somebody.
    pub(super) fn watch_all(&mut self) {
        let is_cut = self.platform().reachability == Reachability::Unreachable;
        if !is_cut && self.reaches.doubts.is_empty() {
            return;
        }
        let mut endpoints: BTreeSet<Endpoint> = self.reaches.doubts.keys().cloned().collect();
        if is_cut {
            endpoints.extend(self.sessions.values().map(|session| session.config.endpoint.clone()));
        }
        for endpoint in endpoints {
            self.watch(&endpoint);
        }
    }

    fn watch(&mut self, endpoint: &Endpoint) {
        let cut_off = self.is_cut_off(endpoint);
        if !cut_off && !self.reaches.doubts.contains_key(endpoint) {
            return;
        }
        let may_probe = self.may_probe();
        // Where nothing is probed, only a lapse is waited for.
        let wanted = (may_probe || (!cut_off && self.is_given_up(endpoint)))
            && !self.is_paused()
            && self.pinned_quality().is_none();
        if !(wanted && self.is_of_interest(endpoint)) {
            return self.stop_probing(endpoint);
        }
        let first = self.reaches.since.after(FIRST);
        let now = self.now.boot;
        let doubt = self.reaches.doubts.entry(endpoint.clone()).or_insert_with(|| Doubt::from(first));
        if doubt.timer.is_none() && doubt.probe.is_none() {
            if doubt.waits == 0 {
                // The wait before the first probe has been begun by the platform.
                doubt.waits = 1;
            }
            doubt.timer = Some(self.timers.set(doubt.due.max(now), Timer::Probe(endpoint.clone())));
        }
    }
}
