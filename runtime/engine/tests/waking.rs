//! In which order observers fetch that have rested: INTERACTIVE first, then oldest first (rules B4, J1; reading 49).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::num::NonZero;
use std::time::Duration;

use holdover_engine::{
    AppState, CallOptions, Config, Form, Input, Observed, OpId, Priority, Quality, Tag, TagPart,
};
use rig::{ALICE, Disk, Rig, ride_request};

const S: Duration = Duration::from_secs(1);

impl Rig {
    /// Observes with a name of its own, so that the order of names is not that of age.
    fn observe_as(&mut self, op: u64, ride: &str, priority: Priority) -> OpId {
        let (op, method) = (OpId(op), self.method("Quote"));
        let options = CallOptions { priority: Some(priority), ..CallOptions::default() };
        let request = ride_request(ride);
        self.input(Input::Call { op, session: ALICE, method, request, options, form: Form::Observe });
        self.pass(S / 10);
        op
    }

    fn invalidate(&mut self, ride: &str) {
        let tag = Tag(vec![TagPart::Literal("ride:".into()), TagPart::Value(format!("{ride:?}"))]);
        let op = self.op();
        self.input(Input::Invalidate { op, session: ALICE, tag });
    }

    /// Of which rides the requests are that were sent since.
    fn rides_since(&self, before: usize) -> Vec<String> {
        self.sends[before..].iter().map(|sent| String::from_utf8(sent.body[2..].to_vec()).unwrap()).collect()
    }

    /// Past the grace period.
    fn rest(&mut self) {
        self.input(Input::App(AppState::Background));
        self.pass(31 * S);
    }
}

/// A rig in which any number of refreshes may be in flight.
fn roomy() -> Rig {
    let max_refreshes = NonZero::new(100).unwrap();
    Rig::with(Disk::default(), Config { max_refreshes, ..Config::default() })
}

#[test]
fn what_was_invalidated_in_the_background_is_fetched_on_return_in_order() {
    let mut rig = roomy();
    let observers = [
        (940, "low, old", Priority::Background),
        (930, "high, old", Priority::Interactive),
        (920, "low, new", Priority::Background),
        (910, "high, new", Priority::Interactive),
    ];
    for (op, ride, priority) in observers {
        rig.observe_as(op, ride, priority);
        rig.answer_last(ride);
    }
    rig.rest();
    for ride in ["low, new", "high, new", "low, old", "high, old"] {
        rig.invalidate(ride);
    }
    let sent = rig.sends.len();
    rig.input(Input::App(AppState::Foreground));
    assert_eq!(rig.rides_since(sent), ["high, old", "high, new", "low, old", "low, new"]);
    rig.pass(S);
    assert_eq!(rig.sends.len(), sent + 4, "each of them once");
}

#[test]
fn what_was_taken_back_and_what_is_only_stale_share_one_order() {
    let mut rig = roomy();
    rig.observe_as(940, "stale", Priority::Interactive);
    rig.answer_last("stale");
    rig.observe_as(930, "stale, low", Priority::Background);
    rig.answer_last("stale, low");
    rig.input(Input::App(AppState::Background));
    rig.pass(25 * S);
    rig.observe_as(920, "taken back", Priority::Interactive);
    rig.observe_as(910, "taken back, low", Priority::Background);
    let sent = rig.sends.len();
    rig.pass(6 * S);
    assert!(rig.sends[sent - 2..].iter().all(|request| rig.is_aborted(request.attempt)));
    rig.input(Input::App(AppState::Foreground));
    assert_eq!(rig.rides_since(sent), ["stale", "taken back", "stale, low", "taken back, low"]);
}

#[test]
fn a_pause_keeps_the_same_order() {
    let mut rig = roomy();
    rig.observe_as(930, "low", Priority::Background);
    rig.observe_as(920, "high, old", Priority::Interactive);
    rig.observe_as(910, "high, new", Priority::Interactive);
    let op = rig.op();
    rig.input(Input::Pause { op });
    rig.pass(2 * S);
    let sent = rig.sends.len();
    rig.input(Input::Resume);
    assert_eq!(rig.rides_since(sent), ["high, old", "high, new", "low"]);
}

#[test]
fn four_go_at_once_and_the_rest_when_it_is_their_turn() {
    let mut rig = Rig::new();
    for (op, ride, priority) in (0..6).map(|n| {
        let priority = if n < 4 { Priority::Background } else { Priority::Interactive };
        (900 - n, n.to_string(), priority)
    }) {
        rig.observe_as(op, &ride, priority);
        rig.answer_last(&ride);
    }
    rig.rest();
    let sent = rig.sends.len();
    rig.input(Input::App(AppState::Foreground));
    assert_eq!(rig.rides_since(sent), ["4", "5", "0", "1"]);
    rig.answer(rig.sends[sent].attempt, "4");
    rig.answer(rig.sends[sent + 1].attempt, "5");
    assert_eq!(rig.rides_since(sent + 4), ["2", "3"]);
}

#[test]
fn who_has_left_or_rests_for_another_reason_is_not_fetched() {
    let mut rig = roomy();
    let gone = rig.observe_as(920, "gone", Priority::Interactive);
    rig.answer_last("gone");
    let stays = rig.observe_as(910, "stays", Priority::Interactive);
    rig.answer_last("stays");
    rig.rest();
    rig.invalidate("gone");
    rig.invalidate("stays");
    rig.input(Input::Cancel { op: gone });
    let op = rig.op();
    rig.input(Input::Pause { op });
    let sent = rig.sends.len();
    rig.input(Input::App(AppState::Foreground));
    assert_eq!(rig.sends.len(), sent, "it is paused");
    rig.input(Input::App(AppState::Background));
    rig.input(Input::Resume);
    rig.pass(31 * S);
    assert_eq!(rig.sends.len(), sent, "it is in the background");
    rig.quality(Quality::Offline);
    rig.input(Input::App(AppState::Foreground));
    assert_eq!(rig.sends.len(), sent, "there is no network");
    assert!(matches!(rig.states(stays).last(), Some(Observed::Value(shown)) if shown.error.is_some()));
    rig.quality(Quality::Good);
    assert_eq!(rig.rides_since(sent), ["stays"]);
}
