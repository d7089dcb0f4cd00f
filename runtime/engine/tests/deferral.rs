//! Calls at BACKGROUND priority that wait for a better network (rule I2).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::time::Duration;

use holdover_engine::{
    AppState, CallOptions, ErrorKind, Event, Form, Input, Platform, Priority, Quality, Reachability,
};
use rig::{ALICE, Rig, ride};

const S: Duration = Duration::from_secs(1);
const NS: Duration = Duration::from_nanos(1);

fn interactive() -> CallOptions {
    CallOptions { priority: Some(Priority::Interactive), ..CallOptions::default() }
}

#[test]
fn only_a_network_that_is_known_to_be_poor_defers() {
    for quality in [None, Some(Quality::Moderate), Some(Quality::Good)] {
        let mut rig = Rig::new();
        rig.input(Input::PinQuality(quality));
        rig.get(ALICE, "Deferred", "r");
        assert_eq!(rig.sends.len(), 1, "{quality:?}");
    }
    for quality in [Quality::Poor, Quality::VeryPoor] {
        let mut rig = Rig::new();
        rig.quality(quality);
        let op = rig.get(ALICE, "Deferred", "r");
        rig.pass(60 * S - NS);
        assert!(rig.sends.is_empty(), "{quality:?}");
        rig.pass(NS);
        assert_eq!(rig.sends.len(), 1, "at most that long");
        // Its total, 120 s, begins with its send.
        rig.pass(30 * S - NS);
        rig.answer_last("1");
        assert!(rig.result(op).unwrap().is_ok());
        assert_eq!(rig.timeout, None);
    }
}

#[test]
fn a_better_network_ends_it_and_no_better_one_does_not() {
    let mut rig = Rig::new();
    rig.quality(Quality::VeryPoor);
    rig.get(ALICE, "Deferred", "r");
    rig.quality(Quality::Poor);
    assert!(rig.sends.is_empty());
    rig.quality(Quality::Moderate);
    assert_eq!(rig.sends.len(), 1);
}

#[test]
fn urgent_calls_are_not_deferred_and_take_along_what_they_join() {
    let mut rig = Rig::new();
    rig.quality(Quality::Poor);
    let first = rig.get(ALICE, "Deferred", "r");
    let again = rig.get(ALICE, "Deferred", "r");
    assert!(rig.sends.is_empty(), "another of the same kind waits with it");
    let op = rig.start(ALICE, "Deferred", "r", interactive(), Form::Get);
    assert_eq!((rig.sends.len(), rig.sends[0].priority), (1, Priority::Interactive));
    rig.answer_last("1");
    for op in [first, again, op] {
        assert_eq!(rig.result(op).unwrap().unwrap().value, ride("1"));
    }
}

#[test]
fn a_call_that_is_cancelled_is_never_sent() {
    let mut rig = Rig::new();
    rig.quality(Quality::Poor);
    let op = rig.get(ALICE, "Deferred", "r");
    rig.input(Input::Cancel { op });
    assert_eq!(rig.timeout, None);
    rig.pass(100 * S);
    assert!(rig.sends.is_empty());
}

#[test]
fn the_callers_own_timeout_holds() {
    let mut rig = Rig::new();
    rig.quality(Quality::Poor);
    let options = CallOptions { timeout: Some(10 * S), ..CallOptions::default() };
    let op = rig.start(ALICE, "Deferred", "r", options, Form::Get);
    rig.pass(10 * S);
    assert_eq!(rig.result(op).unwrap().unwrap_err().kind, ErrorKind::Timeout);
    rig.pass(100 * S);
    assert!(rig.sends.is_empty());
}

#[test]
fn a_network_that_goes_away_meanwhile_ends_it_offline_and_sends_nothing() {
    let mut rig = Rig::new();
    rig.quality(Quality::Poor);
    let op = rig.get(ALICE, "Deferred", "r");
    rig.quality(Quality::Offline);
    assert_eq!(rig.result(op), None, "it is not that time yet");
    rig.pass(60 * S);
    assert_eq!(rig.result(op).unwrap().unwrap_err().kind, ErrorKind::Offline);
    assert!(rig.sends.is_empty());
}

#[test]
fn a_network_that_is_back_sends_what_waits_for_it_before_what_is_deferred() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Deferred", "kept", "1");
    rig.fetch(ALICE, "Wait", "kept", "1");
    rig.input(Input::OwnEstimate(Some(holdover_engine::Estimate {
        request_time: Some(1800 * Duration::from_millis(1)),
        downlink_kbps: None,
    })));
    rig.get(ALICE, "Deferred", "r");
    rig.input(Input::Platform(Platform { reachability: Reachability::Unreachable, ..Platform::default() }));
    rig.get(ALICE, "Wait", "r");
    rig.input(Input::OwnEstimate(None));
    rig.input(Input::Platform(Platform::default()));
    let paths: Vec<&str> = rig.sends[2..].iter().map(|request| &*request.path).collect();
    assert_eq!(paths, ["/vectors.v1.Rides/Wait", "/vectors.v1.Rides/Deferred"]);
}

#[test]
fn pulling_does_not_wait_for_a_better_network() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Deferred", "r", "1");
    let observer = rig.observe(ALICE, "Deferred", "r");
    rig.quality(Quality::Poor);
    rig.pass(10 * S);
    assert_eq!(rig.sends.len(), 1, "its own refresh is deferred");
    let op = rig.op();
    rig.input(Input::Refresh { op, observer });
    assert_eq!(rig.sends.len(), 2);
    rig.answer_last("2");
    assert_eq!(rig.result(op).unwrap().unwrap().value, ride("2"));
}

#[test]
fn a_pause_keeps_no_timer_of_what_nobody_waits_for() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Deferred", "r", "1");
    rig.quality(Quality::Poor);
    let observer = rig.observe(ALICE, "Deferred", "r");
    rig.pass(10 * S);
    assert!(rig.has_event(|event| matches!(event, Event::Deferred { .. })));
    let op = rig.op();
    rig.input(Input::Pause { op });
    assert_eq!(rig.timeout, None);
    rig.input(Input::Resume);
    assert!(rig.timeout.is_some(), "it is deferred again");
    rig.quality(Quality::Good);
    assert_eq!(rig.sends.len(), 2);
    rig.input(Input::Cancel { op: observer });
}

#[test]
fn what_nobody_waits_for_is_bounded() {
    let mut rig = Rig::new();
    for n in 0..300 {
        rig.fetch(ALICE, "Deferred", &n.to_string(), "1");
    }
    rig.quality(Quality::Poor);
    // Row 2 by the caller's wish: a refresh behind, for nobody.
    let options =
        CallOptions { cache: holdover_engine::CacheMode::MaxAge(Duration::ZERO), ..CallOptions::default() };
    rig.pass(S);
    let refreshing = (0..300)
        .filter(|n| {
            let op = rig.start(ALICE, "Deferred", &n.to_string(), options.clone(), Form::Get);
            rig.result(op).unwrap().unwrap().refreshing
        })
        .count();
    assert_eq!(refreshing, 256);
    rig.pass(60 * S);
    assert_eq!(rig.sends.len(), 304, "and four of them fly at a time");
}

#[test]
fn an_endpoint_that_failures_say_is_offline_defers_until_a_probe_reaches_it() {
    let mut rig = Rig::new();
    rig.give_up();
    let op = rig.get(ALICE, "Deferred", "r");
    let sends = rig.sends.len();
    assert_eq!(rig.result(op), None, "it waits");
    rig.pass(S);
    rig.input(Input::Contact { attempt: rig.probes()[0] });
    assert_eq!(rig.sends.len(), sends + 1);
    rig.answer_last("1");
    assert_eq!(rig.result(op).unwrap().unwrap().value, ride("1"));
    assert_eq!(rig.timeout, None);
}

#[test]
fn what_failures_say_lapses_for_a_deferred_call_in_the_background_too() {
    let mut rig = Rig::new();
    rig.input(Input::App(AppState::Background));
    rig.give_up();
    rig.get(ALICE, "Deferred", "r");
    let sends = rig.sends.len();
    rig.pass(S);
    assert_eq!((rig.sends.len(), rig.probes().len()), (sends + 1, 0));
}

#[test]
fn a_deferral_that_ends_offline_begins_no_other_one() {
    let mut rig = Rig::new();
    rig.quality(Quality::Offline);
    let op = rig.get(ALICE, "Deferred", "r");
    let prefetch = rig.start(ALICE, "Deferred", "s", CallOptions::default(), Form::Prefetch);
    rig.pass(60 * S);
    assert_eq!(rig.result(op).unwrap().unwrap_err().kind, ErrorKind::Offline);
    assert_eq!(rig.done(prefetch).unwrap().unwrap_err().kind, ErrorKind::Offline);
    assert_eq!((rig.sends.len(), rig.timeout), (0, None));
    rig.quality(Quality::Good);
    assert!(rig.sends.is_empty(), "nothing is left");
}
