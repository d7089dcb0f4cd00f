//! Everything that is in Kotlin: built without a warning, and tested against the real core and the real server, on a JVM
//! that checks every call of the core's.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::programs::Programs;
use crate::step::{Outcome, root, run as step};
use crate::toolchain::{Kotlin, Missing};

/// All modules, from the workspace's root.
const ALL: &str = "tests/kotlin.xml";

/// Runs all tests that are in Kotlin, and the example. Where there is no JDK with Maven, they are skipped, by name.
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
    checked("Kotlin: tests", maven(&kotlin)?.args(["--activate-profiles", "story", "test"]))
}

/// Tells the ride-pricing story in Kotlin.
///
/// # Errors
/// When a step of it did not do what it says, or Kotlin is missing and cannot be installed.
pub(crate) fn example(missing: Missing) -> Outcome {
    let Some(kotlin) = Kotlin::find(missing)? else {
        println!("\nSkipped, because there is no JDK 17 with Maven here: examples/kotlin");
        return Ok(());
    };
    let mut maven = maven(&kotlin)?;
    maven.args(["--quiet", "--projects", ":ride-pricing", "--also-make", "-DskipTests"]);
    step("Kotlin: example", maven.args(["--activate-profiles", "story", "test"]))
}

/// What the boundary costs an app on the JVM, by a library as apps ship it.
///
/// # Errors
/// When a bar is missed.
pub(crate) fn bench(library: &Path) -> Outcome {
    let Some(kotlin) = Kotlin::find(Missing::Skip)? else {
        println!("\nSkipped, because there is no JDK 17 with Maven here: what the boundary costs on the JVM");
        return Ok(());
    };
    let mut maven = kotlin.maven(&root());
    maven.args(["--quiet", "--file", ALL, "--projects", ":holdover-e2e", "--also-make"]);
    maven.args(["--activate-profiles", "bench", "-DskipTests", "test"]).env("HOLDOVER_LIBRARY", library);
    step("bench: ffi on the JVM", &mut maven)
}

/// Maven on all modules, with the programs that they call.
fn maven(kotlin: &Kotlin) -> Result<Command, String> {
    let programs = Programs::build()?;
    let mut maven = kotlin.maven(&root());
    maven
        .args(["--file", ALL])
        .arg(format!("-Dholdover.plugin={}", programs.program("protoc-gen-holdover").display()))
        .env("HOLDOVER_LIBRARY", programs.core())
        .env("HOLDOVER_RIDES_SERVER", programs.program("rides"))
        .env("RIDE_PRICING_SERVER", programs.program("ride-pricing"));
    Ok(maven)
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
