//! Every check that a change must pass, in the order in which they fail fastest.

use clap::ValueEnum;

use crate::step::{Outcome, cargo, run as step};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Fail, instead of skipping by name, when what a language's tests need is missing.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "rust")]
    require: Vec<Language>,
}

/// A language whose tests can be demanded.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Rust,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    debug_assert!(arguments.require.contains(&Language::Rust), "Rust is the only language so far");
    step("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    step("lints", &mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    // The drift tests of checked-in generated files are among them.
    step("tests", &mut cargo(&["test", "--workspace"]))?;
    step(
        "documentation",
        cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"])
            .env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links"),
    )?;
    step("example: ride-pricing", &mut cargo(&["run", "--quiet", "--package", "ride-pricing"]))?;
    println!("\nEverything passed.");
    Ok(())
}
