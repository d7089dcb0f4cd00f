//! Stores that fail, and records that cannot be used (rules E2, E5).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::time::Duration;

use bytes::Bytes;
use holdover_engine::{
    CacheMode, CallOptions, Config, Event, Form, Input, Source, StoreAnswer, StoreCommand, StoreFaultKind,
    Tag, TagPart,
};
use rig::{ALICE, BOB, Disk, Rig, ride};

#[test]
fn constructing_does_nothing_to_the_store() {
    let rig = Rig::new();
    assert_eq!(rig.disk.commands, 0);
}

#[test]
fn a_store_that_is_held_leaves_memory() {
    let disk = Disk { fault: Some(StoreFaultKind::Held), ..Disk::default() };
    let mut rig = Rig::with(disk, Config::default());
    rig.fetch(ALICE, "Quote", "r1", "q1");
    let read = rig.get(ALICE, "Quote", "r1");
    assert_eq!(rig.result(read).unwrap().unwrap().source, Source::Cache);
    let failures = rig.events.iter().filter(|event| matches!(event, Event::StoreFailed { .. })).count();
    assert_eq!(failures, 1);
}

#[test]
fn a_failed_store_is_left_alone_for_a_while_and_then_tried_again() {
    let disk = Disk { fault: Some(StoreFaultKind::Locked), ..Disk::default() };
    let mut rig = Rig::with(disk, Config::default());
    rig.fetch(ALICE, "Quote", "r1", "q1");
    let asked = rig.disk.commands;
    rig.pass(Duration::from_secs(29));
    rig.fetch(ALICE, "Quote", "r2", "q2");
    assert_eq!(rig.disk.commands, asked);
    rig.disk.fault = None;
    rig.pass(Duration::from_secs(2));
    rig.fetch(ALICE, "Quote", "r3", "q3");
    rig.fetch(ALICE, "Quote", "r4", "q4");
    assert!(rig.has_event(|event| *event == Event::StoreRecovered));
    let mut rig = rig.restart();
    let read = rig.get(ALICE, "Quote", "r4");
    assert_eq!(rig.result(read).unwrap().unwrap().value, ride("q4"));
}

#[test]
fn what_memory_held_of_a_store_that_comes_back_with_another_key_is_forgotten() {
    let mut first = Rig::new();
    first.fetch(ALICE, "Quote", "r1", "on disk");
    let mut disk = first.disk;
    disk.fault = Some(StoreFaultKind::Locked);
    let mut rig = Rig::seeded(disk, Config::default(), 8);
    rig.fetch(ALICE, "Quote", "r2", "in memory");
    rig.disk.fault = None;
    rig.pass(Duration::from_secs(31));
    rig.fetch(ALICE, "Quote", "r3", "x");
    let read = rig.get(ALICE, "Quote", "r1");
    rig.break_last();
    assert_eq!(rig.result(read).unwrap().unwrap().value, ride("on disk"));
}

#[test]
fn a_load_that_fails_is_a_miss() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "q1");
    let mut rig = rig.restart();
    rig.fetch(ALICE, "Quote", "r2", "q2");
    rig.disk.fault = Some(StoreFaultKind::Io);
    let read = rig.get(ALICE, "Quote", "r1");
    assert!(rig.result(read).is_none());
    rig.answer_last("again");
    assert_eq!(rig.result(read).unwrap().unwrap().value, ride("again"));
}

#[test]
fn a_corrupt_cache_is_made_anew() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "q1");
    rig.disk.fault = Some(StoreFaultKind::Corrupt);
    rig.fetch(ALICE, "Quote", "r2", "q2");
    assert!(rig.has_event(|event| *event == Event::StoreRecreated));
    let read = rig.get(ALICE, "Quote", "r1");
    assert_eq!(rig.result(read).unwrap().unwrap().source, Source::Cache, "memory was not corrupt");
    rig.fetch(ALICE, "Quote", "r3", "q3");
    let mut rig = rig.restart();
    let read = rig.get(ALICE, "Quote", "r3");
    assert_eq!(rig.result(read).unwrap().unwrap().value, ride("q3"));
}

#[test]
fn records_that_cannot_be_used_are_removed() {
    type Damage = fn(&mut holdover_engine::Record);
    let damages: [Damage; 3] = [
        |record| record.meta = Bytes::from_static(b"nonsense"),
        // A Ride without its REQUIRED id.
        |record| record.value = Bytes::new(),
        |record| record.value = Bytes::from_static(b"\xff\xff\xff"),
    ];
    for damage in damages {
        let mut rig = Rig::new();
        rig.fetch(ALICE, "Quote", "r1", "q1");
        rig.disk.records.values_mut().for_each(damage);
        let mut rig = rig.restart();
        let read = rig.get(ALICE, "Quote", "r1");
        assert!(rig.result(read).is_none());
        assert!(rig.has_event(|event| matches!(event, Event::RecordUnreadable { .. })));
        assert!(rig.disk.records.is_empty());
    }
}

#[test]
fn an_answer_that_is_too_large_for_memory_is_served_from_disk() {
    let config = Config { max_memory_entry_bytes: 8, ..Config::default() };
    let mut rig = Rig::with(Disk::default(), config);
    rig.fetch(ALICE, "Quote", "r1", "a longer answer");
    assert!(rig.peek(ALICE, "Quote", "r1").is_none());
    rig.take_trace();
    let read = rig.get(ALICE, "Quote", "r1");
    assert_eq!(rig.result(read).unwrap().unwrap().value, ride("a longer answer"));
    assert_eq!(rig.take_trace()[0], "store Load");
}

#[test]
fn what_is_for_memory_only_never_reaches_the_store() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Draft", "r1", "d1");
    assert!(rig.disk.records.is_empty());
    assert!(rig.peek(ALICE, "Draft", "r1").is_some());
}

#[test]
fn a_store_that_answers_something_else_counts_as_failed() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "q1");
    rig.hold = true;
    let read = rig.get(ALICE, "Quote", "r2");
    let request = rig.held.pop_front().unwrap();
    assert!(matches!(request.command, StoreCommand::Load { .. }));
    rig.input(holdover_engine::Input::Stored { id: request.id, result: Ok(StoreAnswer::Done) });
    rig.answer_last("q2");
    assert_eq!(rig.result(read).unwrap().unwrap().value, ride("q2"));
    assert!(rig.has_event(|event| matches!(event, Event::StoreFailed { kind: StoreFaultKind::Io, .. })));
}

#[test]
fn calls_for_the_same_entry_share_one_load() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "q1");
    let mut rig = rig.restart();
    rig.fetch(ALICE, "Quote", "r2", "opens the partition");
    rig.take_trace();
    rig.hold = true;
    let one = rig.get(ALICE, "Quote", "r1");
    let two = rig.get(ALICE, "Quote", "r1");
    rig.release_all();
    let loads = rig.take_trace().iter().filter(|step| *step == "store Load").count();
    assert_eq!(loads, 1);
    assert!(rig.result(one).is_some() && rig.result(two).is_some());
}

#[test]
fn a_partition_that_opens_after_a_fault_is_asked_for_again() {
    let mut rig = Rig::new();
    rig.fetch(BOB, "Quote", "r1", "old");
    let mut rig = rig.restart();
    rig.fetch(ALICE, "Quote", "r1", "a1");
    let options = CallOptions { cache: CacheMode::NetworkOnly, ..CallOptions::default() };
    rig.start(ALICE, "Quote", "r1", options, Form::Get);
    rig.hold = true;
    rig.answer_last("a2");
    rig.get(BOB, "Fare", "r9");
    rig.disk.fault = Some(StoreFaultKind::Full);
    rig.release();
    rig.disk.fault = None;
    rig.release_all();
    rig.hold = false;
    // The store is left alone: this waits to be written.
    let op = rig.op();
    let ride = TagPart::Value("\"r1\"".into());
    let tag = Tag(vec![TagPart::Literal("ride:".into()), ride]);
    rig.input(Input::Invalidate { op, session: BOB, tag });
    assert_eq!(rig.done(op), Some(Ok(())));
    rig.pass(Duration::from_secs(31));
    rig.get(BOB, "Fare", "r9");
    assert!(rig.has_event(|event| matches!(event, Event::StoreRecovered)));
    let mut rig = rig.restart();
    let read = rig.get(BOB, "Quote", "r1");
    assert!(rig.result(read).is_none(), "invalidated: the network is asked first");
}
