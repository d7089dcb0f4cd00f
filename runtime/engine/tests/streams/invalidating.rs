//! Streams that change something on the server, streams of the device, and tags whose names change (rules D1, D2, A7, E5).

use std::time::Duration;

use bytes::Bytes;
use holdover_engine::policy::{PolicySet, cache::Scope};
use holdover_engine::{Code, Freshness, Input, Metadata, OpId, OutboxChoice, Source, StoreFaultKind};
use prost::Message as _;

use crate::rig::{ALICE, BOB, Rig, ride};

/// A rig whose policy is the vectors' with a change.
fn with(change: impl FnOnce(&mut PolicySet)) -> Rig {
    let mut rig = Rig::new();
    let mut set = PolicySet::decode(&include_bytes!("../../../../tests/vectors/api.policy")[..]).unwrap();
    change(&mut set);
    rig.methods = rig.engine.register(&Bytes::from(set.encode_to_vec())).unwrap();
    rig
}

/// Feed makes a ride's answers outdated.
fn with_mutation() -> Rig {
    with(|set| {
        let update = set.methods.iter().find(|method| method.name == "Update").unwrap().clone();
        let feed = set.methods.iter_mut().find(|method| method.name == "Feed").unwrap();
        feed.invalidates = update.invalidates;
    })
}

/// Whether a stored fare of the ride is still fresh.
fn is_fresh(rig: &mut Rig) -> bool {
    rig.peek(ALICE, "Fare", "r1").is_some_and(|snapshot| snapshot.freshness == Freshness::Fresh)
}

fn feed(rig: &mut Rig) -> OpId {
    rig.fetch(ALICE, "Fare", "r1", "fare");
    assert!(is_fresh(rig));
    let op = rig.stream(ALICE, "Feed", "r1");
    rig.demand(op, 9);
    rig.message_last("one");
    op
}

#[test]
fn its_end_invalidates_and_is_told_when_that_is_durable() {
    let mut rig = with_mutation();
    let op = feed(&mut rig);
    rig.hold = true;
    rig.end_last();
    assert!(!is_fresh(&mut rig));
    assert_eq!(rig.ended(op), None);
    rig.release_all();
    assert_eq!(rig.ended(op), Some(Ok(())));
}

#[test]
fn a_failure_without_proof_and_a_cancellation_invalidate_too_and_a_rejection_does_not() {
    let mut rig = with_mutation();
    let op = feed(&mut rig);
    rig.fail_last(Code::InvalidArgument);
    assert!(rig.ended(op).unwrap().is_err());
    assert!(is_fresh(&mut rig));
    let op = feed(&mut rig);
    rig.break_last();
    assert!(rig.ended(op).unwrap().is_err());
    assert!(!is_fresh(&mut rig));
    let op = feed(&mut rig);
    rig.input(Input::Cancel { op });
    assert!(!is_fresh(&mut rig));
    assert_eq!(rig.ended(op), None);
    rig.pass(Duration::from_secs(60));
    assert_eq!(rig.timeout, None);
}

#[test]
fn signing_out_ends_it_before_its_tags_are_durable() {
    let mut rig = with_mutation();
    let op = feed(&mut rig);
    let out = rig.op();
    rig.input(Input::SignOut { op: out, session: ALICE, outbox: OutboxChoice::Discard });
    assert!(rig.ended(op).unwrap().is_err());
    assert_eq!(rig.delivered.iter().filter(|(to, _)| *to == op).count(), 2, "one item and one end");
}

#[test]
fn a_stream_of_the_device_is_shared_by_accounts_and_outlives_the_one_that_began_it() {
    let mut rig = with(|set| {
        let watch = set.methods.iter_mut().find(|method| method.name == "Watch").unwrap();
        watch.cache.as_mut().unwrap().scope = Scope::Device as i32;
    });
    let alice = rig.stream(ALICE, "Watch", "r1");
    let bob = rig.stream(BOB, "Watch", "r1");
    rig.demand(alice, 9);
    rig.demand(bob, 9);
    assert_eq!((rig.sends.len(), rig.asks.len()), (1, 0));
    assert_eq!(rig.sends[0].metadata.get("authorization"), None);
    let out = rig.op();
    rig.input(Input::SignOut { op: out, session: ALICE, outbox: OutboxChoice::Discard });
    assert!(rig.ended(alice).unwrap().is_err());
    rig.message_last("one");
    assert_eq!((rig.items(alice).len(), rig.items(bob).len()), (0, 1));
    rig.input(Input::Cancel { op: bob });
    let again = rig.stream(BOB, "Watch", "r1");
    rig.demand(again, 1);
    assert_eq!(
        (rig.items(again)[0].source, rig.items(again)[0].value.clone()),
        (Source::Replay, ride("one"))
    );
}

#[test]
fn what_is_kept_is_invalidated_under_the_names_that_a_store_gives_it_later() {
    for updates in [false, true] {
        let mut rig = Rig::new();
        rig.fetch(ALICE, "Fare", "r9", "the partition is on disk");
        let mut rig = rig.restart();
        rig.disk.fault = Some(StoreFaultKind::Locked);
        let op = rig.stream(ALICE, "Watch", "r1");
        rig.demand(op, 9);
        let attempt = rig.last_attempt();
        rig.message(attempt, "before");
        rig.disk.fault = None;
        rig.pass(Duration::from_secs(31));
        let other = rig.get(ALICE, "Fare", "r8");
        rig.answer_last("the store is tried again");
        assert!(rig.result(other).unwrap().is_ok());
        rig.message(attempt, "after");
        if updates {
            let update = rig.get(ALICE, "Update", "r1");
            rig.answer_last("new");
            assert!(rig.result(update).unwrap().is_ok());
        }
        rig.input(Input::Cancel { op });
        let mut rig = rig.restart();
        let op = rig.stream(ALICE, "Watch", "r1");
        rig.demand(op, 1);
        let replayed: Vec<Bytes> = rig.items(op).into_iter().map(|item| item.value).collect();
        assert_eq!(replayed, if updates { Vec::new() } else { vec![ride("after")] });
    }
}

#[test]
fn a_stream_of_the_device_carries_nothing_of_a_session_that_is_signed_out() {
    let mut rig = with(|set| {
        let watch = set.methods.iter_mut().find(|method| method.name == "Watch").unwrap();
        watch.cache.as_mut().unwrap().scope = Scope::Device as i32;
    });
    for (session, name) in [(ALICE, "alice"), (BOB, "bob")] {
        let mut metadata = Metadata::new();
        metadata.push("x-name", name).unwrap();
        rig.input(Input::SetMetadata { session, metadata });
    }
    let alice = rig.stream(ALICE, "Watch", "r1");
    let bob = rig.stream(BOB, "Watch", "r1");
    rig.demand(bob, 9);
    rig.message_last("one");
    assert_eq!(rig.sends.len(), 1);
    assert_eq!(rig.sends[0].metadata.text("x-name"), Some("alice"));
    let op = rig.op();
    rig.input(Input::SignOut { op, session: ALICE, outbox: OutboxChoice::Discard });
    assert!(rig.ended(alice).unwrap().is_err());
    rig.break_last();
    rig.pass(Duration::from_secs(2));
    assert_eq!(rig.sends.len(), 2);
    assert_eq!(rig.sends[1].metadata.text("x-name"), Some("bob"));
    assert_eq!(rig.ended(bob), None);
}
