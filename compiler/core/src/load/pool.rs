//! Handing the files to prost-reflect, and turning what it says into diagnostics.
//!
//! Nothing outside this module builds a pool: another reader of descriptors (one that knows editions) would go here.

use miette::Diagnostic as _;
use prost::Message as _;
use prost_reflect::{DescriptorError, DescriptorPool};
use prost_types::source_code_info::Location;
use prost_types::{FileDescriptorProto, SourceCodeInfo, UninterpretedOption};

use super::file::LoadedFile;
use super::graph::Graph;
use super::{codes, qualify, raw, text};
use crate::diagnostic::{Diagnostic, SourceMap, Span};

/// Builds the pool of all files at once.
pub(crate) fn build(
    files: &[LoadedFile],
    graph: &Graph,
    sources: &SourceMap,
) -> Result<DescriptorPool, Vec<Diagnostic>> {
    let protos = graph.order.iter().map(|at| for_pool(files, graph, *at));
    let mut pool = DescriptorPool::new();
    if let Err(error) = pool.add_file_descriptor_protos(protos) {
        return Err(explain(files, graph, sources, &error));
    }
    if !files.iter().any(has_packed) {
        return Ok(pool);
    }
    // prost-reflect decides how lists are encoded before it interprets `[packed = …]`. It reads it right when the option
    // is interpreted already.
    let bytes = pool.encode_to_vec();
    DescriptorPool::decode(bytes.as_slice()).map_err(|error| explain(files, graph, sources, &error))
}

/// Builds the pool from encoded files; those without bytes are taken from their descriptors.
pub(crate) fn decode(
    files: &[LoadedFile],
    encoded: &[Option<&[u8]>],
    graph: &Graph,
) -> Result<DescriptorPool, Box<Diagnostic>> {
    let mut set = Vec::new();
    for &at in &graph.order {
        let descriptor = for_pool(files, graph, at);
        let file = match encoded[at] {
            Some(bytes) => raw::with_imports(bytes, &descriptor).map_err(|error| {
                Diagnostic::error(
                    codes::DESCRIPTOR_INVALID,
                    format!("`{}` is damaged: {error}", files[at].name),
                )
                .help("make the descriptor set again")
            })?,
            None => descriptor.encode_to_vec(),
        };
        prost::encoding::bytes::encode(1, &file, &mut set);
    }
    let mut pool = DescriptorPool::new();
    match pool.decode_file_descriptor_set(set.as_slice()) {
        Ok(()) => Ok(pool),
        Err(error) => Err(Box::new(first(files, &error))),
    }
}

/// A file as prost-reflect has to see it: with its options, and with direct imports only.
///
/// prost-reflect looks one step down public imports (and takes exponential time for some). So whatever is visible is
/// imported directly, and nothing publicly.
fn for_pool(files: &[LoadedFile], graph: &Graph, at: usize) -> FileDescriptorProto {
    let mut descriptor = qualify::with_options(&files[at]);
    let direct = &graph.imports[at];
    let more = graph.visible(at).into_iter().filter(|file| *file != at && !direct.contains(file));
    descriptor.dependency.extend(more.map(|file| files[file].name.clone()));
    descriptor.public_dependency.clear();
    descriptor.weak_dependency.clear();
    descriptor
}

fn has_packed(file: &LoadedFile) -> bool {
    let mut written = file.options.values().flat_map(|written| &written.options);
    written.any(
        |option| matches!(option.name.as_slice(), [name] if !name.is_extension && name.name_part == "packed"),
    )
}

/// Says what is wrong with the files. A pool is of no use after an error, so the file that failed is added to a fresh one
/// once more, this time with its source information: prost-reflect then tells all errors of the file with their places.
fn explain(
    files: &[LoadedFile],
    graph: &Graph,
    sources: &SourceMap,
    error: &DescriptorError,
) -> Vec<Diagnostic> {
    let failed = error.file().and_then(|name| files.iter().position(|file| file.name == name));
    let Some(failed) = failed else { return vec![first(files, error)] };
    let mut pool = DescriptorPool::new();
    let closure = graph.closure(failed);
    let imports = closure.iter().filter(|at| **at != failed).map(|at| for_pool(files, graph, *at));
    if pool.add_file_descriptor_protos(imports).is_err() {
        return vec![first(files, error)];
    }
    let file = &files[failed];
    let Some(text) = sources.text(file.id) else { return vec![first(files, error)] };
    let descriptor = FileDescriptorProto {
        source_code_info: Some(SourceCodeInfo { location: in_characters(&file.locations, text) }),
        ..for_pool(files, graph, failed)
    };
    let Err(error) = pool.add_file_descriptor_proto(descriptor) else { return vec![first(files, error)] };
    let error = error.with_source_code(text);
    let related = error.related().into_iter().flatten();
    std::iter::once(&error as &dyn miette::Diagnostic)
        .chain(related)
        .map(|error| diagnostic(file, sources, error))
        .collect()
}

fn diagnostic(file: &LoadedFile, sources: &SourceMap, error: &dyn miette::Diagnostic) -> Diagnostic {
    let mut spans = error.labels().into_iter().flatten().map(|label| {
        let bytes = label.offset()..label.offset().saturating_add(label.len());
        (sources.span(file.id, bytes), label.label().unwrap_or_default().to_owned())
    });
    let first = spans.next();
    // Names are absolute by now, but nobody wrote those dots.
    let message = error.to_string().replace("'.", "'").replace("(.", "(");
    let option = first.as_ref().and_then(|(span, _)| file.statement_at(*span));
    let mut diagnostic = match option {
        Some(_) => {
            let help = option_help(&message, error.source().map(ToString::to_string).as_deref());
            Diagnostic::error(codes::OPTION_VALUE, message).help(help)
        }
        None => Diagnostic::error(codes::SCHEMA_INVALID, message).help("correct the underlined declaration"),
    };
    if let Some((mut span, text)) = first {
        if let Some(cause) = error.source() {
            diagnostic = diagnostic.note(cause.to_string());
            let offset = cause
                .downcast_ref::<prost_reflect::text_format::ParseError>()
                .and_then(|cause| Some(cause.labels()?.next()?.offset()));
            if let Some(inner) = option.zip(offset).and_then(|(option, at)| inside(sources, span, option, at))
            {
                span = inner;
            }
        }
        diagnostic = diagnostic.at(span, text);
    }
    for (span, text) in spans {
        diagnostic = diagnostic.also(span, text);
    }
    match error.help() {
        Some(help) => diagnostic.help(help.to_string()),
        None => diagnostic,
    }
}

/// What to do about an option. prost-reflect says what is wrong in words only: `message`, and its `cause` inside the value.
fn option_help(message: &str, cause: Option<&str>) -> &'static str {
    match cause {
        Some(cause) if cause.starts_with("a value is already set for oneof") => {
            "the members of a oneof exclude each other: say one of them, and remove the others"
        }
        Some(cause) if cause.ends_with("is already set") => "say it once: remove one of the two values",
        None if message.ends_with("has already been set") => {
            "an option is set once: write everything in one `{ … }`, or remove one of the two statements"
        }
        _ => "write a value of the type that the option has",
    }
}

/// The place in the source of an offset in a value, which the parser has taken apart and put together again.
fn inside(sources: &SourceMap, statement: Span, option: &UninterpretedOption, offset: usize) -> Option<Span> {
    let sets = text::aggregate(option.aggregate_value.as_deref()?)?;
    let index = sets.iter().rposition(|set| set.name.start <= offset && offset < set.value.end)?;
    let source = sources.text(statement.file)?;
    let scanned = text::statement(source, sources.bytes(statement)?)?;
    // What the name of the option sets comes first.
    let set = scanned.sets.get(option.name.len().checked_sub(1)? + index)?;
    let place = if offset < sets[index].value.start { &set.name } else { &set.value };
    Some(sources.span(statement.file, place.clone()))
}

/// The first error, by its descriptor path: less than [`explain`] can say, but always something.
fn first(files: &[LoadedFile], error: &DescriptorError) -> Diagnostic {
    let diagnostic = Diagnostic::error(codes::SCHEMA_INVALID, error.to_string())
        .help("correct the schema; protoc refuses it, too");
    let file = error.file().and_then(|name| files.iter().find(|file| file.name == name));
    match file.zip(error.path()).and_then(|(file, path)| file.span(path)) {
        Some(span) => diagnostic.at(span, "here"),
        None => diagnostic,
    }
}

/// Columns in characters, as miette counts them, from columns in bytes, as protox-parse does.
fn in_characters(locations: &[Location], text: &str) -> Vec<Location> {
    if text.is_ascii() {
        return locations.to_vec();
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let column = |line: i32, bytes: i32| {
        let before =
            usize::try_from(line).ok().and_then(|line| lines.get(line)?.get(..usize::try_from(bytes).ok()?));
        before.map_or(bytes, |before| super::names::index_of(before.chars().count()))
    };
    locations
        .iter()
        .map(|location| Location {
            span: match *location.span {
                [line, start, end] => vec![line, column(line, start), column(line, end)],
                [line, start, last, end] => vec![line, column(line, start), last, column(last, end)],
                ref other => other.to_vec(),
            },
            ..location.clone()
        })
        .collect()
}
