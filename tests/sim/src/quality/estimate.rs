//! What samples say: their time-weighted median, and the class of an estimate.

use holdover_testkit::vector::{Numbers, Span};

use super::{MS, S};

/// A measurement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) id: u64,
    pub(super) at: i128,
    pub(super) value: i128,
}

/// At most 300 of a kind.
pub(super) fn keep(samples: &mut Vec<Sample>, sample: Sample) {
    samples.push(sample);
    if samples.len() > 300 {
        samples.remove(0);
    }
}

pub(super) fn numbers(time: Option<i128>, kbps: Option<i128>) -> Numbers {
    Numbers {
        request_time: time.map(Span),
        downlink: kbps.map(|kbps| u32::try_from(kbps).unwrap_or(u32::MAX)),
    }
}

/// H1, with the thresholds of request times multiplied, and those of downlinks divided in the same sense: 12/10 asks who is
/// past a threshold by 20 %, 8/10 who is not yet below it by as much. Worse counts.
pub(super) fn class(estimate: &Numbers, times: i128, by: i128) -> Option<usize> {
    let of_time = estimate.request_time.map(|took| {
        let reached = [2010, 1420, 272].iter().position(|from| took.0 * by >= from * MS * times);
        reached.map_or(4, |at| at + 1)
    });
    let of_downlink = estimate.downlink.map(|kbps| {
        let mirrored = if times == by { by } else { 2 * by - times };
        let below = [50, 70, 700].iter().position(|below| i128::from(kbps) * by < below * mirrored);
        below.map_or(4, |at| at + 1)
    });
    of_time.into_iter().chain(of_downlink).min()
}

/// The value that half of the weight is at or below; weights halve in 60 s. The least and the greatest that it may be.
pub(super) fn median(samples: &[Sample]) -> Option<(i128, i128)> {
    let newest = samples.last()?;
    let mut sorted: Vec<(i128, f64)> = Vec::new();
    for sample in samples {
        #[allow(
            clippy::cast_precision_loss,
            reason = "ages are far below 2^53 ns, and weights are compared roughly"
        )]
        let age = (newest.at - sample.at) as f64 / 60e9;
        sorted.push((sample.value, (-age).exp2()));
    }
    sorted.sort_by_key(|(value, _)| *value);
    // How exact weights are the rules do not say. Within a 64th of a half-life, half of them is that of 0.497 to 0.503.
    let on_grid = samples.iter().all(|sample| (newest.at - sample.at) % (60 * S / 64) == 0);
    let slack = if on_grid { 1e-6 } else { 0.003 };
    let total: f64 = sorted.iter().map(|(_, weight)| weight).sum();
    let at_half = |enough: f64| {
        let mut below = 0.0;
        let found = sorted.iter().find(|(_, weight)| {
            below += weight;
            below >= total / 2.0 + enough * total
        });
        found.or(sorted.last()).map(|(value, _)| *value)
    };
    Some((at_half(-slack)?, at_half(if on_grid { -slack } else { slack })?))
}

/// What is typical of networks of a type: Chromium's, copied by hand.
pub(super) fn prior(interface: &str) -> Option<Numbers> {
    let (ms, kbps) = match interface {
        "ETHERNET" => (90, 1456),
        "WIFI" => (116, 2658),
        "CELLULAR_2G" => (1726, 74),
        "CELLULAR_3G" => (273, 749),
        "CELLULAR_4G" | "CELLULAR_5G" => (137, 1708),
        "BLUETOOTH" => (385, 476),
        _ => return None,
    };
    Some(numbers(Some(ms * MS), Some(kbps)))
}
