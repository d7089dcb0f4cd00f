//! What is written before what: tags before acknowledgements, the marker before a sign-out (rules A6, D2, E6).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use holdover_engine::{
    Account, CallOptions, Code, ErrorKind, Event, Form, Freshness, Input, Observed, OutboxChoice, SessionId,
    Source, StoreCommand, StoreFaultKind, Tag, TagPart, policy,
};
use prost::Message as _;
use rig::{ALICE, BOB, Rig, ride};

fn sign_out(rig: &mut Rig) -> holdover_engine::OpId {
    let op = rig.op();
    rig.input(Input::SignOut { op, session: ALICE, outbox: OutboxChoice::Discard });
    op
}

#[test]
fn an_acknowledgement_waits_until_its_tags_are_durable() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "old");
    let update = rig.get(ALICE, "Update", "r1");
    rig.hold = true;
    rig.take_trace();
    rig.answer_last("ok");
    assert_eq!(rig.take_trace(), ["store WriteTags"]);
    assert!(rig.result(update).is_none());
    // In memory it counts at once: the next read asks the network.
    let read = rig.get(ALICE, "Quote", "r1");
    assert!(rig.result(read).is_none());
    rig.release();
    assert_eq!(rig.result(update).unwrap().unwrap().value, ride("ok"));
}

#[test]
fn a_restart_remembers_what_was_invalidated() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "old");
    rig.fetch(ALICE, "Quote", "r2", "other");
    let update = rig.get(ALICE, "Update", "r1");
    rig.answer_last("ok");
    assert!(rig.result(update).is_some());

    let mut rig = rig.restart();
    let outdated = rig.get(ALICE, "Quote", "r1");
    assert!(rig.result(outdated).is_none());
    rig.break_last();
    let snapshot = rig.result(outdated).unwrap().unwrap();
    assert_eq!((snapshot.freshness, snapshot.value), (Freshness::Stale, ride("old")));
    assert!(snapshot.error.is_some());
    let untouched = rig.get(ALICE, "Quote", "r2");
    assert_eq!(rig.result(untouched).unwrap().unwrap().freshness, Freshness::Fresh);
}

#[test]
fn an_answer_stored_after_an_invalidation_is_good_after_a_restart() {
    let mut rig = Rig::new();
    rig.get(ALICE, "Update", "r1");
    rig.answer_last("ok");
    rig.fetch(ALICE, "Quote", "r1", "new");
    let mut rig = rig.restart();
    let read = rig.get(ALICE, "Quote", "r1");
    let snapshot = rig.result(read).unwrap().unwrap();
    assert_eq!((snapshot.freshness, snapshot.source), (Freshness::Fresh, Source::Cache));
}

#[test]
fn what_the_store_could_not_write_is_written_before_anything_is_read() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "old");
    rig.disk.fault = Some(holdover_engine::StoreFaultKind::Locked);
    let update = rig.get(ALICE, "Update", "r1");
    rig.answer_last("ok");
    assert!(rig.result(update).unwrap().is_ok(), "the server has acknowledged it");
    assert!(rig.has_event(|event| matches!(event, Event::StoreFailed { .. })));
    rig.disk.fault = None;
    rig.pass(std::time::Duration::from_secs(31));
    rig.take_trace();
    rig.fetch(ALICE, "Quote", "r9", "x");
    let trace = rig.take_trace();
    let at = |what: &str| trace.iter().position(|step| step == what);
    assert!(at("store WriteTags").is_some(), "{trace:?}");
    assert!(at("store Load").is_none_or(|load| Some(load) > at("store WriteTags")), "{trace:?}");
    assert!(rig.has_event(|event| matches!(event, Event::StoreRecovered)));

    let mut rig = rig.restart();
    let read = rig.get(ALICE, "Quote", "r1");
    assert!(rig.result(read).is_none(), "invalidated: the network is asked first");
}

#[test]
fn what_the_server_denied_does_not_come_back_from_a_store_that_was_down() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Plan", "r1", "old");
    rig.pass(std::time::Duration::from_secs(11));
    rig.disk.fault = Some(holdover_engine::StoreFaultKind::Held);
    let read = rig.get(ALICE, "Plan", "r1");
    rig.fail_last(Code::PermissionDenied);
    assert_eq!(rig.result(read).unwrap().unwrap_err().kind, ErrorKind::Rejected);
    rig.disk.fault = None;
    rig.pass(std::time::Duration::from_secs(31));
    rig.fetch(ALICE, "Quote", "r9", "x");
    let mut rig = rig.restart();
    let read = rig.get(ALICE, "Plan", "r1");
    rig.break_last();
    assert!(rig.result(read).unwrap().is_err(), "nothing is stored any more");
}

#[test]
fn a_sign_out_marks_first_and_ends_calls_then() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "old");
    let running = rig.get(ALICE, "Status", "r1");
    let observer = rig.observe(ALICE, "Quote", "r1");
    rig.hold = true;
    rig.take_trace();
    let op = sign_out(&mut rig);
    assert_eq!(rig.take_trace(), ["store MarkSignOut"]);
    assert!(rig.result(running).is_none());
    rig.release();
    assert_eq!(rig.result(running).unwrap().unwrap_err().kind, ErrorKind::SignedOut);
    let last = rig.states(observer).pop().unwrap();
    assert!(matches!(last, Observed::Failed(error) if error.kind == ErrorKind::SignedOut));
    assert!(rig.done(op).is_none());
    assert_eq!(rig.take_trace().last().unwrap(), "store DropPartition");
    rig.release();
    assert_eq!(rig.done(op), Some(Ok(())));
    assert!(rig.disk.records.is_empty() && rig.disk.marked.is_empty());
    let late = rig.get(ALICE, "Quote", "r1");
    assert_eq!(rig.result(late).unwrap().unwrap_err().kind, ErrorKind::SignedOut);
}

#[test]
fn a_sign_out_that_a_crash_interrupts_is_finished_on_reopen() {
    // The process dies after this many store commands of the sign-out.
    for carried_out in 0..=2 {
        let mut rig = Rig::new();
        rig.fetch(ALICE, "Quote", "r1", "old");
        rig.fetch(BOB, "Quote", "r1", "bobs");
        rig.hold = true;
        sign_out(&mut rig);
        for _ in 0..carried_out {
            rig.release();
        }
        let mut rig = rig.restart();
        let read = rig.get(ALICE, "Quote", "r1");
        let kept = rig.result(read).is_some();
        assert_eq!(kept, carried_out == 0, "after {carried_out} commands");
        assert_eq!(rig.has_event(|event| *event == Event::SignOutFinished), carried_out == 1);
        let bobs = rig.get(BOB, "Quote", "r1");
        assert_eq!(rig.result(bobs).unwrap().unwrap().value, ride("bobs"));
    }
}

#[test]
fn nothing_of_the_old_partition_is_left_for_the_next_session_of_the_account() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "old");
    let flying = rig.get(ALICE, "Quote", "r2");
    let attempt = rig.last_attempt();
    rig.hold = true;
    let op = sign_out(&mut rig);
    let again = holdover_engine::SessionId(9);
    rig.open(again, holdover_engine::Account::user("alice"));
    assert!(rig.peek(again, "Quote", "r1").is_none());
    let read = rig.get(again, "Quote", "r1");
    rig.release_all();
    rig.hold = false;
    rig.answer(attempt, "late");
    assert_eq!(rig.result(flying).unwrap().unwrap_err().kind, ErrorKind::SignedOut);
    assert_eq!(rig.done(op), Some(Ok(())));
    rig.answer_last("new");
    assert_eq!(rig.result(read).unwrap().unwrap().value, ride("new"));
    assert_eq!(rig.disk.records.len(), 1);
}

#[test]
fn a_sign_out_without_a_working_store_says_so_and_is_done_later() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "old");
    rig.disk.fault = Some(holdover_engine::StoreFaultKind::Locked);
    let op = sign_out(&mut rig);
    assert_eq!(rig.done(op).unwrap().unwrap_err().kind, ErrorKind::Storage);
    rig.disk.fault = None;
    rig.pass(std::time::Duration::from_secs(31));
    rig.fetch(BOB, "Quote", "r1", "bobs");
    let records: Vec<_> = rig.disk.records.values().map(|record| record.value.clone()).collect();
    assert_eq!(records.iter().filter(|value| **value == ride("old")).count(), 0);
}

#[test]
fn erasing_needs_an_account_without_a_session() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "old");
    let op = rig.op();
    let account = holdover_engine::Account::user("alice");
    rig.input(Input::Erase { op, account: account.clone() });
    assert_eq!(rig.done(op).unwrap().unwrap_err().kind, ErrorKind::Misuse);
    rig.input(Input::CloseSession { session: ALICE });
    let op = rig.op();
    rig.input(Input::Erase { op, account });
    assert_eq!(rig.done(op), Some(Ok(())));
    assert!(rig.disk.records.is_empty());
}

#[test]
fn an_invalidation_by_the_app_is_durable_before_it_is_done() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "old");
    rig.hold = true;
    let op = rig.op();
    let value = holdover_engine::json::string("r1");
    let tag = Tag(vec![TagPart::Literal("ride:".into()), TagPart::Value(value)]);
    rig.input(Input::Invalidate { op, session: ALICE, tag });
    assert_eq!(rig.done(op), None);
    rig.release_all();
    assert_eq!(rig.done(op), Some(Ok(())));
    rig.hold = false;
    let only = CallOptions { cache: holdover_engine::CacheMode::CacheOnly, ..CallOptions::default() };
    let read = rig.start(ALICE, "Fare", "r1", only, Form::Get);
    assert_eq!(rig.result(read).unwrap().unwrap_err().kind, ErrorKind::Offline);
}

#[test]
fn what_the_server_denied_does_not_come_back_from_a_store_that_never_opened() {
    let mut first = Rig::new();
    first.fetch(ALICE, "Plan", "r1", "old");
    first.fetch(BOB, "Plan", "r1", "bobs");
    let mut disk = first.disk;
    disk.fault = Some(holdover_engine::StoreFaultKind::Locked);
    let mut rig = Rig::seeded(disk, holdover_engine::Config::default(), 8);
    rig.get(ALICE, "Plan", "r1");
    rig.fail_last(Code::NotFound);
    rig.disk.fault = None;
    rig.pass(std::time::Duration::from_secs(31));
    rig.fetch(BOB, "Quote", "r9", "x");
    let read = rig.get(ALICE, "Plan", "r1");
    rig.break_last();
    assert!(rig.result(read).unwrap().is_err(), "nothing is stored any more");
    assert!(!rig.has_event(|event| *event == Event::SignOutFinished));
    let bobs = rig.get(BOB, "Plan", "r1");
    rig.break_last();
    assert_eq!(rig.result(bobs).unwrap().unwrap().value, ride("bobs"));
}

/// The API of the vectors, with a list of rides in every RideRequest.
fn with_lists(rig: &mut Rig) {
    let mut set =
        policy::PolicySet::decode(&include_bytes!("../../../tests/vectors/api.policy")[..]).unwrap();
    let request = set.types.iter_mut().find(|t| t.name.ends_with(".RideRequest")).unwrap();
    request.fields[0].presence = policy::field::Presence::Repeated.into();
    rig.methods = rig.engine.register(&set.encode_to_vec().into()).unwrap();
}

fn rides(numbers: std::ops::Range<u32>) -> bytes::Bytes {
    numbers.flat_map(|n| rig::ride_request(&format!("r{n}"))).collect()
}

#[test]
fn a_call_with_a_long_list_invalidates_all_of_it() {
    let mut rig = Rig::new();
    with_lists(&mut rig);
    rig.fetch(ALICE, "Quote", "r1499", "q");
    assert!(rig.peek(ALICE, "Quote", "r1499").is_some());
    let (op, method) = (rig.op(), rig.method("Update"));
    let options = CallOptions::default();
    let call = Input::Call { op, session: ALICE, method, request: rides(0..1500), options, form: Form::Get };
    rig.input(call);
    rig.answer_last("done");
    assert!(rig.result(op).unwrap().is_ok());
    assert!(rig.peek(ALICE, "Quote", "r1499").is_none(), "it is not fresh any more");
}

/// Reading 55: too many to be told apart outdate everything that has tags, here and in the next process.
#[test]
fn a_call_with_too_long_a_list_invalidates_everything_with_tags() {
    for (length, is_all) in [(10_000, false), (10_001, true)] {
        let mut rig = Rig::new();
        with_lists(&mut rig);
        rig.fetch(ALICE, "Quote", "another", "q");
        rig.fetch(BOB, "Quote", "another", "b");
        let (op, method) = (rig.op(), rig.method("Update"));
        let options = CallOptions::default();
        let request = rides(0..length);
        rig.input(Input::Call { op, session: ALICE, method, request, options, form: Form::Get });
        rig.answer_last("done");
        assert!(rig.result(op).unwrap().is_ok());
        assert_eq!(rig.has_event(|event| *event == Event::EverythingInvalidated), is_all, "{length}");
        assert_eq!(rig.peek(ALICE, "Quote", "another").is_none(), is_all, "{length}: in memory");
        assert!(rig.peek(BOB, "Quote", "another").is_some(), "what is another account's stays");

        let mut next = rig.restart();
        let read = next.get(ALICE, "Quote", "another");
        assert_eq!(next.result(read).is_none(), is_all, "{length}: on disk");
        if is_all {
            next.break_last();
            assert_eq!(next.result(read).unwrap().unwrap().freshness, Freshness::Stale);
        }
        let others = next.get(BOB, "Quote", "another");
        assert!(next.result(others).unwrap().is_ok());
    }
}

#[test]
fn more_than_can_be_remembered_for_a_store_that_is_down_is_not_believed_afterwards() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "q");
    rig.disk.fault = Some(holdover_engine::StoreFaultKind::Full);
    for n in 0..10_010_u32 {
        let op = rig.op();
        let ride = TagPart::Value(format!("\"r{n}\""));
        let tag = Tag(vec![TagPart::Literal("ride:".into()), ride]);
        rig.input(Input::Invalidate { op, session: ALICE, tag });
    }
    rig.disk.fault = None;
    rig.pass(std::time::Duration::from_secs(31));
    rig.fetch(ALICE, "Fare", "r9", "x");
    let mut rig = rig.restart();
    let read = rig.get(ALICE, "Quote", "r1");
    assert!(rig.result(read).is_none(), "the network is asked first");
    rig.break_last();
    assert!(rig.result(read).unwrap().is_err(), "nothing is stored any more");
}

#[test]
fn a_load_that_comes_back_after_a_sign_out_brings_nothing() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "before");
    let mut rig = rig.restart();
    rig.fetch(ALICE, "Plain", "r1", "opens the store");
    rig.get(ALICE, "Quote", "r2");
    rig.hold = true;
    rig.get(ALICE, "Quote", "r1");
    let load = rig.held.pop_front().unwrap();
    assert!(matches!(load.command, StoreCommand::Load { .. }));
    // The store fails with what was asked of it before.
    rig.get(ALICE, "Quote", "r3");
    rig.disk.fault = Some(StoreFaultKind::Io);
    rig.hold = false;
    rig.release_all();
    rig.disk.fault = None;
    let op = sign_out(&mut rig);
    assert!(rig.done(op).is_some());
    let again = SessionId(9);
    rig.open(again, Account::user("alice"));
    rig.start(again, "Fare", "r1", CallOptions::default(), Form::Get);
    rig.answer_last("after");
    rig.held.push_front(load);
    rig.release();
    assert_eq!(rig.peek(again, "Quote", "r1"), None);
    assert!(rig.peek(again, "Fare", "r1").is_some(), "the partition is open");
}
