//! Samples of one kind, and their time-weighted median (rule H2).

use std::collections::VecDeque;

use crate::time::Instant;

/// How many samples of a kind are kept.
pub(super) const MAX_SAMPLES: usize = 300;
/// In which time the weight of a sample halves, in nanoseconds.
const HALF_LIFE: u64 = 60_000_000_000;
/// In how many steps a half-life is divided.
const STEPS: usize = 64;

/// Weights within one half-life, beginning with 2^32. In whole numbers, because the floating point functions of different
/// machines differ in their last digits, and the same inputs have to give the same outputs on all of them.
const WEIGHTS: [u64; STEPS] = {
    // The 64th root of a half, by six square roots.
    let mut root: u64 = 1 << 31;
    let mut roots = 0;
    while roots < STEPS.ilog2() {
        root = (root << 32).isqrt();
        roots += 1;
    }
    let mut weights = [1 << 32; STEPS];
    let mut step = 1;
    while step < STEPS {
        weights[step] = (weights[step - 1] * root) >> 32;
        step += 1;
    }
    weights
};

/// Names a sample, so that it can be corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SampleId(u64);

/// The newest samples of one kind, oldest first.
#[derive(Debug, Default)]
pub(super) struct Samples {
    kept: VecDeque<Sample>,
    taken: u64,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    id: SampleId,
    at: Instant,
    value: u64,
}

impl Samples {
    /// Adds a sample; the oldest goes if there are too many.
    pub(super) fn add(&mut self, value: u64, at: Instant) -> SampleId {
        if self.kept.len() == MAX_SAMPLES {
            self.kept.pop_front();
        }
        self.taken += 1;
        let id = SampleId(self.taken);
        self.kept.push_back(Sample { id, at, value });
        id
    }

    /// Puts a newer sample in the place of one, if that is still kept. Whether it is.
    pub(super) fn replace(&mut self, id: SampleId, value: u64, at: Instant) -> bool {
        let before = self.kept.len();
        self.kept.retain(|sample| sample.id != id);
        let found = self.kept.len() < before;
        if found {
            self.kept.push_back(Sample { id, at, value });
        }
        found
    }

    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }

    /// When the newest sample was taken.
    pub(super) fn newest(&self) -> Option<Instant> {
        self.kept.back().map(|sample| sample.at)
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// The value that half of the weight is at or below. Weights count from the newest sample: what passes without samples
    /// changes nothing.
    pub(super) fn median(&self) -> Option<u64> {
        let newest = self.newest()?;
        let mut weighed: Vec<(u64, u64)> =
            self.kept.iter().map(|sample| (sample.value, weight(sample.at, newest))).collect();
        weighed.sort_unstable();
        let total: u64 = weighed.iter().map(|(_, weight)| weight).sum();
        let mut below = 0;
        let median = weighed.iter().find(|(_, weight)| {
            below += weight;
            below >= total - below
        });
        median.map(|(value, _)| *value)
    }
}

/// The weight of a sample. None is without weight.
fn weight(at: Instant, newest: Instant) -> u64 {
    let age = newest.0.saturating_sub(at.0);
    let (halvings, rest) = (age / HALF_LIFE, age % HALF_LIFE);
    let step = usize::try_from(rest * STEPS as u64 / HALF_LIFE).unwrap_or(0);
    let halvings = u32::try_from(halvings).unwrap_or(u32::MAX);
    WEIGHTS.get(step).and_then(|weight| weight.checked_shr(halvings)).unwrap_or(0).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant(seconds * 1_000_000_000)
    }

    fn samples(pairs: &[(u64, u64)]) -> Samples {
        let mut samples = Samples::default();
        for (value, seconds) in pairs {
            samples.add(*value, at(*seconds));
        }
        samples
    }

    #[test]
    fn weights_halve_every_minute() {
        let of = |seconds| weight(at(0), at(seconds));
        assert_eq!(of(0), 1 << 32);
        assert_eq!((of(60), of(120), of(600)), (1 << 31, 1 << 30, 1 << 22));
        assert!(of(30).abs_diff(3_037_000_500) < 100, "the root of a half");
        assert_eq!((of(40 * 60), of(u64::MAX / 1_000_000_000)), (1, 1), "never nothing");
    }

    #[test]
    fn the_median_is_where_half_of_the_weight_is() {
        assert_eq!(samples(&[]).median(), None);
        assert_eq!(samples(&[(7, 0)]).median(), Some(7));
        assert_eq!(samples(&[(9, 0), (1, 0), (5, 0)]).median(), Some(5));
        // Three old samples of an eighth weigh less than a new one.
        assert_eq!(samples(&[(1, 0), (1, 0), (1, 0), (9, 180)]).median(), Some(9));
        // Three of a half weigh more.
        assert_eq!(samples(&[(1, 0), (1, 0), (1, 0), (9, 60)]).median(), Some(1));
    }

    #[test]
    fn a_sample_is_corrected_while_it_is_kept() {
        let mut samples = samples(&[]);
        let first = samples.add(3, at(0));
        assert!(samples.replace(first, 8, at(5)));
        assert_eq!((samples.len(), samples.median(), samples.newest()), (1, Some(8), Some(at(5))));
        for n in 0..300 {
            samples.add(n, at(6));
        }
        assert_eq!(samples.len(), MAX_SAMPLES);
        assert!(!samples.replace(first, 9, at(7)), "too many have come since");
        assert_eq!(samples.len(), MAX_SAMPLES);
    }
}
