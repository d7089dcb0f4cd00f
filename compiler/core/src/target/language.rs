//! The languages, for those who let users choose one.

use super::kotlin::{Kotlin, KotlinOptions};
use super::rust::{Rust, RustOptions};
use super::swift::{Swift, SwiftOptions};
use super::{Context, OptionError, OutputFile, TargetError, generate};

/// A language, and what a user chose about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Language {
    /// Rust: messages, too.
    Rust(RustOptions),
    /// Swift, beside the messages of SwiftProtobuf's plugin.
    Swift(SwiftOptions),
    /// Kotlin, beside the messages of protoc's Java generator.
    Kotlin(KotlinOptions),
}

impl Language {
    /// The names of all languages.
    pub const NAMES: &'static [&'static str] = &["rust", "swift", "kotlin"];

    /// A language by its name, with nothing chosen yet.
    pub fn named(name: &str) -> Result<Self, OptionError> {
        match name {
            "rust" => Ok(Self::Rust(RustOptions::default())),
            "swift" => Ok(Self::Swift(SwiftOptions::default())),
            "kotlin" => Ok(Self::Kotlin(KotlinOptions::default())),
            _ => Err(OptionError::Value {
                name: "target",
                value: name.to_owned(),
                expected: format!("one of {}", Self::NAMES.join(", ")),
            }),
        }
    }

    /// Sets an option from text, such as `visibility=public`.
    pub fn set(&mut self, option: &str) -> Result<(), OptionError> {
        match self {
            Self::Rust(options) => options.set(option),
            Self::Swift(options) => options.set(option),
            Self::Kotlin(options) => options.set(option),
        }
    }

    /// Generates everything there is.
    pub fn generate(&self, context: &Context<'_>) -> Result<Vec<OutputFile>, TargetError> {
        match self {
            Self::Rust(options) => generate(&Rust::new(context, options.clone())?, context),
            Self::Swift(options) => generate(&Swift::new(context, options.clone())?, context),
            Self::Kotlin(options) => generate(&Kotlin::new(context, options.clone())?, context),
        }
    }
}
