//! Random scripts on a whole client: with its driver between engine and edges, everything comes out as of the engine alone.

use holdover_sim::host::replay;
use holdover_sim::{script, streams as stream_scripts};
use holdover_testkit::vector::Vector;
use proptest::test_runner::TestCaseError;

use crate::{api, run, runner, scripts, streams};

#[test]
fn a_whole_client_does_what_the_engine_does() {
    let api = api();
    scripts(6, |actions| {
        let steps = run(&api, actions, None)?;
        let story = Vector { steps, ..script::setting() };
        replay(&api, &story).map_err(|mismatch| format!("{mismatch}\n{}", story.print()))
    });
}

#[test]
fn streams_of_a_whole_client_do_what_those_of_the_engine_do() {
    let api = api();
    let outcome = runner(7).run(&streams::script(), |actions| {
        let steps = streams::run(&api, &actions).map_err(TestCaseError::fail)?;
        let story = Vector { steps, ..stream_scripts::setting() };
        replay(&api, &story).map_err(|mismatch| TestCaseError::fail(format!("{mismatch}\n{}", story.print())))
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
