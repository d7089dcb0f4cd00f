//! `delivery.retry`, by gRPC's names and limits, and one retry budget per endpoint.
#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::time::Duration;

use bytes::Bytes;
use holdover_annotations::policy;
use holdover_engine::{
    CacheMode, CallOptions, Code, ErrorKind, Event, Failure, Form, Head, Input, Metadata, Priority,
    TransportFailure,
};
use prost::Message as _;
use rig::{ALICE, BOB, Rig, ride};

const S: Duration = Duration::from_secs(1);
const NS: Duration = Duration::from_nanos(1);

fn status(code: Code, metadata: &[(&'static str, &'static str)]) -> Failure {
    let mut said = Metadata::new();
    for (name, value) in metadata {
        said.push(name, *value).unwrap();
    }
    Failure::Status { code, message: String::new(), details: Bytes::new(), metadata: said }
}

fn broken(kind: TransportFailure, unsent: bool) -> Failure {
    Failure::Transport { kind, unsent, message: String::new() }
}

impl Rig {
    /// How long the engine waits now until it sends again.
    fn announced(&self) -> Duration {
        let after = self.events.iter().rev().find_map(|event| match event {
            Event::Retrying { after, .. } => Some(*after),
            _ => None,
        });
        after.expect("a retry was announced")
    }
}

#[test]
fn a_retryable_code_is_tried_again_after_gprcs_backoff_and_with_a_fresh_timeout() {
    let mut rig = Rig::new();
    let op = rig.get(ALICE, "Retry", "1");
    rig.pass(3 * S);
    rig.fail_last(Code::Unavailable);
    let first = rig.announced();
    assert!((S.mul_f64(0.8)..S.mul_f64(1.2)).contains(&first), "{first:?}");
    rig.pass(first - NS);
    assert_eq!(rig.sends.len(), 1);
    rig.pass(NS);
    assert_eq!(rig.sends.len(), 2);
    assert_eq!(rig.sends[1].timeout, Some(10 * S), "fresh, and within the total");
    rig.fail_last(Code::Unavailable);
    let second = rig.announced();
    assert!((S.mul_f64(1.6)..S.mul_f64(2.4)).contains(&second), "{second:?}");
    rig.pass(second);
    rig.fail_last(Code::Unavailable);
    let error = rig.result(op).unwrap().unwrap_err();
    assert_eq!((error.kind, rig.sends.len()), (ErrorKind::Unavailable, 3), "three attempts are all");
    rig.pass(60 * S);
    assert_eq!((rig.sends.len(), rig.timeout), (3, None));
}

#[test]
fn the_winning_attempt_gives_the_age() {
    let mut rig = Rig::new();
    let op = rig.get(ALICE, "Retry", "1");
    rig.fail_last(Code::Unavailable);
    rig.pass(rig.announced() + S);
    rig.answer_last("1");
    let snapshot = rig.result(op).unwrap().unwrap();
    assert_eq!((snapshot.value, snapshot.age), (ride("1"), S));
}

#[test]
fn other_codes_and_other_methods_are_not_tried_again() {
    for (method, code) in
        [("Retry", Code::Internal), ("Retry", Code::InvalidArgument), ("Quote", Code::Unavailable)]
    {
        let mut rig = Rig::new();
        let op = rig.get(ALICE, method, "1");
        rig.fail_last(code);
        assert!(rig.result(op).unwrap().is_err(), "{method} {code:?}");
        rig.pass(60 * S);
        assert_eq!(rig.sends.len(), 1, "{method} {code:?}");
    }
}

#[test]
fn a_broken_transport_is_unavailable_whether_it_was_sent_or_not() {
    let failures = [
        broken(TransportFailure::Reset, false),
        broken(TransportFailure::Unreachable, true),
        broken(TransportFailure::Timeout, false),
        Failure::Intercepted {
            http_status: Some(503),
            code: Code::Unavailable,
            retry_after: None,
            message: String::new(),
        },
    ];
    for failure in failures {
        let mut rig = Rig::new();
        let op = rig.get(ALICE, "Retry", "1");
        rig.fail_with(failure.clone());
        assert_eq!(rig.result(op), None, "{failure:?}");
        rig.pass(rig.announced());
        assert_eq!(rig.sends.len(), 2, "{failure:?}");
    }
    let mut rig = Rig::new();
    let op = rig.get(ALICE, "Retry", "1");
    rig.fail_with(broken(TransportFailure::TooLarge, false));
    assert_eq!(rig.result(op).unwrap().unwrap_err().kind, ErrorKind::TooLarge);
}

#[test]
fn an_attempt_that_takes_too_long_is_tried_again_and_the_total_ends_all() {
    let mut rig = Rig::new();
    let op = rig.get(ALICE, "Retry", "1");
    rig.pass(10 * S);
    rig.pass(rig.announced());
    assert_eq!(rig.sends.len(), 2);
    rig.pass(10 * S);
    rig.pass(rig.announced());
    assert_eq!(rig.sends.len(), 3);
    let left = rig.sends[2].timeout.unwrap();
    assert!(left < 10 * S, "what is left of the total: {left:?}");
    rig.pass(left);
    assert_eq!(rig.result(op).unwrap().unwrap_err().kind, ErrorKind::Timeout);
}

#[test]
fn the_server_says_when_and_the_backoff_starts_over() {
    let mut rig = Rig::new();
    rig.get(ALICE, "Retry", "1");
    rig.fail_with(status(Code::Unavailable, &[("grpc-retry-pushback-ms", "7250")]));
    assert_eq!(rig.announced(), Duration::from_millis(7250));
    rig.pass(Duration::from_millis(7250) - NS);
    assert_eq!(rig.sends.len(), 1);
    rig.pass(NS);
    assert_eq!(rig.sends.len(), 2);
    rig.fail_last(Code::Unavailable);
    assert!(rig.announced() < S.mul_f64(1.2), "as after the first attempt");
    let mut rig = Rig::new();
    rig.get(ALICE, "Retry", "1");
    rig.fail_with(status(Code::Unavailable, &[("retry-after", "5")]));
    assert_eq!(rig.announced(), 5 * S);
}

#[test]
fn the_server_says_never() {
    for text in ["-1", "soon"] {
        let mut rig = Rig::new();
        let op = rig.get(ALICE, "Retry", "1");
        rig.fail_with(status(Code::Unavailable, &[("grpc-retry-pushback-ms", text)]));
        assert_eq!(rig.result(op).unwrap().unwrap_err().kind, ErrorKind::Unavailable);
    }
}

#[test]
fn what_the_server_asks_for_is_never_beyond_the_total() {
    let mut rig = Rig::new();
    rig.get(ALICE, "Retry", "1");
    rig.fail_with(status(Code::Unavailable, &[("grpc-retry-pushback-ms", "29999")]));
    assert_eq!(rig.announced(), Duration::from_millis(29_999));
    let mut rig = Rig::new();
    let op = rig.get(ALICE, "Retry", "1");
    rig.fail_with(status(Code::Unavailable, &[("grpc-retry-pushback-ms", "30000")]));
    let error = rig.result(op).unwrap().unwrap_err();
    assert_eq!((error.kind, error.retry_after), (ErrorKind::Unavailable, Some(30 * S)));
}

#[test]
fn the_budget_is_one_per_endpoint() {
    let mut rig = Rig::new();
    // Four calls that are retried, of two accounts: the fifth failure leaves half of the tokens.
    for (n, session) in [ALICE, BOB, ALICE, BOB].into_iter().enumerate() {
        let op = rig.get(session, "Retry", &n.to_string());
        rig.fail_last(Code::Unavailable);
        assert_eq!(rig.result(op), None);
        rig.input(Input::Cancel { op });
    }
    let op = rig.get(ALICE, "Retry", "5");
    rig.fail_last(Code::Unavailable);
    assert_eq!(rig.result(op).unwrap().unwrap_err().kind, ErrorKind::Unavailable);
    assert!(rig.has_event(|event| matches!(event, Event::RetryThrottled { .. })));
    // Ten successes and a failure are back where it was, one more success is above it.
    for n in 0..10 {
        rig.fetch(ALICE, "Plan", &format!("p{n}"), "1");
    }
    let op = rig.get(ALICE, "Retry", "6");
    rig.fail_last(Code::Unavailable);
    assert!(rig.result(op).is_some());
    for n in 0..11 {
        rig.fetch(ALICE, "Plan", &format!("q{n}"), "1");
    }
    let op = rig.get(ALICE, "Retry", "7");
    rig.fail_last(Code::Unavailable);
    assert_eq!(rig.result(op), None, "retried");
}

#[test]
fn failures_that_are_no_servers_trouble_cost_nothing() {
    let mut rig = Rig::new();
    for n in 0..20 {
        rig.get(ALICE, "Retry", &n.to_string());
        rig.fail_last(Code::NotFound);
        rig.get(ALICE, "Quote", &n.to_string());
        rig.fail_last(Code::Unavailable);
    }
    let op = rig.get(ALICE, "Retry", "x");
    rig.fail_last(Code::Unavailable);
    assert_eq!(rig.result(op), None, "retried");
}

#[test]
fn credentials_that_were_refused_are_no_retry() {
    let mut rig = Rig::new();
    let op = rig.get(ALICE, "Retry", "1");
    rig.fail_last(Code::Unauthenticated);
    assert_eq!(rig.sends.len(), 2, "repeated at once");
    for _ in 0..2 {
        rig.fail_last(Code::Unavailable);
        rig.pass(rig.announced());
    }
    assert_eq!(rig.sends.len(), 4, "and still three attempts by the policy");
    rig.fail_last(Code::Unavailable);
    assert!(rig.result(op).unwrap().is_err());
}

#[test]
fn who_leaves_while_a_retry_is_waited_for_ends_it_even_after_a_head() {
    let mut rig = Rig::new();
    let op = rig.get(ALICE, "Retry", "1");
    rig.input(Input::Head { attempt: rig.last_attempt(), head: Head::default() });
    rig.fail_last(Code::Unavailable);
    rig.input(Input::Cancel { op });
    assert_eq!(rig.timeout, None);
    rig.pass(60 * S);
    assert_eq!(rig.sends.len(), 1);
}

#[test]
fn others_join_a_flight_that_waits_but_not_those_who_want_the_network_only() {
    let mut rig = Rig::new();
    let first = rig.get(ALICE, "Retry", "1");
    rig.fail_last(Code::Unavailable);
    let second = rig.get(ALICE, "Retry", "1");
    assert_eq!(rig.sends.len(), 1);
    let options = CallOptions { cache: CacheMode::NetworkOnly, ..CallOptions::default() };
    rig.start(ALICE, "Retry", "1", options, Form::Get);
    assert_eq!(rig.sends.len(), 2);
    rig.pass(rig.announced());
    rig.answer_last("a");
    assert!(rig.result(first).unwrap().is_ok() && rig.result(second).unwrap().is_ok());
}

#[test]
fn a_retry_has_the_priority_that_the_flight_has_by_then() {
    let mut rig = Rig::new();
    let options = CallOptions { priority: Some(Priority::Background), ..CallOptions::default() };
    rig.start(ALICE, "Retry", "1", options, Form::Get);
    rig.fail_last(Code::Unavailable);
    rig.get(ALICE, "Retry", "1");
    rig.pass(rig.announced());
    assert_eq!(rig.sends[1].priority, Priority::Interactive);
}

/// `Update` as a mutation that may be called twice, with the retries of `Retry`.
fn retried_mutation(rig: &mut Rig) {
    let encoded: &[u8] = include_bytes!("../../../tests/vectors/api.policy");
    let mut set = policy::PolicySet::decode(encoded).unwrap();
    let retry = set.methods.iter().find(|method| method.name == "Retry").unwrap().delivery.clone();
    let update = set.methods.iter_mut().find(|method| method.name == "Update").unwrap();
    update.set_idempotency(policy::method::Idempotency::Idempotent);
    update.delivery = retry;
    rig.methods = rig.engine.register(&set.encode_to_vec().into()).unwrap();
}

#[test]
fn a_mutation_that_may_have_had_its_effect_invalidates_however_it_ends() {
    // Cancelled between two attempts; and failed by one that was not sent.
    for cancelled in [true, false] {
        let mut rig = Rig::new();
        retried_mutation(&mut rig);
        rig.fetch(ALICE, "Quote", "1", "q");
        let op = rig.get(ALICE, "Update", "1");
        rig.fail_last(Code::Unavailable);
        assert!(!rig.has_event(|event| matches!(event, Event::Invalidated { .. })), "not yet");
        if cancelled {
            rig.input(Input::Cancel { op });
        } else {
            for _ in 0..2 {
                rig.pass(rig.announced());
                rig.fail_with(broken(TransportFailure::Unreachable, true));
            }
            assert_eq!(rig.result(op).unwrap().unwrap_err().kind, ErrorKind::Unreachable);
        }
        assert!(rig.has_event(|event| matches!(event, Event::Invalidated { .. })));
    }
}

#[test]
fn a_mutation_that_was_never_sent_invalidates_nothing() {
    let mut rig = Rig::new();
    retried_mutation(&mut rig);
    let op = rig.get(ALICE, "Update", "1");
    rig.fail_with(broken(TransportFailure::Refused, true));
    rig.input(Input::Cancel { op });
    assert!(!rig.has_event(|event| matches!(event, Event::Invalidated { .. })));
}

#[test]
fn a_mutation_that_must_not_be_called_twice_is_not_whatever_its_policy_says() {
    let encoded: &[u8] = include_bytes!("../../../tests/vectors/api.policy");
    let mut set = policy::PolicySet::decode(encoded).unwrap();
    let retry = set.methods.iter().find(|m| m.name == "Retry").unwrap().delivery.clone();
    set.methods.iter_mut().find(|m| m.name == "Update").unwrap().delivery = retry;
    let mut rig = Rig::new();
    rig.methods = rig.engine.register(&set.encode_to_vec().into()).unwrap();
    let op = rig.get(ALICE, "Update", "1");
    rig.fail_last(Code::Unavailable);
    assert!(rig.result(op).unwrap().is_err());
}
