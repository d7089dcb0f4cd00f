//! Swift 6: from the PATH, or inside a root of Debian 13, whose packages have it.
//!
//! The root is a folder. Commands run in it by `chroot` within a mount namespace of their own, so that what they see of the
//! machine, this project among it, is mounted for them alone: nothing has to be unmounted, and the folder can be deleted at
//! any time.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Missing, apt_install, may_apt_install, printed};
use crate::step::{Outcome, built, root, run as step};

/// The oldest Swift that builds the package.
const OLDEST: u32 = 6;
/// Debian's release whose packages have it.
const RELEASE: &str = "trixie";
/// What a package needs to be built and tested.
const PACKAGES: [&str; 6] = ["swiftlang", "libswiftlang", "swiftlang-dev", "libc6-dev", "g++", "git"];
/// Names the folder, if it is not to be below the build's.
const FOLDER: &str = "HOLDOVER_SWIFT_ROOT";

/// A Swift toolchain.
pub(crate) enum Swift {
    OnPath,
    /// In the root at this folder.
    InRoot(PathBuf),
}

impl Swift {
    /// What is there, or what was installed; `None` where it is missing and may be.
    ///
    /// # Errors
    /// When it is missing, and cannot be installed.
    pub(crate) fn find(missing: Missing) -> Result<Option<Self>, String> {
        if printed("swift", &["--version"]).is_some_and(|said| is_new_enough(&said)) {
            return Ok(Some(Self::OnPath));
        }
        let folder = folder()?;
        if is_complete(&folder) {
            return Ok(Some(Self::InRoot(folder)));
        }
        if missing == Missing::Skip {
            return Ok(None);
        }
        if !may_apt_install() {
            return Err(format!(
                "Swift's tests need Swift {OLDEST} or newer: put `swift` on the PATH (https://swift.org/install), or run \
                 this as root on Debian, where it is installed into a folder"
            ));
        }
        install(&folder)?;
        Ok(Some(Self::InRoot(folder)))
    }

    /// A command of the toolchain, in a folder of this project or of its build.
    pub(crate) fn command(&self, folder: &Path, program: impl AsRef<OsStr>) -> Command {
        match self {
            Self::OnPath => {
                let mut command = Command::new(program);
                command.current_dir(folder);
                command
            }
            Self::InRoot(at) => {
                let mut command = inside(at);
                command.arg("env").arg("--chdir").arg(folder).arg("HOME=/root").arg(program);
                command
            }
        }
    }
}

/// Runs what follows inside the root at a folder. The project and its build are where they are outside.
fn inside(at: &Path) -> Command {
    const SCRIPT: &str = r#"
        at=$1; shift
        mount -t proc proc "$at/proc"
        mount --rbind /dev "$at/dev"
        while [ "$1" != -- ]; do mkdir -p "$at$1"; mount --bind "$1" "$at$1"; shift; done
        shift
        exec chroot "$at" "$@""#;
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "--", "sh", "-e", "-c", SCRIPT, "sh"]).arg(at);
    command.arg(root());
    // The build may lie elsewhere.
    if let Some(built) = built().ok().filter(|built| !built.starts_with(root())) {
        command.arg(built);
    }
    command.arg("--");
    command
}

fn folder() -> Result<PathBuf, String> {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return Ok(PathBuf::from(folder));
    }
    Ok(built()?.join("toolchains").join("swift"))
}

/// Says that a root is whole: an installation may have been broken off.
fn mark(folder: &Path) -> PathBuf {
    folder.join(".complete")
}

fn is_complete(folder: &Path) -> bool {
    mark(folder).exists()
}

fn install(folder: &Path) -> Outcome {
    if printed("debootstrap", &["--version"]).is_none() {
        apt_install(&["debootstrap"])?;
    }
    if folder.exists() {
        // What an installation left that was broken off.
        std::fs::remove_dir_all(folder)
            .map_err(|error| format!("{}: {error}; delete this folder", folder.display()))?;
    }
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut bootstrap = Command::new("debootstrap");
    bootstrap.args(["--variant=minbase", "--include=ca-certificates", RELEASE]).arg(folder).arg(mirror());
    step("Swift: a root of Debian 13", &mut bootstrap)?;
    let mut packages = inside(folder);
    packages.args([
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "install",
        "--yes",
        "--no-install-recommends",
    ]);
    packages.args(PACKAGES);
    step("Swift: its packages", &mut packages)?;
    std::fs::write(mark(folder), "").map_err(|error| format!("{}: {error}", mark(folder).display()))
}

/// Where the machine has its own packages from.
fn mirror() -> String {
    let lists = ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"];
    let texts = lists.iter().filter_map(|list| std::fs::read_to_string(list).ok());
    texts
        .into_iter()
        .find_map(|text| mirror_in(&text))
        .unwrap_or_else(|| "http://deb.debian.org/debian".to_owned())
}

/// The first address of a list of either form: `URIs: http://…`, or `deb http://… release parts`.
fn mirror_in(text: &str) -> Option<String> {
    let lines =
        text.lines().map(str::trim).filter(|line| line.starts_with("URIs:") || line.starts_with("deb "));
    let mut words = lines.flat_map(str::split_whitespace);
    words.find(|word| word.starts_with("http")).map(str::to_owned)
}

/// Of "Swift version 6.0.3 (swift-6.0.3-RELEASE)".
fn is_new_enough(said: &str) -> bool {
    let after = said.split_once("Swift version ").map(|(_, after)| after);
    let major = after
        .and_then(|after| after.split(['.', ' ', '-']).next())
        .and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| major >= OLDEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_swift_are_read() {
        assert!(is_new_enough("Swift version 6.0.3 (swift-6.0.3-RELEASE)\nTarget: x86_64-pc-linux-gnu\n"));
        assert!(is_new_enough("swift-driver version: 1.120 Apple Swift version 6.1 (swiftlang-6.1)"));
        assert!(!is_new_enough("Swift version 5.10.1 (swift-5.10.1-RELEASE)"));
        assert!(!is_new_enough(""));
    }

    #[test]
    fn the_mirror_of_the_machine_is_found() {
        let new = "Types: deb\n# http://old\nURIs: http://mirror.example/debian\nSuites: bookworm\n";
        assert_eq!(mirror_in(new).as_deref(), Some("http://mirror.example/debian"));
        let old = "# deb http://no\ndeb [arch=amd64] http://other.example/debian bookworm main\n";
        assert_eq!(mirror_in(old).as_deref(), Some("http://other.example/debian"));
        assert_eq!(mirror_in("deb cdrom:[x]/ bookworm main\n"), None);
    }
}
