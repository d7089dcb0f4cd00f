//! `holdover rules` and `holdover explain-rule`.

use holdover_compiler::check::{self, Level};
use holdover_compiler::diagnostic::Code;
use holdover_compiler::load::closest;
use holdover_compiler::{load, target};

use crate::failure::{Failure, Outcome};
use crate::terminal::Terminal;

/// Codes that are found before any rule is looked at, or after: with a page, but without a rule that could be allowed.
fn pages() -> impl Iterator<Item = &'static (Code, &'static str)> {
    load::PAGES.iter().chain(target::PAGES).filter(|(code, _)| check::rule(code.as_str()).is_none())
}

pub(crate) fn explain(code: &str, terminal: &Terminal) -> Result<Outcome, Failure> {
    let code = code.trim().to_uppercase();
    if let Some(rule) = check::rule(&code) {
        terminal.print(&rule.markdown())?;
        return Ok(Outcome::Clean);
    }
    if let Some((code, page)) = pages().find(|(other, _)| other.as_str() == code) {
        terminal.print(&format!("# {code}\n\n{page}\n"))?;
        return Ok(Outcome::Clean);
    }
    let codes = check::rules().map(|rule| rule.code.as_str()).chain(pages().map(|(code, _)| code.as_str()));
    let meant = closest(&code, codes).map(|near| format!("did you mean {near}? ")).unwrap_or_default();
    Err(Failure::Usage(format!("there is no rule {code}; {meant}`holdover rules` lists them all")))
}

pub(crate) fn list(terminal: &Terminal) -> Result<Outcome, Failure> {
    let width = check::rules().map(|rule| rule.code.as_str().len()).max().unwrap_or_default();
    let width = pages().map(|(code, _)| code.as_str().len()).max().unwrap_or_default().max(width);
    let mut text = String::new();
    let mut group = "";
    for rule in check::rules() {
        if rule.group.name() != group {
            group = rule.group.name();
            text.push_str(&format!("\n{}\n", terminal.bold(group)));
        }
        let level = match rule.level {
            Level::Error => "error  ",
            Level::Warning => "warning",
            Level::ErrorOrWarning { .. } => "either ",
        };
        let code = format!("{:width$}", rule.code.as_str());
        text.push_str(&format!("  {code}  {}  {}\n", terminal.faint(level), rule.summary));
    }
    text.push_str(&format!("\n{}\n", terminal.bold("files and generators")));
    for (code, page) in pages() {
        let (summary, _) = page.split_once(". ").unwrap_or((page.trim_end_matches('.'), ""));
        let code = format!("{:width$}", code.as_str());
        text.push_str(&format!("  {code}  {}  {summary}\n", terminal.faint("       ")));
    }
    text.push_str("\nholdover explain-rule CODE says more about one of them.\n");
    terminal.print(text.trim_start_matches('\n'))?;
    Ok(Outcome::Clean)
}
