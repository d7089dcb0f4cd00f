//! Every planted fault is noticed: the engine is made wrong in one way, and some script of those that are tried anyway
//! shows it. A fault whose precondition never occurs says that the scripts have become too tame.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use holdover_engine::fault::{Fault, plant, take_reached};
use holdover_sim::files;
use holdover_sim::model::Model;
use holdover_sim::script::setting;
use holdover_testkit::api::Api;
use holdover_testkit::replay::replay;
use proptest::strategy::{Strategy, ValueTree as _};

use crate::{Tally, api, quality, run, runner, script, streams};

/// What is tried: a name, and what runs it.
type Trial<'a> = (String, Box<dyn Fn() -> Result<(), String> + 'a>);

fn drawn<T: std::fmt::Debug>(salt: u64, strategy: &impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = runner(salt);
    let cases = runner.config().cases;
    let draw = |_| strategy.new_tree(&mut runner).expect("scripts are never rejected").current();
    (0..cases).map(draw).collect()
}

/// All that is tried: calls against the model, calls and observers against the invariants, streams against their model,
/// measurements against theirs, and then the vectors, which alone show what chance does not.
fn trials(api: &Api) -> Vec<Trial<'_>> {
    let model = Model::new(&setting());
    let calls = drawn(1, &script()).into_iter().map(move |actions| -> Box<dyn Fn() -> Result<(), String>> {
        let model = model.clone();
        Box::new(move || {
            let mut tally = Tally::default();
            run(api, &actions, Some(model.clone()), &mut tally)
                .and_then(|_| run(api, &actions, None, &mut tally))
                .map(drop)
        })
    });
    let streams =
        drawn(5, &streams::script()).into_iter().map(|actions| -> Box<dyn Fn() -> Result<(), String>> {
            Box::new(move || streams::run(api, &actions).map(drop))
        });
    let measurements =
        drawn(6, &quality::script()).into_iter().map(|actions| -> Box<dyn Fn() -> Result<(), String>> {
            Box::new(move || quality::run(api, &actions).map(drop))
        });
    // In turns, so that faults of either are noticed soon.
    let scripts = calls.zip(streams).zip(measurements).enumerate();
    let scripts = scripts.flat_map(|(index, ((call, stream), measurement))| {
        [
            (format!("script {index} of calls"), call),
            (format!("script {index} of streams"), stream),
            (format!("script {index} of measurements"), measurement),
        ]
    });
    let vectors =
        files::vectors().expect("the vectors are checked in").into_iter().map(|file| -> Trial<'_> {
            let run = move || replay(api, &file.vector).map_err(|mismatch| mismatch.to_string());
            (file.name.clone(), Box::new(run))
        });
    scripts.chain(vectors).collect()
}

/// Whether a trial finds something wrong. A broken engine may break in any way.
fn fails((_, run): &Trial<'_>) -> bool {
    !matches!(catch_unwind(AssertUnwindSafe(run)), Ok(Ok(())))
}

/// What notices that something is wrong; `None` if everything passes. What does not come to the fault's place without the
/// fault does not come to it with the fault either, and is left out.
fn noticed(trials: &[Trial<'_>], reached: &[BTreeMap<Fault, u64>], fault: Fault) -> Option<String> {
    let coming = trials.iter().zip(reached).filter(|(_, reached)| reached.contains_key(&fault));
    coming.map(|(trial, _)| trial).find(|trial| fails(trial)).map(|(name, _)| name.clone())
}

#[test]
fn every_planted_fault_is_noticed() {
    let api = api();
    let trials = trials(&api);
    plant(None);
    let _ = take_reached();
    let reached: Vec<BTreeMap<Fault, u64>> = trials
        .iter()
        .map(|trial| {
            if let Err(problem) = (trial.1)() {
                panic!("{} fails without a fault: {problem}", trial.0);
            }
            take_reached()
        })
        .collect();
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let killed: BTreeMap<Fault, Option<String>> = Fault::ALL
        .iter()
        .map(|fault| {
            plant(Some(*fault));
            (*fault, noticed(&trials, &reached, *fault))
        })
        .collect();
    plant(None);
    std::panic::set_hook(quiet);
    let mut table = String::new();
    for fault in Fault::ALL {
        let times: u64 = reached.iter().filter_map(|reached| reached.get(fault)).sum();
        let by = killed[fault].as_deref().unwrap_or("NOTHING");
        let name = format!("{fault:?}");
        table += &format!("{:<6} {name:<40} occurred {times:>7} times, noticed by {by}\n", fault.rule());
    }
    #[allow(clippy::print_stdout, reason = "the table is what the run is for; --nocapture shows it")]
    {
        println!("{table}");
    }
    // What never occurred is not noticed.
    let missed = |fault: &&Fault| killed[fault].is_none();
    let missed: Vec<_> = Fault::ALL.iter().filter(missed).collect();
    assert!(missed.is_empty(), "not noticed, or never occurred: {missed:?}\n{table}");
}
