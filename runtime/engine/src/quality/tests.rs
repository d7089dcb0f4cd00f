use std::time::Duration;

use proptest::prelude::*;

use super::estimator::Estimator;
use super::samples::MAX_SAMPLES;
use crate::network::{Interface, Quality};
use crate::time::Instant;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// An estimator with its clock.
#[derive(Default)]
struct Line {
    estimator: Estimator,
    now: Instant,
}

impl Line {
    fn of(interface: Interface) -> Self {
        let mut line = Self::default();
        line.estimator.network_changed(interface, line.now);
        line
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
    }

    fn times(&mut self, count: usize, took: u64) {
        for _ in 0..count {
            self.pass(ms(1000));
            self.estimator.request_time(ms(took), self.now);
        }
    }

    fn class(&self) -> Quality {
        self.estimator.class()
    }

    fn take(&mut self, sample: &Sample) {
        self.pass(ms(sample.after.into()));
        match sample.what {
            What::Time(took) => {
                self.estimator.request_time(ms(took.into()), self.now);
            }
            What::Transfer(kbps) => self.estimator.transfer(u64::from(kbps) * 1250, ms(10_000), self.now),
            What::GivenUp(took) => self.estimator.given_up(ms(took.into()), self.now),
            What::Move(interface) => self.estimator.network_changed(interface, self.now),
        }
    }
}

#[derive(Clone, Debug)]
struct Sample {
    after: u32,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Time(u16),
    /// By its rate, over ten seconds.
    Transfer(u16),
    GivenUp(u16),
    Move(Interface),
}

fn interface() -> impl Strategy<Value = Interface> {
    prop::sample::select(vec![
        Interface::Unknown,
        Interface::Ethernet,
        Interface::Wifi,
        Interface::Cellular2g,
        Interface::Cellular3g,
        Interface::Cellular4g,
        Interface::Cellular5g,
        Interface::Bluetooth,
    ])
}

fn sample() -> impl Strategy<Value = Sample> {
    let what = prop_oneof![
        12 => (0..4000u16).prop_map(What::Time),
        4 => (26..1500u16).prop_map(What::Transfer),
        2 => (0..12_000u16).prop_map(What::GivenUp),
        1 => interface().prop_map(What::Move),
    ];
    (prop_oneof![0..5_000u32, 0..400_000u32], what).prop_map(|(after, what)| Sample { after, what })
}

#[test]
fn nothing_is_known_before_five_samples() {
    let mut line = Line::default();
    assert_eq!(line.class(), Quality::Unspecified);
    line.times(4, 1500);
    assert_eq!(line.class(), Quality::Unspecified);
    line.times(1, 1500);
    assert_eq!(line.class(), Quality::Poor);
}

#[test]
fn a_network_starts_as_its_type_is() {
    let classes = [
        (Interface::Wifi, Quality::Good),
        (Interface::Cellular2g, Quality::Poor),
        (Interface::Cellular3g, Quality::Moderate),
        (Interface::Cellular5g, Quality::Good),
        (Interface::Unknown, Quality::Unspecified),
    ];
    for (interface, class) in classes {
        assert_eq!(Line::of(interface).class(), class, "{interface:?}");
    }
}

#[test]
fn a_network_starts_as_its_type_was_last() {
    let mut line = Line::of(Interface::Wifi);
    line.times(5, 3000);
    assert_eq!(line.class(), Quality::VeryPoor);
    line.estimator.network_changed(Interface::Cellular4g, line.now);
    assert_eq!(line.class(), Quality::Good);
    // Nothing was measured: what is remembered of it stays unknown.
    line.estimator.network_changed(Interface::Wifi, line.now);
    assert_eq!(line.class(), Quality::VeryPoor);
    line.times(4, 100);
    assert_eq!(line.class(), Quality::VeryPoor, "four samples since the change of network");
    line.times(1, 100);
    assert_eq!(line.class(), Quality::Good);
}

#[test]
fn a_change_waits_for_five_samples_since_the_last_one() {
    let mut line = Line::of(Interface::Wifi);
    line.times(5, 500);
    assert_eq!(line.class(), Quality::Moderate);
    line.pass(ms(300_000));
    line.times(4, 3000);
    assert_eq!(line.class(), Quality::Moderate);
    line.times(1, 3000);
    assert_eq!(line.class(), Quality::VeryPoor);
}

#[test]
fn a_fifth_past_the_threshold_is_needed_to_leave_a_class() {
    let mut line = Line::of(Interface::Wifi);
    line.times(20, 320);
    assert_eq!(line.class(), Quality::Good, "past 272, but below 1.2 times that");
    line.pass(ms(600_000));
    line.times(5, 327);
    assert_eq!(line.class(), Quality::Moderate);
    line.pass(ms(600_000));
    line.times(20, 220);
    assert_eq!(line.class(), Quality::Moderate, "below 272, but above 0.8 times that");
    line.pass(ms(600_000));
    line.times(5, 217);
    assert_eq!(line.class(), Quality::Good);
}

#[test]
fn transfers_count_from_32_kilobytes_on() {
    let mut line = Line::of(Interface::Wifi);
    for _ in 0..20 {
        line.estimator.transfer(31_999, ms(10_000), line.now);
        line.estimator.transfer(50_000, Duration::ZERO, line.now);
    }
    assert_eq!(line.class(), Quality::Good);
    for _ in 0..5 {
        // 25.6 kbit/s
        line.estimator.transfer(32_000, ms(10_000), line.now);
    }
    assert_eq!(line.class(), Quality::VeryPoor);
    assert_eq!(line.estimator.estimate(line.now).downlink_kbps, Some(25));
}

#[test]
fn a_slow_transfer_is_no_evidence_for_ever() {
    let mut line = Line::of(Interface::Wifi);
    for _ in 0..6 {
        line.estimator.transfer(40_000, ms(10_000), line.now);
    }
    assert_eq!(line.class(), Quality::VeryPoor);
    line.times(20, 50);
    assert_eq!(line.class(), Quality::VeryPoor, "nothing says that the downlink is better");
    line.pass(ms(281_000));
    line.times(1, 50);
    assert_eq!(line.class(), Quality::Good, "nothing says any more how the downlink is");
}

#[test]
fn a_request_given_up_early_is_no_fast_one() {
    let mut line = Line::of(Interface::Cellular2g);
    for _ in 0..50 {
        line.pass(ms(1000));
        line.estimator.given_up(ms(200), line.now);
    }
    assert_eq!(line.class(), Quality::Poor);
    for _ in 0..50 {
        line.pass(ms(1000));
        line.estimator.given_up(ms(10_000), line.now);
    }
    assert_eq!(line.class(), Quality::VeryPoor);
}

#[test]
fn a_corrected_sample_stays_one_sample() {
    let mut line = Line::of(Interface::Wifi);
    for _ in 0..4 {
        let sample = line.estimator.request_time(ms(3000), line.now);
        line.pass(ms(2000));
        line.estimator.correct(sample, ms(5000), line.now);
    }
    assert_eq!(line.class(), Quality::Good);
    let sample = line.estimator.request_time(ms(3000), line.now);
    assert_eq!(line.class(), Quality::VeryPoor);
    assert_eq!(line.estimator.estimate(line.now).request_time, Some(ms(5000)));
    line.estimator.correct(sample, ms(8000), line.now);
    assert_eq!(line.estimator.estimate(line.now).request_time, Some(ms(5000)));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        rng_seed: proptest::test_runner::RngSeed::Fixed(13),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever came before: of two next samples, the worse one never gives the better class.
    #[test]
    fn worse_evidence_never_raises_the_class(
        before in prop::collection::vec(sample(), 0..60),
        at in 0..4000u16,
        more in 0..4000u16,
        is_time in any::<bool>(),
    ) {
        let class_after = |worse: u16| {
            let mut line = Line::default();
            before.iter().for_each(|sample| line.take(sample));
            let what = if is_time {
                What::Time(at.saturating_add(worse))
            } else {
                What::Transfer(at.saturating_sub(worse).saturating_add(26))
            };
            line.take(&Sample { after: 100, what });
            line.class()
        };
        prop_assert!(class_after(more) <= class_after(0));
    }

    /// A line whose every request takes longer ends in no better class.
    #[test]
    fn a_slower_line_ends_in_no_better_class(
        times in prop::collection::vec(0..3000u16, 5..60),
        slower in 0..3000u64,
        interface in interface(),
    ) {
        let class_of = |slower: u64| {
            let mut line = Line::of(interface);
            for time in &times {
                line.times(1, u64::from(*time) + slower);
            }
            // The last word is the same kind of word.
            line.pass(ms(600_000));
            line.times(10, u64::from(times[0]) + slower);
            line.class()
        };
        prop_assert!(class_of(slower) <= class_of(0));
    }

    /// Evidence within 20 % of a threshold never moves the class, once it is what that evidence says.
    #[test]
    fn nothing_flaps_within_the_band(
        threshold in prop::sample::select(vec![2010u64, 1420, 272]),
        permille in prop::collection::vec(801..1199u64, 5..200),
        spacing in 1..30_000u64,
    ) {
        let mut line = Line::default();
        let mut changes = 0;
        let mut class = Quality::Unspecified;
        for permille in permille {
            line.pass(ms(spacing));
            line.estimator.request_time(Duration::from_micros(threshold * permille), line.now);
            if line.class() != class {
                class = line.class();
                changes += 1;
            }
        }
        prop_assert_eq!(changes, 1, "the first class, and no other");
    }

    /// However bad it was: when the network is good again, as many samples as are kept say so; five, after some minutes.
    #[test]
    fn recovery_takes_a_bounded_number_of_samples(before in prop::collection::vec(sample(), 0..80), spacing in 0..2000u64, waits in any::<bool>()) {
        let mut line = Line::default();
        before.iter().for_each(|sample| line.take(sample));
        let enough = if waits { 11 } else { 2 * MAX_SAMPLES + 5 };
        if waits {
            line.pass(ms(700_000));
        }
        for _ in 0..enough {
            line.pass(ms(spacing));
            line.estimator.request_time(ms(50), line.now);
            line.estimator.transfer(125_000, ms(500), line.now);
        }
        prop_assert_eq!(line.class(), Quality::Good);
    }

    #[test]
    fn memory_is_bounded_and_the_same_samples_give_the_same_class(samples in prop::collection::vec(sample(), 0..500)) {
        let play = || {
            let mut line = Line::default();
            let classes: Vec<Quality> = samples
                .iter()
                .map(|sample| {
                    line.take(sample);
                    assert!(line.estimator.samples() <= 2 * MAX_SAMPLES);
                    line.class()
                })
                .collect();
            (classes, line.estimator.estimate(line.now))
        };
        prop_assert_eq!(play(), play());
    }
}
