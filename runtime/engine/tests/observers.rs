//! What observers show when several answers are on their way (rules B3, C7, D3, F7, F8).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::time::Duration;

use bytes::Bytes;
use holdover_engine::{
    AttemptId, CacheMode, CallOptions, Detail, DetailMode, Form, Freshness, Input, Observed, OpId, Quality,
    Response, Source,
};
use rig::{ALICE, Rig, ride};

/// A ride that has a field that the plan drops, so that it is a full one.
fn full_ride(id: &str, rig: &Rig) -> Bytes {
    let dropped = (1..16).find(|number| {
        let probe = [ride("x"), rig::string_field(*number, "y")].concat();
        rig.drops(&probe)
    });
    [ride(id), rig::string_field(dropped.unwrap(), "enriching")].concat().into()
}

fn answer_full(rig: &mut Rig, attempt: AttemptId, id: &str) {
    let response = Response { body: full_ride(id, rig), ..Response::default() };
    rig.input(Input::Response { attempt, response });
}

fn full(rig: &mut Rig) -> OpId {
    let options =
        CallOptions { detail: DetailMode::Full, cache: CacheMode::NetworkOnly, ..CallOptions::default() };
    rig.start(ALICE, "Trip", "r1", options, Form::Get)
}

#[test]
fn an_older_reduced_answer_does_not_replace_a_newer_full_one() {
    let mut rig = Rig::new();
    rig.quality(Quality::Poor);
    let observer = rig.observe(ALICE, "Trip", "r1");
    let older = rig.last_attempt();
    rig.pass(Duration::from_secs(1));
    full(&mut rig);
    let newer = rig.last_attempt();
    answer_full(&mut rig, newer, "new");
    assert!(rig.shown(observer).refreshing);
    rig.answer(older, "old");
    let snapshot = rig.shown(observer);
    assert_eq!((snapshot.detail, snapshot.refreshing), (Detail::Full, false));
    assert_eq!(snapshot.value, full_ride("new", &rig));
}

#[test]
fn an_answer_that_was_overtaken_only_ends_the_refresh() {
    let mut rig = Rig::new();
    let observer = rig.observe(ALICE, "Quote", "r1");
    let older = rig.last_attempt();
    rig.pass(Duration::from_secs(1));
    let options = CallOptions { cache: CacheMode::NetworkOnly, ..CallOptions::default() };
    let get = rig.start(ALICE, "Quote", "r1", options, Form::Get);
    rig.answer_last("new");
    assert!(rig.result(get).unwrap().is_ok());
    assert!(rig.shown(observer).refreshing);
    rig.answer(older, "old");
    let snapshot = rig.shown(observer);
    assert_eq!((snapshot.value, snapshot.refreshing), (ride("new"), false));
    assert_eq!(rig.peek(ALICE, "Quote", "r1").unwrap().value, ride("new"));
}

#[test]
fn reduced_values_are_restored_and_keep_their_last_known_parts_until_then() {
    let mut rig = Rig::new();
    let observer = rig.observe(ALICE, "Trip", "r1");
    let attempt = rig.last_attempt();
    answer_full(&mut rig, attempt, "first");
    rig.quality(Quality::Poor);
    rig.pass(Duration::from_secs(6));
    rig.answer_last("second");
    let snapshot = rig.shown(observer);
    assert_eq!((snapshot.detail, snapshot.source), (Detail::Reduced, Source::Network));
    assert_eq!(snapshot.withheld.unwrap().last_known, Some(full_ride("first", &rig)));
    rig.quality(Quality::Good);
    assert!(rig.shown(observer).refreshing);
    let attempt = rig.last_attempt();
    answer_full(&mut rig, attempt, "third");
    let snapshot = rig.shown(observer);
    assert_eq!((snapshot.detail, snapshot.freshness), (Detail::Full, Freshness::Fresh));
    assert_eq!(snapshot.withheld, None);
}

#[test]
fn a_restore_that_fails_leaves_the_reduced_value() {
    let mut rig = Rig::new();
    rig.quality(Quality::Poor);
    let observer = rig.observe(ALICE, "Trip", "r1");
    rig.answer_last("reduced");
    rig.quality(Quality::Good);
    rig.break_last();
    let snapshot = rig.shown(observer);
    assert_eq!((snapshot.detail, snapshot.refreshing), (Detail::Reduced, false));
    assert!(snapshot.error.is_some());
}

#[test]
fn response_tags_are_compared_when_the_answer_is_there() {
    let mut rig = Rig::new();
    let observer = rig.observe(ALICE, "Driver", "r1");
    let first = rig.last_attempt();
    // The invalidation of a driver that the answer will name.
    let op = rig.op();
    let request = rig::string_field(1, "d1");
    let method = rig.method("Replace");
    rig.input(Input::Call {
        op,
        session: ALICE,
        method,
        request,
        options: CallOptions::default(),
        form: Form::Get,
    });
    rig.answer_last("ok");
    let driver = |id: &str| -> Bytes { [ride(id), rig::string_field(5, "d1")].concat().into() };
    let sent = rig.sends.len();
    rig.input(Input::Response {
        attempt: first,
        response: Response { body: driver("old"), ..Response::default() },
    });
    assert_eq!(rig.states(observer), [Observed::Loading], "an answer from before is not shown");
    assert_eq!(rig.sends.len(), sent + 1);
    let response = Response { body: driver("new"), ..Response::default() };
    rig.input(Input::Response { attempt: rig.last_attempt(), response });
    assert_eq!(rig.shown(observer).value, driver("new"));
}

#[test]
fn an_answer_that_is_old_on_arrival_does_not_start_a_storm() {
    let mut rig = Rig::new();
    let observer = rig.observe(ALICE, "Quote", "r1");
    let old = |rig: &mut Rig| {
        let mut metadata = holdover_engine::Metadata::new();
        metadata.push("age", "3600").unwrap();
        let response = Response { body: ride("old"), metadata, ..Response::default() };
        rig.input(Input::Response { attempt: rig.last_attempt(), response });
    };
    old(&mut rig);
    let sent = rig.sends.len();
    rig.pass(Duration::from_millis(999));
    assert_eq!(rig.sends.len(), sent);
    rig.pass(Duration::from_millis(1));
    assert_eq!(rig.sends.len(), sent + 1);
    assert!(matches!(rig.states(observer).last(), Some(Observed::Value(_))));
}

#[test]
fn what_the_server_says_is_gone_is_not_fetched_when_it_would_have_become_stale() {
    let mut rig = Rig::new();
    let observer = rig.observe(ALICE, "Quote", "r1");
    rig.answer_last("q1");
    let options = CallOptions { cache: CacheMode::NetworkOnly, ..CallOptions::default() };
    rig.start(ALICE, "Quote", "r1", options, Form::Get);
    rig.fail_last(holdover_engine::Code::NotFound);
    assert!(matches!(rig.states(observer).last(), Some(Observed::Failed(_))));
    let sent = rig.sends.len();
    rig.pass(Duration::from_secs(60));
    assert_eq!(rig.sends.len(), sent);
}

#[test]
fn an_observer_that_allows_no_age_does_not_fetch_without_end() {
    for max_age in [Duration::ZERO, Duration::from_millis(20)] {
        let mut rig = Rig::new();
        let options = CallOptions { cache: CacheMode::MaxAge(max_age), ..CallOptions::default() };
        rig.start(ALICE, "Quote", "r1", options, Form::Observe);
        // Ten seconds of a network that answers within 10 ms.
        for _ in 0..1000 {
            rig.pass(Duration::from_millis(10));
            rig.answer(rig.last_attempt(), "q");
        }
        assert!((5..=11).contains(&rig.sends.len()), "{} requests", rig.sends.len());
    }
}

#[test]
fn an_observer_is_told_of_invalidation_whether_its_answer_is_in_memory_or_not() {
    let mut metadata = holdover_engine::Metadata::new();
    metadata.push("x-debug", "1").unwrap();
    let own = CallOptions { metadata, ..CallOptions::default() };
    let large = holdover_engine::Config { max_memory_entry_bytes: 1, ..holdover_engine::Config::default() };
    let cases = [
        ("reduced", Rig::new(), Quality::Poor, CallOptions::default()),
        ("large", Rig::with(rig::Disk::default(), large), Quality::Good, CallOptions::default()),
        ("metadata", Rig::new(), Quality::Good, own),
    ];
    for (what, mut rig, quality, options) in cases {
        rig.quality(quality);
        let observer = rig.start(ALICE, "Trip", "r1", options, Form::Observe);
        rig.answer_last("t1");
        assert_eq!(rig.shown(observer).value, ride("t1"), "{what}");
        let sent = rig.sends.len();
        let update = rig.get(ALICE, "Update", "r1");
        rig.answer_last("u");
        assert!(rig.result(update).is_some());
        assert_eq!(rig.sends.len(), sent + 2, "{what}: it is fetched again");
        assert_eq!(rig.shown(observer).freshness, Freshness::Stale, "{what}");
        // Invalidated once more, while it is being fetched.
        let before = rig.last_attempt();
        rig.get(ALICE, "Update", "r1");
        rig.answer_last("u");
        rig.answer(before, "t2");
        assert_eq!(rig.shown(observer).value, ride("t1"), "{what}: the answer is too old");
        rig.answer_last("t3");
        assert_eq!(rig.shown(observer).value, ride("t3"), "{what}");
        assert_eq!(rig.shown(observer).freshness, Freshness::Fresh, "{what}");
    }
}

#[test]
fn what_comes_from_disk_late_does_not_replace_an_answer_that_has_come_meanwhile() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r1", "old");
    let mut rig = rig.restart();
    rig.pass(Duration::from_secs(2));
    rig.hold = true;
    let observer = rig.observe(ALICE, "Quote", "r1");
    let op = rig.op();
    rig.input(Input::Refresh { op, observer });
    rig.answer_last("new");
    assert!(rig.result(op).unwrap().is_ok());
    assert_eq!(rig.shown(observer).value, ride("new"));
    while !rig.held.is_empty() {
        rig.release();
        assert_eq!(rig.shown(observer).value, ride("new"));
    }
}

#[test]
fn a_refresh_that_fails_after_an_invalidation_is_not_the_last_word() {
    let mut rig = Rig::new();
    let observer = rig.observe(ALICE, "Driver", "r1");
    let body = |id: &str| -> Bytes { [ride(id), rig::string_field(5, "d1")].concat().into() };
    let response = Response { body: body("a"), ..Response::default() };
    rig.input(Input::Response { attempt: rig.last_attempt(), response });
    let op = rig.op();
    rig.input(Input::Refresh { op, observer });
    let refresh = rig.last_attempt();
    rig.get(ALICE, "Replace", "d1");
    rig.answer_last("done");
    assert_eq!(rig.sends.len(), 4, "it is asked for again, by a request that knows");
    let failure = holdover_engine::Failure::Transport {
        kind: holdover_engine::TransportFailure::Reset,
        unsent: false,
        message: String::new(),
    };
    rig.input(Input::Failed { attempt: refresh, failure });
    assert!(rig.result(op).unwrap().is_err());
    let snapshot = rig.shown(observer);
    assert_eq!((snapshot.freshness, snapshot.refreshing), (Freshness::Stale, true));
    let response = Response { body: body("b"), ..Response::default() };
    rig.input(Input::Response { attempt: rig.last_attempt(), response });
    assert_eq!(rig.shown(observer).value, body("b"));
}
