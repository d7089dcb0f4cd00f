//! Random scripts on a whole client: with its driver between engine and edges, everything comes out as of the engine alone.

use holdover_sim::host::replay;
use holdover_sim::{script, streams as stream_scripts};
use holdover_testkit::api::Api;
use holdover_testkit::vector::{Out, Step, Vector};
use proptest::test_runner::TestCaseError;

use crate::{Tally, api, quality, run, runner, scripts, streams};

#[test]
fn a_whole_client_does_what_the_engine_does() {
    let api = api();
    scripts(8, |actions| {
        let steps = run(&api, actions, None, &mut Tally::default())?;
        agrees(&api, &Vector { steps, ..script::setting() })
    });
}

#[test]
fn streams_of_a_whole_client_do_what_those_of_the_engine_do() {
    let api = api();
    let outcome = runner(9).run(&streams::script(), |actions| {
        let steps = streams::run(&api, &actions).map_err(TestCaseError::fail)?;
        agrees(&api, &Vector { steps, ..stream_scripts::setting() }).map_err(TestCaseError::fail)
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[test]
fn a_whole_client_sees_the_network_as_the_engine_does() {
    let api = api();
    let outcome = runner(10).run(&quality::script(), |actions| {
        let mut steps = quality::run(&api, &actions).map_err(TestCaseError::fail)?;
        let seen = steps.iter().take_while(|step| !gives_up_at_once(step)).count();
        steps.truncate(seen);
        agrees(&api, &Vector { steps, ..quality::setting() }).map_err(TestCaseError::fail)
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// Evidence that comes at the instant of a probe ends it before a transport has heard of it.
fn gives_up_at_once(step: &Step) -> bool {
    let probed = |n: u64| step.out.iter().any(|out| matches!(out, Out::Probe(probe) if probe.n == n));
    step.out.iter().any(|out| matches!(out, Out::GiveUp(given_up) if probed(given_up.n)))
}

/// The whole client does what came out of the engine.
fn agrees(api: &Api, story: &Vector) -> Result<(), String> {
    replay(api, story).map_err(|mismatch| format!("{mismatch}\n{}", story.print()))
}
