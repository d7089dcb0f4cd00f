//! Sources or descriptor sets in, descriptors and places out.
//!
//! [`load`] reads `.proto` files through [`Sources`] and gives everything that the later passes need: a
//! prost-reflect pool with custom options intact, the places of every descriptor, and option statements as written.
//!
//! Parsing is protox-parse's; which file is visible where, what names stand for, and in which order files come is
//! decided here, by protoc's rules. prost-reflect interprets the options.

pub mod codes;
mod descriptor_set;
mod extensions;
mod file;
mod graph;
mod names;
mod option;
mod options;
mod path;
mod pool;
mod qualify;
mod raw;
mod read;
mod resolver;
mod rules;
mod sources;
mod suggest;
#[cfg(test)]
mod tests;
mod text;
mod validate;
mod walk;

pub use codes::PAGES;
pub use descriptor_set::load_descriptor_set;
pub use file::LoadedFile;
pub(crate) use option::document;
pub use option::{Member, OptionName, OptionStatement};
pub(crate) use options::{is_no_duration, not_a_duration};
pub use sources::{IncludePaths, MemorySources, NotImportable, SourceFile, Sources};
pub use suggest::closest;
pub use walk::Target;

use std::collections::HashMap;

use holdover_annotations::ANNOTATIONS_PATH;
use prost::Message as _;
use prost_reflect::{DescriptorPool, FileDescriptor};
use prost_types::{FileDescriptorProto, FileDescriptorSet};

use crate::diagnostic::{Diagnostics, FileId, Report, SourceMap, Span};

/// Schema files that were loaded without errors.
#[derive(Clone, Debug)]
pub struct Loaded {
    pool: DescriptorPool,
    /// Imports before importers.
    files: Vec<LoadedFile>,
    index: HashMap<String, usize>,
    sources: SourceMap,
    warnings: Diagnostics,
}

/// Loads files by their import paths (`pricing/v1/pricing.proto`), and everything that they import.
///
/// `holdover/annotations.proto` and Google's well-known types need not be in `sources`. All files share one name space,
/// as in one run of protoc.
///
/// # Errors
/// Everything that is wrong with the files, as far as it can be told at once.
pub fn load<S: AsRef<str>>(sources: &dyn Sources, files: &[S]) -> Result<Loaded, Box<Report>> {
    let mut reader = read::Reader::new(sources);
    for file in files {
        reader.target(file.as_ref());
    }
    reader.imports();
    let mut diagnostics = std::mem::take(&mut reader.diagnostics);
    let mut all = std::mem::take(&mut reader.files);
    let sources = reader.map.clone();
    let fail = |diagnostics| Err(Box::new(Report { diagnostics, sources: sources.clone() }));
    if diagnostics.has_errors() {
        return fail(diagnostics);
    }
    let Some(graph) = graph::Graph::new(&all, &|name| reader.index(name), &mut diagnostics) else {
        return fail(diagnostics);
    };
    qualify::qualify(&mut all, &graph, &sources, &mut diagnostics);
    extensions::numbers(graph.order.iter().map(|at| &all[*at]), &mut diagnostics);
    all.iter().for_each(|file| rules::check(file, &mut diagnostics));
    if diagnostics.has_errors() {
        return fail(diagnostics);
    }
    let pool = match pool::build(&all, &graph, &sources) {
        Ok(pool) => pool,
        Err(found) => {
            diagnostics.extend(found);
            return fail(diagnostics);
        }
    };
    finish(pool, all, &graph, sources.clone(), diagnostics)
        .map_err(|diagnostics| Box::new(Report { diagnostics, sources }))
}

/// What is left to check once there is a pool, and to put in order.
fn finish(
    pool: DescriptorPool,
    files: Vec<LoadedFile>,
    graph: &graph::Graph,
    sources: SourceMap,
    mut warnings: Diagnostics,
) -> Result<Loaded, Diagnostics> {
    extensions::targets(&pool, &files, &mut warnings);
    if warnings.has_errors() {
        return Err(warnings);
    }
    let mut by_index: Vec<Option<LoadedFile>> = files.into_iter().map(Some).collect();
    let take = |at: &usize| by_index[*at].take().expect("an order names every file once");
    let files: Vec<LoadedFile> = graph.order.iter().map(take).collect();
    let index = files.iter().enumerate().map(|(at, file)| (file.name.clone(), at)).collect();
    Ok(Loaded { pool, files, index, sources, warnings })
}

impl Loaded {
    /// The descriptors, with all options interpreted. The places that `path()` of a descriptor gives are looked up with
    /// [`Loaded::span`].
    pub fn pool(&self) -> &DescriptorPool {
        &self.pool
    }

    /// All files, imports before importers: the order of `protoc --include_imports`.
    pub fn files(&self) -> &[LoadedFile] {
        &self.files
    }

    /// The files that were asked for, in the same order.
    pub fn targets(&self) -> impl Iterator<Item = &LoadedFile> {
        self.files.iter().filter(|file| file.target)
    }

    /// A file by its import path.
    pub fn file(&self, name: &str) -> Option<&LoadedFile> {
        self.files.get(*self.index.get(name)?)
    }

    /// Adds a text that diagnostics may point into, such as an overlay.
    pub(crate) fn add_source(&mut self, path: &str, text: String) -> FileId {
        self.sources.add(path, Some(text))
    }

    /// The texts, for printing diagnostics.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// The first of the files that were asked for that imports the annotations and has no text, because it comes from a
    /// descriptor set.
    pub(crate) fn annotated_without_text(&self) -> Option<&LoadedFile> {
        self.targets().find(|file| {
            self.sources.text(file.id).is_none()
                && file.descriptor.dependency.iter().any(|import| import == ANNOTATIONS_PATH)
        })
    }

    /// What was found, but stops nobody.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// The place of a descriptor in a file, or the nearest place around it.
    pub fn span(&self, file: &str, path: &[i32]) -> Option<Span> {
        self.file(file)?.span(path)
    }

    /// The option statements on the thing at a descriptor path (empty for the file itself), as they are written, in their
    /// order. Empty for files that come from a descriptor set, and for built-in ones without a text.
    pub fn statements(&self, file: &str, element: &[i32]) -> Vec<OptionStatement> {
        let Some(file) = self.file(file) else { return Vec::new() };
        let Some(written) = file.options.get(element) else { return Vec::new() };
        let statements = written.options.iter().enumerate();
        statements
            .filter_map(|(i, option)| {
                let span = file.statement_span(element, written.target, i)?;
                OptionStatement::new(&self.sources, span, &option.name)
            })
            .collect()
    }

    /// The narrowest place that stands for a field inside an option: the name of `fresh_for` in
    /// `option (holdover.method).cache = { fresh_for: … }` for `path = ["cache", "fresh_for"]`. Where the field itself is
    /// not written, what is around it: the block, the statement, the thing that the option is on.
    pub fn option_span(&self, file: &str, element: &[i32], extension: &str, path: &[&str]) -> Option<Span> {
        let statements = self.statements(file, element);
        let of_option = || statements.iter().filter(|statement| statement.is(extension));
        for len in (1..=path.len()).rev() {
            let member = of_option().find_map(|statement| statement.members(&path[..len]).next());
            if let Some(member) = member {
                return Some(member.name_span);
            }
        }
        of_option()
            .next()
            .map(|statement| statement.name_span)
            .or_else(|| self.file(file)?.name_span(element))
    }

    /// The descriptors as prost-build takes them, with comments. Custom options are not in them, because prost-types has
    /// no place for them: read those from [`Loaded::pool`], and write files with [`Loaded::encoded_set`].
    pub fn descriptor_set(&self) -> FileDescriptorSet {
        let file = self
            .files
            .iter()
            .map(|file| FileDescriptorProto {
                source_code_info: Some(file.source_code_info()),
                ..self.descriptor(file)
            })
            .collect();
        FileDescriptorSet { file }
    }

    /// A file as an encoded `FileDescriptorProto`, custom options included and source information left out: what
    /// `protoc --descriptor_set_out --retain_options` writes for it. The entries of a map in a custom option come in any
    /// order, so these bytes are no fingerprint.
    pub fn encoded(&self, file: &LoadedFile) -> Vec<u8> {
        let bytes = self.pool_file(file).encode_to_vec();
        raw::with_imports(&bytes, &file.descriptor).expect("prost-reflect writes well-formed messages")
    }

    /// All files as an encoded `FileDescriptorSet`, custom options and source information included: what
    /// `protoc --include_imports --include_source_info --descriptor_set_out` writes, and [`load_descriptor_set`] reads.
    /// What overlays say is not in it. As with [`Loaded::encoded`], only the order of map entries in custom options may
    /// differ from one time to the next.
    pub fn encoded_set(&self) -> Vec<u8> {
        let mut set = Vec::new();
        for file in &self.files {
            let mut encoded = self.encoded(file);
            // Encoded messages merge when they are joined.
            let places = FileDescriptorProto {
                source_code_info: Some(file.source_code_info()),
                ..FileDescriptorProto::default()
            };
            places.encode(&mut encoded).expect("a vector grows as needed");
            prost::encoding::bytes::encode(1, &encoded, &mut set);
        }
        set
    }

    fn pool_file(&self, file: &LoadedFile) -> FileDescriptor {
        self.pool.get_file_by_name(&file.name).expect("the pool was built from these files")
    }

    fn descriptor(&self, file: &LoadedFile) -> FileDescriptorProto {
        FileDescriptorProto {
            // The pool's imports are not those of the file; see `pool`.
            dependency: file.descriptor.dependency.clone(),
            public_dependency: file.descriptor.public_dependency.clone(),
            weak_dependency: file.descriptor.weak_dependency.clone(),
            ..self.pool_file(file).file_descriptor_proto().clone()
        }
    }
}
