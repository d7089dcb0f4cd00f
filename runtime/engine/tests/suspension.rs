//! A suspension leaves no evidence (rule H2, reading 32): whatever is on the wire when the process stops, and however it
//! ends afterwards, the network is held to be as good as if nothing had been on the wire.

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::time::Duration;

use holdover_engine::{
    AppState, AttemptId, Code, Event, Failure, Head, Input, Metadata, OpId, Quality, TransportFailure,
};
use proptest::prelude::*;
use rig::{ALICE, Rig, broken};

/// Calls and streams that are not sent again by themselves: what they send after a suspension would be evidence.
const METHODS: [&str; 4] = ["Plain", "Feed", "Upload", "Chat"];

/// Something that starts, or that the network says of what is on the wire.
#[derive(Clone, Debug)]
enum Step {
    Start(usize),
    Pass(u16),
    Told(prop::sample::Index, Sign),
}

#[derive(Clone, Debug)]
enum Sign {
    /// By the engine's clock, or by the transport's.
    Head(Option<u16>),
    Progress,
    Transfer {
        bytes: u32,
        over: u16,
    },
    Message,
    End,
    Answer,
    Fail(u8),
}

/// How the process stops, and goes on.
#[derive(Clone, Copy, Debug)]
enum Stop {
    /// The device sleeps: timers are late.
    Sleep(Duration),
    /// The app pauses the runtime, and time goes on.
    Pause(Duration),
    /// The app was in the background, where it may have been suspended.
    Background(Duration),
}

fn sign() -> impl Strategy<Value = Sign> {
    prop_oneof![
        3 => prop::option::of(0..9_000u16).prop_map(Sign::Head),
        1 => Just(Sign::Progress),
        3 => (0..400_000u32, 1..20_000u16).prop_map(|(bytes, over)| Sign::Transfer { bytes, over }),
        1 => Just(Sign::Message),
        1 => Just(Sign::End),
        4 => Just(Sign::Answer),
        1 => (0..6u8).prop_map(Sign::Fail),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..METHODS.len()).prop_map(Step::Start),
        3 => (0..6_000u16).prop_map(Step::Pass),
        6 => (any::<prop::sample::Index>(), sign()).prop_map(|(which, sign)| Step::Told(which, sign)),
    ]
}

fn stop() -> impl Strategy<Value = Stop> {
    // A fresh call is on the wire, whose next timer is due within 3 s: it is more than 2 s late.
    let asleep = || (5_001..8_000_000u64).prop_map(Duration::from_millis);
    prop_oneof![
        asleep().prop_map(Stop::Sleep),
        (0..600_000u64).prop_map(|ms| Stop::Pause(Duration::from_millis(ms))),
        Just(Stop::Background(Duration::ZERO)),
        asleep().prop_map(Stop::Background),
    ]
}

struct World {
    rig: Rig,
    ops: Vec<OpId>,
}

impl World {
    fn start(&mut self, method: &str) {
        let op = match method {
            "Plain" => self.rig.get(ALICE, method, "r"),
            "Feed" => self.rig.stream(ALICE, method, "r"),
            _ => self.rig.stream(ALICE, method, ""),
        };
        self.rig.demand(op, 100);
        self.ops.push(op);
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Start(method) => self.start(METHODS[*method]),
            Step::Pass(ms) => self.rig.pass(Duration::from_millis((*ms).into())),
            Step::Told(which, sign) => {
                // Mostly of what was sent lately.
                let attempts: Vec<AttemptId> =
                    self.rig.sends.iter().rev().take(8).map(|request| request.attempt).collect();
                if !attempts.is_empty() {
                    self.hear(*which.get(&attempts), sign);
                }
            }
        }
    }

    fn hear(&mut self, attempt: AttemptId, sign: &Sign) {
        let ms = |ms: u16| Duration::from_millis(ms.into());
        self.rig.input(match sign {
            Sign::Head(after) => {
                Input::Head { attempt, head: Head { metadata: Metadata::new(), after: after.map(ms) } }
            }
            Sign::Progress => Input::Progress { attempt },
            Sign::Transfer { bytes, over } => {
                Input::Transferred { attempt, bytes: (*bytes).into(), over: ms(*over) }
            }
            Sign::Message => Input::Message { attempt, message: rig::ride("m") },
            Sign::End => Input::Ended { attempt, trailers: Metadata::new() },
            Sign::Answer => return self.rig.answer(attempt, "a"),
            Sign::Fail(how) => Input::Failed { attempt, failure: failure(*how) },
        });
    }

    /// Stops and goes on; what happens first then comes at the same instant.
    fn stop(&mut self, stop: Stop) {
        match stop {
            Stop::Sleep(length) => self.rig.now.boot = self.rig.now.boot.after(length),
            Stop::Pause(length) => {
                let op = self.rig.op();
                self.rig.input(Input::Pause { op });
                self.rig.pass(length);
                self.rig.input(Input::Resume);
            }
            Stop::Background(length) => {
                self.rig.input(Input::App(AppState::Background));
                self.rig.now.boot = self.rig.now.boot.after(length);
                self.rig.input(Input::App(AppState::Foreground));
            }
        }
    }

    /// What is held to be true of the network, and everything that has led to that.
    fn quality(&self) -> (Quality, Vec<Event>) {
        let is_change = |event: &&Event| matches!(event, Event::QualityChanged { .. });
        (self.rig.engine.quality(), self.rig.events.iter().filter(is_change).cloned().collect())
    }
}

fn failure(how: u8) -> Failure {
    match how {
        0 => broken(TransportFailure::Unreachable),
        1 => broken(TransportFailure::Timeout),
        2 => broken(TransportFailure::Reset),
        3 => Failure::Intercepted {
            http_status: Some(302),
            code: Code::Unknown,
            retry_after: None,
            message: String::new(),
        },
        code => Failure::Status {
            code: if code == 4 { Code::DeadlineExceeded } else { Code::NotFound },
            message: String::new(),
            details: bytes::Bytes::new(),
            metadata: Metadata::new(),
        },
    }
}

/// Everything up to the stop, with a call that has just been sent.
fn until_stop(before: &[Step]) -> World {
    let mut world = World { rig: Rig::new(), ops: Vec::new() };
    before.iter().for_each(|step| world.take(step));
    world.start("Plain");
    world
}

/// Calls that are answered after so long each show what is estimated to the nanosecond: changes of class tell it.
fn show(world: &mut World, waits: &[u16]) {
    for wait in waits {
        world.start("Plain");
        let attempt = world.rig.last_attempt();
        world.rig.pass(Duration::from_millis((*wait).into()));
        world.rig.answer(attempt, "a");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        rng_seed: proptest::test_runner::RngSeed::Fixed(23),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_a_suspension_has_cut_says_nothing(
        before in prop::collection::vec(step(), 0..60),
        stop in stop(),
        after in prop::collection::vec((0..3_000u16, any::<prop::sample::Index>(), sign()), 0..12),
        waits in prop::collection::vec(prop_oneof![0..300u16, 0..2_900u16], 5..30),
    ) {
        let mut world = until_stop(&before);
        let under_way: Vec<AttemptId> = world.rig.sends.iter().map(|request| request.attempt).collect();
        // In the other world nothing is on the wire any more when the process stops.
        let mut other = until_stop(&before);
        for op in std::mem::take(&mut other.ops) {
            other.rig.input(Input::Cancel { op });
        }
        prop_assert_eq!(world.quality(), other.quality());
        world.stop(stop);
        other.stop(stop);
        for (wait, which, sign) in &after {
            world.hear(*which.get(&under_way), sign);
            other.rig.input(Input::Tick);
            prop_assert_eq!(world.quality(), other.quality());
            // Timers of what is still on the wire fire, too.
            world.rig.pass(Duration::from_millis((*wait).into()));
            other.rig.pass(Duration::from_millis((*wait).into()));
            prop_assert_eq!(world.quality(), other.quality());
        }
        show(&mut world, &waits);
        show(&mut other, &waits);
        prop_assert_eq!(world.quality(), other.quality());
    }
}
