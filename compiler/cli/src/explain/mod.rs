//! `holdover explain`.

mod sample;

use holdover_compiler::explain;

use crate::arguments::{ExplainArguments, Format};
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::input;
use crate::terminal::Terminal;
use sample::Sample;

pub(crate) fn run(arguments: &ExplainArguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    if arguments.method.ends_with(".proto") {
        return Err(Failure::Usage(format!(
            "{} is a file; name the method first: holdover explain package.Service/Method {}",
            arguments.method, arguments.method
        )));
    }
    let config = Config::load(arguments.input.config.as_deref())?;
    let compilation = input::compile(&arguments.input, &config, terminal)?;
    let explanation = explain::explain(&compilation, &arguments.method)
        .map_err(|unknown| Failure::Usage(unknown.to_string()))?;
    let sample =
        arguments.sample.as_deref().map(|path| Sample::measure(path, &explanation.method, &compilation));
    let sample = sample.transpose()?;
    match arguments.format {
        Format::Human => {
            let mut text = explanation.to_string();
            if let Some(sample) = sample {
                text.push_str(&format!("\n{sample}"));
            }
            terminal.print(&headings(&text, terminal))?;
        }
        Format::Json => {
            let all = serde_json::json!({ "explanation": explanation, "sample": sample });
            terminal.print(&format!("{all:#}\n"))?;
        }
    }
    Ok(Outcome::Clean)
}

/// What is not a row of a table is a heading.
fn headings(text: &str, terminal: &Terminal) -> String {
    let line = |line: &str| {
        let heading = !line.is_empty() && !line.starts_with("   ");
        if heading { terminal.bold(line) } else { line.to_owned() }
    };
    text.lines().map(line).flat_map(|line| [line, "\n".to_owned()]).collect()
}
