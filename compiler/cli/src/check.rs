//! `holdover check`.

use holdover_compiler::diagnostic::{Diagnostics, Report};
use holdover_compiler::pipeline::Compilation;
use holdover_compiler::target;

use crate::arguments::{CheckArguments, Format};
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::input;
use crate::terminal::Terminal;

pub(crate) fn run(arguments: &CheckArguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let config = Config::load(arguments.input.config.as_deref())?;
    let deny = arguments.deny.is_some() || !config.check.deny.is_empty();
    let report = match input::compile(&arguments.input, &config, terminal) {
        Ok(compilation) => warnings(&compilation),
        Err(Failure::Findings(report)) => *report,
        Err(other) => return Err(other),
    };
    match arguments.format {
        Format::Json => terminal.print(&report.json())?,
        Format::Human => {
            terminal.report(&report);
            if report.diagnostics.is_empty() {
                terminal.note("No findings.\n");
            }
        }
    }
    let found = report.diagnostics.has_errors() || (deny && !report.diagnostics.is_empty());
    Ok(if found { Outcome::Findings } else { Outcome::Clean })
}

/// What was found, but stops nobody: by checks, and by targets.
pub(crate) fn warnings(compilation: &Compilation) -> Report {
    let mut diagnostics: Diagnostics = compilation.warnings.clone();
    diagnostics.extend(target::warnings(compilation));
    Report { diagnostics, sources: compilation.loaded.sources().clone() }
}
