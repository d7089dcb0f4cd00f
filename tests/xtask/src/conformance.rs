//! The Connect conformance suite, against the transport (`tests/conformance`).

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use crate::step::{Outcome, cargo, root, run as step};

/// The suite's release. A newer one may have cases that a run of this commit has not seen.
const RUNNER: &str = "connectrpc.com/conformance/cmd/connectconformance";
const VERSION: &str = "v1.0.5";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only the cases whose names match, such as "Timeouts/**"; may be repeated.
    #[arg(long, value_name = "PATTERN")]
    run: Vec<String>,
    /// Print the HTTP exchange of every case that fails.
    #[arg(long)]
    trace: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let built = built()?;
    let folder = built.join("conformance").join(VERSION);
    let runner = folder.join(format!("connectconformance{}", std::env::consts::EXE_SUFFIX));
    if !runner.exists() {
        if Command::new("go").arg("version").output().is_err() {
            return Err(
                "the suite's runner is a Go program: install Go 1.25 or newer (https://go.dev/dl), and put \
                        `go` on the PATH"
                    .to_owned(),
            );
        }
        let mut install = Command::new("go");
        install.arg("install").arg(format!("{RUNNER}@{VERSION}")).env("GOBIN", &folder);
        step(&format!("conformance: install the runner {VERSION}"), &mut install)?;
    }
    step("conformance: build the client", &mut cargo(&["build", "--package", "holdover-conformance"]))?;

    let ours = root().join("tests").join("conformance");
    let mut known_failing = OsString::from("@");
    known_failing.push(ours.join("known_failing.txt"));
    let mut command = Command::new(runner);
    command.args(["--mode", "client", "--conf"]).arg(ours.join("config.yaml"));
    command.arg("--known-failing").arg(known_failing);
    for pattern in &arguments.run {
        command.args(["--run", pattern]);
    }
    if arguments.trace {
        command.arg("--trace");
    }
    let client = format!("holdover-conformance{}", std::env::consts::EXE_SUFFIX);
    command.arg("--").arg(built.join(client));
    step("conformance: run", &mut command)
}

/// Where cargo puts what it builds: this program lies there, too.
fn built() -> Result<PathBuf, String> {
    let here =
        std::env::current_exe().map_err(|error| format!("cannot tell where this program lies: {error}"))?;
    here.parent().map(PathBuf::from).ok_or_else(|| "this program lies nowhere: run it by cargo".to_owned())
}
