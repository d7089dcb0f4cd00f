//! How a command ends.

use std::io;
use std::path::PathBuf;

use holdover_build::files::{ReadError, WriteError};
use holdover_compiler::diagnostic::Report;
use holdover_compiler::target::{OptionError, TargetError};

/// A command did what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// And there is nothing to complain of.
    Clean,
    /// And it found something.
    Findings,
}

/// A command did nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The files have errors.
    #[error("the files have errors")]
    Findings(Box<Report>),
    /// The command line, or `holdover.toml`, cannot be followed.
    #[error("{0}")]
    Usage(String),
    /// `holdover.toml` cannot be understood.
    #[error("{}: {reason}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A generator option cannot be followed.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// Code cannot be generated.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Standard output cannot be written.
    #[error("cannot write the output: {error}")]
    Output {
        /// Why.
        error: io::Error,
    },
}

impl Failure {
    /// 1 for what is wrong with the files, 2 for what is wrong with how we were called, or with the machine.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Findings(_) => 1,
            _ => 2,
        }
    }
}

impl From<holdover_build::Error> for Failure {
    fn from(error: holdover_build::Error) -> Self {
        match error {
            holdover_build::Error::Findings(report) => Self::Findings(report),
            holdover_build::Error::Read(error) => Self::Read(error),
            holdover_build::Error::Write(error) => Self::Write(error),
            holdover_build::Error::Target(error) => Self::Target(error),
            other => Self::Usage(other.to_string()),
        }
    }
}
