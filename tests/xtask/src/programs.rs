//! What tests and examples in other languages call: the core as a library, the servers, and the generators.

use std::path::PathBuf;

use crate::library;
use crate::step::{built, cargo, run as step};

/// The folder that they are in.
pub(crate) struct Programs(PathBuf);

impl Programs {
    /// Builds all of them, for all languages at once: packages that are built one by one agree on no features, and most of
    /// what they need would be built again for each.
    ///
    /// # Errors
    /// When one cannot be built.
    pub(crate) fn build() -> Result<Self, String> {
        let build = [
            "build",
            "--package=holdover-ffi",
            "--package=holdover-e2e",
            "--package=holdover-cli",
            "--package=ride-pricing",
            "--features=holdover-ffi/jni,holdover-ffi/testing",
        ];
        step("the core, the servers and the generators", &mut cargo(&build))?;
        Ok(Self(built()?.join("debug")))
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &PathBuf {
        &self.0
    }

    /// The core.
    pub(crate) fn core(&self) -> PathBuf {
        self.0.join(library::file_name())
    }

    /// The program of this name.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }
}
