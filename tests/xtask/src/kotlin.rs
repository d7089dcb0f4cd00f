//! Everything that is in Kotlin: built without a warning, and tested against the real core and the real server, on a JVM
//! that checks every call of the core's.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::library;
use crate::step::{Outcome, built, cargo, root, run as step};
use crate::toolchain::{Kotlin, Missing};

/// All modules with tests, from the workspace's root.
const ALL: &str = "tests/kotlin.xml";

/// Runs all tests that are in Kotlin. Where there is no JDK with Maven, they are skipped, by name.
///
/// # Errors
/// When one fails, when `-Xcheck:jni` has something to say, or when Kotlin is missing and was to be installed.
pub(crate) fn test(missing: Missing) -> Outcome {
    let Some(kotlin) = Kotlin::find(missing)? else {
        println!("\nSkipped, because there is no JDK 17 with Maven here: the tests of {ALL}");
        println!(
            "   `cargo xtask toolchain` installs it, where it can; `--require kotlin` fails without it."
        );
        return Ok(());
    };
    core_and_server()?;
    let mut maven = kotlin.maven(&root());
    maven.args(["--file", ALL, "test"]);
    checked("Kotlin: tests", programs(&mut maven)?)
}

/// Builds what the tests call.
fn core_and_server() -> Outcome {
    let core = ["build", "--package", "holdover-ffi", "--features", "jni,testing"];
    step("Kotlin: the core", &mut cargo(&core))?;
    step("Kotlin: the server", &mut cargo(&["build", "--package", "holdover-e2e", "--bins"]))
}

/// Says where those are.
fn programs(command: &mut Command) -> Result<&mut Command, String> {
    let debug = built()?.join("debug");
    Ok(command
        .env("HOLDOVER_LIBRARY", debug.join(library::file_name()))
        .env("HOLDOVER_RIDES_SERVER", debug.join(format!("rides{}", std::env::consts::EXE_SUFFIX))))
}

/// Runs a command, shows what it says, and fails if the JVM found something wrong with the core's calls.
fn checked(title: &str, command: &mut Command) -> Outcome {
    println!("\n── {title}");
    let started = Instant::now();
    let failed = |error: std::io::Error| format!("{title}: {error}");
    let mut running = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
    let said = running.stdout.take().ok_or_else(|| format!("{title}: it has no output"))?;
    let mut found = Vec::new();
    for line in BufReader::new(said).lines() {
        let line = line.map_err(failed)?;
        println!("{line}");
        if is_finding(&line) {
            found.push(line);
        }
    }
    let status = running.wait().map_err(failed)?;
    if !status.success() {
        return Err(format!(
            "{title} failed ({status}). Run them alone with: cargo xtask test --only kotlin"
        ));
    }
    if found.is_empty() {
        println!("── {title}: ok, {:.1} s", started.elapsed().as_secs_f32());
        return Ok(());
    }
    Err(format!("{title}: -Xcheck:jni found something in `runtime/ffi/src/jni`:\n  {}", found.join("\n  ")))
}

/// Whether `-Xcheck:jni` says this.
fn is_finding(line: &str) -> bool {
    ["WARNING in native method", "FATAL ERROR in native method", "WARNING: JNI local refs", "JNI critical"]
        .iter()
        .any(|words| line.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_of_the_jvm_are_known_from_what_tests_say() {
        assert!(is_finding(
            "WARNING in native method: JNI call made without checking exceptions when required to"
        ));
        assert!(is_finding("FATAL ERROR in native method: Using JNIEnv in the wrong thread"));
        assert!(is_finding("WARNING: JNI local refs: 33, exceeds capacity: 32"));
        assert!(!is_finding("[WARNING] Source root doesn't exist: src/main/java"));
        assert!(!is_finding("[INFO] Tests run: 264, Failures: 0"));
    }
}
