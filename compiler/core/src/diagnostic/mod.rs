//! What the compiler has to say about its input: stable codes, places in the source, and what to do.
//!
//! A [`Diagnostic`] knows no text, only places ([`Span`]); a [`SourceMap`] turns places into lines. [`human()`] and
//! [`json()`] render many diagnostics together, in an order that does not depend on the order they were found in.

mod human;
mod json;
mod source;
#[cfg(test)]
mod tests;

pub use human::{Style, human};
pub use json::json;
pub use source::{FileId, Position, SourceMap, Span};

use std::cmp::Ordering;
use std::fmt;

/// The stable name of a rule, such as `UNSAFE_CACHE`. It is printed as `error[UNSAFE_CACHE]`, it is what an `allow`
/// annotation names, and it never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

impl Code {
    /// A code. Codes are upper-case words joined by underscores.
    pub const fn new(name: &'static str) -> Self {
        Code(name)
    }

    /// The code as text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is generated.
    Error,
    /// Output is generated; somebody should look.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

/// A place in a source file, and what is to be seen there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What; may be empty.
    pub text: String,
}

/// One finding.
///
/// ```
/// # use holdover_compiler::diagnostic::{Code, Diagnostic};
/// let found = Diagnostic::error(Code::new("UNSAFE_CACHE"), "`GetQuote` is cached, but may have side effects")
///     .subject("pricing.v1.Pricing/GetQuote")
///     .note("a cached answer replaces a call, so the call must change nothing on the server")
///     .help("add `option idempotency_level = NO_SIDE_EFFECTS;` to the method, or remove its cache block");
/// assert_eq!(found.code().as_str(), "UNSAFE_CACHE");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    code: Code,
    severity: Severity,
    message: String,
    subject: Option<String>,
    primary: Option<Label>,
    secondary: Vec<Label>,
    notes: Vec<String>,
    help: Option<String>,
}

impl Diagnostic {
    /// An error. `message` is one sentence without a full stop that names the thing and what is wrong with it.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    /// A warning.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    fn new(code: Code, severity: Severity, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity,
            message: message.into(),
            subject: None,
            primary: None,
            secondary: Vec::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// The full name of what it is about: `pricing.v1.Pricing/GetQuote`, `pricing.v1.Quote.promo`.
    #[must_use]
    pub fn subject(mut self, name: impl Into<String>) -> Self {
        self.subject = Some(name.into());
        self
    }

    /// Underlines the culprit. The narrowest span is the best one: the option, not the method.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.primary = Some(Label { span, text: text.into() });
        self
    }

    /// Underlines another place that matters, perhaps in another file.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Says why it is so.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// The rule.
    pub fn code(&self) -> Code {
        self.code
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The full name of what it is about.
    pub fn subject_name(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The culprit.
    pub fn primary(&self) -> Option<&Label> {
        self.primary.as_ref()
    }

    /// The other places that matter.
    pub fn secondary(&self) -> &[Label] {
        &self.secondary
    }

    /// Why it is so.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What to do.
    pub fn help_text(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// By place, then by code and text: independent of the order of discovery.
    fn order(&self, other: &Self) -> Ordering {
        let place = |d: &Self| d.primary.as_ref().map(|l| l.span);
        // What has no place (a missing input file, say) comes first.
        place(self)
            .cmp(&place(other))
            .then_with(|| self.severity.cmp(&other.severity))
            .then_with(|| self.code.cmp(&other.code))
            .then_with(|| self.subject.cmp(&other.subject))
            .then_with(|| self.message.cmp(&other.message))
    }
}

/// Findings of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
}

impl Diagnostics {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.items.push(diagnostic);
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.items.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// In the order of discovery.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.items.iter()
    }

    /// In the order of printing, without repetitions.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut items: Vec<&Diagnostic> = self.items.iter().collect();
        items.sort_by(|a, b| a.order(b));
        items.dedup();
        items
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, items: I) {
        self.items.extend(items);
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(items: I) -> Self {
        Diagnostics { items: items.into_iter().collect() }
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Diagnostics { items: vec![diagnostic] }
    }
}

/// Findings together with the sources that they point into: what an operation that failed hands back.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The findings.
    pub diagnostics: Diagnostics,
    /// The files they are about.
    pub sources: SourceMap,
}

impl Report {
    /// For people. See [`human()`].
    pub fn human(&self, style: Style) -> String {
        human(&self.diagnostics, &self.sources, style)
    }

    /// For programs. See [`json()`].
    pub fn json(&self) -> String {
        json(&self.diagnostics, &self.sources)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.human(Style::plain()))
    }
}

impl std::error::Error for Report {}
