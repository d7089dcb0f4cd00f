//! Why nothing was generated.

use std::fmt;

use holdover_compiler::diagnostic::Report;
use holdover_compiler::load::NotImportable;
use holdover_compiler::target::TargetError;

use crate::files::{ReadError, WriteError};

/// Why nothing was generated. `Debug` prints what `Display` does, because that is what cargo shows when a build script's
/// `main` returns an error.
#[derive(thiserror::Error)]
pub enum Error {
    /// The protos have errors.
    #[error("the protos have errors\n\n{0}")]
    Findings(Box<Report>),
    /// A file is in no include path.
    #[error(transparent)]
    Import(#[from] NotImportable),
    /// A file could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Code could not be generated as it was asked for.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Not run by cargo, and no folder was given.
    #[error("OUT_DIR is not set; call out_dir(…), or run this from a build script")]
    NoOutDir,
    /// No file was given.
    #[error("no .proto file was given")]
    NoFiles,
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
