//! Everything that is in Swift: built without a warning, and tested against the real core and the real server.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::programs::Programs;
use crate::step::{Outcome, built, root, run as step};
use crate::toolchain::{Missing, Swift};

/// The packages whose tests are run, from the workspace's root.
const TESTED: &[&str] = &["runtime/swift", "tests/e2e/swift"];

const EXAMPLE: &str = "examples/swift";
const BENCH: &str = "runtime/swift/benchmarks";

/// Runs all tests that are in Swift, and the example. Where there is no Swift, they are skipped, by name.
///
/// # Errors
/// When one fails, or Swift is missing and was to be installed.
pub(crate) fn test(missing: Missing) -> Outcome {
    let Some(swift) = Swift::find(missing)? else {
        println!("\nSkipped, because there is no Swift here: the tests in {}", TESTED.join(", "));
        println!("   `cargo xtask toolchain` installs it, where it can; `--require swift` fails without it.");
        return Ok(());
    };
    let programs = Programs::build()?;
    for package in TESTED {
        step(&format!("Swift: tests in {package}"), &mut command(&swift, package, "test", &programs)?)?;
    }
    example(missing)
}

/// Runs the ride-pricing story, told by an app in Swift.
///
/// # Errors
/// When a step does not do what it says, or Swift is missing and cannot be installed.
pub(crate) fn example(missing: Missing) -> Outcome {
    let Some(swift) = Swift::find(missing)? else {
        println!("\nSkipped, because there is no Swift here: {EXAMPLE}");
        return Ok(());
    };
    let programs = Programs::build()?;
    step("Swift: example", &mut command(&swift, EXAMPLE, "run", &programs)?)
}

/// Measures what calls cost from Swift, over a core that is built as apps ship it and lies in this folder.
///
/// # Errors
/// When a bar is missed.
pub(crate) fn bench(core: &Path) -> Outcome {
    let Some(swift) = Swift::find(Missing::Skip)? else {
        println!("\nSkipped, because there is no Swift here: {BENCH}");
        return Ok(());
    };
    let mut command = environment(&swift, BENCH);
    command.arg(set("HOLDOVER_LIBRARY_FOLDER", core)).args(["swift", "run", "--configuration", "release"]);
    step("bench: ffi, from Swift", command.arg("--scratch-path").arg(scratch(BENCH)?))
}

/// A command of SwiftPM on a package, with the core of this build and the programs that tests start.
fn command(swift: &Swift, package: &str, what: &str, programs: &Programs) -> Result<Command, String> {
    let mut command = environment(swift, package);
    command
        .arg(set("HOLDOVER_LIBRARY_FOLDER", programs.folder()))
        .arg(set("HOLDOVER_RIDES_SERVER", &programs.program("rides")));
    command.arg(set("RIDE_PRICING_SERVER", &programs.program("ride-pricing")));
    command.args(["swift", what, "-Xswiftc", "-warnings-as-errors", "--scratch-path"]).arg(scratch(package)?);
    Ok(command)
}

/// A command in a package's folder that goes on with variables to set. Cargo names its own folders of libraries to what it
/// runs, and the loader would take the core from there.
fn environment(swift: &Swift, package: &str) -> Command {
    let mut command = swift.command(&root().join(package), "env");
    command.args(["-u", "LD_LIBRARY_PATH"]);
    command
}

/// Where SwiftPM puts what it builds of a package.
fn scratch(package: &str) -> Result<PathBuf, String> {
    Ok(built()?.join("swiftpm").join(package.replace('/', "-")))
}

fn set(name: &str, value: &Path) -> String {
    format!("{name}={}", value.display())
}
