//! A loaded file, and where everything in it stands.

use std::collections::HashMap;

use prost_types::source_code_info::Location;
use prost_types::{FileDescriptorProto, SourceCodeInfo, UninterpretedOption};

use super::walk::Target;
use crate::diagnostic::{FileId, Position, Span};

/// A file of a load.
#[derive(Clone, Debug)]
pub struct LoadedFile {
    pub(crate) name: String,
    pub(crate) id: FileId,
    pub(crate) target: bool,
    /// As parsed, names made absolute, without source information and (once the pool is built) without options.
    pub(crate) descriptor: FileDescriptorProto,
    pub(crate) locations: Vec<Location>,
    pub(crate) spans: Spans,
    pub(crate) options: HashMap<Vec<i32>, Written>,
}

/// The options that are written on one thing.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) target: Target,
    pub(crate) options: Vec<UninterpretedOption>,
}

impl LoadedFile {
    /// A file as it was parsed, before anything is resolved.
    pub(crate) fn new(
        name: &str,
        id: FileId,
        descriptor: FileDescriptorProto,
        locations: Vec<Location>,
    ) -> Self {
        let spans = Spans::new(id, &locations);
        let name = name.to_owned();
        LoadedFile { name, id, target: false, descriptor, locations, spans, options: HashMap::new() }
    }

    /// The name under which it is imported: `pricing/v1/pricing.proto`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file in [`super::Loaded::sources`].
    pub fn id(&self) -> FileId {
        self.id
    }

    /// It was asked for, and is not just an import of such a file.
    pub fn is_target(&self) -> bool {
        self.target
    }

    /// The place of a descriptor path, such as `MessageDescriptor::path()`, or the nearest place around it.
    pub fn span(&self, path: &[i32]) -> Option<Span> {
        self.spans.around(path)
    }

    /// The place of the name of the thing at a descriptor path: the narrowest place that stands for the whole thing.
    pub fn name_span(&self, path: &[i32]) -> Option<Span> {
        let mut name = path.to_vec();
        name.push(super::path::NAME);
        self.spans.exact(&name).or_else(|| self.spans.around(path))
    }

    /// Where an option statement stands.
    pub(crate) fn statement_span(&self, element: &[i32], target: Target, index: usize) -> Option<Span> {
        let mut path = element.to_vec();
        path.extend([
            target.options_field(),
            super::path::UNINTERPRETED_OPTION,
            super::names::index_of(index),
        ]);
        self.spans.exact(&path)
    }

    /// Where the options of a thing stand.
    pub(crate) fn option_place(&self, target: Target, element: &[i32]) -> Option<Span> {
        let mut path = element.to_vec();
        path.push(target.options_field());
        self.spans.exact(&path)
    }

    /// The option whose statement stands at a place.
    pub(crate) fn statement_at(&self, span: Span) -> Option<&UninterpretedOption> {
        self.options.iter().find_map(|(element, written)| {
            let mut options = written.options.iter().enumerate();
            options
                .find(|(i, _)| self.statement_span(element, written.target, *i) == Some(span))
                .map(|(_, option)| option)
        })
    }

    pub(crate) fn source_code_info(&self) -> SourceCodeInfo {
        SourceCodeInfo { location: self.locations.clone() }
    }
}

/// Descriptor paths and their places, sorted by path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spans {
    entries: Vec<(Box<[i32]>, Span)>,
}

impl Spans {
    pub(crate) fn new(file: FileId, locations: &[Location]) -> Self {
        let mut entries: Vec<(Box<[i32]>, Span)> = locations
            .iter()
            .filter_map(|location| Some((location.path.as_slice().into(), span(file, &location.span)?)))
            .collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        // The first of several places with one path is the statement itself.
        entries.dedup_by(|later, first| later.0 == first.0);
        Spans { entries }
    }

    pub(crate) fn exact(&self, path: &[i32]) -> Option<Span> {
        let at = self.entries.binary_search_by(|(entry, _)| entry.as_ref().cmp(path)).ok()?;
        Some(self.entries[at].1)
    }

    /// The place of the path, or of the nearest path above it. The whole file is no answer.
    pub(crate) fn around(&self, path: &[i32]) -> Option<Span> {
        (1..=path.len()).rev().find_map(|len| self.exact(&path[..len]))
    }
}

/// `[line, column, column]` or `[line, column, line, column]`, as `SourceCodeInfo` has it.
fn span(file: FileId, span: &[i32]) -> Option<Span> {
    let at = |n: i32| u32::try_from(n).ok();
    let (start, end) = match *span {
        [line, start, end] => ((line, start), (line, end)),
        [line, start, end_line, end] => ((line, start), (end_line, end)),
        _ => return None,
    };
    let start = Position { line: at(start.0)?, column: at(start.1)? };
    let end = Position { line: at(end.0)?, column: at(end.1)? };
    Some(Span { file, start, end: end.max(start) })
}
