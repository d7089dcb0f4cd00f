//! A stream has one detail until it is opened again (rules F1, F3, F5, F6, F8, F9).

use bytes::Bytes;
use holdover_engine::{
    AppState, CallOptions, Detail, DetailMode, ErrorKind, Event, Head, Input, Metadata, OpId, Quality, Source,
};

use crate::rig::{ALICE, Rig, ride, string_field};

fn taking(rig: &mut Rig) -> OpId {
    let op = rig.stream(ALICE, "WatchTrimmed", "r1");
    rig.demand(op, 100);
    op
}

fn is_reduced(rig: &Rig) -> bool {
    rig.sends.last().unwrap().metadata.text("holdover-detail").is_some_and(|text| text.starts_with("reduced"))
}

fn plan(rig: &Rig) -> String {
    let asked = rig.sends.last().unwrap().metadata.text("holdover-detail").unwrap();
    asked.split("plan=").nth(1).unwrap().to_owned()
}

fn head(rig: &mut Rig, applied: &str) {
    let mut metadata = Metadata::new();
    metadata.push("holdover-detail-applied", applied.to_owned()).unwrap();
    let head = Head { metadata, after: None };
    rig.input(Input::Head { attempt: rig.last_attempt(), head });
}

/// A ride with a note, which the plan drops.
fn noted(id: &str) -> Bytes {
    [ride(id), string_field(4, "note")].concat().into()
}

fn message(rig: &mut Rig, message: Bytes) {
    rig.input(Input::Message { attempt: rig.last_attempt(), message });
}

#[test]
fn on_a_poor_network_it_is_reduced_and_restored_when_that_recovers() {
    let mut rig = Rig::new();
    rig.quality(Quality::Poor);
    let op = taking(&mut rig);
    assert!(is_reduced(&rig));
    let reduced = rig.last_attempt();
    message(&mut rig, ride("one"));
    assert_eq!(rig.items(op)[0].detail, Detail::Reduced);
    assert!(rig.has_event(|event| matches!(event, Event::Withheld { .. })));
    rig.quality(Quality::Moderate);
    assert!(rig.is_aborted(reduced), "the old one is closed");
    assert!(!is_reduced(&rig) && rig.sends.len() == 2);
    message(&mut rig, noted("two"));
    let item = rig.items(op)[1].clone();
    assert_eq!((item.detail, item.source, item.gap), (Detail::Full, Source::Network, true));
    assert!(rig.has_event(|event| matches!(event, Event::StreamRestored { .. })));
}

#[test]
fn it_keeps_its_detail_as_long_as_it_is_open() {
    let mut rig = Rig::new();
    let op = taking(&mut rig);
    message(&mut rig, noted("one"));
    rig.quality(Quality::Poor);
    assert_eq!(rig.sends.len(), 1);
    message(&mut rig, ride("two"));
    assert_eq!(rig.items(op)[1].detail, Detail::Full, "nothing was asked to be left out");
    rig.break_last();
    rig.pass(std::time::Duration::from_secs(2));
    assert!(is_reduced(&rig), "opened again, it is trimmed");
    message(&mut rig, ride("three"));
    let item = rig.items(op)[2].clone();
    assert_eq!(item.detail, Detail::Reduced);
    assert_eq!(item.withheld.unwrap().last_known, Some(ride("two")), "the last full message");
}

#[test]
fn every_message_says_for_itself_whether_it_is_reduced() {
    let mut rig = Rig::new();
    rig.quality(Quality::Poor);
    let op = taking(&mut rig);
    message(&mut rig, ride("one"));
    message(&mut rig, noted("two"));
    let details: Vec<Detail> = rig.items(op).iter().map(|item| item.detail).collect();
    assert_eq!(details, [Detail::Reduced, Detail::Full]);
}

#[test]
fn what_the_head_says_holds_for_all() {
    let mut rig = Rig::new();
    rig.quality(Quality::Poor);
    let full = taking(&mut rig);
    head(&mut rig, "full");
    message(&mut rig, ride("one"));
    assert_eq!(rig.items(full)[0].detail, Detail::Full);
    rig.input(Input::Cancel { op: full });
    let reduced = taking(&mut rig);
    let applied = format!("reduced; plan={}", plan(&rig));
    head(&mut rig, &applied);
    message(&mut rig, noted("two"));
    assert_eq!(rig.items(reduced).last().unwrap().detail, Detail::Reduced);
}

#[test]
fn reduced_unasked_it_is_opened_once_more_and_then_taken_as_it_is() {
    let mut rig = Rig::new();
    rig.quality(Quality::Poor);
    let op = taking(&mut rig);
    let applied = format!("reduced; plan={}", plan(&rig));
    rig.input(Input::Cancel { op });
    rig.quality(Quality::Good);
    let op = taking(&mut rig);
    let sends = rig.sends.len();
    head(&mut rig, &applied);
    assert_eq!(rig.sends.len(), sends + 1);
    assert!(rig.is_aborted(rig.sends[sends - 1].attempt));
    assert!(rig.has_event(|event| matches!(event, Event::DetailRefetched { .. })));
    head(&mut rig, &applied);
    assert_eq!(rig.sends.len(), sends + 1);
    message(&mut rig, ride("one"));
    let item = rig.items(op)[0].clone();
    assert_eq!((item.detail, item.gap), (Detail::Reduced, false));
    assert_eq!(item.error.unwrap().kind, ErrorKind::Unusable);
}

#[test]
fn a_reader_that_wants_all_keeps_it_whole() {
    let mut rig = Rig::new();
    let options = CallOptions { detail: DetailMode::Full, ..CallOptions::default() };
    let full = rig.stream_with(ALICE, "WatchTrimmed", "r1", options);
    let other = taking(&mut rig);
    assert_eq!(rig.sends.len(), 1);
    rig.quality(Quality::Poor);
    rig.break_last();
    rig.pass(std::time::Duration::from_secs(2));
    assert!(!is_reduced(&rig));
    rig.input(Input::Cancel { op: full });
    rig.break_last();
    rig.pass(std::time::Duration::from_secs(3));
    assert!(is_reduced(&rig), "nobody wants all any more");
    assert_eq!(rig.ended(other), None);
}

#[test]
fn two_that_come_to_the_same_detail_become_one() {
    let mut rig = Rig::new();
    let first = taking(&mut rig);
    message(&mut rig, noted("full"));
    rig.quality(Quality::Poor);
    let second = taking(&mut rig);
    message(&mut rig, ride("reduced"));
    assert_eq!(rig.sends.len(), 2);
    rig.quality(Quality::Good);
    assert_eq!(rig.sends.len(), 2, "the full one runs already");
    assert!(rig.is_aborted(rig.sends[1].attempt));
    rig.message(rig.sends[0].attempt, "for both");
    assert_eq!(rig.items(first).last().unwrap().value, ride("for both"));
    let items = rig.items(second);
    assert_eq!(items.last().unwrap().value, ride("for both"));
    let values: Vec<Bytes> = items.iter().map(|item| item.value.clone()).collect();
    assert_eq!(values, [noted("full"), ride("reduced"), noted("full"), ride("for both")]);
    assert!(items[2].gap, "it may have missed some");
    assert_eq!((items[0].source, items[2].source), (Source::Replay, Source::Network));
    rig.input(Input::Cancel { op: first });
    rig.input(Input::Cancel { op: second });
    assert_eq!(rig.timeout, None);
}

#[test]
fn a_full_message_and_a_reduced_one_are_kept_side_by_side() {
    let mut rig = Rig::new();
    let op = taking(&mut rig);
    message(&mut rig, noted("full"));
    rig.input(Input::Cancel { op });
    rig.quality(Quality::Poor);
    rig.pass(std::time::Duration::from_secs(1));
    let op = taking(&mut rig);
    message(&mut rig, ride("reduced"));
    rig.input(Input::Cancel { op });
    let mut rig = rig.restart();
    let options = CallOptions { detail: DetailMode::Full, ..CallOptions::default() };
    let all_only = rig.stream_with(ALICE, "WatchTrimmed", "r1", options);
    rig.demand(all_only, 1);
    let item = rig.items(all_only)[0].clone();
    assert_eq!((item.value, item.detail), (noted("full"), Detail::Full));
    rig.input(Input::Cancel { op: all_only });
    // The newest is the last message, on a good network too: nobody's screen goes back in time.
    for quality in [Quality::Good, Quality::Poor] {
        rig.quality(quality);
        let op = taking(&mut rig);
        let item = rig.items(op)[0].clone();
        assert_eq!((item.value, item.detail), (ride("reduced"), Detail::Reduced), "{quality:?}");
        assert_eq!(item.withheld.unwrap().last_known, Some(noted("full")));
        rig.input(Input::Cancel { op });
    }
    assert_eq!(rig.disk.records.len(), 2);
}

#[test]
fn what_comes_back_to_the_screen_is_never_older_than_what_was_on_it() {
    let mut rig = Rig::new();
    let op = taking(&mut rig);
    message(&mut rig, noted("full"));
    rig.quality(Quality::Poor);
    rig.break_last();
    rig.pass(std::time::Duration::from_secs(2));
    assert!(is_reduced(&rig));
    let said = format!("reduced; plan={}", plan(&rig));
    head(&mut rig, &said);
    message(&mut rig, ride("reduced"));
    rig.input(Input::App(AppState::Background));
    rig.pass(std::time::Duration::from_secs(31));
    rig.quality(Quality::Good);
    rig.input(Input::App(AppState::Foreground));
    let back = rig.items(op).pop().unwrap();
    assert_eq!((back.source, back.value, back.detail), (Source::Replay, ride("reduced"), Detail::Reduced));
    assert!(!is_reduced(&rig), "the new stream is a full one");
    message(&mut rig, noted("newer"));
    let live = rig.items(op).pop().unwrap();
    assert_eq!((live.source, live.value, live.detail), (Source::Network, noted("newer"), Detail::Full));
}
