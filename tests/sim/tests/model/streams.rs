//! Random scripts of streams, against the reference model of section G.

use holdover_sim::streams::{Action, Model, Script, setting};
use holdover_testkit::api::Api;
use holdover_testkit::replay::compare;
use holdover_testkit::vector::{Out, Step, Vector};
use holdover_testkit::world::World;
use proptest::prelude::*;

use crate::{api, runner};

fn action() -> impl Strategy<Value = Action> {
    let start = (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>());
    prop_oneof![
        4 => prop_oneof![6 => 1u32..3000, 3 => 3000u32..20_000, 2 => 20_000u32..100_000].prop_map(Action::Pass),
        6 => start.prop_map(|(who, method, ride, how)| Action::Start(who, method, ride, how)),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(which, items)| Action::Take(which, items)),
        3 => any::<u8>().prop_map(Action::Cancel),
        6 => any::<u8>().prop_map(Action::Head),
        10 => any::<u8>().prop_map(Action::Item),
        1 => any::<u8>().prop_map(Action::End),
        3 => (any::<u8>(), any::<u8>()).prop_map(|(which, how)| Action::Fail(which, how)),
        1 => any::<bool>().prop_map(Action::App),
        1 => any::<bool>().prop_map(Action::Poor),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(who, ride)| Action::Invalidate(who, ride)),
        1 => prop_oneof![Just(Action::Restart), any::<u8>().prop_map(Action::SignOut)],
    ]
}

/// Actions that belong together, and single ones.
pub(crate) fn script() -> impl Strategy<Value = Vec<Action>> {
    const LAST: u8 = u8::MAX;
    let opened = (any::<u8>(), any::<u8>(), any::<u8>(), 1u32..2000).prop_map(|(who, method, ride, wait)| {
        let start = Action::Start(who, method, ride, 0);
        vec![start, Action::Head(LAST), Action::Pass(wait), Action::Item(LAST), Action::Pass(wait)]
    });
    let again = (any::<u8>(), 1u32..70_000).prop_map(|(method, wait)| {
        let start = Action::Start(0, method, 255, 0);
        vec![
            start,
            Action::Head(LAST),
            Action::Pass(5),
            Action::Item(LAST),
            Action::Cancel(LAST),
            Action::Pass(wait),
            start,
        ]
    });
    let broken = (any::<u8>(), any::<u8>()).prop_map(|(method, how)| {
        let start = Action::Start(0, method, 255, 0);
        vec![
            start,
            Action::Head(LAST),
            Action::Pass(5),
            Action::Item(LAST),
            Action::Fail(LAST, how),
            Action::Pass(1600),
            Action::Head(LAST),
            Action::Pass(5),
            Action::Item(LAST),
            Action::Pass(5),
            start,
        ]
    });
    let away = (0u8..200, 1u32..120_000).prop_map(|(method, wait)| {
        let start = Action::Start(0, method, 255, 0);
        vec![
            start,
            Action::Head(LAST),
            Action::Pass(5),
            Action::Item(LAST),
            Action::App(true),
            Action::Pass(wait),
            Action::App(false),
            Action::Head(LAST),
            Action::Item(LAST),
            Action::Pass(5),
        ]
    });
    let one = action().prop_map(|action| vec![action]);
    let chunk = prop_oneof![20 => one, 3 => opened, 2 => again, 2 => broken, 1 => away];
    prop::collection::vec(chunk, 1..40).prop_map(|chunks| chunks.into_iter().flatten().collect())
}

fn story(steps: &[Step]) -> String {
    let vector = Vector { steps: steps.to_vec(), ..setting() };
    vector.print()
}

/// Runs a script on the engine and on the model. Gives the steps with what came out.
pub(crate) fn run(api: &Api, actions: &[Action]) -> Result<Vec<Step>, String> {
    let start = setting();
    let (mut world, mut model) = (World::new(api, &start)?, Model::new(&start));
    let mut script = Script::default();
    let mut steps: Vec<Step> = Vec::new();
    let mut all = Vec::new();
    let mut queue: std::collections::VecDeque<Action> = actions.iter().copied().collect();
    while let Some(action) = queue.pop_front() {
        let signs_out = matches!(action, Action::SignOut(_));
        let Some(mut step) = script.step(action, world.time()) else { continue };
        if step.input.as_ref().is_some_and(|input| !model.admits(input)) {
            script.give_up();
            continue;
        }
        let got = world.step(&step).map_err(|mistake| format!("{mistake}\n{}", story(&steps)))?;
        let outs: Vec<Out> = got.iter().map(|shown| shown.out.clone()).collect();
        let expected = model.step(&step, &got);
        steps.push(step.clone());
        let expected = expected.map_err(|wrong| format!("{wrong}\n{}", story(&steps)))?;
        let Some(expected) = expected else { return Ok(all) };
        step.out = expected;
        if let Some(last) = steps.last_mut() {
            last.out.clone_from(&step.out);
        }
        if let Some(problem) = compare(&step.out, &got) {
            return Err(format!("{problem}\n{}", story(&steps)));
        }
        script.take(&step, &outs);
        all.push(Step { out: outs, ..step });
        if signs_out {
            // Whatever it says: the account signs in again.
            queue.push_front(Action::Pass(1));
        }
    }
    Ok(all)
}

#[test]
fn streams_do_what_the_model_says() {
    let api = api();
    let outcome =
        runner(5).run(&script(), |actions| run(&api, &actions).map(drop).map_err(TestCaseError::fail));
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
