//! What the packages of the other languages need of this machine: the core as a library, built as apps ship it.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;

use crate::library;
use crate::step::{Outcome, built, cargo, root, run as step};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Whose package.
    #[arg(value_enum)]
    package: Package,
    /// For the package's own tests: quick to build, and with what replays vectors. Lies in a folder `testing` beside the
    /// place of the library that apps ship.
    #[arg(long)]
    testing: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Package {
    /// `runtime/swift/native`, where Package.swift finds it.
    Swift,
    /// `runtime/kotlin/holdover-runtime/native`, from where Maven puts it into the artifact.
    Kotlin,
}

impl Package {
    /// Where the package looks for the library.
    fn folder(self) -> PathBuf {
        match self {
            Self::Swift => root().join("runtime/swift/native"),
            Self::Kotlin => {
                let machine = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
                root().join("runtime/kotlin/holdover-runtime/native/dev/holdover/native").join(machine)
            }
        }
    }

    /// Where its tests find theirs, by `HOLDOVER_LIBRARY_FOLDER` (Swift) and `HOLDOVER_LIBRARY` (Kotlin).
    fn testing_folder(self) -> PathBuf {
        match self {
            Self::Swift => self.folder().join("testing"),
            Self::Kotlin => root().join("runtime/kotlin/native/testing"),
        }
    }

    /// Features of `holdover-ffi`.
    fn features(self) -> &'static str {
        match self {
            Self::Swift => "sqlite,transport",
            Self::Kotlin => "sqlite,transport,jni",
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let package = arguments.package;
    let name = library::file_name();
    if arguments.testing {
        // One library for both languages.
        let build = ["build", "--package", "holdover-ffi", "--features", "testing,jni"];
        step("the core, for tests", &mut cargo(&build))?;
        let folder = package.testing_folder();
        let staged = place(&built()?.join("debug").join(&name), &folder, &name, |_| Ok(()))?;
        println!("\n{}", staged.display());
        return Ok(());
    }
    let staged = stage(&library::build(package.features())?, &package.folder(), &name)?;
    let size = std::fs::metadata(&staged).map_err(|error| failed(&staged, &error))?.len();
    println!("\n{}: {:.2} MB", staged.display(), bytes_in_mb(size));
    Ok(())
}

/// Copies a library to its package. Symbols go into a file beside it.
fn stage(library: &Path, folder: &Path, name: &str) -> Result<PathBuf, String> {
    place(library, folder, name, |new| {
        if cfg!(target_vendor = "apple") {
            let symbols = folder.join(format!("{name}.dSYM"));
            step("its symbols", Command::new("dsymutil").arg(library).arg("-o").arg(symbols))?;
            step(
                "its name",
                Command::new("install_name_tool").args(["-id", &format!("@rpath/{name}")]).arg(new),
            )?;
            step("without symbols", Command::new("strip").arg("-x").arg(new))
        } else {
            let symbols = folder.join(format!("{name}.debug"));
            step("its symbols", Command::new("objcopy").arg("--only-keep-debug").arg(library).arg(symbols))?;
            step("without symbols", Command::new("strip").arg("--strip-all").arg(new))
        }
    })
}

/// Copies a library to a folder and finishes it there.
fn place(
    library: &Path,
    folder: &Path,
    name: &str,
    finish: impl FnOnce(&Path) -> Outcome,
) -> Result<PathBuf, String> {
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let placed = folder.join(name);
    // A program that runs may have the old one open: it keeps that, and the new one gets the name.
    let new = folder.join(format!("{name}.new"));
    std::fs::copy(library, &new).map_err(|error| failed(library, &error))?;
    finish(&new)?;
    std::fs::rename(&new, &placed).map_err(|error| failed(&placed, &error))?;
    Ok(placed)
}

fn failed(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[allow(clippy::cast_precision_loss, reason = "for people")]
fn bytes_in_mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
