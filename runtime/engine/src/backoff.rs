//! The backoff of refreshes, and of streams that are opened again (rule C9): 1 s × 1.5, ±50 %, at most 60 s.

use std::time::Duration;

use crate::random::Random;
use crate::retry::grown;

const FIRST: Duration = Duration::from_secs(1);
const FACTOR: f64 = 1.5;
const JITTER: f64 = 0.5;
const LONGEST: Duration = Duration::from_secs(60);

/// How often a change of network may cut one backoff short.
pub(crate) const RESET_EVERY: Duration = Duration::from_secs(10);

/// How long to wait after so many failures in a row.
pub(crate) fn backoff(failures: u32, random: &mut Random) -> Duration {
    grown(FIRST, FACTOR, failures.saturating_sub(1), LONGEST, JITTER, random).min(LONGEST)
}

/// How long to wait when the network is another one: a random part of the first step, so that not everybody comes at
/// once.
pub(crate) fn cut_short(random: &mut Random) -> Duration {
    FIRST.mul_f64(random.unit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Seed;

    #[test]
    fn waits_grow_by_half_are_spread_by_half_and_never_longer_than_a_minute() {
        let seconds = [1.0, 1.5, 2.25, 3.375, 5.0625];
        for seed in 0..50 {
            let mut random = Random::new(&Seed([seed; 32]));
            for (failures, step) in (1..).zip(seconds) {
                let wait = backoff(failures, &mut random).as_secs_f64();
                assert!((step * 0.5..step * 1.5).contains(&wait), "{failures}: {wait}");
            }
            for failures in [11, 12, 100, u32::MAX] {
                let wait = backoff(failures, &mut random).as_secs_f64();
                assert!((28.0..=60.0).contains(&wait), "{failures}: {wait}");
            }
        }
    }

    #[test]
    fn all_of_the_spread_is_used() {
        let mut random = Random::new(&Seed([1; 32]));
        let waits: Vec<f64> = (0..500).map(|_| backoff(1, &mut random).as_secs_f64()).collect();
        assert!(waits.iter().any(|wait| *wait < 0.51) && waits.iter().any(|wait| *wait > 1.49));
        let cut: Vec<f64> = (0..500).map(|_| cut_short(&mut random).as_secs_f64()).collect();
        assert!(cut.iter().all(|wait| (0.0..1.0).contains(wait)));
        assert!(cut.iter().any(|wait| *wait < 0.01) && cut.iter().any(|wait| *wait > 0.99));
    }
}
