//! Replays vectors and says where the engine departs from them.

use std::fmt;

use crate::api::Api;
use crate::rules;
use crate::span;
use crate::vector::{Out, Step, Vector};
use crate::world::{Shown, World};

/// Where the engine departs from a vector.
#[derive(Clone, Debug)]
pub struct Mismatch {
    title: String,
    rules: Vec<String>,
    /// Counted from 1; 0 for the setting.
    step: usize,
    text: String,
    problem: Problem,
}

/// What is wrong with a step.
#[derive(Clone, Debug)]
pub enum Problem {
    /// The vector itself is wrong.
    Mistake(String),
    /// What came out is not what was expected.
    Differs {
        /// The lane: "to a", "transport".
        lane: String,
        /// Expected, one line each.
        expected: Vec<String>,
        /// What came out, one line each.
        got: Vec<String>,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Mistake(message) => writeln!(f, "  {message}"),
            Problem::Differs { lane, expected, got } => {
                writeln!(f, "  {lane}")?;
                let common = expected.iter().zip(got).take_while(|(a, b)| a == b).count();
                expected[..common].iter().try_for_each(|line| writeln!(f, "      {line}"))?;
                expected[common..].iter().try_for_each(|line| writeln!(f, "    - {line}"))?;
                got[common..].iter().try_for_each(|line| writeln!(f, "    + {line}"))?;
                writeln!(f, "    (- expected, + came out)")
            }
        }
    }
}

impl Mismatch {
    /// At the step of this number, or in the setting.
    pub(crate) fn new(vector: &Vector, number: usize, step: Option<&Step>, problem: Problem) -> Self {
        Self {
            title: vector.title.clone(),
            rules: vector.rules.keys().cloned().collect(),
            step: number,
            text: step
                .map_or_else(|| "the setting".into(), |step| Step { out: vec![], ..step.clone() }.print()),
            problem,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "“{}”", self.title)?;
        writeln!(f, "  step {}: {}", self.step, self.text.trim())?;
        write!(f, "{}", self.problem)?;
        for rule in &self.rules {
            writeln!(f, "  {}", rules::text(rule).unwrap_or(rule))?;
        }
        Ok(())
    }
}

impl std::error::Error for Mismatch {}

/// Replays a vector.
///
/// # Errors
/// The first step at which the engine departs from it, or which is a mistake.
pub fn replay(api: &Api, vector: &Vector) -> Result<(), Box<Mismatch>> {
    let mismatch = |index: usize, step: Option<&Step>, problem: Problem| {
        Box::new(Mismatch::new(vector, index, step, problem))
    };
    let mut world = World::new(api, vector).map_err(|text| mismatch(0, None, Problem::Mistake(text)))?;
    for (index, step) in (1..).zip(&vector.steps) {
        let mistake = |text: String| mismatch(index, Some(step), Problem::Mistake(text));
        let got = world.step(step).map_err(mistake)?;
        if let Some(problem) = compare(&step.out, &got) {
            return Err(mismatch(index, Some(step), problem));
        }
    }
    Ok(())
}

/// Compares by lanes: within one, order counts.
#[must_use]
pub fn compare(expected: &[Out], got: &[Shown]) -> Option<Problem> {
    let mut lanes: Vec<String> = Vec::new();
    for lane in expected.iter().chain(got.iter().map(|shown| &shown.out)).map(Out::lane) {
        if !lanes.contains(&lane) {
            lanes.push(lane);
        }
    }
    lanes.into_iter().find_map(|lane| {
        let expected: Vec<&Out> = expected.iter().filter(|out| out.lane() == lane).collect();
        let got: Vec<&Shown> = got.iter().filter(|shown| shown.out.lane() == lane).collect();
        let same =
            expected.len() == got.len() && expected.iter().zip(&got).all(|(e, g)| **e == like(Some(e), g));
        if same {
            return None;
        }
        let print = |out: &Out| serde_json::to_string(out).expect("outputs are plain data");
        Some(Problem::Differs {
            lane,
            got: got
                .iter()
                .enumerate()
                .map(|(i, g)| {
                    let late = span::print(g.at);
                    let out = print(&like(expected.get(i).copied(), g));
                    if expected.get(i).is_some_and(|e| print(e) == out) {
                        out
                    } else {
                        format!("{out}   at {late}")
                    }
                })
                .collect(),
            expected: expected.into_iter().map(print).collect(),
        })
    })
}

/// What came out, without the members that the expectation does not speak of.
#[must_use]
pub fn like(expected: Option<&Out>, got: &Shown) -> Out {
    let mut out = got.out.clone();
    match (&mut out, expected) {
        (Out::Send(send), expected) => {
            let expected = if let Some(Out::Send(expected)) = expected { Some(expected) } else { None };
            send.priority = send.priority.take().filter(|_| expected.is_some_and(|e| e.priority.is_some()));
            send.timeout = send.timeout.take().filter(|_| expected.is_some_and(|e| e.timeout.is_some()));
        }
        (Out::To(delivery), expected) => {
            let expected = if let Some(Out::To(expected)) = expected { Some(expected) } else { None };
            let given = expected.is_some_and(|e| e.as_of.is_some());
            if !given && delivery.as_of.map(|span| span.0) == got.as_of {
                delivery.as_of = None;
            }
            for (error, expected) in [
                (&mut delivery.error, expected.and_then(|e| e.error.as_ref())),
                (&mut delivery.failed, expected.and_then(|e| e.failed.as_ref())),
            ] {
                if let Some(error) = error {
                    error.will_retry =
                        error.will_retry.filter(|_| expected.is_some_and(|e| e.will_retry.is_some()));
                    error.message =
                        error.message.take().filter(|_| expected.is_some_and(|e| e.message.is_some()));
                }
            }
        }
        _ => {}
    }
    out
}
