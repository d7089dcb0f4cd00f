//! The classes of quality and their thresholds (rules H1, H3).

use std::time::Duration;

use crate::network::{Estimate, Quality};
use crate::time::nanos;

/// From which request time on a network is of a class, in milliseconds: Chromium's thresholds of HTTP round-trip times for
/// its effective connection types (`net/nqe/network_quality_estimator_params.cc`).
const REQUEST_TIMES: [(u64, Quality); 3] =
    [(2010, Quality::VeryPoor), (1420, Quality::Poor), (272, Quality::Moderate)];

/// Below which downlink a network is of a class, in kbit/s: the Network Information API's table of effective connection
/// types.
const DOWNLINKS: [(u64, Quality); 3] =
    [(50, Quality::VeryPoor), (70, Quality::Poor), (700, Quality::Moderate)];

const NANOS_PER_MS: u64 = 1_000_000;

/// The class of an estimate: the worse of the judgements by request time and by downlink. A judgement without evidence is
/// not made.
pub(crate) fn class_of(estimate: &Estimate) -> Option<Quality> {
    judge(estimate, (1, 1))
}

/// The classes that an estimate reaches by 20 % or more: the best that a worse network may still have, and the worst that a
/// better one may. A network whose class is between them keeps it.
pub(super) fn band(estimate: &Estimate) -> Option<(Quality, Quality)> {
    // At 1.2 times a threshold, 5/6 of the estimate are at it; below 0.8 times, 5/4 are still below it.
    Some((judge(estimate, (5, 4))?, judge(estimate, (5, 6))?))
}

/// The class of an estimate whose request time is multiplied, and whose downlink is divided, by a factor.
fn judge(estimate: &Estimate, (times, by): (u64, u64)) -> Option<Quality> {
    let of_time = |time: Duration| {
        let time = nanos(time).saturating_mul(times) / by;
        let reached = REQUEST_TIMES.iter().find(|(from_ms, _)| time >= from_ms * NANOS_PER_MS);
        reached.map_or(Quality::Good, |(_, class)| *class)
    };
    let of_downlink = |kbps: u32| {
        // A downlink is better where it is greater: 5/4 of the time are 5/6 of the rate.
        let kbps = if times == by {
            u64::from(kbps)
        } else if times < by {
            u64::from(kbps) * 5 / 4
        } else {
            u64::from(kbps) * 5 / 6
        };
        DOWNLINKS.iter().find(|(below, _)| kbps < *below).map_or(Quality::Good, |(_, class)| *class)
    };
    let judgements = [estimate.request_time.map(of_time), estimate.downlink_kbps.map(of_downlink)];
    judgements.into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_time(ms: u64) -> Estimate {
        Estimate { request_time: Some(Duration::from_millis(ms)), downlink_kbps: None }
    }

    fn by_downlink(kbps: u32) -> Estimate {
        Estimate { request_time: None, downlink_kbps: Some(kbps) }
    }

    #[test]
    fn each_class_begins_at_its_threshold() {
        let classes =
            [0, 271, 272, 1419, 1420, 2009, 2010, 1 << 40].map(|ms| class_of(&by_time(ms)).unwrap());
        use Quality::{Good, Moderate, Poor, VeryPoor};
        assert_eq!(classes, [Good, Good, Moderate, Moderate, Poor, Poor, VeryPoor, VeryPoor]);
        let classes =
            [u32::MAX, 700, 699, 70, 69, 50, 49, 0].map(|kbps| class_of(&by_downlink(kbps)).unwrap());
        assert_eq!(classes, [Good, Good, Moderate, Moderate, Poor, Poor, VeryPoor, VeryPoor]);
    }

    #[test]
    fn the_worse_judgement_counts_and_none_is_made_without_evidence() {
        let both = |ms, kbps| Estimate { downlink_kbps: Some(kbps), ..by_time(ms) };
        assert_eq!(class_of(&both(100, 60)), Some(Quality::Poor));
        assert_eq!(class_of(&both(3000, 5000)), Some(Quality::VeryPoor));
        assert_eq!(class_of(&Estimate::default()), None);
        assert_eq!(band(&Estimate::default()), None);
    }

    #[test]
    fn the_band_reaches_a_fifth_to_both_sides() {
        use Quality::{Good, Moderate, Poor, VeryPoor};
        let band = |estimate| super::band(&estimate).unwrap();
        assert_eq!(band(by_time(1703)), (VeryPoor, Moderate), "below 1.2 times 1420");
        assert_eq!(band(by_time(1704)), (VeryPoor, Poor), "at 1.2 times 1420");
        assert_eq!(band(by_time(1136)), (Poor, Moderate), "at 0.8 times 1420");
        assert_eq!(band(by_time(1135)), (Moderate, Moderate), "below 0.8 times 1420");
        assert_eq!(band(by_downlink(56)), (VeryPoor, Moderate), "at 0.8 times 70");
        assert_eq!(band(by_downlink(55)), (VeryPoor, Poor), "below 0.8 times 70");
        assert_eq!(band(by_downlink(83)), (Poor, Moderate), "below 1.2 times 70");
        assert_eq!(band(by_downlink(84)), (Moderate, Moderate), "at 1.2 times 70");
        assert_eq!(band(by_downlink(2000)), (Good, Good));
    }
}
