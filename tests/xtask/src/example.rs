//! The ride-pricing story in the languages that apps are written in.

use crate::kotlin;
use crate::step::{Outcome, cargo, run as step};
use crate::swift;
use crate::test::Language;
use crate::toolchain::Missing;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// In which language.
    #[arg(value_enum)]
    language: Language,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    match arguments.language {
        Language::Rust => step("example", &mut cargo(&["run", "--quiet", "--package", "ride-pricing"])),
        Language::Swift => swift::example(Missing::Install),
        Language::Kotlin => kotlin::example(Missing::Install),
    }
}
