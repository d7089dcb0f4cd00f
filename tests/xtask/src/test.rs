//! Every check that a change must pass, in the order in which they fail fastest.

use clap::ValueEnum;

use crate::golden;
use crate::kotlin;
use crate::library;
use crate::step::{Outcome, cargo, run as step};
use crate::swift;
use crate::toolchain::Missing;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Install what a language's tests need, or fail, instead of skipping them by name.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "rust")]
    require: Vec<Language>,
    /// Run the tests of this language alone.
    #[arg(long, value_enum)]
    only: Option<Language>,
}

/// A language whose tests can be demanded.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Always there.
    Rust,
    /// A JDK with Maven: see `cargo xtask toolchain`.
    Kotlin,
    /// Swift 6: see `cargo xtask toolchain`.
    Swift,
}

impl Arguments {
    /// What to do where a language's toolchain is missing.
    fn missing(&self, language: Language) -> Missing {
        if self.require.contains(&language) { Missing::Install } else { Missing::Skip }
    }
}

/// Everything that is off by default. Every step of the workspace has the same, so that nothing is built twice.
const FEATURES: &str = "--features=holdover/opentelemetry,holdover-ffi/jni,holdover-ffi/testing";

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let wants = |language| arguments.only.is_none_or(|only| only == language);
    if wants(Language::Rust) {
        rust()?;
    }
    if wants(Language::Swift) {
        golden::swift(arguments.missing(Language::Swift))?;
        swift::test(arguments.missing(Language::Swift))?;
    }
    if wants(Language::Kotlin) {
        // Maven has buf, too.
        golden::plugin(arguments.missing(Language::Kotlin))?;
        golden::kotlin(arguments.missing(Language::Kotlin))?;
        kotlin::test(arguments.missing(Language::Kotlin))?;
    }
    println!("\nEverything passed.");
    Ok(())
}

fn rust() -> Outcome {
    step("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    let lint = ["clippy", "--workspace", "--all-targets", FEATURES, "--", "-D", "warnings"];
    step("lints", &mut cargo(&lint))?;
    // As apps build it: the simulator turns its planted faults on for the whole workspace.
    let engine = ["clippy", "--package", "holdover-engine", "--package", "holdover", "--", "-D", "warnings"];
    step("lints: without features", &mut cargo(&engine))?;
    let slim = [
        "clippy",
        "--package",
        "holdover-ffi",
        "--no-default-features",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    step("lints: the C ABI without transport and store", &mut cargo(&slim))?;
    // The drift tests of checked-in generated files are among them.
    step("tests", &mut cargo(&["test", "--workspace", FEATURES]))?;
    step(
        "documentation",
        cargo(&["doc", "--workspace", "--no-deps", "--document-private-items", FEATURES])
            .env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links"),
    )?;
    step("example: ride-pricing", &mut cargo(&["run", "--quiet", "--package", "ride-pricing"]))?;
    // What apps ship: a library that grows is noticed with the change that makes it grow.
    library::bounds()
}
