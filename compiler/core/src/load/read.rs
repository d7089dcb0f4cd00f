//! Reading and parsing files, and everything that they import.

use std::collections::{HashMap, HashSet};

use holdover_annotations::{ANNOTATIONS_PATH, ANNOTATIONS_PROTO};
use miette::Diagnostic as _;
use prost_reflect::DescriptorPool;
use prost_types::{DescriptorProto, FileDescriptorProto};

use super::file::LoadedFile;
use super::{Sources, codes, path, text};
use crate::diagnostic::{Diagnostic, Diagnostics, FileId, SourceMap, Span};

/// The largest file that is read. The largest schema known to us has 3 MB.
const MAX_FILE_BYTES: usize = 64 << 20;

/// How many syntax errors of one file are reported: after a few, the parser is guessing.
const MAX_SYNTAX_ERRORS: usize = 5;

/// Google's own files, which every protobuf tool carries.
const WELL_KNOWN: [&str; 12] = [
    "google/protobuf/any.proto",
    "google/protobuf/api.proto",
    "google/protobuf/compiler/plugin.proto",
    "google/protobuf/descriptor.proto",
    "google/protobuf/duration.proto",
    "google/protobuf/empty.proto",
    "google/protobuf/field_mask.proto",
    "google/protobuf/source_context.proto",
    "google/protobuf/struct.proto",
    "google/protobuf/timestamp.proto",
    "google/protobuf/type.proto",
    "google/protobuf/wrappers.proto",
];

/// The descriptor of one of Google's own files, as prost-reflect carries it.
pub(crate) fn well_known(name: &str) -> Option<FileDescriptorProto> {
    WELL_KNOWN
        .contains(&name)
        .then(|| DescriptorPool::global().get_file_by_name(name))?
        .map(|file| FileDescriptorProto { source_code_info: None, ..file.file_descriptor_proto().clone() })
}

/// Reads files, and what they import.
pub(crate) struct Reader<'a> {
    sources: &'a dyn Sources,
    pub(crate) map: SourceMap,
    pub(crate) files: Vec<LoadedFile>,
    /// What became of each import path that was tried: a file, or an error that was reported.
    known: HashMap<String, Option<usize>>,
    /// Import paths by the path that people see, to find files with two names.
    shown: HashMap<String, (String, Option<Span>)>,
    pub(crate) diagnostics: Diagnostics,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(sources: &'a dyn Sources) -> Self {
        Reader {
            sources,
            map: SourceMap::new(),
            files: Vec::new(),
            known: HashMap::new(),
            shown: HashMap::new(),
            diagnostics: Diagnostics::new(),
        }
    }

    /// The file of an import path, once everything is read.
    pub(crate) fn index(&self, import_path: &str) -> Option<usize> {
        self.known.get(import_path).copied().flatten()
    }

    /// Reads a file that was asked for.
    pub(crate) fn target(&mut self, import_path: &str) {
        if !is_import_path(import_path) {
            self.diagnostics.push(
                Diagnostic::error(codes::FILE_NOT_FOUND, format!("`{import_path}` is no import path"))
                    .help("name the file as `import` would: relative to an include path, with forward slashes, without `.` and `..`"),
            );
            return;
        }
        self.file(import_path, None);
        if let Some(Some(index)) = self.known.get(import_path) {
            self.files[*index].target = true;
        }
    }

    /// Reads everything that the files read so far import.
    pub(crate) fn imports(&mut self) {
        // Breadth first: what is not there yet is appended, and its imports are looked at in turn.
        let mut next = 0;
        while next < self.files.len() {
            let file = &self.files[next];
            let imports: Vec<(String, Option<Span>)> = (file.descriptor.dependency.iter().enumerate())
                .map(|(i, name)| (name.clone(), import_span(file, i)))
                .collect();
            for (name, span) in imports {
                self.file(&name, span);
            }
            next += 1;
        }
    }

    fn file(&mut self, import_path: &str, imported_at: Option<Span>) {
        if self.known.contains_key(import_path) {
            return;
        }
        let read = self.read(import_path, imported_at);
        let index = read.map(|file| {
            self.files.push(file);
            self.files.len() - 1
        });
        self.known.insert(import_path.to_owned(), index);
    }

    fn read(&mut self, import_path: &str, imported_at: Option<Span>) -> Option<LoadedFile> {
        let place = |diagnostic: Diagnostic| match imported_at {
            Some(span) => diagnostic.at(span, "imported here"),
            None => diagnostic,
        };
        // Google's files on an include path may be newer than the parser, and may not be older than the options that
        // prost-reflect knows: the built-in ones win.
        if let Some(descriptor) = well_known(import_path) {
            let id = self.map.add(format!("<built in>/{import_path}"), None);
            return Some(LoadedFile::new(import_path, id, descriptor, Vec::new()));
        }
        let found = match self.sources.read(import_path) {
            Ok(found) => found,
            Err(error) => {
                self.diagnostics.push(place(
                    Diagnostic::error(
                        codes::FILE_UNREADABLE,
                        format!("`{import_path}` cannot be read: {error}"),
                    )
                    .help("make it a readable file"),
                ));
                return None;
            }
        };
        if import_path == ANNOTATIONS_PATH {
            if let Some(copy) = found.filter(|copy| !is_same_text(&copy.bytes, ANNOTATIONS_PROTO)) {
                self.diagnostics.push(place(
                    Diagnostic::error(
                        codes::ANNOTATIONS_DIFFER,
                        format!("`{}` differs from the `{ANNOTATIONS_PATH}` that this compiler carries", copy.path),
                    )
                    .note("a copy of another version can mean something else by the same words")
                    .help("remove the copy, which this compiler does not need, or renew it with `holdover proto --out DIR`"),
                ));
            }
            return self.parse(
                import_path,
                format!("<built in>/{import_path}"),
                ANNOTATIONS_PROTO.to_owned(),
            );
        }
        let Some(found) = found else {
            self.missing(import_path, imported_at);
            return None;
        };
        if let Some((other, other_span)) = self.shown.get(&found.path) {
            let mut diagnostic = Diagnostic::error(
                codes::FILE_DUPLICATE,
                format!("`{}` is reached both as `{other}` and as `{import_path}`", found.path),
            )
            .note("everything in it would be defined twice, because include paths overlap")
            .help("import it under one name everywhere, and remove the other include path");
            if let Some(span) = imported_at {
                diagnostic = diagnostic.at(span, format!("as `{import_path}` here"));
            }
            if let Some(span) = other_span {
                diagnostic = diagnostic.also(*span, format!("as `{other}` here"));
            }
            self.diagnostics.push(diagnostic);
            return None;
        }
        self.shown.insert(found.path.clone(), (import_path.to_owned(), imported_at));
        if found.bytes.len() > MAX_FILE_BYTES {
            self.diagnostics.push(place(
                Diagnostic::error(
                    codes::FILE_TOO_LARGE,
                    format!(
                        "`{}` has {} bytes; schemas of up to {MAX_FILE_BYTES} are read",
                        found.path,
                        found.bytes.len()
                    ),
                )
                .help("check that this is a `.proto` file"),
            ));
            return None;
        }
        let text = self.utf8(&found.path, found.bytes)?;
        self.parse(import_path, found.path, text)
    }

    /// The text without its byte order mark.
    fn utf8(&mut self, shown: &str, bytes: Vec<u8>) -> Option<String> {
        match String::from_utf8(bytes) {
            Ok(text) => Some(match text.strip_prefix('\u{feff}') {
                Some(stripped) => stripped.to_owned(),
                None => text,
            }),
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let byte = error.as_bytes()[good];
                let utf16 = error.as_bytes().starts_with(&[0xff, 0xfe])
                    || error.as_bytes().starts_with(&[0xfe, 0xff]);
                let lossy = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let id = self.map.add(shown, Some(lossy));
                // Up to `good`, the lossy text has the same bytes; there the replacement character begins.
                let span = self.map.span(id, good..good + '\u{fffd}'.len_utf8());
                let what = if utf16 { " (it looks like UTF-16)" } else { "" };
                self.diagnostics.push(
                    Diagnostic::error(codes::NOT_UTF8, format!("`{shown}` is not UTF-8{what}"))
                        .at(span, format!("byte 0x{byte:02x}, {good} bytes into the file"))
                        .help("save the file as UTF-8"),
                );
                None
            }
        }
    }

    fn parse(&mut self, import_path: &str, shown: String, text: String) -> Option<LoadedFile> {
        let id = self.map.add(shown, Some(text));
        let text = self.map.text(id).expect("the file was added with its text").to_owned();
        if let Some(range) = text::edition(&text) {
            self.diagnostics.push(
                Diagnostic::error(codes::EDITION_UNSUPPORTED, "protobuf editions are not supported yet")
                    .at(self.map.span(id, range), "an edition, where `proto2` and `proto3` are read")
                    .help("write `syntax = \"proto3\";` if the file needs no edition feature, or keep it out of what Holdover compiles"),
            );
            return None;
        }
        match protox_parse::parse(import_path, &text) {
            Ok(mut descriptor) => {
                descriptor.message_type.iter_mut().for_each(name_synthetic_oneofs);
                let locations =
                    descriptor.source_code_info.take().map(|info| info.location).unwrap_or_default();
                Some(LoadedFile::new(import_path, id, descriptor, locations))
            }
            Err(error) => {
                let all: Vec<&dyn miette::Diagnostic> = std::iter::once(&error as &dyn miette::Diagnostic)
                    .chain(error.related().into_iter().flatten())
                    .collect();
                let left_out = all.len().saturating_sub(MAX_SYNTAX_ERRORS);
                for (i, error) in all.into_iter().take(MAX_SYNTAX_ERRORS).enumerate() {
                    let mut diagnostic = self.syntax_error(id, text.len(), error);
                    if i + 1 == MAX_SYNTAX_ERRORS && left_out > 0 {
                        diagnostic = diagnostic
                            .note(format!("{left_out} more syntax errors in this file are not shown"));
                    }
                    self.diagnostics.push(diagnostic);
                }
                None
            }
        }
    }

    fn syntax_error(&self, id: FileId, len: usize, error: &dyn miette::Diagnostic) -> Diagnostic {
        let help = error.help().map(|help| help.to_string());
        // protox-parse words an invalid import like an invalid group.
        let import = help.as_deref().is_some_and(|help| help.starts_with("imports "));
        let message = if import { "invalid import path".to_owned() } else { error.to_string() };
        let code = if message.contains("recursion limit") { codes::NESTING_TOO_DEEP } else { codes::SYNTAX };
        let mut diagnostic = Diagnostic::error(code, message);
        let mut labels = error.labels().into_iter().flatten().peekable();
        if labels.peek().is_none() {
            // The file ended too early: its last character.
            diagnostic = diagnostic.at(self.map.span(id, len.saturating_sub(1)..len), "the file ends here");
        }
        for (i, label) in labels.enumerate() {
            let span = self.map.span(id, label.offset()..label.offset().saturating_add(label.len()));
            let text = label.label().unwrap_or_default().to_owned();
            diagnostic = if i == 0 { diagnostic.at(span, text) } else { diagnostic.also(span, text) };
        }
        diagnostic.help(help.unwrap_or_else(|| "correct the underlined text; the protobuf language is described at https://protobuf.dev/reference/protobuf/proto3-spec/".to_owned()))
    }

    fn missing(&mut self, import_path: &str, imported_at: Option<Span>) {
        let places = self.sources.places();
        let looked = match places.as_slice() {
            [] => "there are no include paths".to_owned(),
            places => format!(
                "looked in {}",
                places.iter().map(|p| format!("`{p}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        let mut similar = self.sources.similar(import_path);
        similar
            .extend(super::suggest::closest(import_path, WELL_KNOWN.into_iter().chain([ANNOTATIONS_PATH])));
        similar.dedup();
        let help = match similar.first() {
            Some(similar) => format!("did you mean `{similar}`?"),
            None => "add the directory that the import starts from as an include path (`-I DIR`)".to_owned(),
        };
        let code = if imported_at.is_some() { codes::IMPORT_NOT_FOUND } else { codes::FILE_NOT_FOUND };
        let mut diagnostic =
            Diagnostic::error(code, format!("`{import_path}` does not exist")).note(looked).help(help);
        if let Some(span) = imported_at {
            diagnostic = diagnostic.at(span, "imported here");
        }
        self.diagnostics.push(diagnostic);
    }
}

/// Names the oneofs that stand for `optional` in proto3 as protoc does: `_name`, with as many `X` in front as it takes to
/// differ from every other name in the message. protox-parse does not look at the other names.
fn name_synthetic_oneofs(message: &mut DescriptorProto) {
    let synthetic: Vec<(usize, String)> = (message.field.iter())
        .filter(|field| field.proto3_optional())
        .filter_map(|field| Some((usize::try_from(field.oneof_index?).ok()?, field.name().to_owned())))
        .collect();
    let is_synthetic = |at: usize| synthetic.iter().any(|(index, _)| *index == at);
    let oneofs = message.oneof_decl.iter().enumerate().filter(|(at, _)| !is_synthetic(*at));
    let mut names: HashSet<String> = oneofs.map(|(_, oneof)| oneof.name().to_owned()).collect();
    names.extend(message.field.iter().map(|field| field.name().to_owned()));
    for (index, field) in synthetic {
        let mut name = if field.starts_with('_') { field } else { format!("_{field}") };
        while !names.insert(name.clone()) {
            name.insert(0, 'X');
        }
        if let Some(oneof) = message.oneof_decl.get_mut(index) {
            oneof.name = Some(name);
        }
    }
    message.nested_type.iter_mut().for_each(name_synthetic_oneofs);
}

/// Where the import statement with this index stands.
pub(crate) fn import_span(file: &LoadedFile, index: usize) -> Option<Span> {
    file.spans.exact(&[path::file::DEPENDENCY, super::names::index_of(index)])
}

/// protoc's rules for the names of files.
fn is_import_path(path: &str) -> bool {
    !path.is_empty()
        && path.split('/').all(|part| !part.is_empty() && part != "." && part != ".." && !part.contains('\\'))
}

/// Line endings and a byte order mark do not count: version control changes them.
fn is_same_text(bytes: &[u8], text: &str) -> bool {
    let Ok(copy) = std::str::from_utf8(bytes) else { return false };
    copy.strip_prefix('\u{feff}').unwrap_or(copy).lines().eq(text.lines())
}
