//! What the engine makes of the network, by the timings of its attempts and the words of the platform and the app (section
//! H), and what follows from it by itself (F1, F8).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::time::Duration;

use holdover_engine::{
    AppState, AttemptId, Code, Detail, Estimate, Event, Failure, Head, Input, Interface, Metadata, Observed,
    OpId, Platform, Quality, QualitySource, Reachability, TransportFailure,
};
use rig::{ALICE, Rig};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

impl Rig {
    /// The head of what was sent last arrives, by the engine's clock.
    fn head(&mut self, server_timing: &str) {
        let mut metadata = Metadata::new();
        metadata.push("server-timing", server_timing.to_owned()).unwrap();
        let head = Head { metadata, after: None };
        self.input(Input::Head { attempt: self.last_attempt(), head });
    }

    /// Calls that are answered after so long, each.
    fn answered_after(&mut self, calls: u64, wait: Duration) {
        for _ in 0..calls {
            self.get(ALICE, "Plain", "r");
            self.pass(wait);
            self.answer_last("r");
        }
    }

    /// The classes that listeners have heard of.
    fn changes(&self) -> Vec<(Quality, QualitySource)> {
        let change = |event: &Event| match event {
            Event::QualityChanged { to, source, .. } => Some((*to, *source)),
            _ => None,
        };
        self.events.iter().filter_map(change).collect()
    }

    fn class(&self) -> Quality {
        self.changes().last().map_or(Quality::Unspecified, |(class, _)| *class)
    }

    fn on(&mut self, interface: Interface, path: u64) {
        let reachability = Reachability::Reachable;
        self.input(Input::Platform(Platform { reachability, interface, path, save_data: false }));
    }

    fn cut(&mut self, attempt: AttemptId, kind: TransportFailure) {
        let failure = Failure::Transport { kind, unsent: false, message: String::new() };
        self.input(Input::Failed { attempt, failure });
    }

    fn asks_for_less(&self) -> bool {
        self.sends.last().unwrap().metadata.get("holdover-detail").is_some()
    }
}

#[test]
fn trimming_begins_and_ends_by_itself() {
    let mut rig = Rig::new();
    rig.get(ALICE, "Trip", "a");
    assert!(!rig.asks_for_less(), "nothing is known");
    rig.pass(ms(1800));
    rig.answer_last("a");
    rig.answered_after(3, ms(1800));
    assert_eq!(rig.changes(), [], "four samples");
    rig.answered_after(1, ms(1800));
    assert_eq!(rig.changes(), [(Quality::Poor, QualitySource::Measured)]);

    let observer = rig.observe(ALICE, "Trip", "b");
    assert!(rig.asks_for_less());
    rig.answer_last("b");
    let detail = |rig: &Rig, observer: OpId| match rig.states(observer).pop() {
        Some(Observed::Value(snapshot)) => snapshot.detail,
        other => panic!("no value: {other:?}"),
    };
    assert_eq!(detail(&rig, observer), Detail::Reduced);

    // In the background nothing is refreshed, and what was measured grows old.
    rig.input(Input::App(AppState::Background));
    rig.pass(Duration::from_secs(300));
    rig.input(Input::App(AppState::Foreground));
    rig.answered_after(3, ms(100));
    assert_eq!(rig.class(), Quality::Poor);
    rig.answered_after(1, ms(100));
    assert_eq!(rig.class(), Quality::Good);
    assert!(!rig.asks_for_less(), "what is on the screen is restored");
    rig.answer_last("b");
    assert_eq!(detail(&rig, observer), Detail::Full);
}

#[test]
fn the_transports_own_timing_is_preferred_and_the_servers_time_taken_out() {
    let mut rig = Rig::new();
    for _ in 0..5 {
        rig.get(ALICE, "Plain", "r");
        rig.pass(ms(2500));
        let head = Head { after: Some(ms(300)), ..Head::default() };
        rig.input(Input::Head { attempt: rig.last_attempt(), head });
        rig.answer_last("r");
    }
    assert_eq!(rig.class(), Quality::Moderate);
    rig.pass(Duration::from_secs(600));
    for _ in 0..5 {
        rig.get(ALICE, "Plain", "r");
        rig.pass(ms(2500));
        rig.head("db;dur=2000, total;dur=2400.5");
        rig.answer_last("r");
    }
    assert_eq!(rig.class(), Quality::Good);
    rig.pass(Duration::from_secs(600));
    for _ in 0..5 {
        rig.get(ALICE, "Plain", "r");
        rig.pass(ms(2500));
        rig.head("total;dur=2501");
        rig.answer_last("r");
    }
    assert_eq!(rig.class(), Quality::VeryPoor, "nobody works longer than is waited for");
}

#[test]
fn silence_is_a_sample_before_it_ends() {
    let mut rig = Rig::new();
    let calls: Vec<OpId> = (0..5).map(|n| rig.get(ALICE, "Fare", &n.to_string())).collect();
    rig.pass(ms(2999));
    assert_eq!(rig.class(), Quality::Unspecified);
    rig.pass(ms(1));
    assert_eq!(rig.class(), Quality::VeryPoor);
    // Who gives up later does not take it back, and an attempt stays one sample.
    calls.into_iter().for_each(|op| rig.input(Input::Cancel { op }));
    let samples = |rig: &Rig| match rig.events.last() {
        Some(Event::QualityChanged { samples, .. }) => *samples,
        other => panic!("not a change: {other:?}"),
    };
    rig.input(Input::PinQuality(Some(Quality::Good)));
    assert_eq!(samples(&rig), 5);
    assert_eq!(rig.timeout, None);
}

#[test]
fn a_slow_server_that_owns_up_was_no_poor_network() {
    let mut rig = Rig::new();
    for _ in 0..5 {
        rig.get(ALICE, "Plain", "r");
        rig.pass(ms(5000));
        rig.head("total;dur=4900");
        rig.answer_last("r");
    }
    rig.answered_after(5, ms(100));
    assert_eq!(rig.class(), Quality::Good, "{:?}", rig.changes());
}

#[test]
fn silence_within_an_answer_counts_and_progress_ends_it() {
    let mut rig = Rig::new();
    for _ in 0..5 {
        rig.get(ALICE, "Plain", "r");
        rig.head("");
        for _ in 0..5 {
            rig.pass(ms(1500));
            rig.input(Input::Progress { attempt: rig.last_attempt() });
        }
        rig.answer_last("r");
    }
    assert_eq!(rig.changes(), [(Quality::Good, QualitySource::Measured)], "slow, and never silent");
    for _ in 0..2 {
        rig.get(ALICE, "Plain", "r");
        rig.head("");
        for _ in 0..2 {
            rig.pass(ms(4000));
            rig.input(Input::Progress { attempt: rig.last_attempt() });
        }
        rig.answer_last("r");
    }
    rig.pass(Duration::from_secs(600));
    rig.answered_after(1, ms(5000));
    assert_eq!(rig.class(), Quality::VeryPoor, "two heads and four silences since the last change");
}

#[test]
fn what_says_nothing_is_no_evidence() {
    let mut rig = Rig::new();
    for _ in 0..20 {
        // Cancelled in time.
        let op = rig.get(ALICE, "Plain", "r");
        rig.pass(ms(2900));
        rig.input(Input::Cancel { op });
        // Broken.
        rig.get(ALICE, "Plain", "r");
        rig.pass(ms(2900));
        rig.cut(rig.last_attempt(), TransportFailure::Reset);
        // A portal's word, and a server that has given up by itself.
        rig.get(ALICE, "Plain", "r");
        rig.pass(ms(2900));
        let message = String::new();
        let failure =
            Failure::Intercepted { http_status: Some(302), code: Code::Unknown, retry_after: None, message };
        rig.input(Input::Failed { attempt: rig.last_attempt(), failure });
        rig.get(ALICE, "Plain", "r");
        rig.pass(ms(2900));
        rig.fail_last(Code::DeadlineExceeded);
        // Too small to say how fast.
        rig.get(ALICE, "Plain", "r");
        let attempt = rig.last_attempt();
        rig.input(Input::Transferred { attempt, bytes: 31_999, over: Duration::from_secs(60) });
        rig.cut(attempt, TransportFailure::Reset);
        // Nobody's.
        rig.input(Input::Transferred { attempt, bytes: 99_999, over: Duration::from_secs(60) });
        rig.input(Input::Head { attempt, head: Head::default() });
    }
    assert_eq!(rig.changes(), []);
}

#[test]
fn a_servers_refusal_is_an_answer_and_a_timeout_is_a_long_one() {
    let mut rig = Rig::new();
    for _ in 0..5 {
        rig.get(ALICE, "Plain", "r");
        rig.pass(ms(300));
        rig.fail_last(Code::NotFound);
    }
    assert_eq!(rig.class(), Quality::Moderate);
    rig.pass(Duration::from_secs(600));
    for _ in 0..5 {
        rig.get(ALICE, "Status", "r");
        rig.pass(Duration::from_secs(2));
    }
    assert_eq!(rig.class(), Quality::Poor, "its attempts have two seconds");
}

#[test]
fn transfers_say_how_fast_the_network_is() {
    let mut rig = Rig::new();
    for _ in 0..5 {
        rig.get(ALICE, "Plain", "r");
        let attempt = rig.last_attempt();
        rig.head("");
        rig.input(Input::Transferred { attempt, bytes: 40_000, over: Duration::from_secs(8) });
        rig.answer_last("r");
    }
    assert_eq!(rig.class(), Quality::VeryPoor);
    let estimate = rig.events.iter().find_map(|event| match event {
        Event::QualityChanged { estimate, .. } => Some(*estimate),
        _ => None,
    });
    let expected = Estimate { request_time: Some(Duration::ZERO), downlink_kbps: Some(40) };
    assert_eq!(estimate, Some(expected), "40,000 bytes in 8 s");
}

#[test]
fn a_suspension_leaves_no_evidence() {
    let mut rig = Rig::new();
    for _ in 0..10 {
        let suspended = rig.get(ALICE, "Plain", "r");
        rig.pass(ms(50));
        // The device sleeps: no timer fires.
        rig.now.boot = rig.now.boot.after(Duration::from_secs(3600));
        rig.input(Input::Tick);
        assert!(rig.result(suspended).unwrap().is_err());
        // So short that the attempt outlives it.
        rig.get(ALICE, "Plain", "r");
        rig.now.boot = rig.now.boot.after(ms(5500));
        rig.input(Input::Head { attempt: rig.last_attempt(), head: Head::default() });
        rig.answer_last("r");
    }
    assert_eq!(rig.changes(), []);
    rig.answered_after(5, ms(50));
    assert_eq!(rig.class(), Quality::Good);
}

#[test]
fn another_network_starts_afresh() {
    let mut rig = Rig::new();
    rig.on(Interface::Cellular2g, 1);
    assert_eq!(rig.changes(), [(Quality::Poor, QualitySource::Platform)]);
    rig.answered_after(5, ms(100));
    assert_eq!(
        rig.class(),
        Quality::Poor,
        "nothing says yet that its downlink is better than that of its type"
    );
    rig.pass(Duration::from_secs(300));
    rig.answered_after(1, ms(100));
    assert_eq!(rig.class(), Quality::Good);
    rig.on(Interface::Wifi, 2);
    rig.answered_after(5, ms(2600));
    assert_eq!(rig.class(), Quality::VeryPoor);
    // The tunnel is no network, and behind it is the same one.
    rig.input(Input::Platform(Platform { reachability: Reachability::Unreachable, ..Platform::default() }));
    assert_eq!(rig.class(), Quality::Offline);
    rig.on(Interface::Wifi, 2);
    assert_eq!(rig.class(), Quality::VeryPoor);
    rig.on(Interface::Cellular2g, 3);
    assert_eq!(rig.class(), Quality::Moderate, "fast as it was there, with the downlink of its type");
    // What was sent on one network says nothing of another.
    rig.get(ALICE, "Plain", "r");
    for n in 0..5 {
        rig.get(ALICE, "Fare", &n.to_string());
    }
    rig.pass(ms(2800));
    rig.on(Interface::Cellular2g, 4);
    let attempts: Vec<AttemptId> = rig.sends.iter().rev().take(6).map(|request| request.attempt).collect();
    attempts.into_iter().for_each(|attempt| rig.answer(attempt, "r"));
    assert_eq!(rig.class(), Quality::Moderate);
}

#[test]
fn the_app_has_the_last_word_and_listeners_hear_of_changes_only() {
    let mut rig = Rig::new();
    let unreachable = Platform { reachability: Reachability::Unreachable, ..Platform::default() };
    let poor = Estimate { request_time: Some(ms(1500)), downlink_kbps: None };
    rig.input(Input::OwnEstimate(Some(poor)));
    rig.input(Input::OwnEstimate(Some(Estimate { request_time: Some(ms(1600)), ..poor })));
    rig.input(Input::Platform(unreachable));
    rig.input(Input::PinQuality(Some(Quality::Good)));
    rig.input(Input::PinQuality(Some(Quality::Good)));
    rig.answered_after(10, ms(1000));
    rig.input(Input::OwnEstimate(None));
    rig.input(Input::Platform(Platform::default()));
    rig.input(Input::PinQuality(None));
    let heard = [
        (Quality::Poor, QualitySource::OwnEstimate),
        (Quality::Offline, QualitySource::Platform),
        (Quality::Good, QualitySource::Pin),
        (Quality::Moderate, QualitySource::Pin),
    ];
    assert_eq!(rig.changes(), heard);
}

#[test]
fn saving_data_trims_and_its_end_restores() {
    let mut rig = Rig::new();
    rig.input(Input::Platform(Platform { save_data: true, ..Platform::default() }));
    let observer = rig.observe(ALICE, "Trip", "r");
    assert!(rig.asks_for_less());
    rig.answer_last("r");
    rig.input(Input::Platform(Platform::default()));
    assert!(!rig.asks_for_less());
    rig.answer_last("r");
    assert!(
        matches!(rig.states(observer).last(), Some(Observed::Value(snapshot)) if snapshot.detail == Detail::Full)
    );
    assert_eq!(rig.changes(), []);
}

#[test]
fn an_empty_estimate_of_the_apps_own_is_nothing_known() {
    let mut rig = Rig::new();
    rig.answered_after(5, ms(1800));
    assert_eq!(rig.class(), Quality::Poor);
    rig.input(Input::OwnEstimate(Some(Estimate::default())));
    rig.get(ALICE, "Trip", "r");
    assert!(!rig.asks_for_less());
    rig.answer(rig.last_attempt(), "r");
}
