//! The `holdover` command. Everything that it knows is in [`holdover_compiler`]; here is how people reach it.
#![forbid(unsafe_code)]

mod arguments;
mod check;
mod config;
mod explain;
mod failure;
mod generate;
mod input;
mod proto;
mod rules;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::{Arguments, Command};
use crate::failure::{Failure, Outcome};
use crate::terminal::Terminal;

fn main() -> ExitCode {
    // Usage errors, --help and --version end here; clap's exit code for usage errors is 2, as ours.
    let arguments = Arguments::parse();
    let terminal = Terminal::detect(arguments.color);
    match run(arguments.command, &terminal) {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Err(failure) => {
            terminal.complain(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(command: Command, terminal: &Terminal) -> Result<Outcome, Failure> {
    match command {
        Command::Generate(arguments) => generate::run(&arguments, terminal),
        Command::Check(arguments) => check::run(&arguments, terminal),
        Command::Explain(arguments) => explain::run(&arguments, terminal),
        Command::ExplainRule { code } => rules::explain(&code, terminal),
        Command::Rules => rules::list(terminal),
        Command::Proto { out } => proto::run(&out, terminal),
    }
}
