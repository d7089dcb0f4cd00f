//! Callers of the same stream share it; one that lags skips to the newest message (rules G4, G5, A7).

use std::time::Duration;

use holdover_engine::{
    Account, CallOptions, Code, DetailMode, Event, Failure, Freshness, Input, Metadata, OpId, OutboxChoice,
    Output, Priority, Quality, SessionId, Source,
};

use crate::rig::{ALICE, BOB, Rig, ride};

fn taking(rig: &mut Rig, items: u32) -> OpId {
    let op = rig.stream(ALICE, "Watch", "r1");
    rig.demand(op, items);
    op
}

#[test]
fn one_stream_serves_all_and_a_late_joiner_begins_with_the_current_message() {
    let mut rig = Rig::new();
    let (a, b) = (taking(&mut rig, 9), taking(&mut rig, 9));
    assert_eq!(rig.sends.len(), 1);
    assert!(rig.has_event(|event| matches!(event, Event::StreamShared { .. })));
    rig.message_last("one");
    rig.pass(Duration::from_secs(3));
    let late = taking(&mut rig, 1);
    for op in [a, b, late] {
        let item = rig.items(op)[0].clone();
        assert_eq!(
            (item.value, item.source, item.freshness),
            (ride("one"), Source::Network, Freshness::Fresh)
        );
        assert!(!item.gap);
    }
    assert_eq!(rig.items(late)[0].age, Duration::from_secs(3));
    rig.message_last("two");
    assert_eq!([a, b, late].map(|op| rig.items(op).len()), [2, 2, 1]);
    rig.end_last();
    assert_eq!([a, b].map(|op| rig.ended(op)), [Some(Ok(())), Some(Ok(()))]);
}

#[test]
fn the_last_to_leave_closes_it() {
    let mut rig = Rig::new();
    let (a, b) = (taking(&mut rig, 9), taking(&mut rig, 9));
    rig.input(Input::Cancel { op: a });
    assert!(rig.aborted.is_empty());
    rig.message_last("one");
    assert_eq!((rig.items(a).len(), rig.items(b).len()), (0, 1));
    rig.input(Input::Cancel { op: b });
    assert_eq!(rig.aborted, [rig.last_attempt()]);
    assert_eq!(rig.timeout, None);
}

#[test]
fn others_are_not_let_in() {
    let mut rig = Rig::new();
    rig.open(SessionId(7), Account::Guest);
    let with = |name: &str, value: &'static str| {
        let mut metadata = Metadata::new();
        metadata.push(name, value).unwrap();
        CallOptions { metadata, ..CallOptions::default() }
    };
    rig.stream(ALICE, "Watch", "r1");
    rig.stream(ALICE, "Watch", "r2");
    rig.stream(ALICE, "WatchDraft", "r1");
    rig.stream(BOB, "Watch", "r1");
    rig.stream(SessionId(7), "Watch", "r1");
    rig.stream_with(ALICE, "Watch", "r1", with("x-own", "1"));
    rig.stream_with(ALICE, "Watch", "r1", with("authorization", "mine"));
    assert_eq!(rig.sends.len(), 7);
    rig.stream_with(ALICE, "Watch", "r1", with("traceparent", "t"));
    assert_eq!(rig.sends.len(), 7, "a trace id changes nothing");
    for _ in 0..2 {
        rig.stream(ALICE, "Follow", "r1");
        rig.stream(ALICE, "Feed", "r1");
    }
    assert_eq!(rig.sends.len(), 11, "only streams with replay are shared");
}

#[test]
fn what_is_trimmed_and_what_is_not_are_two_streams() {
    let mut rig = Rig::new();
    rig.stream(ALICE, "WatchTrimmed", "r1");
    rig.quality(Quality::Poor);
    rig.stream(ALICE, "WatchTrimmed", "r1");
    assert_eq!(rig.sends.len(), 2);
    rig.stream(ALICE, "WatchTrimmed", "r1");
    assert_eq!(rig.sends.len(), 2);
    let options = CallOptions { detail: DetailMode::Full, ..CallOptions::default() };
    rig.stream_with(ALICE, "WatchTrimmed", "r1", options);
    assert_eq!(rig.sends.len(), 2, "the full one runs already");
}

#[test]
fn a_lagging_reader_skips_to_the_newest_message_and_is_told() {
    let mut rig = Rig::new();
    let (slow, fast) = (taking(&mut rig, 1), taking(&mut rig, 100));
    for id in ["one", "two", "three", "four"] {
        rig.message_last(id);
    }
    assert_eq!((rig.items(slow).len(), rig.items(fast).len()), (1, 4));
    rig.demand(slow, 5);
    let items = rig.items(slow);
    assert_eq!((items.len(), items[1].value.clone(), items[1].gap), (2, ride("four"), true));
    rig.message_last("five");
    assert!(!rig.items(slow)[2].gap);
    assert!(rig.items(fast).iter().all(|item| !item.gap));
    let skips = rig.events.iter().filter(|event| matches!(event, Event::StreamSkipped { .. })).count();
    assert_eq!(skips, 2);
}

#[test]
fn one_behind_has_missed_nothing() {
    let mut rig = Rig::new();
    let (slow, _fast) = (taking(&mut rig, 1), taking(&mut rig, 100));
    rig.message_last("one");
    rig.message_last("two");
    rig.demand(slow, 1);
    assert_eq!((rig.items(slow)[1].value.clone(), rig.items(slow)[1].gap), (ride("two"), false));
}

#[test]
fn the_wire_stalls_only_when_everybody_does() {
    let mut rig = Rig::new();
    let (a, b) = (taking(&mut rig, 1), taking(&mut rig, 3));
    let attempt = rig.last_attempt();
    assert_eq!(rig.pulled(attempt), 3);
    for id in ["one", "two", "three"] {
        rig.message_last(id);
    }
    assert_eq!(rig.pulled(attempt), 3, "nobody takes more");
    rig.demand(a, 1);
    assert_eq!(rig.pulled(attempt), 3, "there was one unread");
    rig.demand(a, 1);
    assert_eq!(rig.pulled(attempt), 4);
    rig.demand(b, 1);
    assert_eq!(rig.pulled(attempt), 4, "one message serves both");
    rig.message_last("four");
    assert_eq!((rig.items(a).len(), rig.items(b).len()), (3, 4));
}

#[test]
fn what_was_pulled_for_one_who_has_left_is_not_held() {
    let mut rig = Rig::new();
    let (slow, fast) = (taking(&mut rig, 0), taking(&mut rig, 1000));
    rig.input(Input::Cancel { op: fast });
    for n in 0..1000 {
        rig.message_last(&n.to_string());
    }
    assert_eq!(rig.items(slow), []);
    rig.demand(slow, 1);
    let items = rig.items(slow);
    assert_eq!((items.len(), items[0].value.clone(), items[0].gap), (1, ride("999"), true));
}

#[test]
fn a_lagging_reader_gets_the_newest_message_before_the_end() {
    let mut rig = Rig::new();
    let (slow, fast) = (taking(&mut rig, 0), taking(&mut rig, 9));
    rig.message_last("last");
    rig.end_last();
    assert_eq!((rig.ended(fast), rig.ended(slow)), (Some(Ok(())), None));
    assert_eq!(rig.timeout, None, "nothing is left to do for it");
    rig.demand(slow, 1);
    assert_eq!(rig.items(slow)[0].value, ride("last"));
    assert_eq!(rig.items(slow)[0].source, Source::Network);
    assert_eq!(rig.ended(slow), Some(Ok(())));
}

#[test]
fn and_it_ages_until_it_is_taken() {
    let mut rig = Rig::new();
    let (slow, _fast) = (taking(&mut rig, 0), taking(&mut rig, 9));
    rig.message_last("last");
    rig.pass(Duration::from_secs(2));
    rig.end_last();
    rig.pass(Duration::from_secs(3));
    rig.demand(slow, 1);
    assert_eq!(rig.items(slow)[0].age, Duration::from_secs(5));
}

#[test]
fn and_it_tells_of_a_gap_before_it() {
    let mut rig = Rig::new();
    let (slow, _fast) = (taking(&mut rig, 1), taking(&mut rig, 9));
    rig.message_last("one");
    rig.fail_last(Code::Unavailable);
    rig.pass(Duration::from_secs(2));
    rig.message_last("two");
    rig.fail_last(Code::InvalidArgument);
    rig.demand(slow, 1);
    let items = rig.items(slow);
    assert_eq!((items[1].value.clone(), items[1].gap), (ride("two"), true));
}

#[test]
fn but_not_when_it_is_forbidden_or_signed_out() {
    let mut rig = Rig::new();
    let (slow, fast) = (taking(&mut rig, 0), taking(&mut rig, 9));
    rig.message_last("last");
    rig.fail_last(Code::PermissionDenied);
    assert!(rig.ended(fast).is_some() && rig.ended(slow).is_some());
    let (slow, _fast) = (taking(&mut rig, 0), taking(&mut rig, 9));
    rig.message_last("last");
    rig.end_last();
    assert_eq!(rig.ended(slow), None);
    let op = rig.op();
    rig.input(Input::SignOut { op, session: ALICE, outbox: OutboxChoice::Discard });
    assert!(rig.ended(slow).unwrap().is_err());
    rig.demand(slow, 1);
    assert_eq!(rig.items(slow), []);
}

#[test]
fn every_caller_has_a_timeout_of_its_own() {
    let mut rig = Rig::new();
    let options = CallOptions { timeout: Some(Duration::from_secs(5)), ..CallOptions::default() };
    let short = rig.stream_with(ALICE, "Watch", "r1", options);
    let long = taking(&mut rig, 9);
    assert_eq!(rig.sends[0].timeout, None, "others may wait longer");
    rig.head_last();
    rig.pass(Duration::from_secs(5));
    assert!(rig.ended(short).unwrap().is_err() && rig.ended(long).is_none());
    rig.message_last("one");
    assert_eq!(rig.items(long).len(), 1);
}

#[test]
fn joining_raises_its_priority() {
    let mut rig = Rig::new();
    let background = CallOptions { priority: Some(Priority::Background), ..CallOptions::default() };
    rig.stream_with(ALICE, "Watch", "r1", background);
    assert_eq!(rig.sends[0].priority, Priority::Background);
    taking(&mut rig, 1);
    assert!(rig.trace.contains(&"raise".to_owned()));
}

#[test]
fn who_comes_after_an_invalidation_is_not_shown_what_came_before_it() {
    let mut rig = Rig::new();
    let early = taking(&mut rig, 9);
    let old = rig.last_attempt();
    rig.message_last("before");
    let update = rig.get(ALICE, "Update", "r1");
    rig.answer_last("new");
    assert!(rig.result(update).unwrap().is_ok());
    let late = taking(&mut rig, 9);
    assert_eq!(rig.items(late), []);
    assert!(rig.is_aborted(old));
    assert_eq!(rig.sends.len(), 3, "the stream is opened anew for both");
    let another = taking(&mut rig, 9);
    assert_eq!(rig.sends.len(), 3);
    rig.message_last("after");
    assert!(rig.items(early)[1].gap);
    for op in [late, another] {
        assert_eq!(rig.items(op)[0].value, ride("after"));
    }
    taking(&mut rig, 1);
    assert_eq!(rig.sends.len(), 3, "what came since knows of it");
}

#[test]
fn a_thousand_readers_hear_of_one_message() {
    let mut rig = Rig::new();
    let readers: Vec<OpId> = (0..1000).map(|_| taking(&mut rig, 1)).collect();
    assert_eq!(rig.sends.len(), 1);
    rig.message_last("one");
    assert!(readers.iter().all(|op| rig.items(*op).len() == 1));
    let pulls = rig.wire.iter().filter(|output| matches!(output, Output::Pull { .. })).count();
    assert_eq!(pulls, 1);
}

#[test]
fn who_came_when_there_was_nothing_to_show_is_told_of_the_end() {
    let mut rig = Rig::new();
    let (slow, fast) = (taking(&mut rig, 1), taking(&mut rig, 9));
    rig.message_last("one");
    rig.message_last("two");
    let mut metadata = Metadata::new();
    metadata.push("grpc-retry-pushback-ms", "120000").unwrap();
    let failure = Failure::Status {
        code: Code::Unavailable,
        message: String::new(),
        details: bytes::Bytes::new(),
        metadata,
    };
    rig.input(Input::Failed { attempt: rig.last_attempt(), failure });
    rig.pass(Duration::from_secs(61));
    rig.demand(slow, 1);
    assert_eq!(rig.items(slow).len(), 1, "the window is over");
    rig.pass(Duration::from_secs(59));
    rig.head_last();
    rig.end_last();
    assert_eq!((rig.ended(fast), rig.ended(slow)), (Some(Ok(())), Some(Ok(()))));
}
