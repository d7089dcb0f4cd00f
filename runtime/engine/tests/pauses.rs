//! Pauses: what they cut, what waits for their end, and the store meanwhile (rule J1, reading 50).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::time::Duration;

use bytes::Bytes;
use holdover_engine::{
    CallOptions, Config, ErrorKind, Event, Form, Freshness, Input, Observed, OpId, Quality, Source,
    StoreFaultKind, Tag, TagPart,
};
use rig::{ALICE, Disk, Rig, ride, ride_request};

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl Rig {
    fn pause(&mut self) -> OpId {
        let op = self.op();
        self.input(Input::Pause { op });
        op
    }

    fn aborts(&self) -> usize {
        self.trace.iter().filter(|line| line.starts_with("abort")).count()
    }
}

#[test]
fn a_pause_ends_when_the_store_is_closed() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r", "r");
    rig.hold = true;
    rig.take_trace();
    let op = rig.pause();
    assert_eq!(rig.trace, ["store Close"]);
    assert_eq!((rig.done(op), rig.timeout), (None, None));
    let again = rig.pause();
    rig.release();
    assert_eq!((rig.done(op), rig.done(again)), (Some(Ok(())), Some(Ok(()))));
    let third = rig.pause();
    assert_eq!(rig.done(third), Some(Ok(())), "it is paused already");
    assert!(rig.disk.closed);
}

#[test]
fn a_pause_gives_what_is_on_the_wire_a_second_and_learns_nothing_from_the_cut() {
    let mut rig = Rig::new();
    let quick = rig.get(ALICE, "Fare", "quick");
    let quick_attempt = rig.last_attempt();
    let calls: Vec<OpId> = (0..6).map(|n| rig.get(ALICE, "Fare", &n.to_string())).collect();
    let op = rig.pause();
    rig.pass(Duration::from_millis(900));
    rig.answer(quick_attempt, "quick");
    assert!(rig.result(quick).unwrap().is_ok());
    assert_eq!(rig.done(op), None);
    rig.pass(Duration::from_millis(100));
    assert_eq!(rig.aborts(), 6);
    assert_eq!(rig.done(op), Some(Ok(())));
    for call in calls {
        assert_eq!(rig.result(call).unwrap().unwrap_err().kind, ErrorKind::Unreachable);
    }
    assert_eq!(rig.timeout, None);
    assert!(!rig.has_event(|event| matches!(event, Event::QualityChanged { .. })));
    assert!(rig.disk.closed);
    assert_eq!(rig.disk.records.len(), 1, "what was answered in time was saved");
}

#[test]
fn a_paused_runtime_serves_from_memory_and_lets_the_rest_wait() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "known", "known");
    // On disk, and after the restart not in memory.
    rig.fetch(ALICE, "Quote", "cold", "cold");
    let mut rig = rig.restart();
    let op = rig.get(ALICE, "Quote", "known");
    assert!(rig.result(op).unwrap().is_ok());
    let observer = rig.observe(ALICE, "Quote", "known");
    let op = rig.pause();
    assert_eq!(rig.done(op), Some(Ok(())));
    let sent = rig.sends.len();

    let fresh = rig.get(ALICE, "Quote", "known");
    assert_eq!(rig.result(fresh).unwrap().unwrap().value, ride("known"));
    rig.pass(s(6));
    let stale = rig.get(ALICE, "Quote", "known");
    let snapshot = rig.result(stale).unwrap().unwrap();
    assert_eq!(
        (snapshot.freshness, snapshot.refreshing),
        (Freshness::Stale, false),
        "refreshes have stopped"
    );
    let peeked = rig.peek(ALICE, "Quote", "known").unwrap();
    assert!(!peeked.refreshing);
    let from_disk = rig.get(ALICE, "Quote", "cold");
    let from_network = rig.get(ALICE, "Plain", "r");
    let options = CallOptions { timeout: Some(s(2)), ..CallOptions::default() };
    let hasty = rig.start(ALICE, "Plain", "r", options, Form::Get);
    let new_observer = rig.observe(ALICE, "Quote", "new");
    rig.pass(s(3));
    assert_eq!(rig.result(hasty).unwrap().unwrap_err().kind, ErrorKind::Timeout);
    assert_eq!((rig.result(from_disk), rig.result(from_network)), (None, None));
    assert_eq!(rig.sends.len(), sent);

    rig.input(Input::Resume);
    assert_eq!(rig.result(from_disk).unwrap().unwrap().value, ride("cold"));
    let bodies: Vec<Bytes> = rig.sends[sent..].iter().map(|request| request.body.clone()).collect();
    for ride in ["r", "known", "new"] {
        assert_eq!(bodies.iter().filter(|body| **body == ride_request(ride)).count(), 1, "{ride}");
    }
    let plain = rig.sends[sent..].iter().find(|request| request.path.ends_with("/Plain")).unwrap().attempt;
    rig.answer(plain, "r");
    assert!(rig.result(from_network).unwrap().is_ok());
    assert!(rig.shown(observer).refreshing);
    assert_eq!(rig.states(new_observer), [Observed::Loading]);
    // What is stored now reaches the disk again.
    rig.fetch(ALICE, "Quote", "later", "later");
    let mut rig = rig.restart();
    let op = rig.get(ALICE, "Quote", "later");
    assert_eq!(rig.result(op).unwrap().unwrap().source, Source::Cache);
}

#[test]
fn what_has_to_be_durable_waits_for_the_store() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r", "r");
    rig.pause();
    let tag = Tag(vec![TagPart::Literal("ride:".into()), TagPart::Value("\"r\"".into())]);
    let invalidate = rig.op();
    rig.input(Input::Invalidate { op: invalidate, session: ALICE, tag });
    let put = rig.op();
    let method = rig.method("Quote");
    rig.input(Input::Put {
        op: put,
        session: ALICE,
        method,
        request: ride_request("put"),
        value: ride("put"),
        options: CallOptions::default(),
    });
    let sign_out = rig.op();
    rig.input(Input::Erase { op: sign_out, account: holdover_engine::Account::user("nobody") });
    assert_eq!((rig.done(invalidate), rig.done(put), rig.done(sign_out)), (None, None, None));
    rig.input(Input::Resume);
    assert_eq!(rig.done(invalidate), Some(Ok(())));
    assert_eq!(rig.done(put), Some(Ok(())));
    assert_eq!(rig.done(sign_out), Some(Ok(())));
    assert!(!rig.disk.tags.is_empty());
    assert_eq!(rig.disk.records.len(), 2);
}

#[test]
fn a_store_that_cannot_be_opened_again_keeps_nobody_waiting() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r", "r");
    rig.pause();
    let call = rig.get(ALICE, "Quote", "other");
    rig.disk.fault = Some(StoreFaultKind::Locked);
    rig.input(Input::Resume);
    assert_eq!(rig.sends.len(), 2, "it runs on memory");
    rig.answer_last("other");
    assert!(rig.result(call).unwrap().is_ok());
    rig.disk.fault = None;
    rig.pass(s(31));
    rig.fetch(ALICE, "Quote", "third", "third");
    rig.fetch(ALICE, "Quote", "fourth", "fourth");
    assert!(rig.has_event(|event| *event == Event::StoreRecovered));
}

#[test]
fn a_store_that_cannot_be_closed_is_told_of() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r", "r");
    rig.disk.fault = Some(StoreFaultKind::Io);
    let op = rig.pause();
    assert_eq!(rig.done(op).unwrap().unwrap_err().kind, ErrorKind::Storage);
    rig.disk.fault = None;
    rig.input(Input::Resume);
    let call = rig.get(ALICE, "Quote", "r");
    assert!(rig.result(call).unwrap().is_ok());
}

#[test]
fn a_pause_waits_until_the_store_is_open_and_resuming_may_come_any_time() {
    let mut rig = Rig::new();
    rig.hold = true;
    let call = rig.get(ALICE, "Quote", "r");
    let op = rig.pause();
    assert_eq!(rig.done(op), None, "it is being opened");
    rig.release_all();
    assert_eq!(rig.done(op), Some(Ok(())));
    rig.input(Input::Resume);
    rig.input(Input::Resume);
    rig.release_all();
    rig.answer_last("r");
    rig.release_all();
    assert!(rig.result(call).unwrap().is_ok());
    // In the middle of draining.
    rig.get(ALICE, "Plain", "r");
    let op = rig.pause();
    rig.pass(Duration::from_millis(500));
    rig.input(Input::Resume);
    assert_eq!(rig.done(op), Some(Ok(())));
    rig.pass(s(1));
    assert_eq!(rig.aborts(), 0);
    rig.answer_last("r");
    // In the middle of closing.
    rig.take_trace();
    let op = rig.pause();
    rig.input(Input::Resume);
    let call = rig.get(ALICE, "Quote", "third");
    assert_eq!(rig.trace, ["store Close", "store Open"]);
    rig.release_all();
    assert_eq!(rig.done(op), Some(Ok(())));
    rig.answer_last("third");
    rig.release_all();
    assert!(rig.result(call).unwrap().is_ok());
}

#[test]
fn a_pause_that_nobody_waits_for_goes_on() {
    let mut rig = Rig::new();
    rig.get(ALICE, "Plain", "r");
    let op = rig.pause();
    rig.input(Input::Cancel { op });
    rig.pass(s(1));
    assert_eq!(rig.done(op), None);
    assert_eq!(rig.aborts(), 1);
    assert!(rig.has_event(|event| *event == Event::Paused));
}

#[test]
fn without_a_store_a_pause_is_only_silence() {
    let config = Config { store: false, ..Config::default() };
    let mut rig = Rig::with(Disk::default(), config);
    rig.quality(Quality::Good);
    let observer = rig.observe(ALICE, "Quote", "r");
    rig.answer_last("r");
    let op = rig.pause();
    assert_eq!((rig.done(op), rig.timeout), (Some(Ok(())), None));
    rig.pass(s(100));
    assert_eq!(rig.sends.len(), 1);
    rig.input(Input::Resume);
    assert_eq!(rig.sends.len(), 2);
    assert!(rig.shown(observer).refreshing);
}
