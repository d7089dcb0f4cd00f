//! What the server says is gone does not come back by an answer or a record that is older (rules C3, C7).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::time::Duration;

use holdover_engine::{CacheMode, CallOptions, Code, Form, Observed};
use rig::{ALICE, Rig, ride};

fn network_only(rig: &mut Rig) -> holdover_engine::OpId {
    let options = CallOptions { cache: CacheMode::NetworkOnly, ..CallOptions::default() };
    rig.start(ALICE, "Plan", "r1", options, Form::Get)
}

#[test]
fn an_older_answer_does_not_bring_back_what_is_gone() {
    let mut rig = Rig::new();
    let observer = rig.observe(ALICE, "Plan", "r1");
    rig.answer_last("q1");
    let older = network_only(&mut rig);
    let late = rig.last_attempt();
    rig.pass(Duration::from_secs(1));
    let newer = network_only(&mut rig);
    rig.fail_last(Code::NotFound);
    assert!(rig.result(newer).unwrap().is_err());
    rig.answer(late, "q2");
    assert_eq!(rig.result(older).unwrap().unwrap().value, ride("q2"), "its own caller gets it");
    assert!(matches!(rig.states(observer).pop(), Some(Observed::Failed(_))));
    assert!(rig.peek(ALICE, "Plan", "r1").is_none());
    let mut rig = rig.restart();
    let read = rig.get(ALICE, "Plan", "r1");
    assert!(rig.result(read).is_none(), "nothing is stored, on disk neither");
    rig.break_last();
    assert!(rig.result(read).unwrap().is_err());
}

#[test]
fn an_answer_that_was_asked_for_afterwards_is_stored() {
    let mut rig = Rig::new();
    network_only(&mut rig);
    rig.pass(Duration::from_secs(1));
    rig.get(ALICE, "Quote", "warm");
    rig.answer_last("w");
    let read = network_only(&mut rig);
    rig.fail_last(Code::NotFound);
    assert!(rig.result(read).unwrap().is_err());
    rig.pass(Duration::from_secs(1));
    network_only(&mut rig);
    rig.answer_last("q2");
    assert_eq!(rig.peek(ALICE, "Plan", "r1").unwrap().value, ride("q2"));
}

#[test]
fn a_record_that_is_on_its_way_from_disk_when_it_is_denied_is_not_served() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Plan", "r1", "q1");
    let mut rig = rig.restart();
    let denied = network_only(&mut rig);
    let asked = rig.last_attempt();
    rig.hold = true;
    let read = rig.get(ALICE, "Plan", "r1");
    assert!(rig.result(read).is_none(), "the disk is being asked");
    let failure = holdover_engine::Failure::Status {
        code: Code::PermissionDenied,
        message: String::new(),
        details: bytes::Bytes::new(),
        metadata: holdover_engine::Metadata::new(),
    };
    rig.input(holdover_engine::Input::Failed { attempt: asked, failure });
    assert!(rig.result(denied).unwrap().is_err());
    rig.release_all();
    assert!(rig.result(read).is_none(), "the network is asked");
    rig.answer_last("q2");
    assert_eq!(rig.result(read).unwrap().unwrap().value, ride("q2"));
}
