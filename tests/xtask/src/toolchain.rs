//! The compilers and build tools of the other languages: found on the machine, or installed where that can be done.

mod buf;
mod kotlin;
mod swift;

use std::ffi::OsStr;
use std::process::{Command, Stdio};

pub(crate) use buf::Buf;
pub(crate) use kotlin::Kotlin;
pub(crate) use swift::Swift;

use crate::step::{Outcome, root, run as step};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Install nothing.
    #[arg(long)]
    check: bool,
}

/// Finds or installs all of them.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let missing = if arguments.check { Missing::Skip } else { Missing::Install };
    match Kotlin::find(missing)? {
        Some(kotlin) => step("Kotlin", kotlin.maven(&root()).arg("--version"))?,
        None => println!("Kotlin: not found"),
    }
    match Swift::find(missing)? {
        Some(swift) => step("Swift", swift.command(&root(), "swift").arg("--version")),
        None => {
            println!("Swift: not found");
            Ok(())
        }
    }
}

/// What to do where a toolchain is missing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Install it, as its tests are demanded.
    Install,
    /// Say so, and go on without.
    Skip,
}

/// What a program prints, on both channels; `None` if there is no such program, or it fails.
fn printed(program: impl AsRef<OsStr>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    output.status.success().then(|| String::from_utf8_lossy(&text).into_owned())
}

/// Installs Debian's packages, as root.
fn apt_install(packages: &[&str]) -> Outcome {
    let install = || {
        let mut install = Command::new("apt-get");
        install.args(["install", "--yes", "--no-install-recommends"]).args(packages);
        install.env("DEBIAN_FRONTEND", "noninteractive");
        step(&format!("install {}", packages.join(", ")), &mut install)
    };
    // The lists may be older than the packages that the mirror still has.
    install().or_else(|_| {
        step("renew the lists of packages", Command::new("apt-get").arg("update"))?;
        install()
    })
}

/// Whether Debian's packages can be installed here.
fn may_apt_install() -> bool {
    let is_root = printed("id", &["-u"]).is_some_and(|id| id.trim() == "0");
    let has_apt = Command::new("apt-get")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    is_root && has_apt
}
