//! buf: from the PATH, or as the program that Maven has.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Kotlin, Missing, printed};
use crate::step::{Outcome, built, root, run as step};

/// The version that Maven gives us.
const VERSION: &str = "1.61.0";

/// A program.
pub(crate) struct Buf(PathBuf);

impl Buf {
    /// What is there, or what was installed; `None` where it is missing and may be.
    ///
    /// # Errors
    /// When it is missing, and cannot be installed.
    pub(crate) fn find(missing: Missing) -> Result<Option<Self>, String> {
        if printed("buf", &["--version"]).is_some() {
            return Ok(Some(Self(PathBuf::from("buf"))));
        }
        let folder = built()?.join("toolchains").join("buf");
        let program = folder.join(format!("buf-{VERSION}-{}.exe", classifier()));
        if printed(&program, &["--version"]).is_none() {
            if missing == Missing::Skip {
                return Ok(None);
            }
            install(&folder, &program)?;
        }
        Ok(Some(Self(program)))
    }

    /// buf, in a folder.
    pub(crate) fn command(&self, folder: &Path) -> Command {
        let mut buf = Command::new(&self.0);
        buf.current_dir(folder);
        buf
    }
}

/// The machine as Maven's artifacts name it.
fn classifier() -> String {
    let system = if cfg!(target_os = "macos") { "osx" } else { std::env::consts::OS };
    let processor = if cfg!(target_arch = "aarch64") { "aarch_64" } else { std::env::consts::ARCH };
    format!("{system}-{processor}")
}

fn install(folder: &Path, program: &Path) -> Outcome {
    let maven = Kotlin::find(Missing::Install)?.ok_or("buf is fetched by Maven, which is not there")?;
    let mut copy = maven.maven(&root());
    copy.args(["--quiet", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"]);
    copy.arg(format!("-Dartifact=build.buf:buf:{VERSION}:exe:{}", classifier()));
    copy.arg(format!("-DoutputDirectory={}", folder.display()));
    step("buf", &mut copy)?;
    make_executable(program).map_err(|error| format!("{}: {error}", program.display()))
}

#[cfg(unix)]
fn make_executable(program: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> std::io::Result<()> {
    Ok(())
}
