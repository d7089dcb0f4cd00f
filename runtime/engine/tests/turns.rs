//! Turns: how many refreshes that nobody waits for are on their way at a time, and in which order (rule C9, reading 62).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::num::NonZeroUsize;
use std::time::Duration;

use holdover_engine::{
    AttemptId, CallOptions, Code, Config, ErrorKind, Event, Form, Input, OutboxChoice, Platform, Priority,
    Reachability, Snapshot, Tag, TagPart,
};
use rig::{ALICE, BOB, Disk, Rig, ride};

const S: Duration = Duration::from_secs(1);

impl Rig {
    fn served(&mut self, method: &str, ride: &str) -> Snapshot {
        let op = self.get(ALICE, method, ride);
        self.result(op).unwrap().unwrap()
    }

    /// The rides of what was sent from there on.
    fn rides_since(&self, before: usize) -> Vec<String> {
        self.sends[before..].iter().map(|r| String::from_utf8(r.body[2..].to_vec()).unwrap()).collect()
    }

    /// Stores entries of Quote in row 2, then has `count` refreshes on their way.
    fn busy(&mut self, count: usize) {
        for n in 0..9 {
            self.fetch(ALICE, "Quote", &format!("r{n}"), "1");
        }
        self.pass(6 * S);
        for n in 0..count {
            assert!(self.served("Quote", &format!("r{n}")).refreshing);
        }
    }
}

#[test]
fn four_fly_at_a_time_and_the_rest_take_turns() {
    let mut rig = Rig::new();
    rig.busy(7);
    let sent = rig.sends.len();
    assert_eq!(rig.rides_since(9), ["r0", "r1", "r2", "r3"]);
    rig.answer(rig.sends[9].attempt, "2");
    rig.answer(rig.sends[11].attempt, "2");
    assert_eq!(rig.rides_since(sent), ["r4", "r5"]);
    rig.fail_last(Code::Unavailable);
    assert_eq!(rig.rides_since(sent), ["r4", "r5", "r6"], "a failure gives its turn, too");
    assert_eq!(rig.events.iter().filter(|event| matches!(event, Event::RefreshWaits { .. })).count(), 3);
}

#[test]
fn who_waits_for_a_refresh_gives_it_its_turn() {
    let mut rig = Rig::new();
    rig.busy(6);
    let sent = rig.sends.len();
    let options = CallOptions { cache: holdover_engine::CacheMode::NetworkOnly, ..CallOptions::default() };
    let op = rig.start(ALICE, "Quote", "r5", options, Form::Get);
    assert_eq!(rig.rides_since(sent), ["r5"]);
    rig.answer_last("2");
    assert!(rig.result(op).unwrap().is_ok());
    // It took nobody's place.
    assert_eq!(rig.sends.len(), sent + 1);
    rig.answer(rig.sends[9].attempt, "2");
    assert_eq!(rig.rides_since(sent), ["r5", "r4"]);
}

#[test]
fn the_urgent_come_first_and_joining_makes_urgent() {
    let mut rig = Rig::new();
    rig.busy(4);
    let background = CallOptions { priority: Some(Priority::Background), ..CallOptions::default() };
    for ride in ["r4", "r5"] {
        rig.start(ALICE, "Quote", ride, background.clone(), Form::Get);
    }
    rig.get(ALICE, "Quote", "r6");
    rig.get(ALICE, "Quote", "r5");
    let sent = rig.sends.len();
    for n in 9..12 {
        rig.answer(rig.sends[n].attempt, "2");
    }
    assert_eq!(rig.rides_since(sent), ["r5", "r6", "r4"]);
}

#[test]
fn an_observer_that_leaves_a_queued_refresh_takes_it_back() {
    let mut rig = Rig::new();
    rig.busy(4);
    let observer = rig.observe(ALICE, "Quote", "r4");
    assert!(rig.shown(observer).refreshing);
    let sent = rig.sends.len();
    rig.input(Input::Cancel { op: observer });
    rig.answer(rig.sends[9].attempt, "2");
    assert_eq!(rig.sends.len(), sent);
}

#[test]
fn an_invalidation_sends_what_observers_wait_for_once() {
    let mut rig = Rig::new();
    rig.busy(4);
    let observer = rig.observe(ALICE, "Quote", "r4");
    let sent = rig.sends.len();
    let tag = Tag(vec![TagPart::Literal("ride:".into()), TagPart::Value("\"r4\"".into())]);
    let op = rig.op();
    rig.input(Input::Invalidate { op, session: ALICE, tag });
    for n in 9..13 {
        rig.answer(rig.sends[n].attempt, "2");
    }
    assert_eq!(rig.rides_since(sent), ["r4"]);
    rig.answer_last("3");
    let snapshot = rig.shown(observer);
    assert_eq!((snapshot.value, snapshot.refreshing), (ride("3"), false));
}

#[test]
fn signing_out_empties_the_queue() {
    let mut rig = Rig::new();
    rig.busy(7);
    let sent = rig.sends.len();
    let op = rig.op();
    rig.input(Input::SignOut { op, session: ALICE, outbox: OutboxChoice::Discard });
    assert_eq!((rig.sends.len(), rig.timeout), (sent, None));
    // Places are free again.
    rig.fetch(BOB, "Quote", "r", "1");
    rig.pass(6 * S);
    let op = rig.get(BOB, "Quote", "r");
    assert!(rig.result(op).unwrap().unwrap().refreshing);
    assert_eq!(rig.sends.len(), sent + 2);
}

#[test]
fn a_pause_takes_back_what_is_queued_and_leaves_no_timer() {
    let mut rig = Rig::new();
    rig.busy(7);
    let observer = rig.observe(ALICE, "Quote", "r8");
    let sent = rig.sends.len();
    let op = rig.op();
    rig.input(Input::Pause { op });
    assert!(!rig.shown(observer).refreshing);
    rig.pass(S);
    assert_eq!((rig.sends.len(), rig.done(op), rig.timeout), (sent, Some(Ok(())), None));
    rig.input(Input::Resume);
    assert_eq!(rig.rides_since(sent), ["r8"]);
}

#[test]
fn a_network_that_goes_away_keeps_the_queued_from_being_sent() {
    let mut rig = Rig::new();
    rig.busy(5);
    let observer = rig.observe(ALICE, "Quote", "r8");
    let sent = rig.sends.len();
    rig.input(Input::Platform(Platform { reachability: Reachability::Unreachable, ..Platform::default() }));
    let attempts: Vec<AttemptId> = rig.sends[9..13].iter().map(|request| request.attempt).collect();
    for attempt in attempts {
        let failure = holdover_engine::Failure::Transport {
            kind: holdover_engine::TransportFailure::Unreachable,
            unsent: false,
            message: String::new(),
        };
        rig.input(Input::Failed { attempt, failure });
    }
    assert_eq!(rig.sends.len(), sent);
    let snapshot = rig.shown(observer);
    assert_eq!((snapshot.refreshing, snapshot.error.unwrap().kind), (false, ErrorKind::Offline));
    rig.input(Input::Platform(Platform::default()));
    assert_eq!(rig.rides_since(sent), ["r8"]);
}

#[test]
fn a_queue_of_those_who_wait_for_the_network_blocks_nobody() {
    let config = Config { max_refreshes: NonZeroUsize::MIN, ..Config::default() };
    let mut rig = Rig::with(Disk::default(), config);
    rig.fetch(ALICE, "Wait", "w", "1");
    rig.fetch(ALICE, "Quote", "q", "1");
    let seen = rig.observe(ALICE, "Wait", "w");
    rig.pass(10 * S);
    assert!(rig.shown(seen).refreshing);
    rig.input(Input::Platform(Platform { reachability: Reachability::Unreachable, ..Platform::default() }));
    let failure = holdover_engine::Failure::Transport {
        kind: holdover_engine::TransportFailure::Unreachable,
        unsent: false,
        message: String::new(),
    };
    rig.input(Input::Failed { attempt: rig.last_attempt(), failure });
    // The probe of the other endpoint's user, say, is not what this is about: the pin ends it.
    rig.input(Input::PinQuality(Some(holdover_engine::Quality::Good)));
    rig.answer_last("2");
    assert!(rig.served("Quote", "q").refreshing);
    let rides = rig.rides_since(0);
    assert!(rides.ends_with(&["q".to_owned()]) || rides.ends_with(&["w".to_owned()]), "{rides:?}");
}
