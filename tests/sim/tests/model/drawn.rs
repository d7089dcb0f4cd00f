//! What happens at random times: the rules give bounds, and the engine shows what it has drawn. Time goes from one of its
//! timers to the next, and at each the model is asked whether what came out is nothing random, or one thing that was
//! random and may be due.

use holdover_sim::model::Model;
use holdover_testkit::replay::compare;
use holdover_testkit::vector::{Span, Step};
use holdover_testkit::world::{Shown, World};

/// How far a run has come.
pub(crate) enum Reached {
    /// To where it was to come.
    There,
    /// The rules do not say how it goes on.
    Unknown,
    /// What came out can be explained in two ways.
    Ambiguous,
}

/// Lets the time of a world and its model pass, up to the last timer that is due at `to` or before. What was drawn on the
/// way is known to the model then. `taken` is told of every step.
pub(crate) fn pass(
    world: &mut World,
    model: &mut Model,
    to: i128,
    mut taken: impl FnMut(Step, &[Shown]) -> Result<(), String>,
) -> Result<Reached, String> {
    while let Some(due) = world.next_timer().filter(|due| *due <= to && model.may_draw()) {
        let due = due.max(world.time());
        let mut step = Step { at: Some(Span(due)), ..Step::default() };
        let mut nothing = model.clone();
        let Ok(expected) = nothing.step(&step) else { return Ok(Reached::Unknown) };
        let got = world.step(&step)?;
        let drawn = model.drawable(due).into_iter().filter_map(|flight| {
            let mut model = model.clone();
            model.draw(flight, due);
            let expected = model.step(&step).ok()?;
            compare(&expected, &got).is_none().then_some((model, expected))
        });
        let problem = compare(&expected, &got);
        let nothing = Some((nothing, expected.clone())).filter(|_| problem.is_none());
        let mut explained: Vec<_> = nothing.into_iter().chain(drawn).collect();
        match (explained.pop(), explained.is_empty(), problem) {
            (Some((next, expected)), true, _) => {
                *model = next;
                step.out = expected;
                taken(step, &got)?;
            }
            (None, _, Some(problem)) => {
                step.out = expected;
                taken(step, &[])?;
                return Err(problem.to_string());
            }
            _ => return Ok(Reached::Ambiguous),
        }
    }
    Ok(Reached::There)
}
