//! Holdover's own chores: `cargo xtask test`, `regenerate`, `bench`, `conformance`, `example`, `package`.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to its user")]

mod bench;
mod conformance;
mod example;
mod golden;
mod kotlin;
mod library;
mod package;
mod programs;
mod regenerate;
mod step;
mod swift;
mod test;
mod toolchain;

use clap::{Parser, Subcommand};

/// Holdover's own chores.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Run every check that a change must pass: format, lints, drift, tests, documentation, examples.
    Test(test::Arguments),
    /// Renew the checked-in generated files: the annotations crate, goldens, compiled policies.
    Regenerate(regenerate::Arguments),
    /// Compile the generated Swift and Kotlin of the golden cases, and test it.
    Golden(golden::Arguments),
    /// Run the benchmarks that back the README's claims, and print their ratios.
    Bench(bench::Arguments),
    /// Let the Connect conformance suite test the transport. Needs Go 1.25; the first run downloads the suite.
    Conformance(conformance::Arguments),
    /// Say which compilers of other languages are there, and install those that are missing, where that can be done.
    Toolchain(toolchain::Arguments),
    /// Tell the ride-pricing story, by an app in one of the languages.
    Example(example::Arguments),
    /// Build the core for the package of another language, for this machine, and put it where the package finds it.
    Package(package::Arguments),
}

fn main() -> std::process::ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Test(arguments) => test::run(&arguments),
        Chore::Regenerate(arguments) => regenerate::run(&arguments),
        Chore::Golden(arguments) => golden::run(&arguments),
        Chore::Bench(arguments) => bench::run(&arguments),
        Chore::Conformance(arguments) => conformance::run(&arguments),
        Chore::Toolchain(arguments) => toolchain::run(&arguments),
        Chore::Example(arguments) => example::run(&arguments),
        Chore::Package(arguments) => package::run(&arguments),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nxtask: {message}");
            std::process::ExitCode::FAILURE
        }
    }
}
