//! The last message of a stream is kept, and replayed within its window (rules G2, D1, E2, E3, F6).

use std::time::Duration;

use bytes::Bytes;
use holdover_engine::{
    CacheMode, CallOptions, Code, ErrorKind, Event, Freshness, Input, Metadata, OutboxChoice, Quality,
    Session, SessionId, Snapshot, Source,
};

use crate::rig::{ALICE, BOB, Rig, ride, ride_request};

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A stream that has brought one message and has been closed by its reader.
fn watched(method: &str) -> Rig {
    let mut rig = Rig::new();
    let op = rig.stream(ALICE, method, "r1");
    rig.demand(op, 1);
    rig.message_last("kept");
    rig.input(Input::Cancel { op });
    rig
}

fn first(rig: &mut Rig, method: &str) -> Option<Snapshot> {
    let op = rig.stream(ALICE, method, "r1");
    rig.demand(op, 1);
    rig.items(op).into_iter().next()
}

#[test]
fn reopened_within_the_window_it_is_replayed_at_once_and_live_follows() {
    let mut rig = watched("Watch");
    rig.pass(Duration::from_millis(59_999));
    let op = rig.stream(ALICE, "Watch", "r1");
    rig.demand(op, 2);
    let sent = rig.sends.len();
    assert_eq!(sent, 2, "a new stream opens meanwhile");
    let replay = rig.items(op)[0].clone();
    assert_eq!(replay.value, ride("kept"));
    assert_eq!((replay.source, replay.freshness, replay.gap), (Source::Replay, Freshness::Stale, false));
    assert_eq!(replay.age, Duration::from_millis(59_999));
    assert_eq!(replay.as_of_ms, rig.now.wall_ms - 59_999);
    rig.message_last("live");
    let live = rig.items(op)[1].clone();
    assert_eq!((live.source, live.freshness, live.gap), (Source::Network, Freshness::Fresh, false));
    assert!(rig.has_event(|event| matches!(event, Event::Replayed { .. })));
}

#[test]
fn at_the_end_of_the_window_it_is_not() {
    let mut rig = watched("Watch");
    rig.pass(seconds(60));
    assert_eq!(first(&mut rig, "Watch"), None);
    rig.message_last("live");
    assert_eq!(rig.delivered.len(), 2, "two live items and nothing else: {:?}", rig.delivered);
}

#[test]
fn what_could_not_be_replayed_at_the_start_is_not_replayed_later() {
    let mut rig = watched("Watch");
    rig.pass(seconds(60));
    let op = rig.stream(ALICE, "Watch", "r1");
    rig.head_last();
    rig.demand(op, 1);
    assert_eq!(rig.items(op), [], "the window was over when the call started");
    rig.message_last("live");
    assert_eq!(rig.items(op)[0].value, ride("live"));
}

#[test]
fn the_window_begins_when_the_stream_was_last_open_and_not_at_its_last_message() {
    let mut rig = Rig::new();
    let op = rig.stream(ALICE, "Watch", "r1");
    rig.demand(op, 1);
    rig.message_last("kept");
    rig.pass(seconds(3600));
    rig.input(Input::Cancel { op });
    rig.pass(seconds(59));
    let replay = first(&mut rig, "Watch").unwrap();
    assert_eq!((replay.source, replay.age), (Source::Replay, seconds(3659)));
}

#[test]
fn it_takes_no_demand_of_nobody() {
    let mut rig = watched("Watch");
    let op = rig.stream(ALICE, "Watch", "r1");
    assert_eq!(rig.items(op), []);
    rig.message_last("nobody asked the wire for it");
    rig.demand(op, 1);
    assert_eq!(rig.items(op)[0].source, Source::Replay);
    assert_eq!(rig.pulled(rig.last_attempt()), 0, "its demand is used up");
}

#[test]
fn it_is_kept_on_disk_with_the_moment_when_it_was_last_live() {
    let rig = watched("Watch");
    let mut rig = rig.restart();
    rig.pass(seconds(58));
    let replay = first(&mut rig, "Watch").unwrap();
    assert_eq!((replay.source, replay.value), (Source::Replay, ride("kept")));
    let mut rig = watched("Watch").restart();
    rig.pass(seconds(59));
    assert_eq!(first(&mut rig, "Watch"), None, "a second passed with the restart");
}

#[test]
fn a_kill_loses_the_last_second_at_most() {
    let mut rig = Rig::new();
    let op = rig.stream(ALICE, "Watch", "r1");
    rig.demand(op, 99);
    rig.message_last("first");
    rig.pass(Duration::from_millis(500));
    rig.message_last("second");
    rig.message_last("third");
    let saves = |rig: &Rig| rig.trace.iter().filter(|step| *step == "store Save").count();
    assert_eq!(saves(&rig), 1);
    rig.pass(Duration::from_millis(500));
    assert_eq!(saves(&rig), 2);
    // Nothing comes for a long time, and then the process is killed.
    rig.pass(seconds(600));
    let mut rig = rig.restart();
    rig.pass(seconds(57));
    assert_eq!(first(&mut rig, "Watch").unwrap().value, ride("third"));
}

#[test]
fn what_stays_in_memory_is_gone_with_the_process() {
    let mut rig = watched("WatchDraft");
    assert_eq!(first(&mut rig, "WatchDraft").unwrap().source, Source::Replay);
    assert!(rig.disk.records.is_empty());
    let mut rig = watched("WatchDraft").restart();
    assert_eq!(first(&mut rig, "WatchDraft"), None);
}

#[test]
fn ok_keeps_it_and_permission_denied_and_not_found_evict_it() {
    let mut rig = watched("Watch");
    let op = rig.stream(ALICE, "Watch", "r1");
    rig.end_last();
    assert_eq!(rig.ended(op), Some(Ok(())));
    rig.pass(seconds(30));
    assert_eq!(first(&mut rig, "Watch").unwrap().source, Source::Replay);
    for code in [Code::PermissionDenied, Code::NotFound] {
        let mut rig = watched("Watch");
        let op = rig.stream(ALICE, "Watch", "r1");
        rig.fail_last(code);
        assert_eq!(rig.ended(op).unwrap().unwrap_err().kind, ErrorKind::Rejected);
        assert_eq!(first(&mut rig, "Watch"), None);
        assert!(rig.disk.records.is_empty());
        assert!(rig.has_event(|event| matches!(event, Event::Evicted { .. })));
    }
    let mut rig = watched("Watch");
    rig.stream(ALICE, "Watch", "r1");
    rig.fail_last(Code::FailedPrecondition);
    assert_eq!(first(&mut rig, "Watch").unwrap().source, Source::Replay, "other statuses change nothing");
}

#[test]
fn nobody_else_is_shown_it() {
    let mut rig = watched("Watch");
    let op = rig.stream(BOB, "Watch", "r1");
    rig.demand(op, 1);
    assert_eq!(rig.items(op), []);
    let other = rig.stream(ALICE, "Watch", "r2");
    rig.demand(other, 1);
    assert_eq!(rig.items(other), []);
}

#[test]
fn signing_out_destroys_it() {
    let mut rig = watched("Watch");
    let op = rig.op();
    rig.input(Input::SignOut { op, session: ALICE, outbox: OutboxChoice::Discard });
    rig.open(SessionId(9), holdover_engine::Account::user("alice"));
    let op = rig.stream(SessionId(9), "Watch", "r1");
    rig.demand(op, 1);
    assert_eq!(rig.items(op), []);
    assert_eq!(rig.sends.len(), 2);
}

fn update(rig: &mut Rig) {
    let op = rig.get(ALICE, "Update", "r1");
    rig.answer_last("new");
    assert!(rig.result(op).unwrap().is_ok());
}

#[test]
fn what_was_invalidated_is_shown_only_when_opening_has_failed() {
    let mut rig = watched("Watch");
    update(&mut rig);
    let op = rig.stream(ALICE, "Watch", "r1");
    rig.demand(op, 1);
    assert_eq!(rig.items(op), []);
    rig.fail_last(Code::Unavailable);
    let shown = rig.items(op)[0].clone();
    assert_eq!((shown.source, shown.freshness), (Source::Replay, Freshness::Stale));
    assert_eq!(shown.error.unwrap().kind, ErrorKind::Unavailable);
}

#[test]
fn it_is_invalidated_across_restarts_too() {
    let mut rig = watched("Watch");
    update(&mut rig);
    let mut rig = rig.restart();
    assert_eq!(first(&mut rig, "Watch"), None);
    let op = rig.stream(ALICE, "Watch", "r1");
    rig.demand(op, 1);
    rig.message_last("newer");
    rig.input(Input::Cancel { op });
    let mut rig = rig.restart();
    assert_eq!(first(&mut rig, "Watch").unwrap().value, ride("newer"));
}

#[test]
fn what_comes_after_an_invalidation_knows_of_it() {
    let mut rig = Rig::new();
    let op = rig.stream(ALICE, "Watch", "r1");
    let attempt = rig.last_attempt();
    rig.demand(op, 9);
    rig.message(attempt, "before");
    update(&mut rig);
    rig.message(attempt, "after");
    rig.input(Input::Cancel { op });
    assert_eq!(first(&mut rig, "Watch").unwrap().value, ride("after"));
}

#[test]
fn a_clock_that_is_not_trusted_makes_it_as_good_as_invalidated() {
    let rig = watched("Watch");
    let mut rig = rig.restart();
    rig.now.boot_id = holdover_engine::BootId(2);
    rig.now.wall_ms -= 120_000;
    assert_eq!(first(&mut rig, "Watch"), None);
    assert_eq!(rig.sends.len(), 1);
}

#[test]
fn across_boots_the_wall_clock_counts() {
    for (passed, shown) in [(57_000, true), (60_000, false)] {
        let mut rig = watched("Watch").restart();
        rig.now.boot_id = holdover_engine::BootId(2);
        rig.now.boot = holdover_engine::Instant(5);
        rig.now.wall_ms += passed;
        assert_eq!(first(&mut rig, "Watch").is_some(), shown, "{passed}");
    }
}

#[test]
fn calls_that_stay_away_from_the_cache_are_shown_nothing_and_leave_nothing() {
    let with = |name: &str| {
        let mut metadata = Metadata::new();
        metadata.push(name, "x").unwrap();
        CallOptions { metadata, ..CallOptions::default() }
    };
    let network_only = CallOptions { cache: CacheMode::NetworkOnly, ..CallOptions::default() };
    for options in [with("authorization"), with("x-other"), network_only] {
        let mut rig = watched("Watch");
        let op = rig.stream_with(ALICE, "Watch", "r1", options);
        rig.demand(op, 1);
        assert_eq!(rig.items(op), []);
        rig.message_last("live");
        assert_eq!(rig.items(op)[0].source, Source::Network);
    }
    let mut rig = watched("Watch");
    let unknown = Bytes::from([ride_request("r1"), Bytes::from_static(b"\x78\x01")].concat());
    let op = rig.op();
    let method = rig.method("Watch");
    rig.input(Input::Call {
        op,
        session: ALICE,
        method,
        request: unknown,
        options: CallOptions::default(),
        form: holdover_engine::Form::Stream,
    });
    rig.demand(op, 1);
    assert_eq!(rig.items(op), []);
    rig.message_last("live");
    rig.input(Input::Cancel { op });
    assert_eq!(first(&mut rig, "Watch").unwrap().value, ride("kept"));
}

#[test]
fn in_the_sign_in_state_nothing_is_replayed() {
    let mut rig = watched("Watch");
    let op = rig.stream(ALICE, "Feed", "r1");
    rig.fail_last(Code::Unauthenticated);
    rig.fail_last(Code::Unauthenticated);
    assert!(rig.ended(op).is_some());
    let op = rig.stream(ALICE, "Watch", "r1");
    rig.demand(op, 1);
    assert_eq!(rig.items(op), []);
    assert_eq!(rig.ended(op).unwrap().unwrap_err().kind, ErrorKind::SignInRequired);
}

#[test]
fn a_store_that_fails_leaves_memory() {
    let mut rig = Rig::new();
    rig.disk.fault = Some(holdover_engine::StoreFaultKind::Locked);
    let op = rig.stream(ALICE, "Watch", "r1");
    rig.demand(op, 1);
    rig.message_last("kept");
    rig.input(Input::Cancel { op });
    assert_eq!(first(&mut rig, "Watch").unwrap().value, ride("kept"));
}

#[test]
fn offline_it_is_replayed_and_the_stream_waits_for_the_network() {
    let mut rig = watched("Watch");
    rig.quality(Quality::Offline);
    let op = rig.stream(ALICE, "Watch", "r1");
    rig.demand(op, 2);
    assert_eq!(rig.items(op)[0].source, Source::Replay);
    assert_eq!((rig.sends.len(), rig.timeout), (1, None));
    rig.quality(Quality::Good);
    assert_eq!(rig.sends.len(), 2);
    rig.message_last("live");
    assert_eq!(rig.items(op)[1].source, Source::Network);
}

#[test]
fn ambient_metadata_that_varies_keeps_streams_apart() {
    let mut rig = Rig::new();
    for (n, locale) in [(5, "nl"), (6, "de")] {
        let mut metadata = Metadata::new();
        metadata.push("locale", locale).unwrap();
        let account = holdover_engine::Account::user("alice");
        let endpoint = holdover_engine::Endpoint::new("prod");
        let config = Session { account, endpoint, metadata, varies: vec!["locale".into()] };
        rig.input(Input::OpenSession { session: SessionId(n), config });
    }
    let dutch = rig.stream(SessionId(5), "Watch", "r1");
    let german = rig.stream(SessionId(6), "Watch", "r1");
    assert_eq!(rig.sends.len(), 2);
    rig.demand(dutch, 1);
    rig.demand(german, 1);
    rig.message(rig.sends[0].attempt, "nl");
    assert_eq!((rig.items(dutch).len(), rig.items(german).len()), (1, 0));
}

/// Rule E4: what a stream renews is pinned for as long as it runs.
#[test]
fn what_a_stream_renews_is_not_evicted_while_it_runs() {
    let mut rig = watched("Watch");
    let op = rig.stream(ALICE, "Watch", "r1");
    rig.demand(op, 2);
    let used = rig.engine.memory_use();
    assert_eq!((used.entries, used.pinned), (1, 1));
    rig.input(Input::MemoryPressure);
    assert_eq!(rig.engine.memory_use().entries, 1);
    rig.input(Input::Cancel { op });
    let used = rig.engine.memory_use();
    assert_eq!((used.entries, used.pinned), (1, 0), "it is kept, and may go");
    rig.input(Input::MemoryPressure);
    assert_eq!(rig.engine.memory_use().entries, 0);
}
