//! A process that ends while its store does not work leaves nothing outdated to the next (rule D2, reading 66).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::time::Duration;

use holdover_engine::{
    Code, ErrorKind, Event, Freshness, Input, OutboxChoice, Source, StoreCommand, StoreFaultKind,
};
use rig::disk::Trust;
use rig::{ALICE, BOB, Rig, ride};

const NOTABLE: [StoreFaultKind; 4] =
    [StoreFaultKind::Full, StoreFaultKind::Locked, StoreFaultKind::Held, StoreFaultKind::Io];

/// An answer of each of two accounts is on disk; then an update is acknowledged that cannot be written.
fn updated_in_vain(fault: StoreFaultKind) -> Rig {
    let mut rig = Rig::new();
    rig.fetch(BOB, "Quote", "r9", "of another account");
    rig.fetch(ALICE, "Quote", "r1", "old");
    rig.disk.fault = Some(fault);
    let update = rig.get(ALICE, "Update", "r1");
    rig.answer_last("ok");
    assert!(rig.result(update).unwrap().is_ok(), "the server has acknowledged it");
    rig
}

#[test]
fn what_a_process_could_not_write_is_not_believed_by_the_next() {
    for fault in NOTABLE {
        let mut rig = updated_in_vain(fault);
        assert_eq!(rig.disk.trust, Trust::BrokenByThis, "{fault:?}");
        rig.disk.fault = None;
        let mut next = rig.restart();
        let read = next.get(ALICE, "Quote", "r1");
        assert!(next.has_event(|event| *event == Event::StoreDistrusted), "{fault:?}");
        next.break_last();
        assert_eq!(next.result(read).unwrap().unwrap_err().kind, ErrorKind::Unreachable, "{fault:?}");
        assert!(next.disk.records.is_empty());

        next.fetch(ALICE, "Quote", "r1", "new");
        let mut third = next.restart();
        let read = third.get(ALICE, "Quote", "r1");
        assert_eq!(third.result(read).unwrap().unwrap().value, ride("new"), "believed again");
        assert!(!third.has_event(|event| *event == Event::StoreDistrusted));
    }
}

/// Reading 17: there is no promise that a volume keeps which nobody can write to.
#[test]
fn where_nothing_can_be_written_the_fault_is_reported() {
    let mut rig = updated_in_vain(StoreFaultKind::ReadOnly);
    assert_eq!(rig.disk.trust, Trust::Whole);
    let failed = |event: &Event| matches!(event, Event::StoreFailed { kind: StoreFaultKind::ReadOnly, .. });
    assert!(rig.has_event(failed));
    // The next need tries again.
    rig.disk.fault = Some(StoreFaultKind::Full);
    rig.get(ALICE, "Update", "r2");
    rig.answer_last("ok");
    assert_eq!(rig.disk.trust, Trust::BrokenByThis);
}

#[test]
fn an_acknowledgement_waits_until_distrust_is_noted() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "old");
    let update = rig.get(ALICE, "Update", "r1");
    rig.hold = true;
    rig.answer_last("ok");
    rig.disk.fault = Some(StoreFaultKind::Full);
    rig.release();
    assert!(rig.result(update).is_none());
    assert!(matches!(rig.held.front().unwrap().command, StoreCommand::Distrust));
    // One that comes meanwhile waits for the same note.
    let other = rig.get(ALICE, "Update", "r2");
    rig.answer_last("ok");
    assert!(rig.result(other).is_none());
    assert_eq!(rig.held.len(), 1, "{:?}", rig.held);
    rig.release();
    assert!(rig.result(update).unwrap().is_ok() && rig.result(other).unwrap().is_ok());
    // And one that comes later need not wait.
    let third = rig.get(ALICE, "Update", "r3");
    rig.answer_last("ok");
    assert!(rig.result(third).unwrap().is_ok() && rig.held.is_empty());
}

#[test]
fn distrust_is_taken_back_when_everything_has_been_written() {
    let mut rig = updated_in_vain(StoreFaultKind::Full);
    rig.disk.fault = None;
    rig.pass(Duration::from_secs(31));
    rig.take_trace();
    rig.fetch(ALICE, "Quote", "r9", "x");
    let trace = rig.take_trace();
    let at = |what: &str| trace.iter().position(|step| step == what);
    assert!(at("store WriteTags").unwrap() < at("store Trust").unwrap(), "{trace:?}");
    assert_eq!(rig.disk.trust, Trust::Whole);
    let mut next = rig.restart();
    let read = next.get(BOB, "Quote", "r9");
    assert_eq!(next.result(read).unwrap().unwrap().source, Source::Cache, "nothing was given up");
    assert!(!next.has_event(|event| *event == Event::StoreDistrusted));
}

/// The store works for as long as it takes to be told half of it.
#[test]
fn distrust_stays_as_long_as_something_is_unwritten() {
    let mut rig = updated_in_vain(StoreFaultKind::Full);
    rig.disk.fault = None;
    rig.pass(Duration::from_secs(31));
    rig.hold = true;
    rig.get(ALICE, "Quote", "r9");
    while !matches!(rig.held.front().unwrap().command, StoreCommand::WriteTags(_)) {
        rig.release();
    }
    rig.disk.fault = Some(StoreFaultKind::Full);
    rig.hold = false;
    rig.release_all();
    assert_eq!(rig.disk.trust, Trust::BrokenByThis);
}

/// A fault that comes while distrust is being taken back.
#[test]
fn distrust_is_noted_again_if_the_store_fails_while_it_is_taken_back() {
    let mut rig = updated_in_vain(StoreFaultKind::Full);
    rig.disk.fault = None;
    rig.pass(Duration::from_secs(31));
    rig.hold = true;
    rig.get(ALICE, "Quote", "r9");
    while !matches!(rig.held.back().unwrap().command, StoreCommand::Trust) {
        rig.release();
    }
    let update = rig.get(ALICE, "Update", "r1");
    rig.answer_last("ok");
    while !rig.held.is_empty() {
        let writes = matches!(rig.held.front().unwrap().command, StoreCommand::WriteTags(_));
        rig.disk.fault = writes.then_some(StoreFaultKind::Full);
        rig.release();
    }
    assert!(rig.result(update).unwrap().is_ok());
    assert_eq!(rig.disk.trust, Trust::BrokenByThis);
}

#[test]
fn what_the_server_denied_is_gone_for_the_next_process() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Plan", "r1", "old");
    rig.pass(Duration::from_secs(11));
    rig.disk.fault = Some(StoreFaultKind::Full);
    let read = rig.get(ALICE, "Plan", "r1");
    rig.fail_last(Code::PermissionDenied);
    assert_eq!(rig.result(read).unwrap().unwrap_err().kind, ErrorKind::Rejected);
    rig.disk.fault = None;
    let mut next = rig.restart();
    let read = next.get(ALICE, "Plan", "r1");
    next.break_last();
    assert!(next.result(read).unwrap().is_err(), "nothing is stored any more");
}

#[test]
fn a_sign_out_that_could_not_be_marked_leaves_nothing_readable() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "old");
    rig.disk.fault = Some(StoreFaultKind::Full);
    let op = rig.op();
    rig.input(Input::SignOut { op, session: ALICE, outbox: OutboxChoice::Discard });
    assert_eq!(rig.done(op).unwrap().unwrap_err().kind, ErrorKind::Storage);
    assert_eq!(rig.disk.trust, Trust::BrokenByThis);
    rig.disk.fault = None;
    let mut next = rig.restart();
    let read = next.get(ALICE, "Quote", "r1");
    next.break_last();
    assert!(next.result(read).unwrap().is_err());
}

/// Rule D1: what was outdated while the store did not work is written late, and outdates nothing that came since.
#[test]
fn answers_that_came_while_the_store_did_not_work_stay_fresh() {
    let mut rig = updated_in_vain(StoreFaultKind::Locked);
    rig.fetch(ALICE, "Quote", "r1", "new");
    rig.disk.fault = None;
    rig.pass(Duration::from_secs(31));
    rig.fetch(ALICE, "Fare", "r9", "lets the store be tried");
    assert_eq!(rig.disk.trust, Trust::Whole);
    let read = rig.get(ALICE, "Quote", "r1");
    let snapshot = rig.result(read).expect("row 2: at once").unwrap();
    assert_eq!((snapshot.value, snapshot.source), (ride("new"), Source::Cache));
    assert_eq!((snapshot.freshness, snapshot.error), (Freshness::Stale, None));
}
