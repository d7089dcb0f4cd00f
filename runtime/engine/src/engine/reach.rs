//! Which endpoints can be reached (rule H4).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Engine;
use super::interest::Interest;
use super::paths::is_another;
use crate::event::{Event, QualitySource};
use crate::fault::{Fault, planted};
use crate::network::{AttemptId, Failure, Platform, Quality, Reachability, TransportFailure};
use crate::session::Endpoint;
use crate::time::Instant;
use crate::timer::TimerId;

/// The wait before the first probe; each one after that waits twice as long, up to the longest.
pub(super) const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
/// So many failures in a row, without contact in between, are known to be offline.
const KNOWN: u32 = 2;

/// What is known of all endpoints.
#[derive(Default)]
pub(super) struct Reaches {
    /// Endpoints that are in doubt.
    pub(super) doubts: BTreeMap<Endpoint, Doubt>,
    /// When something last came from an endpoint.
    heard: BTreeMap<Endpoint, Instant>,
    /// Endpoints that proved to be in reach after the platform said that nothing is.
    reached: BTreeSet<Endpoint>,
    /// Endpoints that are known to be offline, as events have told.
    told: BTreeSet<Endpoint>,
    pub(super) probes: BTreeMap<AttemptId, Endpoint>,
    /// When the platform said that there is no way out.
    pub(super) since: Instant,
    /// Where somebody is.
    pub(super) interest: Interest,
}

/// An endpoint that may be out of reach.
pub(super) struct Doubt {
    /// Failures without contact, in a row.
    pub(super) failures: u32,
    /// How many waits have been begun.
    pub(super) waits: u32,
    /// When the wait ends: a probe is due, or what is known has lapsed.
    pub(super) due: Instant,
    /// The probe on the wire.
    pub(super) probe: Option<AttemptId>,
    /// For the probe, or its end.
    pub(super) timer: Option<TimerId>,
}

impl Doubt {
    pub(super) fn from(at: Instant) -> Self {
        Self { failures: 0, waits: 0, due: at, probe: None, timer: None }
    }

    /// Whether failures say that the endpoint is offline. That holds until a probe is due, and while it runs; where none
    /// runs then, it has lapsed.
    fn is_known(&self, now: Instant) -> bool {
        // A timer that is set and due is a probe that begins at this very instant.
        let holds = self.probe.is_some() || self.timer.is_some() || now < self.due;
        self.failures >= KNOWN && holds
    }

    /// Begins the next wait: 1 s, 2 s, 4 s, … 60 s.
    pub(super) fn wait(&mut self, now: Instant) {
        let wait = FIRST.saturating_mul(1 << self.waits.min(6)).min(LONGEST);
        self.waits = self.waits.saturating_add(1);
        self.due = now.after(wait);
    }
}

/// What a failure says of the way to the endpoint.
pub(super) enum Sign {
    /// Somebody is there.
    Contact,
    /// Nobody is.
    NoContact,
    /// It could be either.
    Nothing,
}

/// A refusal, or TLS that fails otherwise than by trust, is not offline; neither is it evidence of it that a connection
/// breaks (rules C4, H4).
pub(super) fn sign(failure: &Failure) -> Sign {
    match failure {
        Failure::Status { .. } => Sign::Contact,
        Failure::Transport { kind, .. } => match kind {
            TransportFailure::Unreachable | TransportFailure::Timeout => Sign::NoContact,
            TransportFailure::Reset | TransportFailure::Misuse => Sign::Nothing,
            TransportFailure::Refused if planted(Fault::RefusalIsOffline) => Sign::NoContact,
            TransportFailure::Refused
            | TransportFailure::Tls
            | TransportFailure::Protocol
            | TransportFailure::Cardinality
            | TransportFailure::TooLarge
            | TransportFailure::OtherProtocol => Sign::Contact,
        },
        Failure::Intercepted { http_status: Some(401 | 403 | 429 | 500..=599), .. } => Sign::Nothing,
        Failure::Intercepted { .. } => Sign::NoContact,
    }
}

/// Whether the network may have been lost with an attempt that failed so: as it is no contact, a connection that breaks
/// is what happens then.
pub(super) fn is_lost(failure: &Failure) -> bool {
    let is_broken = matches!(failure, Failure::Transport { kind: TransportFailure::Reset, .. });
    is_broken || matches!(sign(failure), Sign::NoContact)
}

impl Engine {
    /// Whether an endpoint is known to be offline: as the app pins it, else by the platform or by failures.
    pub(super) fn is_known_offline(&self, endpoint: &Endpoint) -> bool {
        match self.pinned_quality() {
            Some(pinned) => pinned == Quality::Offline,
            None => self.is_cut_off(endpoint) || self.is_given_up(endpoint),
        }
    }

    /// Whether the app or the platform itself says so, and not only failures.
    pub(super) fn is_said_offline(&self, endpoint: &Endpoint) -> bool {
        match self.pinned_quality() {
            Some(pinned) => pinned == Quality::Offline,
            None => self.is_cut_off(endpoint),
        }
    }

    /// Whether the last thing that was tried at the endpoint failed without contact.
    pub(super) fn is_suspect(&self, endpoint: &Endpoint) -> bool {
        self.reaches.doubts.get(endpoint).is_some_and(|doubt| doubt.failures > 0)
    }

    pub(super) fn is_cut_off(&self, endpoint: &Endpoint) -> bool {
        self.platform().reachability == Reachability::Unreachable && !self.reaches.reached.contains(endpoint)
    }

    /// Whether failures say that an endpoint is offline.
    pub(super) fn is_given_up(&self, endpoint: &Endpoint) -> bool {
        self.reaches.doubts.get(endpoint).is_some_and(|doubt| doubt.is_known(self.now.boot))
    }

    /// Something came from an endpoint.
    pub(super) fn heard(&mut self, endpoint: &Endpoint) {
        match self.reaches.heard.get_mut(endpoint) {
            Some(heard) => *heard = self.now.boot,
            None => drop(self.reaches.heard.insert(endpoint.clone(), self.now.boot)),
        }
        let cut_off = self.is_cut_off(endpoint);
        if cut_off {
            self.reaches.reached.insert(endpoint.clone());
        }
        if cut_off || self.reaches.doubts.contains_key(endpoint) {
            self.end_doubt(endpoint);
            self.review(endpoint);
        }
        if cut_off {
            self.quality_changed(QualitySource::Measured);
        }
    }

    /// Whether an endpoint was reached after the platform had said that nothing can be.
    pub(super) fn platform_is_refuted(&self) -> bool {
        !self.reaches.reached.is_empty()
    }

    /// An attempt that was sent then has failed without contact.
    pub(super) fn unheard(&mut self, endpoint: &Endpoint, sent: Instant) {
        let now = self.now.boot;
        if self.reaches.heard.get(endpoint).is_some_and(|heard| *heard > sent) {
            return;
        }
        let doubt = self.reaches.doubts.entry(endpoint.clone()).or_insert_with(|| Doubt::from(now));
        doubt.failures = doubt.failures.saturating_add(1);
        if doubt.probe.is_none() && now >= doubt.due {
            doubt.wait(now);
        }
        self.review(endpoint);
    }

    fn end_doubt(&mut self, endpoint: &Endpoint) {
        self.stop_probing(endpoint);
        self.reaches.doubts.remove(endpoint);
    }

    /// Tells of an endpoint that has come to be offline, or online, and gets going what waited for it.
    pub(super) fn review(&mut self, endpoint: &Endpoint) {
        self.forget_lapsed(endpoint);
        let is_offline = self.is_known_offline(endpoint);
        if is_offline && self.reaches.told.insert(endpoint.clone()) {
            self.event(Event::Offline { endpoint: endpoint.clone() });
        }
        let is_back = !is_offline && self.reaches.told.remove(endpoint);
        if is_back {
            self.event(Event::Online { endpoint: endpoint.clone() });
        }
        if is_back {
            self.recover(endpoint);
        }
    }

    /// What failures said has lapsed. A suspicion is left: the next failure in a row says it again.
    fn forget_lapsed(&mut self, endpoint: &Endpoint) {
        let now = self.now.boot;
        if let Some(doubt) = self.reaches.doubts.get_mut(endpoint).filter(|doubt| !doubt.is_known(now)) {
            doubt.failures = doubt.failures.min(KNOWN - 1);
        }
    }

    /// Time has passed. What failures said may have lapsed meanwhile, without a timer where nobody waits (rule J1): that
    /// is told at the first chance.
    pub(super) fn notice_lapses(&mut self) {
        let now = self.now.boot;
        let has_lapsed = |doubt: &Doubt| doubt.failures >= KNOWN && !doubt.is_known(now);
        let doubts = self.reaches.doubts.iter();
        let lapsed: Vec<Endpoint> =
            doubts.filter(|(_, doubt)| has_lapsed(doubt)).map(|(endpoint, _)| endpoint.clone()).collect();
        for endpoint in &lapsed {
            self.review(endpoint);
        }
        if !lapsed.is_empty() {
            self.settle();
        }
    }

    /// Something was said about all endpoints.
    pub(super) fn review_all(&mut self) {
        let mut endpoints: BTreeSet<Endpoint> =
            self.sessions.values().map(|session| session.config.endpoint.clone()).collect();
        endpoints.extend(self.reaches.doubts.keys().cloned());
        endpoints.extend(self.reaches.told.iter().cloned());
        // Sessions may have been closed while calls of theirs go on.
        endpoints.extend(self.reaches.interest.endpoints().cloned());
        for endpoint in endpoints {
            self.review(&endpoint);
        }
    }

    /// What the platform says of the way out has changed: on another network, what was tried on the old one says nothing.
    pub(super) fn reach_forgotten(&mut self, before: &Platform) {
        let after = self.platform();
        let was_cut = before.reachability == Reachability::Unreachable;
        let is_cut = after.reachability == Reachability::Unreachable;
        if is_cut && !was_cut {
            self.reaches.since = self.now.boot;
            self.reaches.reached.clear();
        }
        if !is_cut && (was_cut || is_another(before, &after)) {
            self.reaches.reached.clear();
            let doubted: Vec<Endpoint> = self.reaches.doubts.keys().cloned().collect();
            for endpoint in &doubted {
                self.end_doubt(endpoint);
            }
        }
    }

    /// What follows from that.
    pub(super) fn reach_changed(&mut self, before: &Platform) {
        let after = self.platform();
        let was_cut = before.reachability == Reachability::Unreachable;
        let is_cut = after.reachability == Reachability::Unreachable;
        if !is_cut && (was_cut || is_another(before, &after)) {
            self.end_backoffs(None);
        }
        self.stop_forbidden_probes();
        self.review_all();
    }

    /// An endpoint can be reached again: calls that waited for it go first, then what observers show is fetched again.
    fn recover(&mut self, endpoint: &Endpoint) {
        self.let_go_reachable();
        // Streams follow when this is settled.
        self.network_news = true;
        self.end_backoffs(Some(endpoint));
        if self.in_foreground() && !self.rests() {
            let observers = self.observers_in_order(|operation| operation.spec.endpoint == *endpoint);
            let ready = observers.into_iter().filter(|id| !self.observer_waits(*id)).collect();
            self.renew(ready);
        }
    }
}
