//! Options as they are written, before anything reads their values.

use prost_types::uninterpreted_option::NamePart;

use super::text;
use crate::diagnostic::{FileId, SourceMap, Span};

/// One option statement: `option (holdover.method).cache = { … };`, or one item of a field's `[…]` list.
///
/// Parsers merge statements, and let the last one win where two set different members of a oneof. Whoever must see both
/// looks here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionStatement {
    /// The parts of the name.
    pub name: Vec<OptionName>,
    /// The whole statement.
    pub span: Span,
    /// The name: `(holdover.method).cache`.
    pub name_span: Span,
    /// The value: `{ … }`.
    pub value_span: Span,
    /// Every field that the statement sets, in the order of the text, parents before children.
    pub members: Vec<Member>,
}

/// A part of the name of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionName {
    /// For an extension its full name, without a leading dot: `holdover.method`. For a field its name: `cache`.
    pub name: String,
    /// It stands in parentheses.
    pub extension: bool,
}

/// A field that an option statement sets, at any depth, once for each value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The names from the option's first part on, without that part: `["cache", "fresh_for", "seconds"]`, no matter how
    /// many of them stand left of the `=`. An extension is `[its.name]`, as written.
    pub path: Vec<String>,
    /// Where its name stands.
    pub name_span: Span,
    /// Where its value stands.
    pub value_span: Span,
    /// Its value is a message, or an empty list.
    pub is_message: bool,
}

impl OptionStatement {
    /// Scans a statement. `None` where there is no text, or it is not what the parser took it for.
    pub(crate) fn new(sources: &SourceMap, span: Span, name: &[NamePart]) -> Option<Self> {
        let text = sources.text(span.file)?;
        let scanned = text::statement(text, sources.bytes(span)?)?;
        let place = |bytes| sources.span(span.file, bytes);
        Some(OptionStatement {
            name: name
                .iter()
                .map(|part| OptionName {
                    name: part.name_part.trim_start_matches('.').to_owned(),
                    extension: part.is_extension,
                })
                .collect(),
            span,
            name_span: place(scanned.name),
            value_span: place(scanned.value),
            members: members(scanned.sets, place),
        })
    }

    /// The first part of the name, which says whose option it is.
    pub fn is(&self, extension: &str) -> bool {
        self.name.first().is_some_and(|part| part.extension && part.name == extension)
    }

    /// The members with this path, one for each value.
    pub fn members<'a>(&'a self, path: &'a [&'a str]) -> impl Iterator<Item = &'a Member> {
        self.members
            .iter()
            .filter(move |member| member.path.iter().map(String::as_str).eq(path.iter().copied()))
    }
}

/// Everything that a text-format document sets; nothing where it cannot be scanned.
pub(crate) fn document(sources: &SourceMap, file: FileId) -> Vec<Member> {
    let sets = sources.text(file).and_then(text::aggregate).unwrap_or_default();
    members(sets, |bytes| sources.span(file, bytes))
}

fn members(sets: Vec<text::Set>, place: impl Fn(std::ops::Range<usize>) -> Span) -> Vec<Member> {
    let member = |set: text::Set| Member {
        path: set.path,
        name_span: place(set.name),
        value_span: place(set.value),
        is_message: set.message,
    };
    sets.into_iter().map(member).collect()
}

/// Where a part of the name of a statement stands.
pub(crate) fn part_span(sources: &SourceMap, statement: Span, part: usize) -> Option<Span> {
    let text = sources.text(statement.file)?;
    let scanned = text::statement(text, sources.bytes(statement)?)?;
    Some(sources.span(statement.file, scanned.parts.get(part)?.clone()))
}
