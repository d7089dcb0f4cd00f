//! Kotlin: a JDK and Maven, which fetches the compiler and everything else.

use std::path::Path;
use std::process::Command;

use super::{Missing, apt_install, may_apt_install, printed};

/// The oldest JDK that the Kotlin modules are built with.
const OLDEST_JDK: u32 = 17;

/// A JDK and Maven.
pub(crate) struct Kotlin(());

impl Kotlin {
    /// What is there, or what was installed; `None` where it is missing and may be.
    ///
    /// # Errors
    /// When it is missing, and cannot be installed.
    pub(crate) fn find(missing: Missing) -> Result<Option<Self>, String> {
        if Self::is_there() {
            return Ok(Some(Self(())));
        }
        if missing == Missing::Skip {
            return Ok(None);
        }
        if may_apt_install() {
            apt_install(&["maven", "openjdk-17-jdk-headless"])?;
        }
        if Self::is_there() {
            return Ok(Some(Self(())));
        }
        Err(format!(
            "Kotlin's tests need a JDK {OLDEST_JDK} or newer and Maven: put `javac` and `mvn` on the PATH"
        ))
    }

    fn is_there() -> bool {
        let jdk = printed("javac", &["-version"]).and_then(|said| version(&said));
        jdk.is_some_and(|jdk| jdk >= OLDEST_JDK) && printed("mvn", &["--version"]).is_some()
    }

    /// Maven, in a folder, without questions.
    #[allow(clippy::unused_self, reason = "having one says that Maven is there")]
    pub(crate) fn maven(&self, folder: &Path) -> Command {
        let mut maven = Command::new("mvn");
        maven.current_dir(folder).args(["--batch-mode", "--no-transfer-progress"]);
        maven
    }
}

/// Of "javac 17.0.15".
fn version(said: &str) -> Option<u32> {
    said.split_whitespace().last()?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_jdks_are_read() {
        assert_eq!(version("javac 17.0.15\n"), Some(17));
        assert_eq!(version("javac 21\n"), Some(21));
        assert_eq!(version("javac 1.8.0_402\n"), Some(1));
        assert_eq!(version(""), None);
    }
}
