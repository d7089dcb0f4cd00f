//! Random scripts: the engine does what the reference model says, and what it does keeps the invariants.
//!
//! `SIM_CASES` sets how many scripts are tried (default 256), `SIM_SEED` where they start. A failing script is shrunk and
//! printed as a vector.

use std::fs;

use holdover_sim::files::root;
use holdover_sim::invariants::Invariants;
use holdover_sim::model::Model;
use holdover_sim::script::{Action, Choice, Seen, setting};
use holdover_testkit::api::Api;
use holdover_testkit::replay::compare;
use holdover_testkit::vector::{Out, Step, Vector};
use holdover_testkit::world::World;
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

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        8 => prop_oneof![0u32..3000, 3000u32..12_000, 12_000u32..90_000, 90_000u32..700_000].prop_map(Action::Pass),
        10 => choice().prop_map(Action::Get),
        2 => choice().prop_map(Action::Cached),
        1 => choice().prop_map(Action::Prefetch),
        2 => choice().prop_map(Action::Observe),
        1 => choice().prop_map(Action::Put),
        1 => any::<u8>().prop_map(Action::Refresh),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(session, what)| Action::Invalidate(session, what)),
        1 => any::<u8>().prop_map(Action::Cancel),
        1 => any::<u8>().prop_map(Action::Head),
        10 => (any::<u8>(), any::<u8>()).prop_map(|(which, server)| Action::Answer(which, server)),
        4 => (any::<u8>(), any::<u8>()).prop_map(|(which, how)| Action::Fail(which, how)),
        4 => (any::<u8>(), any::<u8>()).prop_map(|(which, how)| Action::Reply(which, how)),
        2 => any::<u8>().prop_map(Action::Quality),
        1 => any::<bool>().prop_map(Action::DataSaver),
        1 => Just(Action::NewCredentials),
        1 => any::<u8>().prop_map(Action::Locale),
        1 => any::<u8>().prop_map(Action::SignOut),
        1 => any::<u8>().prop_map(Action::Open),
        1 => Just(Action::Restart),
        1 => any::<u8>().prop_map(Action::Reboot),
        1 => any::<u8>().prop_map(Action::Wall),
    ]
}

/// The script so far, as a file for `tests/vectors/`.
fn story(steps: &[Step]) -> String {
    let vector = Vector { steps: steps.to_vec(), ..setting() };
    vector.print()
}

/// Runs a script on the engine; `model` says what must come out, where it is asked.
fn run(api: &Api, actions: &[Action], mut model: Option<Model>) -> Result<Vec<Vec<Out>>, String> {
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
            let mut next = model.clone();
            // Where the rules do not say what happens, it does not happen.
            let Ok(expected) = next.step(&step) else {
                stuck |= matches!(action, Action::Pass(_));
                continue;
            };
            *model = next;
            step.out = expected;
        }
        let got = world.step(&step).map_err(|mistake| format!("{mistake}\n{}", story(&steps)))?;
        let outs: Vec<Out> = got.iter().map(|shown| shown.out.clone()).collect();
        if model.is_some() {
            let problem = compare(&step.out, &got);
            steps.push(step.clone());
            if let Some(problem) = problem {
                return Err(format!("{problem}\n{}", story(&steps)));
            }
        } else {
            step.out.clone_from(&outs);
            steps.push(step.clone());
        }
        invariants.check(&step, &outs, &seen).map_err(|broken| format!("{broken}\n{}", story(&steps)))?;
        seen.take(&step, &outs);
        all.push(outs);
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

fn scripts(salt: u64, property: impl Fn(&[Action]) -> Result<(), String>) {
    let script = prop::collection::vec(action(), 1..60);
    let outcome = runner(salt).run(&script, |actions| property(&actions).map_err(TestCaseError::fail));
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[test]
fn the_engine_does_what_the_model_says() {
    let api = api();
    scripts(1, |actions| run(&api, actions, Some(Model::new(&setting()))).map(drop));
}

#[test]
fn observers_keep_the_invariants() {
    let api = api();
    scripts(2, |actions| run(&api, actions, None).map(drop));
}

#[test]
fn a_repeated_run_has_the_same_outputs() {
    let api = api();
    scripts(3, |actions| {
        let (first, second) = (run(&api, actions, None)?, run(&api, actions, None)?);
        if first == second { Ok(()) } else { Err("a repetition differs".into()) }
    });
}
