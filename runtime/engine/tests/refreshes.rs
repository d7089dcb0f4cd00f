//! How soon refreshes follow one another, and when observers try again (rules B4, C2, C9).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::time::Duration;

use holdover_engine::{
    AppState, CallOptions, Code, Config, ErrorKind, Event, Form, Freshness, Input, Observed, Snapshot,
};
use rig::{ALICE, Disk, Rig, ride};

const S: Duration = Duration::from_secs(1);
const NS: Duration = Duration::from_nanos(1);

impl Rig {
    fn served(&mut self, method: &str, ride: &str) -> Snapshot {
        let op = self.get(ALICE, method, ride);
        self.result(op).unwrap().unwrap()
    }

    /// The backoff that began last.
    fn backoff(&self) -> Duration {
        let waits = self.events.iter().rev().find_map(|event| match event {
            Event::RefreshBackoff { wait, .. } => Some(*wait),
            _ => None,
        });
        waits.expect("a refresh has failed")
    }
}

#[test]
fn a_refresh_follows_another_a_second_after_its_end_at_the_earliest() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r", "1");
    rig.pass(6 * S);
    assert!(rig.served("Quote", "r").refreshing);
    // An answer that is old already: row 2 again.
    let mut metadata = holdover_engine::Metadata::new();
    metadata.push("age", "10").unwrap();
    let response = holdover_engine::Response { body: ride("2"), metadata, ..Default::default() };
    rig.input(Input::Response { attempt: rig.last_attempt(), response });
    let sent = rig.sends.len();
    rig.pass(S - NS);
    let snapshot = rig.served("Quote", "r");
    assert_eq!((snapshot.refreshing, snapshot.error), (false, None));
    assert_eq!(rig.sends.len(), sent);
    rig.pass(NS);
    assert!(rig.served("Quote", "r").refreshing);
    assert_eq!(rig.sends.len(), sent + 1);
}

#[test]
fn a_slow_server_is_given_as_long_as_it_took() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r", "1");
    rig.pass(6 * S);
    rig.served("Quote", "r");
    rig.pass(7 * S);
    rig.answer_last("2");
    let sent = rig.sends.len();
    // It is as old as it took to come: row 2 already.
    rig.pass(7 * S - NS);
    assert!(!rig.served("Quote", "r").refreshing);
    rig.pass(NS);
    assert!(rig.served("Quote", "r").refreshing);
    assert_eq!(rig.sends.len(), sent + 1);
}

#[test]
fn another_key_is_not_concerned() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "a", "1");
    rig.fetch(ALICE, "Quote", "b", "1");
    rig.pass(6 * S);
    rig.served("Quote", "a");
    rig.fail_last(Code::Unavailable);
    assert!(rig.served("Quote", "b").refreshing);
    let snapshot = rig.served("Quote", "a");
    assert_eq!((snapshot.refreshing, snapshot.error.unwrap().kind), (false, ErrorKind::Unavailable));
}

#[test]
fn backoff_grows_within_its_spread_and_row_3_is_served_at_once_in_it() {
    for seed in 0..20 {
        let mut rig = Rig::seeded(Disk::default(), Config::default(), seed);
        rig.fetch(ALICE, "Plan", "r", "1");
        rig.pass(10 * S);
        let mut step = 1.0_f64;
        for failures in 1..=12 {
            let sent = rig.sends.len();
            let op = rig.get(ALICE, "Plan", "r");
            assert_eq!(
                (rig.result(op), rig.sends.len()),
                (None, sent + 1),
                "{failures}: the network is asked"
            );
            rig.fail_last(Code::Unavailable);
            let error = rig.result(op).unwrap().unwrap().error.unwrap();
            assert_eq!(error.kind, ErrorKind::Unavailable);
            let wait = rig.backoff().as_secs_f64();
            assert!(
                wait >= step / 2.0 && wait <= (step * 1.5).min(60.0),
                "{seed} {failures}: {wait} of {step}"
            );
            step = (step * 1.5).min(60.0);
            rig.pass(rig.backoff() - NS);
            let snapshot = rig.served("Plan", "r");
            assert_eq!(snapshot.freshness, Freshness::Stale);
            assert_eq!(snapshot.error.unwrap().kind, ErrorKind::Unavailable);
            assert_eq!(rig.sends.len(), sent + 1, "{failures}: nothing is sent in backoff");
            rig.pass(NS);
        }
    }
}

#[test]
fn an_answer_ends_the_backoff_and_its_growth() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Plan", "r", "1");
    rig.pass(10 * S);
    for _ in 0..6 {
        rig.get(ALICE, "Plan", "r");
        rig.fail_last(Code::Unavailable);
        rig.pass(rig.backoff());
    }
    rig.fetch(ALICE, "Plan", "r", "2");
    rig.pass(10 * S);
    rig.get(ALICE, "Plan", "r");
    rig.fail_last(Code::Unavailable);
    assert!(rig.backoff() < 2 * S);
}

#[test]
fn modes_that_serve_row_1_only_do_not_serve_row_3_in_backoff() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Wait", "r", "1");
    rig.pass(10 * S);
    rig.get(ALICE, "Wait", "r");
    rig.fail_last(Code::Unavailable);
    let sent = rig.sends.len();
    let op = rig.get(ALICE, "Wait", "r");
    assert_eq!((rig.result(op), rig.sends.len()), (None, sent + 1));
}

#[test]
fn what_is_passed_on_or_evicts_is_no_reason_to_serve_row_3() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Plan", "r", "1");
    rig.pass(10 * S);
    let op = rig.get(ALICE, "Plan", "r");
    rig.fail_last(Code::InvalidArgument);
    assert!(rig.result(op).unwrap().is_err());
    let sent = rig.sends.len();
    let op = rig.get(ALICE, "Plan", "r");
    assert_eq!((rig.result(op), rig.sends.len()), (None, sent + 1));
    rig.fail_last(Code::NotFound);
    let op = rig.get(ALICE, "Plan", "r");
    assert_eq!((rig.result(op), rig.sends.len()), (None, sent + 2));
}

#[test]
fn another_network_cuts_each_backoff_short_once_in_ten_seconds() {
    let mut rig = Rig::new();
    rig.on_path(1);
    for ride in ["a", "b"] {
        rig.fetch(ALICE, "Plan", ride, "1");
    }
    rig.pass(10 * S);
    let fail = |rig: &mut Rig, ride: &str| {
        let op = rig.get(ALICE, "Plan", ride);
        assert_eq!(rig.result(op), None, "{ride} is not in backoff");
        rig.fail_last(Code::Unavailable);
        rig.backoff()
    };
    for _ in 0..7 {
        let wait = fail(&mut rig, "a");
        rig.pass(wait);
    }
    let long = fail(&mut rig, "a");
    assert!(long > 5 * S, "{long:?}");
    rig.on_path(2);
    rig.pass(S);
    // Its backoff starts over, and is not cut short again so soon; that of another key is.
    for n in 1..6 {
        let wait = fail(&mut rig, "a");
        assert!(wait <= S.mul_f64(1.5_f64.powi(n)), "{n}: {wait:?}");
        if n == 5 {
            break;
        }
        rig.pass(wait);
    }
    fail(&mut rig, "b");
    let until = rig.now.boot.after(rig.backoff());
    rig.on_path(3);
    let snapshot = rig.served("Plan", "a");
    assert_eq!(snapshot.error.unwrap().kind, ErrorKind::Unavailable, "{until:?}");
    rig.pass(S);
    let op = rig.get(ALICE, "Plan", "b");
    assert_eq!(rig.result(op), None, "at most a second");
}

#[test]
fn the_first_word_on_the_path_is_no_change() {
    let mut rig = Rig::new();
    let observer = rig.observe(ALICE, "Quote", "r");
    for _ in 0..6 {
        rig.fail_last(Code::Unavailable);
        rig.pass(rig.backoff());
    }
    rig.fail_last(Code::Unavailable);
    let (wait, sent) = (rig.backoff(), rig.sends.len());
    assert!(wait > 5 * S, "{wait:?}");
    rig.on_path(1);
    rig.pass(wait - NS);
    assert_eq!(rig.sends.len(), sent);
    rig.pass(NS);
    assert_eq!(rig.sends.len(), sent + 1);
    assert!(matches!(rig.states(observer).pop(), Some(Observed::Failed(error)) if error.will_retry));
}

#[test]
fn observers_try_again_in_the_foreground_only() {
    let mut rig = Rig::new();
    let observer = rig.observe(ALICE, "Quote", "r");
    rig.fail_last(Code::Unavailable);
    assert!(matches!(rig.states(observer).pop(), Some(Observed::Failed(error)) if error.will_retry));
    let wait = rig.backoff();
    rig.input(Input::App(AppState::Background));
    rig.pass(wait);
    assert_eq!(rig.sends.len(), 1);
    rig.pass(100 * S);
    assert_eq!((rig.sends.len(), rig.timeout), (1, None));
    rig.input(Input::App(AppState::Foreground));
    assert_eq!(rig.sends.len(), 2);
    rig.fail_last(Code::Unavailable);
    rig.pass(rig.backoff() - NS);
    assert_eq!(rig.sends.len(), 2);
    rig.pass(NS);
    assert_eq!(rig.sends.len(), 3);
    rig.answer_last("1");
    assert_eq!(rig.shown(observer).value, ride("1"));
}

#[test]
fn a_value_that_crosses_its_freshness_in_backoff_is_shown_stale_and_fetched_when_that_ends() {
    let mut rig = Rig::new();
    let observer = rig.observe(ALICE, "Quote", "r");
    rig.answer_last("1");
    // Failures of another caller's refreshes, with long backoffs.
    let network_only =
        CallOptions { cache: holdover_engine::CacheMode::NetworkOnly, ..CallOptions::default() };
    for _ in 0..7 {
        rig.start(ALICE, "Quote", "r", network_only.clone(), Form::Get);
        rig.fail_last(Code::Unavailable);
    }
    let (wait, sent) = (rig.backoff(), rig.sends.len());
    assert!(wait > 5 * S, "{wait:?}");
    rig.pass(5 * S);
    let snapshot = rig.shown(observer);
    assert_eq!((snapshot.freshness, snapshot.refreshing), (Freshness::Stale, false));
    assert!(snapshot.error.unwrap().will_retry);
    rig.pass(wait - 5 * S - NS);
    assert_eq!(rig.sends.len(), sent);
    rig.pass(NS);
    assert_eq!(rig.sends.len(), sent + 1);
    assert!(rig.shown(observer).refreshing);
}
