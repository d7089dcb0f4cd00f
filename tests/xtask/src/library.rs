//! The library that apps ship: built small, and weighed.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{Outcome, built, cargo, run as step};

/// A build of the library, and the most that it may weigh when it is stripped, in bytes.
struct Build {
    name: &'static str,
    features: &'static str,
    most: u64,
}

/// SQLite is a quarter of the library that has no HTTP stack of its own.
const FULL: Build =
    Build { name: "SQLite, Rust transport and TLS", features: "sqlite,transport,jni", most: 5_000_000 };
const SLIM: Build =
    Build { name: "neither SQLite nor the Rust HTTP stack", features: "jni", most: 2_500_000 };
const STORE: Build = Build { name: "SQLite alone", features: "sqlite,jni", most: 3_200_000 };

/// Builds the library in every way that is shipped, prints what it weighs, and fails where that is too much.
pub(crate) fn sizes() -> Outcome {
    weigh(&[SLIM, STORE, FULL])
}

/// The same for the largest and the smallest, which bound the others: for every change, and so in less time.
pub(crate) fn bounds() -> Outcome {
    weigh(&[SLIM, FULL])
}

fn weigh(builds: &[Build]) -> Outcome {
    let mut over = Vec::new();
    for Build { name, features, most } in builds {
        let stripped = strip(&build(features)?)?;
        let bytes =
            std::fs::metadata(&stripped).map_err(|error| format!("{}: {error}", stripped.display()))?.len();
        println!("library with {name}: {bytes} bytes stripped (at most {most})");
        if bytes > *most {
            over.push(*name);
        }
    }
    if over.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the library is too large with {}: see by `nm --size-sort` what has come into it",
        over.join("; and with ")
    ))
}

/// The library's file name on this machine.
pub(crate) fn file_name() -> String {
    format!("{}holdover_ffi{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}

/// Builds the dynamic library with these features, as apps ship it but for its symbols.
pub(crate) fn build(features: &str) -> Result<PathBuf, String> {
    let mut rustc = cargo(&["rustc", "--profile", "library", "--package", "holdover-ffi"]);
    // Alone: see the crate's manifest.
    rustc.args(["--crate-type", "cdylib", "--no-default-features", "--features", features]);
    step(&format!("library: {features}"), &mut rustc)?;
    Ok(built()?.join("library").join(file_name()))
}

/// A copy of the library without symbols, beside it; the symbols stay in the library.
fn strip(library: &Path) -> Result<PathBuf, String> {
    let stripped = library.with_extension("stripped");
    let mut command = Command::new("strip");
    // Apple's strip would take the exported names as well.
    command.args(if cfg!(target_vendor = "apple") { &["-x"][..] } else { &["--strip-all"] });
    step("library: strip", command.arg(library).arg("-o").arg(&stripped))?;
    Ok(stripped)
}
