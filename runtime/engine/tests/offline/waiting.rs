//! Who waits for the network, how long, and in which order they go when it is back (rule I1, readings 49 and 63).

use holdover_engine::{Account, AppState, CallOptions, CredentialsAnswer, ErrorKind, Form, Input, Priority};

use crate::expected::{Expected, of_result};
use crate::rig::{ALICE, BOB, Rig, ride};
use crate::ways::{WAYS, Way};
use crate::{NS, S};

#[test]
fn streams_that_are_opened_again_wait_for_the_network() {
    for way in WAYS {
        for method in ["Watch", "Follow"] {
            let mut rig = Rig::new();
            rig.go_offline(way);
            let sent = rig.sends.len();
            let op = rig.stream(ALICE, method, "r");
            rig.demand(op, 1);
            assert_eq!((rig.sends.len(), rig.ended(op)), (sent, None), "{method}, {way:?}");
            rig.come_back(way);
            assert_eq!(rig.sent_since(sent), [method], "{way:?}");
        }
    }
}

#[test]
fn who_waits_is_told_at_the_deadline_that_it_is_offline_and_nothing_is_sent_for_it_later() {
    for way in [Way::Platform, Way::Pin] {
        for (timeout, wait) in [(None, 30 * S), (Some(5 * S), 5 * S)] {
            let mut rig = Rig::new();
            rig.go_offline(way);
            let op =
                rig.start(ALICE, "Wait", "r", CallOptions { timeout, ..CallOptions::default() }, Form::Get);
            rig.pass(wait - NS);
            assert_eq!(rig.result(op), None);
            rig.pass(NS);
            assert_eq!(of_result(rig.result(op)), Expected::Offline);
            rig.come_back(way);
            assert!(rig.sends.is_empty());
        }
    }
}

#[test]
fn a_call_that_has_waited_has_all_of_its_total_from_its_send() {
    let mut rig = Rig::new();
    rig.go_offline(Way::Platform);
    let options = CallOptions { timeout: Some(100 * S), ..CallOptions::default() };
    let op = rig.start(ALICE, "Wait", "r", options, Form::Get);
    rig.pass(50 * S);
    rig.come_back(Way::Platform);
    assert_eq!(rig.sends[0].timeout, Some(10 * S));
    rig.pass(10 * S - NS);
    rig.answer_last("1");
    assert!(rig.result(op).unwrap().is_ok());
}

#[test]
fn the_urgent_go_first_then_the_oldest_and_observers_after_them() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "seen", "1");
    // So that nobody waits for credentials.
    rig.fetch(ALICE, "Wait", "kept", "1");
    rig.fetch(BOB, "Wait", "kept", "1");
    rig.pass(10 * S);
    rig.go_offline(Way::Platform);
    rig.observe(ALICE, "Quote", "seen");
    let background = CallOptions { priority: Some(Priority::Background), ..CallOptions::default() };
    rig.start(ALICE, "Wait", "b1", background.clone(), Form::Get);
    rig.get(ALICE, "Wait", "i1");
    rig.start(ALICE, "Wait", "b2", background, Form::Prefetch);
    rig.get(BOB, "Wait", "i2");
    let sent = rig.sends.len();
    rig.come_back(Way::Platform);
    let order: Vec<&[u8]> = rig.sends[sent..].iter().map(|request| &request.body[2..]).collect();
    assert_eq!(order, [&b"i1"[..], b"i2", b"b1", b"b2", b"seen"]);
}

#[test]
fn a_call_that_loses_the_network_on_its_way_waits_again() {
    let mut rig = Rig::new();
    rig.get(BOB, "Status", "x");
    rig.lose();
    let op = rig.get(ALICE, "Wait", "r");
    rig.lose();
    assert_eq!(rig.result(op), None, "two failures: known offline");
    rig.come_back(Way::Failures);
    rig.answer_last("1");
    assert_eq!(rig.result(op).unwrap().unwrap().value, ride("1"));
}

#[test]
fn nobody_signed_in_comes_before_nobody_reached() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "fresh", "1");
    rig.answers_hook = false;
    rig.input(Input::CredentialsChanged { account: Account::user("alice") });
    rig.get(ALICE, "Status", "x");
    let ask = rig.asks.last().unwrap().ask;
    rig.input(Input::Credentials { ask, answer: CredentialsAnswer::SignInRequired });
    rig.go_offline(Way::Platform);
    let (asked, fresh) = (rig.asks.len(), rig.get(ALICE, "Quote", "fresh"));
    assert_eq!(of_result(rig.result(fresh)), Expected::Fresh);
    for method in ["Wait", "Quote", "Stale"] {
        let op = rig.get(ALICE, method, "r");
        assert_eq!(rig.result(op).unwrap().unwrap_err().kind, ErrorKind::SignInRequired, "{method}");
    }
    assert_eq!(rig.asks.len(), asked);
}

#[test]
fn who_waits_for_the_network_when_the_account_loses_its_credentials_ends_when_it_is_back() {
    let mut rig = Rig::new();
    rig.answers_hook = false;
    rig.get(ALICE, "Status", "x");
    rig.go_offline(Way::Platform);
    let op = rig.get(ALICE, "Wait", "r");
    let ask = rig.asks.last().unwrap().ask;
    rig.input(Input::Credentials { ask, answer: CredentialsAnswer::SignInRequired });
    let asked = rig.asks.len();
    rig.come_back(Way::Platform);
    assert_eq!(rig.result(op).unwrap().unwrap_err().kind, ErrorKind::SignInRequired);
    assert_eq!((rig.asks.len(), rig.sends.len()), (asked, 0), "nobody is asked");
}

#[test]
fn what_was_on_its_way_goes_on_and_waits_again_if_it_gets_nowhere() {
    let mut rig = Rig::new();
    rig.answers_hook = false;
    let op = rig.get(ALICE, "Wait", "r");
    rig.go_offline(Way::Platform);
    let ask = rig.asks[0].clone();
    let answer = CredentialsAnswer::Use { metadata: crate::rig::token(&ask.account), expires_ms: None };
    rig.input(Input::Credentials { ask: ask.ask, answer });
    assert_eq!(rig.sends.len(), 1);
    rig.lose();
    assert_eq!(rig.result(op), None);
    rig.come_back(Way::Platform);
    assert_eq!(rig.sends.len(), 2);
    rig.answer_last("1");
    assert!(rig.result(op).unwrap().is_ok());
}

#[test]
fn pausing_while_offline_forgets_nobody_who_waits() {
    for way in WAYS {
        for background in [false, true] {
            let mut rig = Rig::new();
            rig.go_offline(way);
            let sent = rig.sends.len();
            let options = CallOptions { timeout: Some(600 * S), ..CallOptions::default() };
            let op = rig.start(ALICE, "Wait", "r", options, Form::Get);
            if background {
                rig.input(Input::App(AppState::Background));
            }
            let pause = rig.op();
            rig.input(Input::Pause { op: pause });
            rig.pass(100 * S);
            assert_eq!((rig.sends.len(), rig.probe()), (sent, None), "{way:?}");
            if way == Way::Failures {
                // Nothing was probed: what was known has lapsed.
                rig.input(Input::Resume);
            } else {
                rig.come_back(way);
                assert_eq!(rig.sends.len(), sent, "paused");
                rig.input(Input::Resume);
            }
            assert_eq!(rig.sent_since(sent), ["Wait"], "{way:?} {background}");
            rig.answer_last("1");
            assert!(rig.result(op).unwrap().is_ok());
        }
    }
}

#[test]
fn in_the_background_calls_that_wait_go_on_and_observers_do_not() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "seen", "1");
    rig.pass(10 * S);
    rig.go_offline(Way::Platform);
    rig.observe(ALICE, "Quote", "seen");
    rig.observe(ALICE, "Wait", "seen");
    let options = CallOptions { timeout: Some(600 * S), ..CallOptions::default() };
    rig.start(ALICE, "Wait", "r", options, Form::Get);
    rig.input(Input::App(AppState::Background));
    rig.pass(60 * S);
    let sent = rig.sends.len();
    rig.come_back(Way::Platform);
    assert_eq!(rig.sent_since(sent), ["Wait"]);
    rig.answer_last("1");
    rig.input(Input::App(AppState::Foreground));
    let mut seen = rig.sent_since(sent + 1);
    seen.sort_unstable();
    assert_eq!(seen, ["Quote", "Wait"], "what observers show");
}

#[test]
fn signing_out_ends_those_who_wait() {
    let mut rig = Rig::new();
    rig.go_offline(Way::Platform);
    let op = rig.get(ALICE, "Wait", "r");
    let out = rig.op();
    rig.input(Input::SignOut { op: out, session: ALICE, outbox: holdover_engine::OutboxChoice::Discard });
    assert_eq!(rig.result(op).unwrap().unwrap_err().kind, ErrorKind::SignedOut);
    rig.come_back(Way::Platform);
    assert!(rig.sends.is_empty());
    assert_eq!(rig.timeout, None);
}

#[test]
fn a_network_that_comes_back_in_a_pause_begins_no_total_before_the_pause_ends() {
    for way in [Way::Platform, Way::Pin] {
        let mut rig = Rig::new();
        rig.go_offline(way);
        let deferred = rig.get(ALICE, "Deferred", "r");
        // Its own total would be 30 s.
        let options = CallOptions { timeout: Some(600 * S), ..CallOptions::default() };
        let waits = rig.start(ALICE, "Wait", "r", options, Form::Get);
        let sent = rig.sends.len();
        let op = rig.op();
        rig.input(Input::Pause { op });
        rig.come_back(way);
        rig.pass(50 * S);
        assert_eq!((rig.result(waits), rig.sends.len()), (None, sent), "{way:?}");
        rig.input(Input::Resume);
        assert_eq!(rig.sent_since(sent), ["Wait", "Deferred"], "{way:?}");
        assert_eq!((rig.result(waits), rig.result(deferred)), (None, None));
    }
}
