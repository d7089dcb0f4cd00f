//! The estimator: samples of a network's traffic, and the class that follows from them (rules H2, H3).

use std::collections::BTreeMap;
use std::time::Duration;

use super::class::{band, class_of};
use super::prior::prior;
use super::samples::{SampleId, Samples};
use crate::fault::{Fault, planted};
use crate::network::{Estimate, Interface, Quality};
use crate::time::{Instant, nanos};

/// How many samples a change of class needs.
const SAMPLES_PER_CHANGE: usize = 5;
/// From how many bytes on a transfer says how fast the network is: smaller ones are over before the connection is at speed.
const LEAST_TRANSFER: u64 = 32_000;
/// How long the newest sample of a kind is evidence: five half-lives. On a poor network answers are trimmed, and no transfer
/// may be large enough any more to say that the network has recovered.
const EVIDENCE_LASTS: Duration = Duration::from_secs(300);

/// What is known about the network in use, and what is remembered of others.
#[derive(Debug, Default)]
pub(crate) struct Estimator {
    interface: Interface,
    /// In nanoseconds.
    request_times: Samples,
    /// In kbit/s.
    downlinks: Samples,
    class: Option<Quality>,
    /// Samples since the last change of class or network.
    since_change: usize,
    /// Something was measured on the network in use.
    measured: bool,
    remembered: BTreeMap<Interface, Estimate>,
}

impl Estimator {
    /// The class of the network. [`Quality::Unspecified`]: nothing is known.
    pub(crate) fn class(&self) -> Quality {
        self.class.unwrap_or(Quality::Unspecified)
    }

    /// What the traffic of the last minutes says.
    pub(crate) fn estimate(&self, now: Instant) -> Estimate {
        let is_evidence =
            |samples: &&Samples| samples.newest().is_some_and(|newest| now.since(newest) <= EVIDENCE_LASTS);
        estimate(Some(&self.request_times).filter(is_evidence), Some(&self.downlinks).filter(is_evidence))
    }

    /// How many samples are kept, of all kinds.
    pub(crate) fn samples(&self) -> usize {
        self.request_times.len() + self.downlinks.len()
    }

    /// A request took so long, the server's own time not counted.
    pub(crate) fn request_time(&mut self, took: Duration, now: Instant) -> SampleId {
        let id = self.request_times.add(nanos(took), now);
        self.sampled(now);
        id
    }

    /// A request that has been sampled while it was waited for took so long in the end. It stays one sample.
    pub(crate) fn correct(&mut self, sample: SampleId, took: Duration, now: Instant) {
        if self.request_times.replace(sample, nanos(took), now) {
            self.judge(now);
        }
    }

    /// A request was given up after so long: it would have taken at least that. Says nothing if requests take longer anyway.
    pub(crate) fn given_up(&mut self, after: Duration, now: Instant) {
        if self.estimate(now).request_time.is_none_or(|estimate| after >= estimate) {
            self.request_time(after, now);
        }
    }

    /// So many bytes have arrived in so much time.
    pub(crate) fn transfer(&mut self, bytes: u64, over: Duration, now: Instant) {
        if bytes < LEAST_TRANSFER || over.is_zero() {
            return;
        }
        // Bits a nanosecond are 1,000,000 kilobits a second.
        let kbps = u128::from(bytes) * 8 * 1_000_000 / over.as_nanos();
        self.downlinks.add(u64::from(u32::try_from(kbps).unwrap_or(u32::MAX)), now);
        self.sampled(now);
    }

    /// The device has moved to another network: what was known is remembered for its interface type, and what is remembered
    /// of the new one's, or typical of it, is where the estimate starts.
    pub(crate) fn network_changed(&mut self, interface: Interface, now: Instant) {
        if self.measured {
            let estimate = estimate(Some(&self.request_times), Some(&self.downlinks));
            self.remembered.insert(self.interface, estimate);
        }
        self.interface = interface;
        self.request_times.clear();
        self.downlinks.clear();
        self.since_change = 0;
        self.measured = false;
        let start = self.remembered.get(&interface).copied().or_else(|| prior(interface));
        let start = start.unwrap_or_default();
        if let Some(time) = start.request_time {
            self.request_times.add(nanos(time), now);
        }
        if let Some(kbps) = start.downlink_kbps {
            self.downlinks.add(u64::from(kbps), now);
        }
        self.class = class_of(&start);
    }

    fn sampled(&mut self, now: Instant) {
        self.since_change += 1;
        self.measured = true;
        self.judge(now);
    }

    fn judge(&mut self, now: Instant) {
        if self.since_change < SAMPLES_PER_CHANGE {
            return;
        }
        let estimate = self.estimate(now);
        let (Some(class), Some((up, down))) = (class_of(&estimate), band(&estimate)) else { return };
        let kept = self.class.map_or(class, |current| current.clamp(up, down));
        let class = if kept != class && planted(Fault::ClassFlaps) { class } else { kept };
        if self.class != Some(class) {
            self.class = Some(class);
            self.since_change = 0;
        }
    }
}

fn estimate(request_times: Option<&Samples>, downlinks: Option<&Samples>) -> Estimate {
    let kbps = downlinks.and_then(Samples::median);
    Estimate {
        request_time: request_times.and_then(Samples::median).map(Duration::from_nanos),
        downlink_kbps: kbps.map(|kbps| u32::try_from(kbps).unwrap_or(u32::MAX)),
    }
}
