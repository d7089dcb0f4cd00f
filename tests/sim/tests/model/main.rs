//! Random scripts: the engine does what the reference model says, and what it does keeps the invariants.
//!
//! `SIM_CASES` sets how many scripts are tried (default 256), `SIM_SEED` where they start. A failing script is shrunk and
//! printed as a vector.

mod faults;
mod quality;
mod scenes;
mod streams;
mod whole;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;

use holdover_sim::files::root;
use holdover_sim::invariants::Invariants;
use holdover_sim::model::Model;
use holdover_sim::script::{Action, Choice, Seen, setting};
use holdover_testkit::api::Api;
use holdover_testkit::replay::compare;
use holdover_testkit::vector::{Out, Step, Vector};
use holdover_testkit::world::{Shown, World};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

fn api() -> Api {
    let policy = fs::read(root().join("api.policy")).expect("the policy is checked in");
    Api::new(policy).expect("the policy is the compiler's")
}

fn choice() -> impl Strategy<Value = Choice> {
    (any::<u8>(), any::<u8>(), any::<u8>(), any::<u16>())
        .prop_map(|(session, method, ride, options)| Choice { session, method, ride, options })
}

/// A few actions that belong together; most are one.
fn actions() -> impl Strategy<Value = Vec<Action>> {
    let one = prop_oneof![
        6 => prop_oneof![8 => 0u32..3000, 8 => 3000u32..12_000, 4 => 12_000u32..90_000, 1 => 90_000u32..700_000]
            .prop_map(Action::Pass),
        6 => choice().prop_map(Action::Get),
        3 => choice().prop_map(Action::Cached),
        1 => choice().prop_map(Action::Prefetch),
        2 => choice().prop_map(Action::Observe),
        1 => choice().prop_map(Action::Put),
        1 => any::<u8>().prop_map(Action::Refresh),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(session, what)| Action::Invalidate(session, what)),
        1 => any::<u8>().prop_map(Action::Cancel),
        1 => any::<u8>().prop_map(Action::Head),
        6 => (any::<u8>(), any::<u8>()).prop_map(|(which, server)| Action::Answer(which, server)),
        3 => (any::<u8>(), any::<u8>()).prop_map(|(which, how)| Action::Fail(which, how)),
        3 => (any::<u8>(), any::<u8>()).prop_map(|(which, how)| Action::Reply(which, how)),
        3 => any::<u8>().prop_map(Action::Quality),
        1 => any::<bool>().prop_map(Action::App),
        1 => prop_oneof![any::<u8>().prop_map(Action::Path), any::<u8>().prop_map(Action::Disable)],
        1 => any::<u8>().prop_map(rare),
    ];
    let warm = (choice(), any::<u8>()).prop_map(|(choice, server)| {
        vec![
            Action::Get(Choice { options: 0xffff, ..choice }),
            Action::Reply(0, 7),
            Action::Answer(0, server),
        ]
    });
    let broken = (0u32..100_000, choice(), any::<u8>()).prop_map(|(millis, choice, how)| {
        vec![Action::Pass(millis), Action::Get(choice), Action::Fail(0, how)]
    });
    prop_oneof![24 => one.prop_map(|action| vec![action]), 6 => warm, 2 => broken, 2 => scenes::scene()]
}

/// What ends everything, or starts it again.
fn rare(which: u8) -> Action {
    let choice = which / 8;
    match which % 8 {
        0 => Action::DataSaver(choice.is_multiple_of(2)),
        1 => Action::NewCredentials,
        2 => Action::Locale(choice),
        3 => Action::SignOut(choice),
        4 => Action::Open(choice),
        5 => Action::Restart,
        6 => Action::Reboot(choice),
        _ => Action::Wall(choice),
    }
}

/// The script so far, as a file for `tests/vectors/`.
fn story(steps: &[Step]) -> String {
    let vector = Vector { steps: steps.to_vec(), ..setting() };
    vector.print()
}

/// What came out, and when.
fn times(got: &[Shown]) -> String {
    got.iter().map(|shown| format!("{} ns: {:?}\n", shown.at, shown.out)).collect()
}

/// What came out at another time than it should. Where the order of a lane is wrong, that is found elsewhere.
fn untimely(expected: &[(i128, Out)], got: &[Shown]) -> Option<String> {
    let lanes: BTreeSet<String> = expected.iter().map(|(_, out)| out.lane()).collect();
    lanes.into_iter().find_map(|lane| {
        let due = expected.iter().filter(|(_, out)| out.lane() == lane);
        let came = got.iter().filter(|shown| shown.out.lane() == lane);
        let (due, came) = due.zip(came).find(|((due, _), came)| *due != came.at)?;
        Some(format!("{lane}: at {} ns and not at {} ns: {:?}", due.0, came.at, came.out))
    })
}

/// How often the model could say what happens.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Steps that were taken.
    taken: u64,
    /// Steps that were not taken, because the rules do not say what comes of them.
    skipped: u64,
    /// Scripts that were left in the middle, because the rules do not say what came of something random.
    left: u64,
}

/// Runs a script on the engine; `model` says what must come out, where it is asked. Gives the steps with what came out.
fn run(
    api: &Api,
    actions: &[Action],
    mut model: Option<Model>,
    tally: &mut Tally,
) -> Result<Vec<Step>, String> {
    let start = setting();
    let mut world = World::new(api, &start)?;
    let mut seen = Seen::new(&start);
    let mut invariants = Invariants::default();
    let mut steps: Vec<Step> = Vec::new();
    let mut all = Vec::new();
    let mut stuck = false;
    // At the end everything that waits has its time out.
    let settle = (0..12).flat_map(|_| [Action::Reply(0, 7), Action::Pass(31_000)]);
    for action in actions.iter().copied().chain(settle) {
        let Some(mut step) = seen.step(action, world.time()) else { continue };
        if let Some(model) = &mut model {
            // Where the rules do not say what happens, it does not happen.
            if model.clone().step(&step, None).is_err() {
                tally.skipped += 1;
                stuck |= matches!(action, Action::Pass(_));
                continue;
            }
        }
        let got = world.step(&step).map_err(|mistake| format!("{mistake}\n{}", story(&steps)))?;
        let outs: Vec<Out> = got.iter().map(|shown| shown.out.clone()).collect();
        if let Some(model) = &mut model {
            tally.taken += 1;
            let Ok(expected) = model.step(&step, Some(&got)) else {
                // What was random has turned out to lead where the rules do not say.
                tally.left += 1;
                return Ok(all);
            };
            let problem = untimely(&expected, &got);
            step.out = expected.into_iter().map(|(_, out)| out).collect();
            let problem = compare(&step.out, &got).map(|problem| problem.to_string()).or(problem);
            steps.push(step.clone());
            if let Some(problem) = problem {
                return Err(format!("{problem}\n{}\n{}", story(&steps), times(&got)));
            }
        } else {
            step.out.clone_from(&outs);
            steps.push(step.clone());
        }
        invariants.check(&step, &outs, &seen).map_err(|broken| format!("{broken}\n{}", story(&steps)))?;
        seen.take(&step, &outs);
        all.push(Step { out: outs, ..step });
    }
    if stuck {
        // Time could not pass, so calls may not have ended.
        return Ok(all);
    }
    invariants.check_end(&seen).map_err(|broken| format!("{broken}\n{}", story(&steps)))?;
    Ok(all)
}

fn runner(salt: u64) -> TestRunner {
    let number = |name: &str, default: u64| {
        std::env::var(name)
            .ok()
            .map_or(default, |text| text.parse().expect("SIM_CASES and SIM_SEED are numbers"))
    };
    let cases = u32::try_from(number("SIM_CASES", 256)).expect("SIM_CASES is a sensible number");
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number("SIM_SEED", 1).to_le_bytes());
    seed[8..16].copy_from_slice(&salt.to_le_bytes());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

/// A script: what it is about, and what happens.
fn script() -> impl Strategy<Value = Vec<Action>> {
    (any::<[u8; 3]>(), prop::collection::vec(actions(), 1..50)).prop_map(|(focus, chunks)| {
        [Action::Focus(focus)].into_iter().chain(chunks.into_iter().flatten()).collect()
    })
}

fn scripts(salt: u64, property: impl Fn(&[Action]) -> Result<(), String>) {
    let outcome = runner(salt).run(&script(), |actions| property(&actions).map_err(TestCaseError::fail));
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[test]
fn the_engine_does_what_the_model_says() {
    let api = api();
    let (met, tally) = (RefCell::new(BTreeSet::new()), RefCell::new(Tally::default()));
    scripts(1, |actions| {
        let steps = run(&api, actions, Some(Model::new(&setting())), &mut tally.borrow_mut())?;
        met.borrow_mut().extend(steps.iter().flat_map(|step| &step.out).map(kind));
        Ok(())
    });
    let tally = tally.into_inner();
    // What the model declines to say, nobody checks.
    assert!(
        tally.skipped * 40 < tally.taken && tally.left * 40 < u64::from(runner(1).config().cases).max(40),
        "the model says too little: {tally:?}"
    );
    let missed: Vec<&str> = KINDS.into_iter().filter(|kind| !met.borrow().contains(*kind)).collect();
    assert!(
        missed.is_empty(),
        "the scripts never come to {missed:?}: raise SIM_CASES, or give them more to do"
    );
}

/// What random scripts must come to, or else they show too little.
const KINDS: [&str; 22] = [
    "send",
    "abort",
    "raise",
    "ask",
    "sign_in_required",
    "bypassed",
    "NETWORK FRESH",
    "NETWORK FRESH REDUCED",
    "NETWORK FRESH REDUCED last known",
    "CACHE FRESH",
    "CACHE FRESH REDUCED",
    "CACHE STALE refreshing",
    "CACHE STALE REDUCED refreshing",
    "CACHE STALE error",
    "CACHE STALE REDUCED error",
    "failed UNAVAILABLE",
    "failed UNREACHABLE",
    "failed TIMEOUT",
    "failed REJECTED",
    "failed SIGN_IN_REQUIRED",
    "failed SIGNED_OUT",
    "done",
];

fn kind(out: &Out) -> String {
    match out {
        Out::Send(_) => "send".into(),
        Out::Abort(_) => "abort".into(),
        Out::Raise(_) => "raise".into(),
        Out::Said(_) => "said".into(),
        Out::Closed(_) => "closed".into(),
        Out::Probe(_) => "probe".into(),
        Out::GiveUp(_) => "give_up".into(),
        Out::NewPath(_) => "new_path".into(),
        Out::Ask(_) => "ask".into(),
        Out::Event(event) => event.name.clone(),
        Out::To(delivery) => {
            if let Some(error) = &delivery.failed {
                return format!("failed {}", error.kind);
            }
            let Some(source) = &delivery.source else { return "done".into() };
            let parts = [
                Some(source.as_str()),
                delivery.freshness.as_deref(),
                delivery.detail.as_deref(),
                delivery.last_known.as_ref().map(|_| "last known"),
                delivery.refreshing.then_some("refreshing"),
                delivery.error.as_ref().map(|_| "error"),
            ];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
    }
}

#[test]
fn observers_keep_the_invariants() {
    let api = api();
    scripts(2, |actions| run(&api, actions, None, &mut Tally::default()).map(drop));
}

#[test]
fn a_repeated_run_has_the_same_outputs() {
    let api = api();
    scripts(3, |actions| {
        let (first, second) = (
            run(&api, actions, None, &mut Tally::default())?,
            run(&api, actions, None, &mut Tally::default())?,
        );
        if first == second { Ok(()) } else { Err("a repetition differs".into()) }
    });
}
