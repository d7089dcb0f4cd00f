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

/// The environment variables that turn the drift tests into writers: ours, and insta's for snapshots of texts.
const FLAGS: &[(&str, &str)] = &[("HOLDOVER_REGENERATE", "1"), ("INSTA_UPDATE", "always")];

/// A group of files, and the test targets that check or write them.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "messages of the annotations crate and the boundary",
        &["--package", "holdover-tests-compiler", "--test", "annotations"],
    ),
    ("C header", &["--package", "holdover-ffi", "--test", "header"]),
    ("goldens", &["--package", "holdover-tests-compiler", "--test", "golden", "--test", "clients"]),
    (
        "diagnostics",
        &[
            "--package",
            "holdover-tests-compiler",
            "--test",
            "diagnostics",
            "--test",
            "example",
            "--test",
            "explain",
        ],
    ),
    ("compiler", &["--package", "holdover-compiler", "--lib"]),
    ("command line", &["--package", "holdover-cli"]),
    ("vectors and their API", &["--package", "holdover-sim", "--test", "api", "--test", "files"]),
];

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    if arguments.check {
        return check();
    }
    for (title, tests) in GROUPS {
        let mut command = cargo(&["test"]);
        command.args(*tests).envs(FLAGS.iter().copied());
        step(&format!("regenerate: {title}"), &mut command)?;
    }
    Ok(())
}

/// Fails when a checked-in file is not what would be generated now.
fn check() -> Outcome {
    for (title, tests) in GROUPS {
        let mut command = cargo(&["test"]);
        command.args(*tests);
        for (name, _) in FLAGS {
            command.env_remove(name);
        }
        step(&format!("drift: {title}"), &mut command)?;
    }
    Ok(())
}
