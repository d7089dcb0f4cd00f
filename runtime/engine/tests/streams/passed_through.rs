//! Streams of methods without annotations, of every kind (rules G1, G5, A4, C5).

use std::time::Duration;

use bytes::Bytes;
use holdover_engine::{
    CacheMode, CallOptions, Code, Config, CredentialsAnswer, Delivered, ErrorKind, Form, Freshness, Input,
    Kind, Metadata, OpId, OutboxChoice, Output, Source,
};

use crate::rig::{ALICE, BOB, Disk, Rig, ride, ride_request, token};

fn credit(rig: &Rig, op: OpId) -> u32 {
    let credits = rig.delivered.iter().filter_map(|(to, delivered)| match delivered {
        Delivered::Credit(messages) if *to == op => Some(*messages),
        _ => None,
    });
    credits.sum()
}

fn said(rig: &Rig) -> Vec<Bytes> {
    let said = rig.wire.iter().filter_map(|output| match output {
        Output::SendMessage { message, .. } => Some(message.clone()),
        _ => None,
    });
    said.collect()
}

fn is_closed(rig: &Rig) -> bool {
    rig.wire.iter().any(|output| matches!(output, Output::CloseSend { .. }))
}

#[test]
fn messages_pass_as_they_are_taken_and_the_end_follows() {
    let mut rig = Rig::new();
    let op = rig.stream(ALICE, "Feed", "r1");
    let request = rig.sends[0].clone();
    assert_eq!((request.kind, request.timeout), (Kind::ServerStream, None));
    assert_eq!(request.body, ride_request("r1"));
    assert_eq!(
        request.metadata.get("authorization"),
        token(&holdover_engine::Account::user("alice")).get("authorization")
    );
    rig.head_last();
    assert_eq!(rig.pulled(request.attempt), 0, "nothing is taken from the wire that nobody takes");
    rig.demand(op, 2);
    assert_eq!(rig.pulled(request.attempt), 2);
    rig.message_last("a");
    rig.message_last("b");
    assert_eq!(rig.pulled(request.attempt), 2);
    rig.demand(op, 1);
    assert_eq!(rig.pulled(request.attempt), 3);
    let items = rig.items(op);
    assert_eq!(items.iter().map(|item| item.value.clone()).collect::<Vec<_>>(), [ride("a"), ride("b")]);
    for item in items {
        assert_eq!((item.source, item.freshness, item.gap), (Source::Network, Freshness::Fresh, false));
    }
    assert_eq!(rig.ended(op), None);
    rig.end_last();
    assert_eq!(rig.ended(op), Some(Ok(())));
    rig.message(request.attempt, "late");
    assert_eq!(rig.items(op).len(), 2);
    assert_eq!(rig.timeout, None);
}

#[test]
fn a_message_that_nobody_took_from_the_wire_is_not_delivered() {
    let mut rig = Rig::new();
    let op = rig.stream(ALICE, "Feed", "r1");
    rig.message_last("unasked");
    rig.demand(op, 1);
    rig.message_last("b");
    let items = rig.items(op);
    assert_eq!(items.len(), 1);
    assert!(items[0].gap, "the reader is told");
}

#[test]
fn what_breaks_is_told_and_not_opened_again() {
    let mut rig = Rig::new();
    for (code, kind) in [(Code::Unavailable, ErrorKind::Unavailable), (Code::NotFound, ErrorKind::Rejected)] {
        let op = rig.stream(ALICE, "Feed", "r1");
        rig.demand(op, 9);
        rig.message_last("a");
        rig.fail_last(code);
        assert_eq!(rig.ended(op).unwrap().unwrap_err().kind, kind);
    }
    let op = rig.stream(ALICE, "Feed", "r1");
    rig.break_last();
    assert_eq!(rig.ended(op).unwrap().unwrap_err().kind, ErrorKind::Unreachable);
    rig.pass(Duration::from_secs(300));
    assert_eq!(rig.sends.len(), 3);
}

#[test]
fn it_passes_even_when_the_device_is_known_to_be_offline() {
    let mut rig = Rig::new();
    rig.quality(holdover_engine::Quality::Offline);
    rig.stream(ALICE, "Feed", "r1");
    assert_eq!(rig.sends.len(), 1);
}

#[test]
fn the_head_has_ten_seconds_and_what_follows_as_long_as_it_likes() {
    let mut rig = Rig::new();
    let late = rig.stream(ALICE, "Feed", "r1");
    rig.pass(Duration::from_millis(9_999));
    assert_eq!(rig.ended(late), None);
    rig.pass(Duration::from_millis(1));
    assert_eq!(rig.ended(late).unwrap().unwrap_err().kind, ErrorKind::Timeout);
    assert!(rig.is_aborted(rig.sends[0].attempt));
    let idle = rig.stream(ALICE, "Feed", "r2");
    rig.demand(idle, 1);
    rig.head_last();
    rig.pass(Duration::from_secs(24 * 3600));
    assert_eq!(rig.ended(idle), None);
    rig.message_last("a");
    assert_eq!(rig.items(idle).len(), 1);
}

#[test]
fn a_callers_timeout_ends_the_whole_stream() {
    let mut rig = Rig::new();
    let options = CallOptions { timeout: Some(Duration::from_secs(60)), ..CallOptions::default() };
    let op = rig.stream_with(ALICE, "Feed", "r1", options);
    assert_eq!(rig.sends[0].timeout, Some(Duration::from_secs(60)));
    rig.demand(op, 9);
    rig.message_last("a");
    rig.pass(Duration::from_secs(60));
    assert_eq!(rig.ended(op).unwrap().unwrap_err().kind, ErrorKind::Timeout);
    assert!(rig.is_aborted(rig.sends[0].attempt));
}

#[test]
fn cancelling_cancels_on_the_wire_and_nothing_is_delivered_afterwards() {
    let mut rig = Rig::new();
    let op = rig.stream(ALICE, "Feed", "r1");
    rig.demand(op, 9);
    rig.message_last("a");
    rig.input(Input::Cancel { op });
    assert!(rig.is_aborted(rig.sends[0].attempt));
    let heard = rig.delivered.len();
    rig.message_last("b");
    rig.end_last();
    rig.demand(op, 5);
    assert_eq!(rig.delivered.len(), heard);
    assert_eq!(rig.timeout, None);
}

#[test]
fn what_cannot_be_used_ends_it() {
    let mut rig = Rig::with(Disk::default(), Config { max_message_bytes: 20, ..Config::default() });
    for (message, kind) in [
        (Bytes::new(), ErrorKind::Unusable),
        (Bytes::from_static(b"\xff"), ErrorKind::Unusable),
        (ride("far more than twenty bytes"), ErrorKind::TooLarge),
    ] {
        let op = rig.stream(ALICE, "Feed", "r1");
        rig.demand(op, 9);
        rig.input(Input::Message { attempt: rig.last_attempt(), message });
        assert_eq!(rig.items(op), []);
        let error = rig.ended(op).unwrap().unwrap_err();
        assert_eq!(error.kind, kind);
        assert!(rig.is_aborted(rig.last_attempt()));
    }
}

#[test]
fn refused_credentials_are_asked_for_once_and_the_stream_is_opened_once_more() {
    let mut rig = Rig::new();
    let op = rig.stream(ALICE, "Feed", "r1");
    rig.demand(op, 9);
    rig.fail_last(Code::Unauthenticated);
    assert_eq!(rig.asks.len(), 2);
    assert!(rig.asks[1].rejected.is_some());
    assert_eq!(rig.sends.len(), 2);
    assert_eq!(rig.pulled(rig.last_attempt()), 9);
    rig.message_last("a");
    assert!(!rig.items(op)[0].gap, "nothing of the first attempt is missing");
    rig.fail_last(Code::Unauthenticated);
    assert_eq!(rig.ended(op).unwrap().unwrap_err().kind, ErrorKind::SignInRequired);
    assert_eq!(rig.sends.len(), 2, "what has been delivered cannot be repeated");
}

#[test]
fn a_second_refusal_means_that_nobody_is_signed_in() {
    let mut rig = Rig::new();
    let op = rig.stream(ALICE, "Feed", "r1");
    rig.fail_last(Code::Unauthenticated);
    rig.fail_last(Code::Unauthenticated);
    assert_eq!(rig.ended(op).unwrap().unwrap_err().kind, ErrorKind::SignInRequired);
    let read = rig.stream(ALICE, "Follow", "r1");
    assert_eq!(rig.ended(read).unwrap().unwrap_err().kind, ErrorKind::SignInRequired);
    assert_eq!(rig.sends.len(), 2);
    rig.stream(BOB, "Follow", "r1");
    assert_eq!(rig.sends.len(), 3, "another account is not concerned");
}

#[test]
fn a_hook_that_says_no_ends_the_stream() {
    for (answer, kind) in [
        (CredentialsAnswer::SignInRequired, ErrorKind::SignInRequired),
        (CredentialsAnswer::Failed { message: "broken".into() }, ErrorKind::Unreachable),
    ] {
        let mut rig = Rig::new();
        rig.answers_hook = false;
        let op = rig.stream(ALICE, "Feed", "r1");
        let other = rig.stream(ALICE, "Follow", "r1");
        let ask = rig.asks[0].ask;
        rig.input(Input::Credentials { ask, answer });
        assert_eq!(rig.ended(op).unwrap().unwrap_err().kind, kind);
        if kind == ErrorKind::SignInRequired {
            assert_eq!(rig.ended(other).unwrap().unwrap_err().kind, kind, "reads that wait end too");
        } else {
            assert_eq!(rig.ended(other), None);
        }
    }
}

#[test]
fn own_authorization_is_sent_and_nobody_is_asked() {
    let mut rig = Rig::new();
    let mut metadata = Metadata::new();
    metadata.push("authorization", "mine").unwrap();
    let options = CallOptions { metadata, ..CallOptions::default() };
    let op = rig.stream_with(ALICE, "Feed", "r1", options);
    assert!(rig.asks.is_empty());
    assert_eq!(rig.sends[0].metadata.text("authorization"), Some("mine"));
    rig.fail_last(Code::Unauthenticated);
    assert_eq!(rig.ended(op).unwrap().unwrap_err().kind, ErrorKind::Rejected);
}

#[test]
fn a_sequence_goes_out_by_credit_and_is_answered_once() {
    let mut rig = Rig::new();
    let op = rig.stream(ALICE, "Upload", "");
    let attempt = rig.last_attempt();
    assert_eq!(rig.sends[0].kind, Kind::ClientStream);
    assert!(rig.sends[0].body.is_empty());
    assert_eq!(credit(&rig, op), 8);
    for n in 0..8 {
        rig.input(Input::SendMessage { op, message: ride_request(&n.to_string()) });
    }
    assert_eq!(said(&rig).len(), 8);
    assert_eq!(credit(&rig, op), 8, "the wire has taken none");
    rig.input(Input::Written { attempt, messages: 3 });
    assert_eq!(credit(&rig, op), 11);
    rig.input(Input::Written { attempt, messages: 900 });
    assert_eq!(credit(&rig, op), 16, "never more than was given to it");
    rig.pass(Duration::from_secs(100));
    assert_eq!(rig.result(op), None, "the server may wait for the end of the sequence");
    rig.input(Input::CloseSend { op });
    assert!(is_closed(&rig));
    rig.head_last();
    rig.message_last("done");
    assert_eq!(rig.result(op), None);
    rig.end_last();
    assert_eq!(rig.result(op).unwrap().unwrap().value, ride("done"));
    assert!(rig.items(op).is_empty() && rig.ended(op).is_none());
    assert_eq!(rig.timeout, None);
}

#[test]
fn a_sequence_that_is_complete_gives_the_server_ten_seconds() {
    let mut rig = Rig::new();
    let op = rig.stream(ALICE, "Upload", "");
    rig.pass(Duration::from_secs(60));
    rig.input(Input::CloseSend { op });
    rig.pass(Duration::from_secs(10));
    assert_eq!(rig.result(op).unwrap().unwrap_err().kind, ErrorKind::Timeout);
}

#[test]
fn a_sequence_may_be_answered_by_one_response_and_must_be_answered() {
    let mut rig = Rig::new();
    let op = rig.stream(ALICE, "Upload", "");
    rig.answer_last("whole");
    assert_eq!(rig.result(op).unwrap().unwrap().value, ride("whole"));
    let none = rig.stream(ALICE, "Upload", "");
    rig.end_last();
    assert_eq!(rig.result(none).unwrap().unwrap_err().kind, ErrorKind::Unusable);
    let two = rig.stream(ALICE, "Upload", "");
    rig.message_last("a");
    rig.message_last("b");
    assert_eq!(rig.result(two).unwrap().unwrap_err().kind, ErrorKind::Misuse);
    let refused = rig.stream(ALICE, "Upload", "");
    rig.fail_last(Code::InvalidArgument);
    assert_eq!(rig.result(refused).unwrap().unwrap_err().kind, ErrorKind::Rejected);
}

#[test]
fn a_sequence_is_repeated_after_a_refusal_only_if_nothing_of_it_was_sent() {
    let mut rig = Rig::new();
    let op = rig.stream(ALICE, "Chat", "");
    rig.fail_last(Code::Unauthenticated);
    assert_eq!(rig.sends.len(), 2);
    assert_eq!(credit(&rig, op), 8, "the credit of the beginning is still good");
    rig.input(Input::SendMessage { op, message: ride_request("a") });
    rig.fail_last(Code::Unauthenticated);
    assert_eq!(rig.ended(op).unwrap().unwrap_err().kind, ErrorKind::SignInRequired);
    let begun = rig.stream(BOB, "Chat", "");
    rig.input(Input::SendMessage { op: begun, message: ride_request("a") });
    let sends = rig.sends.len();
    rig.fail_last(Code::Unauthenticated);
    assert_eq!(rig.ended(begun).unwrap().unwrap_err().kind, ErrorKind::SignInRequired);
    assert_eq!(rig.sends.len(), sends);
}

#[test]
fn what_is_said_while_the_hook_is_asked_again_follows() {
    let mut rig = Rig::new();
    let op = rig.stream(ALICE, "Chat", "");
    rig.answers_hook = false;
    rig.fail_last(Code::Unauthenticated);
    rig.input(Input::SendMessage { op, message: ride_request("a") });
    rig.input(Input::CloseSend { op });
    assert!(said(&rig).is_empty() && !is_closed(&rig));
    let ask = rig.asks[1].ask;
    let metadata = token(&holdover_engine::Account::user("alice"));
    rig.input(Input::Credentials { ask, answer: CredentialsAnswer::Use { metadata, expires_ms: None } });
    rig.input(Input::Tick);
    assert_eq!(rig.sends.len(), 2);
    assert_eq!(said(&rig), [ride_request("a")]);
    assert!(is_closed(&rig));
}

#[test]
fn both_sides_speak_in_any_order() {
    let mut rig = Rig::new();
    let op = rig.stream(ALICE, "Chat", "");
    rig.demand(op, 2);
    rig.message_last("hello");
    rig.input(Input::SendMessage { op, message: ride_request("hi") });
    rig.message_last("bye");
    rig.end_last();
    assert_eq!(rig.items(op).len(), 2);
    assert_eq!(rig.ended(op), Some(Ok(())));
    rig.input(Input::SendMessage { op, message: ride_request("too late") });
    assert_eq!(said(&rig).len(), 1);
}

#[test]
fn misuse_is_named() {
    let mut rig = Rig::new();
    let unary = rig.stream(ALICE, "Quote", "r1");
    assert_eq!(rig.ended(unary).unwrap().unwrap_err().kind, ErrorKind::Misuse);
    for (method, form) in [("Feed", Form::Get), ("Chat", Form::Get), ("Upload", Form::Get)] {
        let op = rig.start(ALICE, method, "r1", CallOptions::default(), form);
        let error = rig.result(op).unwrap().unwrap_err();
        assert!(error.kind == ErrorKind::Misuse && error.message.contains("open it as a stream"), "{error}");
    }
    let observed = rig.observe(ALICE, "Watch", "r1");
    assert_eq!(rig.ended(observed).unwrap().unwrap_err().kind, ErrorKind::Misuse);
    let prefetch = rig.start(ALICE, "Watch", "r1", CallOptions::default(), Form::Prefetch);
    assert_eq!(rig.done(prefetch).unwrap().unwrap_err().kind, ErrorKind::Misuse);
    assert_eq!(rig.peek(ALICE, "Watch", "r1"), None);
    let op = rig.op();
    let method = rig.method("Watch");
    let (request, value, options) = (ride_request("r1"), ride("x"), CallOptions::default());
    rig.input(Input::Put { op, session: ALICE, method, request, value, options });
    assert_eq!(rig.done(op).unwrap().unwrap_err().kind, ErrorKind::Misuse);
    let with_request = rig.stream(ALICE, "Chat", "r1");
    assert_eq!(rig.ended(with_request).unwrap().unwrap_err().kind, ErrorKind::Misuse);
    let with_request = rig.stream(ALICE, "Upload", "r1");
    assert_eq!(rig.result(with_request).unwrap().unwrap_err().kind, ErrorKind::Misuse);
    let options = CallOptions { cache: CacheMode::CacheOnly, ..CallOptions::default() };
    let cache_only = rig.stream_with(ALICE, "Watch", "r1", options);
    assert_eq!(rig.ended(cache_only).unwrap().unwrap_err().kind, ErrorKind::Misuse);
    assert!(rig.sends.is_empty());
    let greedy = rig.stream(ALICE, "Chat", "");
    for _ in 0..9 {
        rig.input(Input::SendMessage { op: greedy, message: ride_request("x") });
    }
    assert_eq!(rig.ended(greedy).unwrap().unwrap_err().kind, ErrorKind::Misuse);
    assert!(rig.is_aborted(rig.last_attempt()));
}

#[test]
fn signing_out_ends_every_stream_of_the_account_and_no_other() {
    let mut rig = Rig::new();
    let methods = [("Feed", "r1"), ("Watch", "r1"), ("Follow", "r1"), ("Chat", ""), ("Upload", "")];
    let alice: Vec<OpId> = methods.iter().map(|(method, ride)| rig.stream(ALICE, method, ride)).collect();
    let bob = rig.stream(BOB, "Watch", "r1");
    let op = rig.op();
    rig.input(Input::SignOut { op, session: ALICE, outbox: OutboxChoice::Discard });
    assert_eq!(rig.done(op), Some(Ok(())));
    for op in &alice[..4] {
        assert_eq!(rig.ended(*op).unwrap().unwrap_err().kind, ErrorKind::SignedOut);
    }
    assert_eq!(rig.result(alice[4]).unwrap().unwrap_err().kind, ErrorKind::SignedOut);
    assert_eq!(rig.aborted.len(), 5);
    assert_eq!(rig.ended(bob), None);
    assert!(rig.disk.records.is_empty());
}
