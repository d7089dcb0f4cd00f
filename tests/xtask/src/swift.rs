//! Everything that is in Swift: built without a warning, and tested against the real core and the real server.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{Outcome, built, cargo, root, run as step};
use crate::toolchain::{Missing, Swift};

/// The packages whose tests are run, from the workspace's root.
const TESTED: &[&str] = &["runtime/swift", "tests/e2e/swift"];

/// Runs all tests that are in Swift. Where there is no Swift, they are skipped, by name.
///
/// # Errors
/// When one fails, or Swift is missing and was to be installed.
pub(crate) fn test(missing: Missing) -> Outcome {
    let Some(swift) = Swift::find(missing)? else {
        println!("\nSkipped, because there is no Swift here: the tests in {}", TESTED.join(", "));
        println!("   `cargo xtask toolchain` installs it, where it can; `--require swift` fails without it.");
        return Ok(());
    };
    step(
        "Swift: the core",
        &mut cargo(&["build", "--package", "holdover-ffi", "--features", "jni,testing"]),
    )?;
    let server = ["build", "--package", "holdover-e2e", "--bins"];
    step("Swift: the server", &mut cargo(&server))?;
    for package in TESTED {
        step(&format!("Swift: tests in {package}"), &mut command(&swift, package, "test")?)?;
    }
    Ok(())
}

/// A command of SwiftPM on a package, with the core of this build and the programs that tests start.
fn command(swift: &Swift, package: &str, what: &str) -> Result<Command, String> {
    let debug = built()?.join("debug");
    let mut command = swift.command(&root().join(package), "env");
    command
        .arg(set("HOLDOVER_LIBRARY_FOLDER", &debug))
        .arg(set("HOLDOVER_RIDES_SERVER", &debug.join("rides")));
    command.args(["swift", what, "-Xswiftc", "-warnings-as-errors", "--scratch-path"]).arg(scratch(package)?);
    Ok(command)
}

/// Where SwiftPM puts what it builds of a package.
fn scratch(package: &str) -> Result<PathBuf, String> {
    Ok(built()?.join("swiftpm").join(package.replace('/', "-")))
}

fn set(name: &str, value: &Path) -> String {
    format!("{name}={}", value.display())
}
