//! Diagnostics for programs.

use serde::Serialize;

use super::{Diagnostics, Label, Severity, SourceMap};

/// The version of the shape; raised when a reader would have to change.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Output<'a> {
    version: u32,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    code: &'a str,
    severity: Severity,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary: Option<Place<'a>>,
    secondary: Vec<Place<'a>>,
    notes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    start: Point,
    end: Point,
    label: &'a str,
}

#[derive(Serialize)]
struct Point {
    line: u32,
    column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<usize>,
}

/// All findings as one JSON object, for editors and CI. Unlike for people, nothing is cut off.
///
/// ```json
/// {
///   "version": 1, "errors": 1, "warnings": 0,
///   "diagnostics": [{
///     "code": "UNSAFE_CACHE", "severity": "error", "message": "…", "subject": "pricing.v1.Pricing/GetQuote",
///     "primary": {
///       "file": "pricing/v1/pricing.proto", "label": "…",
///       "start": {"line": 12, "column": 5, "offset": 310}, "end": {"line": 12, "column": 20, "offset": 325}
///     },
///     "secondary": [], "notes": ["…"], "help": "…"
///   }]
/// }
/// ```
///
/// Lines and columns count from 1, columns in characters; `offset` counts bytes from 0 after a byte order mark, and is
/// absent where the text is not known (a descriptor set). `end` is just after the place. `subject`, `primary` and `help`
/// may be absent.
pub fn json(diagnostics: &Diagnostics, sources: &SourceMap) -> String {
    let place = |label: &'_ Label| {
        let bytes = sources.bytes(label.span);
        let point = |position, offset| {
            let (line, column) = sources.line_column(label.span.file, position);
            Point { line, column, offset }
        };
        (
            point(label.span.start, bytes.as_ref().map(|b| b.start)),
            point(label.span.end, bytes.map(|b| b.end)),
        )
    };
    let shown = diagnostics.sorted();
    let count = |severity| shown.iter().filter(|d| d.severity() == severity).count();
    let output = Output {
        version: VERSION,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        diagnostics: shown
            .iter()
            .map(|d| {
                let labelled = |label| {
                    let (start, end) = place(label);
                    Place { file: sources.path(label.span.file), start, end, label: &label.text }
                };
                Item {
                    code: d.code().as_str(),
                    severity: d.severity(),
                    message: d.message(),
                    subject: d.subject_name(),
                    primary: d.primary().map(labelled),
                    secondary: d.secondary().iter().map(labelled).collect(),
                    notes: d.notes(),
                    help: d.help_text(),
                }
            })
            .collect(),
    };
    serde_json::to_string_pretty(&output).expect("strings and numbers always serialise")
}
