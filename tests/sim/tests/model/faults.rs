//! Every planted fault is noticed: the engine is made wrong in one way, and some script of those that are tried anyway
//! shows it. A fault whose precondition never occurs says that the scripts have become too tame.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use holdover_engine::fault::{Fault, plant, take_reached};
use holdover_sim::model::Model;
use holdover_sim::script::setting;
use holdover_testkit::api::Api;
use proptest::strategy::{Strategy as _, ValueTree as _};

use crate::{api, run, runner, script};

/// How many scripts it takes to notice what is wrong; `None` if all of them pass.
fn noticed(api: &Api, scripts: &[Vec<holdover_sim::script::Action>]) -> Option<usize> {
    let model = Model::new(&setting());
    let fails = |actions: &Vec<_>| {
        // A broken engine may break in any way.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            run(api, actions, Some(model.clone())).and_then(|_| run(api, actions, None))
        }));
        !matches!(outcome, Ok(Ok(_)))
    };
    scripts.iter().position(fails).map(|index| index + 1)
}

#[test]
fn every_planted_fault_is_noticed() {
    let api = api();
    let mut runner = runner(1);
    let cases = runner.config().cases;
    let scripts: Vec<_> = (0..cases)
        .map(|_| script().new_tree(&mut runner).expect("scripts are never rejected").current())
        .collect();
    plant(None);
    let _ = take_reached();
    assert_eq!(noticed(&api, &scripts), None, "an engine without a fault passes");
    let reached = take_reached();
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let killed: BTreeMap<Fault, Option<usize>> = Fault::ALL
        .iter()
        .map(|fault| {
            plant(Some(*fault));
            (*fault, noticed(&api, &scripts))
        })
        .collect();
    plant(None);
    std::panic::set_hook(quiet);
    let mut table = String::new();
    for fault in Fault::ALL {
        let times = reached.get(fault).copied().unwrap_or(0);
        let after = killed[fault].map_or("NEVER".to_owned(), |scripts| format!("script {scripts}"));
        table += &format!(
            "{:<6} {:<40} occurred {times:>7} times, noticed by {after}\n",
            fault.rule(),
            format!("{fault:?}")
        );
    }
    println!("{table}");
    let missed = |fault: &&Fault| killed[fault].is_none() || !reached.contains_key(fault);
    let missed: Vec<_> = Fault::ALL.iter().filter(missed).collect();
    assert!(missed.is_empty(), "not noticed, or never occurred: {missed:?}\n{table}");
}
