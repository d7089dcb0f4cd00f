//! What the network is like (section H): what every attempt says of it, what the platform and the app say, and what follows.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Engine;
use super::reach::{Sign, sign};
use crate::error::Code;
use crate::event::{Event, QualitySource};
use crate::fault::{Fault, planted};
use crate::metadata::Metadata;
use crate::network::{
    AttemptId, Estimate, Failure, Head, Kind, Platform, Quality, Reachability, TransportFailure,
};
use crate::quality::{Estimator, SampleId, class_of, server_time};
use crate::session::Endpoint;
use crate::time::Instant;
use crate::timer::{Timer, TimerId};

/// How long nothing may come before that is a sample.
const SILENCE: Duration = Duration::from_secs(3);
/// By how much a timer is late if the process was suspended meanwhile: a busy device is not that slow.
const SUSPENDED: Duration = Duration::from_secs(2);

/// What is known about the network, and who said so.
#[derive(Default)]
pub(super) struct Evidence {
    estimator: Estimator,
    /// What attempts that are on the wire say.
    waits: BTreeMap<AttemptId, Wait>,
    /// Counts suspensions and changes of network: evidence of an attempt that spans one says nothing.
    era: u64,
    platform: Platform,
    pinned: Option<Quality>,
    own: Option<Estimate>,
}

/// An attempt on the wire, as far as it is evidence.
struct Wait {
    era: u64,
    sent: Instant,
    endpoint: Endpoint,
    /// Since when its next byte is awaited.
    since: Instant,
    /// The time until its head says how good the network is: the client sends nothing of its own accord before.
    measured: bool,
    head: bool,
    /// A stream may be silent for as long as it likes once it has its head.
    may_be_silent: bool,
    /// What its silence so far was sampled as.
    sampled: Option<SampleId>,
    timer: Option<TimerId>,
}

impl Engine {
    /// What the platform says of the network has changed.
    pub(super) fn platform_changed(&mut self, platform: Platform) {
        let before = std::mem::replace(&mut self.evidence.platform, platform);
        let save_data = std::mem::replace(&mut self.network.save_data, platform.save_data);
        if platform.reachability == Reachability::Unreachable {
            // There is no network to be told of: the one of before may come back.
            self.evidence.platform.interface = before.interface;
            self.evidence.platform.path = before.path;
        } else if (platform.interface, platform.path) != (before.interface, before.path) {
            self.evidence.era += 1;
            self.evidence.estimator.network_changed(platform.interface, self.now.boot);
        }
        self.reach_forgotten(&before);
        self.quality_changed(QualitySource::Platform);
        self.reach_changed(&before);
        self.way_out_changed(&before, &platform);
        if save_data != platform.save_data {
            (self.network_news, self.detail_news) = (true, true);
        }
    }

    /// The app says how good the network is.
    pub(super) fn pin_quality(&mut self, quality: Option<Quality>) {
        self.evidence.pinned = quality;
        self.quality_changed(QualitySource::Pin);
        self.stop_forbidden_probes();
        self.review_all();
    }

    /// What the app pins.
    pub(super) fn pinned_quality(&self) -> Option<Quality> {
        self.evidence.pinned
    }

    /// What the platform says.
    pub(super) fn platform(&self) -> Platform {
        self.evidence.platform
    }

    /// The app has an estimate of its own.
    pub(super) fn own_estimate(&mut self, estimate: Option<Estimate>) {
        self.evidence.own = estimate;
        self.quality_changed(QualitySource::OwnEstimate);
    }

    /// The class that is in force: what the app pins, else what the platform knows, else what the app or the engine has
    /// measured.
    fn effective_quality(&self) -> Quality {
        let evidence = &self.evidence;
        if let Some(pinned) = evidence.pinned {
            return pinned;
        }
        if evidence.platform.reachability == Reachability::Unreachable && !self.platform_is_refuted() {
            return Quality::Offline;
        }
        match &evidence.own {
            Some(own) => class_of(own).unwrap_or(Quality::Unspecified),
            None => evidence.estimator.class(),
        }
    }

    /// Something was said about the network. If its class is another one now, everything that depends on it follows (rules
    /// F1, F8, H5).
    pub(super) fn quality_changed(&mut self, source: QualitySource) {
        let to = self.effective_quality();
        let from = std::mem::replace(&mut self.network.quality, to);
        if from == to {
            return;
        }
        let estimate = match self.evidence.own {
            Some(own) => own,
            None => self.evidence.estimator.estimate(self.now.boot),
        };
        let samples = u32::try_from(self.evidence.estimator.samples()).unwrap_or(u32::MAX);
        self.event(Event::QualityChanged { from, to, source, estimate, samples });
        // Deferred calls go when those have gone that waited for a network at all, and what is shown is had in full after
        // them (rule F8).
        (self.network_news, self.detail_news) = (true, true);
    }

    /// A request is on its way. Every attempt is told of, and its end too, by one of the other functions here.
    pub(super) fn evidence_sent(&mut self, attempt: AttemptId, kind: Kind, endpoint: &Endpoint) {
        // Where the client sends a sequence, the head waits for the client.
        let measured = !kind.sends_many();
        let sent = self.now.boot;
        let timer = measured.then(|| self.timers.set(sent.after(SILENCE), Timer::Silence(attempt)));
        let wait = Wait {
            era: self.evidence.era,
            sent,
            endpoint: endpoint.clone(),
            since: sent,
            measured,
            head: false,
            may_be_silent: kind != Kind::Unary,
            sampled: None,
            timer,
        };
        self.evidence.waits.insert(attempt, wait);
    }

    /// The head of a response has arrived.
    pub(super) fn evidence_head(&mut self, attempt: AttemptId, head: &Head) {
        let now = self.now.boot;
        self.heard_from(attempt);
        let Some(wait) = self.evidence.waits.get_mut(&attempt) else { return };
        if std::mem::replace(&mut wait.head, true) {
            return self.evidence_bytes(attempt);
        }
        wait.since = now;
        let sampled = wait.sampled.take();
        let measured = head.after.unwrap_or_else(|| now.since(wait.sent));
        let is_evidence = wait.measured && wait.era == self.evidence.era;
        if wait.may_be_silent {
            let mut timer = wait.timer.take();
            self.timers.cancel(&mut timer);
        } else if wait.timer.is_none() {
            wait.timer = Some(self.timers.set(now.after(SILENCE), Timer::Silence(attempt)));
        }
        if !is_evidence {
            return;
        }
        // A server that claims to have worked longer than anybody waited is not believed.
        let server = server_time(&head.metadata).filter(|server| *server <= measured).unwrap_or_default();
        self.sample(sampled, measured.saturating_sub(server));
    }

    /// Bytes of a response have arrived: a silence is over.
    pub(super) fn evidence_bytes(&mut self, attempt: AttemptId) {
        let now = self.now.boot;
        self.heard_from(attempt);
        let Some(wait) = self.evidence.waits.get_mut(&attempt) else { return };
        let silence = now.since(std::mem::replace(&mut wait.since, now));
        let sampled = wait.sampled.take();
        let is_evidence = wait.era == self.evidence.era;
        if !wait.may_be_silent && wait.timer.is_none() {
            wait.timer = Some(self.timers.set(now.after(SILENCE), Timer::Silence(attempt)));
        }
        if is_evidence && sampled.is_some() {
            self.sample(sampled, silence);
        }
    }

    /// The server has answered, with a message or a status of its own.
    pub(super) fn evidence_answered(&mut self, attempt: AttemptId, metadata: &Metadata) {
        // What has come without a head begins with its end.
        let head = Head { metadata: metadata.clone(), after: None };
        match self.evidence.waits.get(&attempt) {
            Some(wait) if wait.head => self.evidence_bytes(attempt),
            Some(_) => self.evidence_head(attempt, &head),
            None => return,
        }
        self.evidence_dropped(attempt);
    }

    /// Something came in answer to an attempt: its endpoint is in reach (rule H4).
    fn heard_from(&mut self, attempt: AttemptId) {
        if let Some(endpoint) = self.evidence.waits.get(&attempt).map(|wait| wait.endpoint.clone()) {
            self.heard(&endpoint);
        }
    }

    /// Nothing came in answer to an attempt, and nothing says that it could not.
    fn not_heard_from(&mut self, attempt: AttemptId) {
        let Some(wait) = self.evidence.waits.get(&attempt) else { return };
        if wait.era == self.evidence.era {
            let (endpoint, sent) = (wait.endpoint.clone(), wait.sent);
            self.unheard(&endpoint, sent);
        }
    }

    /// The attempt has failed.
    pub(super) fn evidence_failed(&mut self, attempt: AttemptId, failure: &Failure) {
        match sign(failure) {
            Sign::Contact => self.heard_from(attempt),
            // Of timeouts see below.
            Sign::NoContact if !is_timeout(failure) => self.not_heard_from(attempt),
            Sign::NoContact | Sign::Nothing => {}
        }
        match failure {
            // By the deadline that the request names, the server has given up: the network may be as good as any.
            Failure::Status { code: Code::DeadlineExceeded, .. } => self.evidence_dropped(attempt),
            Failure::Status { metadata, .. } => self.evidence_answered(attempt, metadata),
            Failure::Transport { kind: TransportFailure::Timeout, .. } => self.evidence_timeout(attempt),
            Failure::Transport { .. } | Failure::Intercepted { .. } => self.evidence_dropped(attempt),
        }
    }

    /// The attempt took too long and is given up.
    pub(super) fn evidence_timeout(&mut self, attempt: AttemptId) {
        self.not_heard_from(attempt);
        let Some(wait) = self.evidence.waits.get(&attempt) else { return };
        let elapsed = self.now.boot.since(wait.sent);
        if wait.measured && wait.era == self.evidence.era {
            match wait.sampled {
                Some(_) => self.sample(wait.sampled, elapsed),
                None => {
                    self.evidence.estimator.given_up(elapsed, self.now.boot);
                    self.quality_changed(QualitySource::Measured);
                }
            }
        }
        self.evidence_dropped(attempt);
    }

    /// The attempt has ended in a way that says nothing.
    pub(super) fn evidence_dropped(&mut self, attempt: AttemptId) {
        if let Some(mut wait) = self.evidence.waits.remove(&attempt) {
            self.timers.cancel(&mut wait.timer);
        }
    }

    /// Nothing has come for long, unless something has.
    pub(super) fn silence(&mut self, attempt: AttemptId) {
        let now = self.now.boot;
        let Some(wait) = self.evidence.waits.get_mut(&attempt) else { return };
        wait.timer = None;
        let silence = now.since(wait.since);
        if silence < SILENCE {
            wait.timer = Some(self.timers.set(wait.since.after(SILENCE), Timer::Silence(attempt)));
        } else if wait.era == self.evidence.era {
            let sample = self.evidence.estimator.request_time(silence, now);
            wait.sampled = Some(sample);
            self.quality_changed(QualitySource::Measured);
        }
    }

    /// Bytes of a response have arrived.
    pub(super) fn progress(&mut self, attempt: AttemptId) {
        self.evidence_bytes(attempt);
    }

    /// So many bytes of a response have arrived in so much time.
    pub(super) fn transferred(&mut self, attempt: AttemptId, bytes: u64, over: Duration) {
        let Some(wait) = self.evidence.waits.get(&attempt) else { return };
        if wait.era == self.evidence.era {
            self.evidence.estimator.transfer(bytes, over, self.now.boot);
            self.quality_changed(QualitySource::Measured);
        }
        self.evidence_bytes(attempt);
    }

    /// A request took so long; what its silence was sampled as is corrected.
    fn sample(&mut self, sampled: Option<SampleId>, took: Duration) {
        let now = self.now.boot;
        match sampled {
            Some(sample) => self.evidence.estimator.correct(sample, took, now),
            None => {
                self.evidence.estimator.request_time(took, now);
            }
        }
        self.quality_changed(QualitySource::Measured);
    }

    /// The attempts that are on the wire, oldest first.
    pub(super) fn on_the_wire(&self) -> impl Iterator<Item = AttemptId> + '_ {
        self.evidence.waits.keys().copied()
    }

    /// What is on the wire says nothing about the network from now on: the process was, or may have been, suspended.
    pub(super) fn evidence_interrupted(&mut self) {
        if !planted(Fault::SuspensionIsEvidence) {
            self.evidence.era += 1;
        }
    }

    /// Time has passed. A timer that is late by much says that the process was suspended.
    pub(super) fn notice_suspension(&mut self) {
        if self.timers.next().is_some_and(|due| self.now.boot.since(due) > SUSPENDED) {
            self.evidence_interrupted();
        }
    }
}

fn is_timeout(failure: &Failure) -> bool {
    matches!(failure, Failure::Transport { kind: TransportFailure::Timeout, .. })
}
