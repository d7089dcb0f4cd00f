//! The synchronous path: memory, rows 1 and 2 (offline, what `serve_stale` permits, too), and nothing else (rules B2, A4, A7).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::time::Duration;

use holdover_engine::{
    CacheMode, CallOptions, Code, CredentialsAnswer, Event, Form, Freshness, Input, Quality,
};
use rig::{ALICE, BOB, Rig, ride};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_fresh_hit_leaves_nothing_to_do() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "q1");
    rig.take_trace();
    let snapshot = rig.peek(ALICE, "Quote", "r1").unwrap();
    assert_eq!(
        (snapshot.value, snapshot.freshness, snapshot.refreshing),
        (ride("q1"), Freshness::Fresh, false)
    );
    assert!(rig.take_trace().is_empty());
    assert_eq!(rig.engine.counts().hits, [1, 0, 0, 0]);
}

#[test]
fn a_stale_hit_leaves_its_refresh() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "q1");
    rig.pass(6 * SECOND);
    rig.take_trace();
    let snapshot = rig.peek(ALICE, "Quote", "r1").unwrap();
    assert_eq!((snapshot.freshness, snapshot.refreshing), (Freshness::Stale, true));
    assert_eq!(rig.take_trace(), ["send Quote"]);
    assert!(rig.peek(ALICE, "Quote", "r1").is_some());
    assert!(rig.take_trace().is_empty(), "the refresh is joined");
    rig.answer_last("q2");
    assert_eq!(rig.peek(ALICE, "Quote", "r1").unwrap().value, ride("q2"));
}

#[test]
fn nothing_is_served_beyond_row_two() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Plan", "r1", "q1");
    rig.pass(10 * SECOND);
    rig.take_trace();
    assert!(rig.peek(ALICE, "Plan", "r1").is_none());
    assert!(rig.take_trace().is_empty());
}

#[test]
fn the_disk_is_not_asked() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "q1");
    let mut rig = rig.restart();
    assert!(rig.peek(ALICE, "Quote", "r1").is_none());
    assert!(rig.take_trace().is_empty());
}

#[test]
fn no_account_sees_anothers_answers_and_all_see_the_devices() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "alices");
    rig.fetch(ALICE, "Map", "r1", "everybodys");
    assert!(rig.peek(BOB, "Quote", "r1").is_none());
    assert_eq!(rig.peek(BOB, "Map", "r1").unwrap().value, ride("everybodys"));
    let map = rig.sends.iter().find(|request| request.path.ends_with("/Map")).unwrap();
    assert!(map.metadata.get("authorization").is_none(), "device entries carry no credentials");
}

#[test]
fn without_credentials_only_row_one_is_served() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "q1");
    rig.answers_hook = false;
    rig.get(ALICE, "Status", "r1");
    let ask = rig.asks.last().unwrap().ask;
    rig.input(Input::Credentials { ask, answer: CredentialsAnswer::SignInRequired });
    assert!(rig.peek(ALICE, "Quote", "r1").is_some());
    rig.pass(6 * SECOND);
    assert!(rig.peek(ALICE, "Quote", "r1").is_none());
}

#[test]
fn options_are_obeyed() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "q1");
    rig.pass(2 * SECOND);
    let peek = |rig: &mut Rig, cache| {
        let options = CallOptions { cache, ..CallOptions::default() };
        let (method, now) = (rig.method("Quote"), rig.now);
        let snapshot = rig.engine.peek(ALICE, method, &rig::ride_request("r1"), &options, now);
        rig.drain();
        snapshot
    };
    assert!(peek(&mut rig, CacheMode::NetworkOnly).is_none());
    assert_eq!(peek(&mut rig, CacheMode::MaxAge(2 * SECOND)).unwrap().freshness, Freshness::Fresh);
    rig.pass(4 * SECOND);
    rig.take_trace();
    let only = peek(&mut rig, CacheMode::CacheOnly).unwrap();
    assert!(!only.refreshing && rig.take_trace().is_empty());
    let mut metadata = holdover_engine::Metadata::new();
    metadata.push("authorization", "mine").unwrap();
    let options = CallOptions { metadata, ..CallOptions::default() };
    let (method, now) = (rig.method("Quote"), rig.now);
    assert!(rig.engine.peek(ALICE, method, &rig::ride_request("r1"), &options, now).is_none());
}

#[test]
fn an_evicted_entry_is_gone_from_memory_too() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "q1");
    rig.start(
        ALICE,
        "Quote",
        "r1",
        CallOptions { cache: CacheMode::NetworkOnly, ..CallOptions::default() },
        Form::Get,
    );
    rig.fail_last(Code::NotFound);
    assert!(rig.peek(ALICE, "Quote", "r1").is_none());
}

#[test]
fn a_clock_that_is_set_back_is_noticed_at_once() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "q1");
    let mut rig = rig.restart();
    rig.now.boot_id = holdover_engine::BootId(2);
    rig.get(ALICE, "Quote", "r1");
    assert!(rig.peek(ALICE, "Quote", "r1").is_some());
    rig.now.wall_ms -= 3_600_000;
    assert!(rig.peek(ALICE, "Quote", "r1").is_none(), "its age cannot be told any more");
}

#[test]
fn a_stored_answer_keeps_no_buffer_of_the_transport() {
    let mut rig = Rig::new();
    rig.get(ALICE, "Quote", "r1");
    let buffer = bytes::Bytes::from([ride("q1").to_vec(), vec![0; 100_000]].concat());
    let body = buffer.slice(..ride("q1").len());
    let response = holdover_engine::Response { body, ..holdover_engine::Response::default() };
    rig.input(Input::Response { attempt: rig.last_attempt(), response });
    let snapshot = rig.peek(ALICE, "Quote", "r1").unwrap();
    assert_eq!(snapshot.value, ride("q1"));
    assert_ne!(snapshot.value.as_ptr(), buffer.as_ptr());
}

#[test]
fn an_age_that_is_too_large_to_be_read_is_not_young() {
    for age in ["99999999999", "18446744073709551616", "340282366920938463463374607431768211456"] {
        let mut rig = Rig::new();
        let get = rig.get(ALICE, "Quote", "r1");
        let mut metadata = holdover_engine::Metadata::new();
        metadata.push("age", age).unwrap();
        let response = holdover_engine::Response { body: ride("q1"), metadata, ..Default::default() };
        rig.input(Input::Response { attempt: rig.last_attempt(), response });
        assert!(rig.result(get).unwrap().is_ok());
        assert!(rig.peek(ALICE, "Quote", "r1").is_none(), "{age} seconds");
    }
}

#[test]
fn a_caller_that_does_not_wait_gets_what_is_stored() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Plan", "r1", "q1");
    rig.pass(10 * SECOND);
    let options = CallOptions { timeout: Some(Duration::ZERO), ..CallOptions::default() };
    let read = rig.start(ALICE, "Plan", "r1", options.clone(), Form::Get);
    rig.pass(Duration::ZERO);
    let snapshot = rig.result(read).unwrap().unwrap();
    assert_eq!((snapshot.value, snapshot.freshness), (ride("q1"), Freshness::Stale));
    let cold = rig.start(ALICE, "Plan", "r2", options, Form::Get);
    rig.pass(Duration::ZERO);
    assert_eq!(rig.result(cold).unwrap().unwrap_err().kind, holdover_engine::ErrorKind::Timeout);
}

#[test]
fn what_is_served_offline_is_a_hit_by_row_4() {
    let mut rig = Rig::new();
    let _ = rig.get(ALICE, "Stale", "r1");
    rig.answer_last("q1");
    rig.pass(Duration::from_secs(3600));
    rig.input(Input::PinQuality(Some(Quality::Offline)));
    let _ = rig.get(ALICE, "Stale", "r1");
    let _ = rig.observe(ALICE, "Stale", "r1");
    let shown = rig.peek(ALICE, "Stale", "r1").unwrap();
    assert_eq!(shown.freshness, Freshness::Expired);
    assert_eq!(rig.engine.counts().hits, [0, 0, 0, 3]);
    let hits = rig.events.iter().filter(|event| matches!(event, Event::Hit { row: 4, .. }));
    assert_eq!(hits.count(), 3);
}

#[test]
fn what_is_not_shown_is_no_hit() {
    let mut rig = Rig::new();
    let _ = rig.get(ALICE, "FailFast", "r1");
    rig.answer_last("q1");
    rig.pass(Duration::from_secs(20));
    rig.input(Input::PinQuality(Some(Quality::Offline)));
    let _ = rig.observe(ALICE, "FailFast", "r1");
    assert_eq!(rig.engine.counts().hits, [0; 4]);
}
