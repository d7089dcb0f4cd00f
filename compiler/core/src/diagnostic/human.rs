//! Diagnostics for people.

use std::fmt::{self, Write};

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, ThemeCharacters, ThemeStyles,
};

use super::{Diagnostic, Diagnostics, FileId, Label, Severity, SourceMap};

/// How many findings are printed in full; the rest is counted. A wrong import can make hundreds.
const SHOWN: usize = 40;

/// The widest line, in bytes, that is drawn. Generated text may have everything on one.
const WIDEST: usize = 1_000;

/// How to print for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Use ANSI colours.
    pub color: bool,
    /// Draw with Unicode's box characters rather than with ASCII.
    pub unicode: bool,
}

impl Style {
    /// ASCII without colours: for logs, tests and build scripts.
    pub const fn plain() -> Self {
        Style { color: false, unicode: false }
    }

    /// Box characters and colours: for terminals.
    pub const fn terminal() -> Self {
        Style { color: true, unicode: true }
    }
}

/// All findings as text, each with its source lines and the culprit underlined, and a line that counts them at the end.
/// Empty when there are none.
///
/// The text depends on the arguments alone: not on the terminal, nor on the environment.
pub fn human(diagnostics: &Diagnostics, sources: &SourceMap, style: Style) -> String {
    let found = diagnostics.sorted();
    let mut out = String::new();
    // Errors first when not everything fits: they are what must be repaired.
    let (errors, warnings): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        found.iter().partition(|d| d.severity() == Severity::Error);
    let printer = Printer { sources, style };
    if found.len() <= SHOWN {
        found.iter().for_each(|d| printer.print(&mut out, d));
    } else {
        errors.iter().chain(&warnings).take(SHOWN).for_each(|d| printer.print(&mut out, d));
        let _ = writeln!(out, "... and {} more; repair these first\n", found.len() - SHOWN);
    }
    let count = |n: usize, noun: &str| match n {
        0 => None,
        1 => Some(format!("1 {noun}")),
        n => Some(format!("{n} {noun}s")),
    };
    let counts: Vec<String> =
        [count(errors.len(), "error"), count(warnings.len(), "warning")].into_iter().flatten().collect();
    if !counts.is_empty() {
        let _ = writeln!(out, "{}", counts.join(", "));
    }
    out
}

struct Printer<'a> {
    sources: &'a SourceMap,
    style: Style,
}

impl Printer<'_> {
    fn print(&self, out: &mut String, diagnostic: &Diagnostic) {
        let file = diagnostic.primary().map(|l| l.span.file);
        // What lies in other files gets a snippet of its own; miette draws one file at a time.
        let (here, elsewhere): (Vec<&Label>, Vec<&Label>) =
            diagnostic.secondary().iter().partition(|l| Some(l.span.file) == file);
        let labels: Vec<&Label> = diagnostic.primary().into_iter().chain(here).collect();
        let head = format!("{}[{}]:", diagnostic.severity(), diagnostic.code());
        self.snippet(out, &head, diagnostic.severity(), diagnostic.message(), file, &labels);
        for label in elsewhere {
            let text = if label.text.is_empty() { "see also" } else { &label.text };
            let bare = Label { span: label.span, text: String::new() };
            self.snippet(out, "note:", Severity::Warning, text, Some(label.span.file), &[&bare]);
        }
        for note in diagnostic.notes() {
            let _ = writeln!(out, "  note: {note}");
        }
        if let Some(help) = diagnostic.help_text() {
            let _ = writeln!(out, "  help: {help}");
        }
        out.push('\n');
    }

    fn snippet(
        &self,
        out: &mut String,
        head: &str,
        severity: Severity,
        message: &str,
        file: Option<FileId>,
        labels: &[&Label],
    ) {
        let drawable = labels.iter().all(|label| self.sources.widest_line(label.span) <= WIDEST);
        let source = file.filter(|_| drawable).and_then(|file| {
            Some(NamedSource::new(self.sources.path(file), self.sources.text(file)?.to_owned()))
        });
        let snippet = Snippet {
            message,
            severity,
            labels: labels.iter().enumerate().filter_map(|(at, label)| self.label(at == 0, label)).collect(),
            source,
        };
        let mut characters =
            if self.style.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
        characters.error = head.to_owned();
        characters.warning = head.to_owned();
        let styles = if self.style.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
            .with_wrap_lines(false)
            .with_links(false)
            .without_syntax_highlighting();
        if handler.render_report(out, &snippet).is_err() {
            // Only a span outside the text could do this, and `SourceMap::bytes` gives none.
            let _ = writeln!(out, "  {head} {message}");
        }
        if snippet.source.is_none() {
            // Places without a text: what is known of them.
            for label in labels {
                let _ = write!(out, "   --> {}", self.sources.place(label.span));
                let _ = if label.text.is_empty() { writeln!(out) } else { writeln!(out, ": {}", label.text) };
            }
        }
    }

    fn label(&self, primary: bool, label: &Label) -> Option<LabeledSpan> {
        let bytes = self.sources.bytes(label.span)?;
        let text = (!label.text.is_empty()).then(|| label.text.clone());
        let at = (bytes.start, bytes.len());
        Some(if primary {
            LabeledSpan::new_primary_with_span(text, at)
        } else {
            LabeledSpan::new_with_span(text, at)
        })
    }
}

/// The part of a diagnostic that lies in one file, as miette wants it.
#[derive(Debug)]
struct Snippet<'a> {
    message: &'a str,
    severity: Severity,
    labels: Vec<LabeledSpan>,
    source: Option<NamedSource<String>>,
}

impl fmt::Display for Snippet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl std::error::Error for Snippet<'_> {}

impl miette::Diagnostic for Snippet<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|s| s as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.source.as_ref()?;
        Some(Box::new(self.labels.iter().cloned()))
    }
}
