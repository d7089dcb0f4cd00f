//! What is served while offline: every mode at the ends of its windows (rule I1, reading 63).

use std::time::Duration;

use holdover_engine::{
    CacheMode, CallOptions, Code, DetailMode, ErrorKind, Event, Form, Freshness, Observed, Quality,
    Reachability,
};

use crate::expected::{Expected, of_result, of_snapshot};
use crate::rig::{ALICE, Rig, ride};
use crate::ways::{WAYS, Way};
use crate::{NS, S};

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
