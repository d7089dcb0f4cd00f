//! For a terminal.

use super::{Explanation, Line};
use std::fmt;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let idempotency = &self.idempotency;
        writeln!(f, "{}", self.method)?;
        writeln!(f, "  {}, {}{}", self.kind, idempotency.value, from(idempotency))?;
        for block in &self.blocks {
            section(f, block.name, &block.lines)?;
        }
        section(f, "key of a cached answer", &self.key)?;
        section(f, "a usable response has", &self.required)?;
        section(f, "on a poor network the response lacks", &self.dropped)?;
        section(f, "on a poor network the request lacks", &self.dropped_request)?;
        section(f, "sensitive: never on disk unsealed, in a log or shared", &self.sensitive)?;
        section(f, "inherited, but not applied", &self.skipped)?;
        if !self.required_features.is_empty() {
            writeln!(f, "\n  needs a runtime with {}", self.required_features.join(", "))?;
        }
        if !self.not_enforced.is_empty() {
            writeln!(f, "  no runtime has {} yet", self.not_enforced.join(", "))?;
        }
        Ok(())
    }
}

/// Three columns: name, value, origin.
fn section(f: &mut fmt::Formatter<'_>, title: &str, lines: &[Line]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n  {title}")?;
    let width = |text: &dyn Fn(&Line) -> usize| lines.iter().map(text).max().unwrap_or(0);
    let names = width(&|line| line.name.chars().count());
    let values = width(&|line| line.value.chars().count()).min(60);
    for line in lines {
        let row = format!("    {:names$}  {:values$}  {}", line.name, line.value, from_bare(line));
        writeln!(f, "{}", row.trim_end())?;
    }
    Ok(())
}

fn from_bare(line: &Line) -> String {
    match &line.place {
        Some(place) => format!("{} {place}", line.level),
        None => line.level.to_owned(),
    }
}

fn from(line: &Line) -> String {
    format!(" ({})", from_bare(line))
}
