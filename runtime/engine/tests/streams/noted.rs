//! How often it reaches the disk what a stream brought, and that it is still open (rule G2, reading 44).

use std::time::Duration;

use holdover_engine::{AppState, Input, Source};

use crate::rig::{ALICE, Rig, ride};

const S: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

/// How often something was saved since this was asked last.
fn saves(rig: &mut Rig) -> usize {
    rig.take_trace().iter().filter(|line| *line == "store Save").count()
}

/// A stream whose window is a minute, with its first message, and a rig that has counted no save yet.
fn watching() -> Rig {
    let mut rig = Rig::new();
    let op = rig.stream(ALICE, "Watch", "r1");
    rig.demand(op, 1000);
    rig.head_last();
    rig.message_last("one");
    assert_eq!(saves(&mut rig), 1, "the first message is saved at once");
    rig
}

#[test]
fn a_stream_that_brings_nothing_is_noted_each_tenth_of_its_window() {
    let mut rig = watching();
    rig.pass(6 * S - MS);
    assert_eq!(saves(&mut rig), 0);
    rig.pass(MS);
    assert_eq!(saves(&mut rig), 1);
    rig.pass(600 * S);
    assert_eq!(saves(&mut rig), 100);
}

#[test]
fn a_message_is_saved_a_second_after_the_last_save_at_the_earliest_and_no_later() {
    let mut rig = watching();
    // However many come.
    for n in 0..100 {
        rig.pass(100 * MS);
        rig.message_last(&n.to_string());
    }
    assert_eq!(saves(&mut rig), 10);
    rig.pass(S);
    assert!(saves(&mut rig) <= 1, "the last one");
    let newest = |rig: &Rig| rig.disk.records.values().any(|record| record.value == ride("99"));
    assert!(newest(&rig));
    // After a long silence at once, in spite of the note that is due later.
    rig.pass(4 * S);
    let _ = saves(&mut rig);
    rig.message_last("after silence");
    assert_eq!(saves(&mut rig), 1);
    rig.pass(6 * S);
    assert_eq!(saves(&mut rig), 1);
}

#[test]
fn a_process_that_is_killed_loses_a_tenth_of_the_window_at_most() {
    for (killed_after, is_shown) in [(54 * S - 10 * MS, true), (60 * S, false)] {
        let mut rig = watching();
        rig.pass(299 * S);
        // Killed without a word; another process looks a second later than this.
        let mut rig = rig.restart();
        rig.pass(killed_after - S);
        let op = rig.stream(ALICE, "Watch", "r1");
        rig.demand(op, 1);
        let shown = rig.items(op).pop();
        assert_eq!(shown.is_some(), is_shown, "{killed_after:?}");
        if let Some(shown) = shown {
            assert_eq!((shown.source, shown.value), (Source::Replay, ride("one")));
        }
    }
}

#[test]
fn what_is_left_is_noted_to_the_instant() {
    let mut rig = watching();
    rig.pass(5 * S);
    rig.input(Input::App(AppState::Background));
    rig.pass(30 * S);
    let mut rig = rig.restart();
    rig.pass(59 * S - MS);
    let op = rig.stream(ALICE, "Watch", "r1");
    rig.demand(op, 1);
    assert_eq!(rig.items(op).len(), 1, "it was live until the grace period was over");
}
