//! Generated code: what every language has in common.
//!
//! A [`Target`] spells; it decides nothing. [`generate`] walks over the [`Package`]s of a [`Context`] and asks the target
//! for every piece that a caller may rely on. All methods of the trait are required, so that a new piece cannot be
//! forgotten in one language, and a target has no way to reach files or the environment.

mod comments;
mod file_option;
mod gap;
pub mod kotlin;
mod language;
mod option;
mod output;
mod piece;
mod promise;
mod returns;
pub mod rust;
mod sentences;
mod spelling;
mod surface;
pub mod swift;
mod taken;
mod writer;

pub use comments::Comments;
pub use gap::{NOT_ENFORCED, PAGES, warnings};
pub use language::Language;
pub use option::OptionError;
pub use output::{OutputFile, OutputPath, OutputPathError};
pub use surface::{Accessor, EnrichedMessage, Method, Package, Part, Service};

use crate::pipeline::Compilation;
use prost_reflect::DescriptorPool;
use thiserror::Error;

/// All that a target can see.
#[derive(Debug)]
pub struct Context<'a> {
    compilation: &'a Compilation,
    comments: &'a Comments,
    packages: Vec<Package<'a>>,
}

impl<'a> Context<'a> {
    /// The view of a compilation that had no errors.
    pub fn new(compilation: &'a Compilation, comments: &'a Comments) -> Result<Self, TargetError> {
        let packages = surface::packages(compilation, comments)?;
        Ok(Self { compilation, comments, packages })
    }

    /// All packages of the compiled files and their imports, sorted by name.
    pub fn packages(&self) -> &[Package<'a>] {
        &self.packages
    }

    /// All files and their imports.
    pub fn pool(&self) -> &DescriptorPool {
        self.compilation.loaded.pool()
    }

    /// The files that were asked for, as they are imported.
    pub fn asked(&self) -> &[String] {
        &self.compilation.files
    }

    /// What people wrote above their declarations.
    pub fn comments(&self) -> &Comments {
        self.comments
    }
}

/// A language that code is generated in.
pub trait Target {
    /// A piece of code.
    type Piece;

    /// The messages of a package.
    fn messages(&self, package: &Package<'_>) -> Result<Self::Piece, TargetError>;

    /// What apps and their tests write code against: every method of a service, without a word about who answers.
    fn interface(&self, package: &Package<'_>, service: &Service<'_>) -> Result<Self::Piece, TargetError>;

    /// The interface as the runtime answers it.
    fn client(&self, package: &Package<'_>, service: &Service<'_>) -> Result<Self::Piece, TargetError>;

    /// The interface as a test answers it, without a runtime.
    fn fake(&self, package: &Package<'_>, service: &Service<'_>) -> Result<Self::Piece, TargetError>;

    /// Constructors of the tags that a package speaks of.
    fn tags(&self, package: &Package<'_>) -> Result<Self::Piece, TargetError>;

    /// Accessors of a message of which something may be withheld.
    fn accessors(
        &self,
        package: &Package<'_>,
        message: &EnrichedMessage<'_>,
    ) -> Result<Self::Piece, TargetError>;

    /// The files that hold the pieces of all packages, in the order in which they were asked for.
    fn files(&self, pieces: Vec<(&Package<'_>, Vec<Self::Piece>)>) -> Result<Vec<OutputFile>, TargetError>;
}

/// Generates everything there is in one language.
pub fn generate<T: Target>(target: &T, context: &Context<'_>) -> Result<Vec<OutputFile>, TargetError> {
    let mut all = Vec::new();
    for package in context.packages() {
        let mut pieces = vec![target.messages(package)?];
        for service in &package.services {
            pieces.push(target.interface(package, service)?);
            pieces.push(target.client(package, service)?);
            pieces.push(target.fake(package, service)?);
        }
        pieces.push(target.tags(package)?);
        for message in &package.enriched {
            pieces.push(target.accessors(package, message)?);
        }
        all.push((package, pieces));
    }
    target.files(all)
}

/// Why nothing was generated.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TargetError {
    /// A choice cannot be followed.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// A file would not stay inside the output folder.
    #[error(transparent)]
    Path(#[from] OutputPathError),
    /// An option of a file is no name.
    #[error(
        "{file}: {option} = {value:?} is no name; write letters, digits and underscores, with dots between packages"
    )]
    FileOption {
        /// The file, as it is imported.
        file: String,
        /// The option.
        option: &'static str,
        /// What it says.
        value: String,
    },
    /// Messages could not be generated.
    #[error("cannot generate messages: {reason}")]
    Messages {
        /// Why, and what to do.
        reason: String,
    },
    /// Two files would have the same path.
    #[error("{path} would be generated twice; choose another name for one of them")]
    Twice {
        /// The path.
        path: String,
    },
    /// The parts of a compilation do not belong together.
    #[error(
        "{what} has a policy but no descriptor, or the reverse; this is a bug in Holdover, please report it"
    )]
    Inconsistent {
        /// What is missing.
        what: String,
    },
}
