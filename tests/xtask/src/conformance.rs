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
        check_go()?;
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

/// The oldest Go that builds the runner, as its go.mod says.
const OLDEST_GO: (u32, u32) = (1, 25);

fn check_go() -> Outcome {
    let (major, minor) = OLDEST_GO;
    let wanted = format!(
        "the suite's runner is a Go program: install Go {major}.{minor} or newer (https://go.dev/dl), and put `go` on \
         the PATH"
    );
    let Ok(asked) = Command::new("go").args(["env", "GOVERSION"]).output() else { return Err(wanted) };
    let said = String::from_utf8_lossy(&asked.stdout);
    match go_version(said.trim()) {
        Some(version) if version >= OLDEST_GO => Ok(()),
        Some((major, minor)) => Err(format!("{wanted}; the one there is {major}.{minor}")),
        None => Err(format!("{wanted}; `go env GOVERSION` there says {:?}", said.trim())),
    }
}

/// Of "go1.25.3", "go1.26rc1", or "devel go1.27-abcdef".
fn go_version(said: &str) -> Option<(u32, u32)> {
    let (_, version) = said.split_once("go")?;
    let (major, rest) = version.split_once('.')?;
    let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    Some((major.parse().ok()?, rest[..end].parse().ok()?))
}

/// Where cargo puts what it builds: this program lies there, too.
fn built() -> Result<PathBuf, String> {
    let here =
        std::env::current_exe().map_err(|error| format!("cannot tell where this program lies: {error}"))?;
    here.parent().map(PathBuf::from).ok_or_else(|| "this program lies nowhere: run it by cargo".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_go_are_read() {
        for (said, version) in [
            ("go1.25", Some((1, 25))),
            ("go1.25.3", Some((1, 25))),
            ("go1.26rc1", Some((1, 26))),
            ("devel go1.27-4a1b2c", Some((1, 27))),
            ("", None),
            ("go", None),
            ("go1.x", None),
        ] {
            assert_eq!(go_version(said), version, "{said:?}");
        }
    }

    #[test]
    fn every_case_that_is_known_to_fail_has_a_reason() {
        let known = root().join("tests").join("conformance").join("known_failing.txt");
        let known = std::fs::read_to_string(known).expect("the list of known failures");
        for paragraph in known.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
            let reason =
                paragraph.lines().take_while(|line| line.starts_with('#')).map(str::len).sum::<usize>();
            assert!(reason > 20, "say in a comment above these cases why they fail:\n{paragraph}");
        }
    }
}
