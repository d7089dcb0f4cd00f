//! Foreground and background, and moves to another network (rules B4, J1, J2).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::time::Duration;

use bytes::Bytes;
use holdover_engine::{
    AppState, ErrorKind, Event, Freshness, Input, Instant, Observed, Output, Reachability, Source, Tag,
    TagPart,
};
use rig::{ALICE, Rig, ride, ride_request};

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl Rig {
    fn offline(&mut self) {
        self.reachability(Reachability::Unreachable);
    }

    fn aborts(&self) -> usize {
        self.trace.iter().filter(|line| line.starts_with("abort")).count()
    }
}

#[test]
fn in_the_background_nothing_is_refreshed_and_on_return_at_once() {
    let mut rig = Rig::new();
    let observer = rig.observe(ALICE, "Quote", "r");
    rig.answer_last("first");
    rig.app(AppState::Background);
    assert_eq!(rig.states(observer).len(), 2);
    rig.pass(s(3));
    rig.app(AppState::Foreground);
    rig.pass(s(1));
    assert_eq!(rig.sends.len(), 1, "still fresh");
    rig.app(AppState::Background);
    rig.pass(s(20));
    assert_eq!((rig.sends.len(), rig.states(observer).len()), (1, 2), "the crossing was not told");
    rig.app(AppState::Foreground);
    assert_eq!(rig.sends.len(), 2);
    let shown = rig.shown(observer);
    assert_eq!((shown.freshness, shown.refreshing), (Freshness::Stale, true));
    rig.answer_last("second");
    assert_eq!(rig.shown(observer).value, ride("second"));
    rig.pass(s(6));
    assert_eq!(rig.sends.len(), 3, "in the foreground it crosses F again");
}

#[test]
fn on_return_what_failed_is_fetched_again() {
    let mut rig = Rig::new();
    let failed = rig.observe(ALICE, "Quote", "none");
    rig.break_last();
    let fresh = rig.observe(ALICE, "Quote", "r");
    rig.answer_last("r");
    let op = rig.op();
    rig.input(Input::Refresh { op, observer: fresh });
    rig.break_last();
    assert!(rig.shown(fresh).error.is_some());
    rig.app(AppState::Background);
    let before = rig.sends.len();
    rig.app(AppState::Foreground);
    assert_eq!(rig.sends.len(), before + 2, "one has nothing to show, and one's last refresh failed");
    assert!(
        matches!(rig.states(failed).last(), Some(Observed::Failed(_))),
        "it stays until there is an answer"
    );
}

#[test]
fn after_the_grace_period_in_the_background_nothing_wakes_the_device() {
    let mut rig = Rig::new();
    for ride in ["a", "b"] {
        rig.observe(ALICE, "Quote", ride);
        rig.answer_last(ride);
    }
    let late = rig.observe(ALICE, "Quote", "late");
    rig.app(AppState::Background);
    rig.pass(s(4));
    rig.answer_last("late");
    rig.pass(s(24));
    let stuck = rig.observe(ALICE, "Quote", "stuck");
    rig.pass(s(1));
    assert!(rig.timeout.is_some(), "the grace period is not over");
    rig.pass(s(1));
    assert_eq!(rig.timeout, None);
    // Nothing of what is done now starts anything by itself.
    let tag = Tag(vec![TagPart::Literal("ride:".into()), TagPart::Value("\"late\"".into())]);
    let op = rig.op();
    rig.input(Input::Invalidate { op, session: ALICE, tag });
    assert_eq!(rig.done(op), Some(Ok(())));
    let new = rig.observe(ALICE, "Quote", "new");
    assert_eq!(rig.states(new), [Observed::Loading]);
    let sent = rig.sends.len();
    rig.pass(s(600));
    assert_eq!((rig.timeout, rig.sends.len()), (None, sent));
    // A call is a call.
    rig.get(ALICE, "Quote", "called");
    assert!(rig.timeout.is_some());
    rig.answer_last("called");
    assert_eq!(rig.timeout, None);
    rig.app(AppState::Foreground);
    let fetched: Vec<Bytes> = rig.sends[sent + 1..].iter().map(|request| request.body.clone()).collect();
    for ride in ["a", "b", "late", "stuck", "new"] {
        assert_eq!(fetched.iter().filter(|body| **body == ride_request(ride)).count(), 1, "{ride}");
    }
    assert_eq!(fetched.len(), 5);
    assert!(rig.shown(late).refreshing);
    assert!(matches!(rig.states(stuck).last(), Some(Observed::Loading)));
}

#[test]
fn what_is_on_its_way_for_observers_alone_is_taken_back_when_the_grace_period_ends() {
    let mut rig = Rig::new();
    let observer = rig.observe(ALICE, "Quote", "r");
    rig.answer_last("r");
    rig.app(AppState::Background);
    rig.pass(s(28));
    let op = rig.op();
    rig.input(Input::Refresh { op, observer });
    rig.pass(s(1));
    let waited_for = rig.get(ALICE, "Plain", "r");
    let alone = rig.observe(ALICE, "Quote", "alone");
    rig.pass(s(1));
    assert_eq!(rig.aborts(), 1, "not the refresh that the app waits for, nor the call");
    assert_eq!(rig.states(alone), [Observed::Loading]);
    rig.answer(rig.sends[1].attempt, "pulled");
    assert_eq!(rig.result(op).unwrap().unwrap().value, ride("pulled"));
    rig.answer(rig.sends[2].attempt, "r");
    assert!(rig.result(waited_for).unwrap().is_ok());
    assert_eq!(rig.timeout, None);
}

#[test]
fn an_idle_runtime_in_the_background_has_no_timer_at_all() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r", "r");
    rig.app(AppState::Background);
    assert_eq!(rig.timeout, None);
    rig.pass(s(3));
    let observer = rig.observe(ALICE, "Quote", "r");
    assert_eq!(
        rig.timeout,
        Some(Instant(rig.now.boot.0 + 27_000_000_000)),
        "the grace period counts from its start"
    );
    assert_eq!(rig.shown(observer).source, Source::Cache);
}

#[test]
fn when_the_network_is_back_what_is_stale_is_fetched_again() {
    let mut rig = Rig::new();
    rig.on_path(1);
    let observer = rig.observe(ALICE, "Quote", "r");
    rig.answer_last("r");
    rig.pass(s(6));
    rig.break_last();
    assert!(rig.shown(observer).error.is_some());
    rig.offline();
    assert_eq!(rig.sends.len(), 2);
    rig.on_path(1);
    // Its backoff ends after a random part of a second (rule C9).
    rig.pass(s(1));
    assert_eq!(rig.sends.len(), 3);
    assert!(rig.shown(observer).refreshing);
    rig.answer_last("back");
    rig.on_path(2);
    assert_eq!(rig.sends.len(), 3, "what is fresh is not");
    rig.app(AppState::Background);
    rig.pass(s(10));
    rig.on_path(3);
    assert_eq!(rig.sends.len(), 3, "nor what nobody sees");
}

#[test]
fn a_path_change_moves_new_calls_and_gives_old_ones_five_seconds() {
    let mut rig = Rig::new();
    rig.on_path(1);
    assert_eq!(rig.wire, [], "the first word is no move");
    let old = rig.get(ALICE, "Plain", "old");
    let lucky = rig.get(ALICE, "Fare", "lucky");
    let lucky_attempt = rig.last_attempt();
    rig.on_path(2);
    assert_eq!(rig.wire, [Output::PathChanged]);
    assert!(rig.has_event(|event| *event == Event::PathChanged));
    let new = rig.get(ALICE, "Plain", "new");
    rig.pass(Duration::from_millis(4900));
    rig.answer(lucky_attempt, "lucky");
    assert!(rig.result(lucky).unwrap().is_ok());
    assert_eq!(rig.result(old), None);
    rig.pass(Duration::from_millis(100));
    assert_eq!(rig.result(old).unwrap().unwrap_err().kind, ErrorKind::Unreachable);
    assert_eq!((rig.aborts(), rig.result(new)), (1, None));
    rig.answer_last("new");
    assert!(rig.result(new).unwrap().is_ok());
    assert_eq!(rig.timeout, None);
    // The tunnel is no move, nor is more of the same.
    rig.offline();
    rig.on_path(2);
    rig.on_path(2);
    assert_eq!(rig.wire.len(), 1);
}

#[test]
fn nothing_wakes_the_device_for_an_old_path_that_nobody_uses() {
    let mut rig = Rig::new();
    rig.on_path(1);
    rig.get(ALICE, "Plain", "old");
    for path in 2..100 {
        rig.on_path(path);
    }
    rig.answer_last("old");
    assert_eq!(rig.timeout, None);
}
