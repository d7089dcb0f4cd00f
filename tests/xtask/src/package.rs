//! What the packages of the other languages need of this machine: the core as a library, built as apps ship it.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;

use crate::step::{Outcome, built, cargo, root, run as step};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Whose package.
    #[arg(value_enum)]
    package: Package,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Package {
    /// `runtime/swift/native`, where Package.swift finds it.
    Swift,
}

impl Package {
    /// Where the package looks for the library.
    fn folder(self) -> PathBuf {
        match self {
            Self::Swift => root().join("runtime/swift/native"),
        }
    }

    /// Features of `holdover-ffi` that are off by default.
    fn features(self) -> &'static [&'static str] {
        match self {
            Self::Swift => &[],
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let package = arguments.package;
    let mut build = cargo(&["build", "--profile", "library", "--package", "holdover-ffi"]);
    build.args(package.features().iter().flat_map(|feature| ["--features", *feature]));
    step("the core, as apps ship it", &mut build)?;
    let name = format!("{}holdover_ffi{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let staged = stage(&built()?.join("library").join(&name), &package.folder(), &name)?;
    let size = std::fs::metadata(&staged).map_err(|error| failed(&staged, &error))?.len();
    println!("\n{}: {:.2} MB", staged.display(), bytes_in_mb(size));
    Ok(())
}

/// Copies a library to its package. Symbols go into a file beside it.
fn stage(library: &Path, folder: &Path, name: &str) -> Result<PathBuf, String> {
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let staged = folder.join(name);
    // A program that runs may have the old one open: it keeps that, and the new one gets the name.
    let new = folder.join(format!("{name}.new"));
    std::fs::copy(library, &new).map_err(|error| failed(library, &error))?;
    if cfg!(target_vendor = "apple") {
        let symbols = folder.join(format!("{name}.dSYM"));
        step("its symbols", Command::new("dsymutil").arg(library).arg("-o").arg(symbols))?;
        step(
            "its name",
            Command::new("install_name_tool").args(["-id", &format!("@rpath/{name}")]).arg(&new),
        )?;
        step("without symbols", Command::new("strip").arg("-x").arg(&new))?;
    } else {
        let symbols = folder.join(format!("{name}.debug"));
        step("its symbols", Command::new("objcopy").arg("--only-keep-debug").arg(library).arg(symbols))?;
        step("without symbols", Command::new("strip").arg("--strip-all").arg(&new))?;
    }
    std::fs::rename(&new, &staged).map_err(|error| failed(&staged, &error))?;
    Ok(staged)
}

fn failed(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[allow(clippy::cast_precision_loss, reason = "for people")]
fn bytes_in_mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
