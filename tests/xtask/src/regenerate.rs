//! The checked-in generated files, renewed or checked for drift.
//!
//! Each group is written by the test that checks it, under an explicit flag: there is one description of what a file
//! must hold, and a test run can never rewrite its own expectation by accident.

use crate::step::{Outcome, cargo, run as step};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Change nothing; fail when a file is not what would be generated.
    #[arg(long)]
    check: bool,
}

/// The environment variable that turns the drift tests into writers.
const FLAG: &str = "HOLDOVER_REGENERATE";

/// A group of files, and the test target that checks or writes them.
const GROUPS: &[(&str, &[&str])] = &[
    ("annotations crate", &["test", "--package", "holdover-tests-compiler", "--test", "annotations"]),
    ("goldens", &["test", "--package", "holdover-tests-compiler", "--test", "golden"]),
    ("vector policy", &["test", "--package", "holdover-sim", "--test", "policy"]),
];

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    if arguments.check {
        return check();
    }
    for (title, test) in GROUPS {
        step(&format!("regenerate: {title}"), cargo(test).env(FLAG, "1"))?;
    }
    Ok(())
}

/// Fails when a checked-in file is not what would be generated now.
pub(crate) fn check() -> Outcome {
    for (title, test) in GROUPS {
        step(&format!("drift: {title}"), cargo(test).env_remove(FLAG))?;
    }
    Ok(())
}
