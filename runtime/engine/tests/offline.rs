//! What calls get while their endpoint is known to be offline, and when it is back (rules I1, C2, H4).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::time::Duration;

use holdover_engine::{
    Account, AppState, CacheMode, CallOptions, Code, CredentialsAnswer, DetailMode, Endpoint, Error,
    ErrorKind, Event, Failure, Form, Freshness, Input, Metadata, Observed, OpId, Output, Platform, Priority,
    Quality, Reachability, Session, SessionId, Snapshot, Source, TransportFailure,
};
use rig::{ALICE, BOB, Rig, ride};

const S: Duration = Duration::from_secs(1);
const NS: Duration = Duration::from_nanos(1);
/// A session at an endpoint of its own.
const CAROL: SessionId = SessionId(3);

/// How it is known that nobody can be reached.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Platform,
    Pin,
    Failures,
}

const WAYS: [Way; 3] = [Way::Platform, Way::Pin, Way::Failures];

impl Rig {
    fn reachability(&mut self, reachability: Reachability) {
        self.input(Input::Platform(Platform { reachability, ..Platform::default() }));
    }

    fn lose(&mut self) {
        let failure =
            Failure::Transport { kind: TransportFailure::Unreachable, unsent: true, message: String::new() };
        self.input(Input::Failed { attempt: self.last_attempt(), failure });
    }

    fn go_offline(&mut self, way: Way) {
        match way {
            Way::Platform => self.reachability(Reachability::Unreachable),
            Way::Pin => self.quality(Quality::Offline),
            Way::Failures => {
                for ride in ["x", "y"] {
                    self.get(BOB, "Status", ride);
                    self.lose();
                }
            }
        }
        assert!(self.has_event(|event| matches!(event, Event::Offline { .. })), "{way:?}");
    }

    /// The probe that was sent last.
    fn probe(&self) -> Option<holdover_engine::Probe> {
        self.wire.iter().rev().find_map(|output| match output {
            Output::Probe(probe) => Some(*probe.clone()),
            _ => None,
        })
    }

    fn come_back(&mut self, way: Way) {
        match way {
            Way::Platform => self.reachability(Reachability::Unknown),
            Way::Pin => self.input(Input::PinQuality(None)),
            Way::Failures => {
                if self.probe().is_none() {
                    self.pass(S);
                }
                let attempt = self.probe().expect("somebody waits, so there is a probe").attempt;
                self.input(Input::Contact { attempt });
            }
        }
        assert!(self.has_event(|event| matches!(event, Event::Online { .. })), "{way:?}");
    }

    fn with_mode(&mut self, method: &str, cache: CacheMode, form: Form) -> OpId {
        self.start(ALICE, method, "r", CallOptions { cache, ..CallOptions::default() }, form)
    }

    fn last_state(&self, observer: OpId) -> Observed {
        self.states(observer).pop().expect("an observer is always shown something")
    }

    /// The methods of what was sent from there on.
    fn sent_since(&self, before: usize) -> Vec<String> {
        self.sends[before..].iter().map(|r| r.path[r.path.rfind('/').unwrap() + 1..].to_owned()).collect()
    }
}

/// What a call is to get.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    Fresh,
    /// With the error OFFLINE.
    Stale,
    /// Without an error.
    StaleSilently,
    Expired,
    Offline,
    Waits,
}

fn of_snapshot(snapshot: &Snapshot) -> Expected {
    let kind = snapshot.error.as_ref().map(|error| error.kind);
    assert!(!snapshot.refreshing, "nothing is refreshed while offline");
    match (snapshot.freshness, kind) {
        (Freshness::Fresh, None) => Expected::Fresh,
        (Freshness::Stale, Some(ErrorKind::Offline)) => Expected::Stale,
        (Freshness::Stale, None) => Expected::StaleSilently,
        (Freshness::Expired, Some(ErrorKind::Offline)) => Expected::Expired,
        other => panic!("{other:?}"),
    }
}

fn of_result(result: Option<Result<Snapshot, Error>>) -> Expected {
    match result {
        None => Expected::Waits,
        Some(Ok(snapshot)) => of_snapshot(&snapshot),
        Some(Err(error)) => {
            assert_eq!(error.kind, ErrorKind::Offline);
            Expected::Offline
        }
    }
}

/// Every method at the last nanosecond of one window and the first of the next.
fn table() -> Vec<(&'static str, Duration, Expected)> {
    use Expected::{Expired, Fresh, Offline, Stale, Waits};
    let day = 86_400 * S;
    vec![
        ("Quote", 5 * S - NS, Fresh),
        ("Quote", 5 * S, Stale),
        ("Quote", 65 * S - NS, Stale),
        ("Quote", 65 * S, Stale),
        ("Quote", 605 * S - NS, Stale),
        ("Quote", 605 * S, Offline),
        ("Plan", 610 * S - NS, Stale),
        ("Plan", 610 * S, Offline),
        ("Fare", 10 * S - NS, Fresh),
        ("Fare", 10 * S, Offline),
        ("Stale", 10 * S - NS, Fresh),
        ("Stale", 10 * S, Expired),
        ("Stale", 400 * day, Expired),
        ("StaleDay", day - NS, Expired),
        ("StaleDay", day, Offline),
        ("Wait", 10 * S - NS, Fresh),
        ("Wait", 10 * S, Waits),
        ("Wait", 610 * S, Waits),
        ("FailFast", 10 * S - NS, Fresh),
        ("FailFast", 10 * S, Offline),
        ("FailFast", 70 * S, Offline),
    ]
}

fn stored(method: &str, age: Duration, way: Way) -> (Rig, usize) {
    let mut rig = Rig::new();
    rig.fetch(ALICE, method, "r", "1");
    rig.pass(age);
    rig.go_offline(way);
    let sent = rig.sends.len();
    (rig, sent)
}

#[test]
fn gets_follow_their_modes_at_the_ends_of_the_windows() {
    for way in WAYS {
        for (method, age, expected) in table() {
            let (mut rig, sent) = stored(method, age, way);
            let op = rig.get(ALICE, method, "r");
            assert_eq!(of_result(rig.result(op)), expected, "{method} at {age:?}, {way:?}");
            if let Some(Ok(snapshot)) = rig.result(op) {
                assert_eq!((snapshot.value, snapshot.age), (ride("1"), age), "{method}");
            }
            assert_eq!(rig.sends.len(), sent, "{method} at {age:?}, {way:?}");
        }
    }
}

#[test]
fn memory_hits_say_the_same() {
    for way in WAYS {
        for (method, age, expected) in table() {
            let (mut rig, sent) = stored(method, age, way);
            let seen = rig.peek(ALICE, method, "r").as_ref().map(of_snapshot);
            let in_memory = match (method, expected) {
                (_, Expected::Fresh) => Some(Expected::Fresh),
                // What nothing but serve_stale lets through is served as a get would be (rule I1).
                (_, Expected::Expired) => Some(Expected::Expired),
                // Otherwise only rows 1 and 2 are served from memory without more ado.
                ("Quote", _) if age < 65 * S => Some(Expected::Stale),
                _ => None,
            };
            assert_eq!(seen, in_memory, "{method} at {age:?}, {way:?}");
            assert_eq!(rig.sends.len(), sent);
        }
    }
}

#[test]
fn prefetches_end_as_gets_do() {
    for way in WAYS {
        for (method, age, expected) in table() {
            let (mut rig, sent) = stored(method, age, way);
            let op = rig.with_mode(method, CacheMode::Default, Form::Prefetch);
            let done = rig.done(op).map(|result| result.map_err(|error| error.kind));
            let is_expected = match expected {
                Expected::Offline => done == Some(Err(ErrorKind::Offline)),
                Expected::Waits => done.is_none(),
                _ => done == Some(Ok(())),
            };
            assert!(is_expected, "{method} at {age:?}, {way:?}: {done:?}");
            assert_eq!(rig.sends.len(), sent);
        }
    }
}

#[test]
fn observers_show_what_gets_are_served_and_are_fetched_when_the_network_is_back() {
    for way in WAYS {
        for (method, age, expected) in table() {
            let (mut rig, sent) = stored(method, age, way);
            let observer = rig.observe(ALICE, method, "r");
            let shown = match rig.last_state(observer) {
                Observed::Value(snapshot) => {
                    assert!(snapshot.error.as_ref().is_none_or(|error| error.will_retry));
                    of_snapshot(&snapshot)
                }
                Observed::Failed(error) => {
                    assert!(error.will_retry && error.kind == ErrorKind::Offline);
                    Expected::Offline
                }
                Observed::Loading => Expected::Waits,
            };
            assert_eq!(shown, expected, "{method} at {age:?}, {way:?}");
            assert_eq!(rig.sends.len(), sent);
            if expected != Expected::Fresh {
                rig.come_back(way);
                assert_eq!(rig.sent_since(sent), [method], "{age:?}, {way:?}");
                rig.answer_last("2");
                let Observed::Value(snapshot) = rig.last_state(observer) else { panic!("a value") };
                assert_eq!((snapshot.value, snapshot.error), (ride("2"), None));
            }
        }
    }
}

#[test]
fn nothing_stored_is_nothing_served() {
    for way in WAYS {
        for method in ["Quote", "Stale", "StaleDay", "FailFast", "Status", "Update"] {
            let mut rig = Rig::new();
            rig.go_offline(way);
            let sent = rig.sends.len();
            let op = rig.get(ALICE, method, "r");
            assert_eq!(of_result(rig.result(op)), Expected::Offline, "{method}, {way:?}");
            assert_eq!(rig.sends.len(), sent);
            assert!(!rig.has_event(|event| matches!(event, Event::Invalidated { .. })), "{method}");
        }
    }
}

#[test]
fn what_is_not_annotated_has_no_gate() {
    for way in WAYS {
        let mut rig = Rig::new();
        rig.go_offline(way);
        let sent = rig.sends.len();
        rig.get(ALICE, "Plain", "r");
        rig.stream(ALICE, "Feed", "r");
        assert_eq!(rig.sent_since(sent), ["Plain", "Feed"], "{way:?}");
    }
}

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
fn cache_only_serves_the_rows_as_they_are_and_what_serve_stale_permits() {
    use Expected::{Expired, Fresh, Offline, StaleSilently};
    let day = 86_400 * S;
    let cases = [
        ("Quote", 5 * S - NS, Fresh),
        ("Quote", 5 * S, StaleSilently),
        ("Quote", 605 * S - NS, StaleSilently),
        ("Quote", 605 * S, Offline),
        ("Wait", 10 * S, StaleSilently),
        ("FailFast", 10 * S, StaleSilently),
        ("Stale", 400 * day, Expired),
        ("StaleDay", day - NS, Expired),
        ("StaleDay", day, Offline),
    ];
    for way in WAYS {
        for (method, age, expected) in cases {
            let (mut rig, sent) = stored(method, age, way);
            let op = rig.with_mode(method, CacheMode::CacheOnly, Form::Get);
            assert_eq!(of_result(rig.result(op)), expected, "{method} at {age:?}, {way:?}");
            assert_eq!(rig.sends.len(), sent);
        }
    }
    // Online, row 4 is not served from the cache, whatever the mode.
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Stale", "r", "1");
    rig.pass(10 * S);
    let op = rig.with_mode("Stale", CacheMode::CacheOnly, Form::Get);
    assert_eq!(of_result(rig.result(op)), Offline);
}

#[test]
fn network_only_reads_nothing_in_any_mode() {
    for way in WAYS {
        for method in ["Quote", "Stale", "FailFast", "Wait"] {
            let (mut rig, sent) = stored(method, S, way);
            let op = rig.with_mode(method, CacheMode::NetworkOnly, Form::Get);
            let expected = if method == "Wait" { Expected::Waits } else { Expected::Offline };
            assert_eq!(of_result(rig.result(op)), expected, "{method}, {way:?}");
            assert_eq!(rig.sends.len(), sent);
        }
    }
}

#[test]
fn what_is_older_than_the_caller_allows_is_not_fresh() {
    use Expected::{Fresh, Offline, Stale, Waits};
    for way in WAYS {
        for (method, expected) in [("Quote", Stale), ("Stale", Stale), ("FailFast", Offline), ("Wait", Waits)]
        {
            for (age, expected) in [(2 * S, Fresh), (2 * S + NS, expected)] {
                let (mut rig, sent) = stored(method, age, way);
                let op = rig.with_mode(method, CacheMode::MaxAge(2 * S), Form::Get);
                assert_eq!(of_result(rig.result(op)), expected, "{method} at {age:?}, {way:?}");
                assert_eq!(rig.sends.len(), sent);
            }
        }
    }
}

#[test]
fn what_is_only_on_disk_is_served_too() {
    for (method, age, expected) in table() {
        let mut rig = Rig::new();
        rig.fetch(ALICE, method, "r", "1");
        rig.pass(age.saturating_sub(S));
        let mut rig = rig.restart();
        rig.reachability(Reachability::Unreachable);
        let op = rig.get(ALICE, method, "r");
        assert_eq!(of_result(rig.result(op)), expected, "{method} at {age:?}");
        assert!(rig.sends.is_empty());
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
fn others_whose_flight_fails_without_contact_are_served_by_serve_stale() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Stale", "r", "1");
    rig.pass(10 * S);
    let op = rig.get(ALICE, "Stale", "r");
    rig.lose();
    let snapshot = rig.result(op).unwrap().unwrap();
    assert_eq!(
        (snapshot.freshness, snapshot.error.unwrap().kind),
        (Freshness::Expired, ErrorKind::Unreachable)
    );
    // A server that answers is not away.
    let op = rig.get(ALICE, "Stale", "r");
    rig.fail_last(Code::Unavailable);
    assert_eq!(rig.result(op).unwrap().unwrap_err().kind, ErrorKind::Unavailable);
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
    let answer = CredentialsAnswer::Use { metadata: rig::token(&ask.account), expires_ms: None };
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
fn a_full_answer_is_asked_for_and_a_reduced_one_is_no_answer_to_that_call_while_offline() {
    let mut rig = Rig::new();
    rig.quality(Quality::Poor);
    rig.fetch(ALICE, "Trip", "r", "1");
    rig.pass(10 * S);
    rig.go_offline(Way::Pin);
    let op = rig.get(ALICE, "Trip", "r");
    assert_eq!(of_result(rig.result(op)), Expected::Stale);
    let options = CallOptions { detail: DetailMode::Full, ..CallOptions::default() };
    let op = rig.start(ALICE, "Trip", "r", options, Form::Get);
    assert_eq!(of_result(rig.result(op)), Expected::Offline);
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
fn one_endpoint_that_is_lost_says_nothing_of_another() {
    let mut rig = Rig::new();
    let config = Session {
        account: Account::user("carol"),
        endpoint: Endpoint::new("other"),
        metadata: Metadata::new(),
        varies: Vec::new(),
    };
    rig.input(Input::OpenSession { session: CAROL, config });
    rig.fetch(CAROL, "Wait", "r", "c");
    rig.go_offline(Way::Failures);
    let waits = rig.get(ALICE, "Wait", "r");
    let goes = rig.get(CAROL, "Wait", "other");
    rig.answer_last("2");
    assert!(rig.result(goes).unwrap().is_ok());
    assert_eq!(rig.result(waits), None, "an answer from elsewhere is no contact");
    assert_eq!(rig.events.iter().filter(|event| matches!(event, Event::Offline { .. })).count(), 1);
    rig.come_back(Way::Failures);
    rig.answer_last("1");
    assert_eq!(rig.result(waits).unwrap().unwrap().source, Source::Network);
}

#[test]
fn a_session_that_is_opened_while_offline_is_told_and_its_calls_go_when_the_network_is_back() {
    for way in [Way::Platform, Way::Pin] {
        for closed in [false, true] {
            let mut rig = Rig::new();
            rig.go_offline(way);
            let config = Session {
                account: Account::user("carol"),
                endpoint: Endpoint::new("other"),
                metadata: Metadata::new(),
                varies: Vec::new(),
            };
            rig.input(Input::OpenSession { session: CAROL, config });
            let op = rig.get(CAROL, "Wait", "r");
            let observer = rig.observe(CAROL, "Quote", "r");
            let stream = rig.stream(CAROL, "Watch", "r");
            rig.demand(stream, 1);
            if closed {
                rig.input(Input::CloseSession { session: CAROL });
            }
            assert!(rig.sends.is_empty());
            rig.come_back(way);
            let mut sent = rig.sent_since(0);
            sent.sort_unstable();
            assert_eq!(sent, ["Quote", "Wait", "Watch"], "{way:?}");
            let attempt = rig.sends.iter().find(|request| request.path.ends_with("Wait")).unwrap().attempt;
            rig.answer(attempt, "1");
            assert!(rig.result(op).unwrap().is_ok());
            assert!(!rig.states(observer).is_empty());
        }
    }
}

#[test]
fn pulling_goes_out_unless_the_network_is_said_to_be_away() {
    for way in WAYS {
        let mut rig = Rig::new();
        rig.fetch(ALICE, "Quote", "r", "1");
        let observer = rig.observe(ALICE, "Quote", "r");
        rig.go_offline(way);
        let sent = rig.sends.len();
        let op = rig.op();
        rig.input(Input::Refresh { op, observer });
        if way == Way::Failures {
            assert_eq!(rig.sent_since(sent), ["Quote"]);
            rig.answer_last("2");
            assert!(rig.has_event(|event| matches!(event, Event::Online { .. })), "success overrides");
        } else {
            assert_eq!(of_result(rig.result(op)), Expected::Offline, "{way:?}");
            assert_eq!(rig.sends.len(), sent);
        }
    }
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
