//! How to print: colours and box characters where a terminal shows them.

use std::io::{self, IsTerminal as _, Write};

use holdover_compiler::diagnostic::{Report, Style};

use crate::arguments::When;
use crate::failure::Failure;

/// Standard output and standard error, and how each is printed to.
#[derive(Debug)]
pub(crate) struct Terminal {
    out: Style,
    err: Style,
}

impl Terminal {
    /// Colours go to terminals, unless NO_COLOR (<https://no-color.org>) or TERM=dumb says otherwise.
    pub(crate) fn detect(when: When) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let style = |terminal: bool| match when {
            When::Always => Style::terminal(),
            When::Never => Style { color: false, unicode: terminal && !dumb },
            When::Auto if !terminal || dumb => Style::plain(),
            When::Auto => Style { color: !set("NO_COLOR"), unicode: true },
        };
        Self { out: style(io::stdout().is_terminal()), err: style(io::stderr().is_terminal()) }
    }

    /// Prints results.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            // Whoever reads has seen enough: `holdover rules | head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.map_err(|error| Failure::Output { error }),
        }
    }

    /// Prints findings, to standard error.
    pub(crate) fn report(&self, report: &Report) {
        self.note(&report.human(self.err));
    }

    /// Prints what goes on, to standard error.
    pub(crate) fn note(&self, text: &str) {
        // If nobody can read it, nobody can be told so either.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Says what takes a while, for as long as it does, where somebody watches.
    pub(crate) fn working(&self, what: &str) -> Working<'_> {
        let shown = self.err.color || self.err.unicode;
        if shown {
            self.note(&format!("{what} …"));
        }
        Working { terminal: shown.then_some(self) }
    }

    /// Prints why nothing was done.
    pub(crate) fn complain(&self, failure: &Failure) {
        match failure {
            Failure::Findings(report) => self.report(report),
            other => {
                let (red, reset) = if self.err.color { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
                self.note(&format!("{red}error{reset}: {other}\n"));
            }
        }
    }

    /// Bold text, where results go to a terminal.
    pub(crate) fn bold(&self, text: &str) -> String {
        if self.out.color { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Faint text, where results go to a terminal.
    pub(crate) fn faint(&self, text: &str) -> String {
        if self.out.color { format!("\x1b[2m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Something that takes a while; what was said about it goes away with it.
#[must_use = "it ends when it is dropped"]
pub(crate) struct Working<'a> {
    terminal: Option<&'a Terminal>,
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        if let Some(terminal) = self.terminal {
            // To the start of the line, and erase it.
            terminal.note("\r\x1b[K");
        }
    }
}
