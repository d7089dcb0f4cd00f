//! Descriptor sets instead of sources: what `protoc --descriptor_set_out` and `buf build` write.

use std::collections::HashMap;

use holdover_annotations::ANNOTATIONS_PATH;
use prost::Message as _;
use prost_types::FileDescriptorProto;

use super::file::LoadedFile;
use super::graph::Graph;
use super::{
    Loaded, MemorySources, codes, extensions, finish, load, pool, qualify, raw, read, rules, validate,
};
use crate::diagnostic::{Diagnostic, Diagnostics, Report, SourceMap};

/// Loads an encoded `google.protobuf.FileDescriptorSet` with all imports in it. `shown` is what people know it by.
///
/// `files` are the import paths of the files to generate for; if it is empty, these are all files but
/// `holdover/annotations.proto` and Google's well-known types.
///
/// Custom options are kept. Places and comments are there if the set has source information, but there is no text to
/// show, and no option statements ([`Loaded::statements`]).
///
/// # Errors
/// Everything that is wrong with the set, as far as it can be told at once.
pub fn load_descriptor_set<S: AsRef<str>>(
    shown: &str,
    bytes: &[u8],
    files: &[S],
) -> Result<Loaded, Box<Report>> {
    let mut set = Set {
        shown,
        map: SourceMap::new(),
        files: Vec::new(),
        encoded: Vec::new(),
        index: HashMap::new(),
        diagnostics: Diagnostics::new(),
    };
    let files: Vec<&str> = files.iter().map(AsRef::as_ref).collect();
    let loaded = set.load(bytes, &files);
    loaded.ok_or_else(|| Box::new(Report { diagnostics: set.diagnostics, sources: set.map }))
}

struct Set<'a> {
    shown: &'a str,
    map: SourceMap,
    files: Vec<LoadedFile>,
    /// As they came; `None` for what is built in.
    encoded: Vec<Option<&'a [u8]>>,
    index: HashMap<String, usize>,
    diagnostics: Diagnostics,
}

impl<'a> Set<'a> {
    /// `None` after errors, which are reported.
    fn load(&mut self, bytes: &'a [u8], targets: &[&str]) -> Option<Loaded> {
        self.decode(bytes)?;
        self.targets(targets);
        self.built_in();
        if self.diagnostics.has_errors() {
            return None;
        }
        let graph = Graph::new(&self.files, &|name| self.index.get(name).copied(), &mut self.diagnostics)?;
        qualify::names(&self.files, &graph, &mut self.diagnostics);
        extensions::numbers(graph.order.iter().map(|at| &self.files[*at]), &mut self.diagnostics);
        self.files.iter().for_each(|file| rules::check(file, &mut self.diagnostics));
        if self.diagnostics.has_errors() {
            return None;
        }
        match pool::decode(&self.files, &self.encoded, &graph) {
            Ok(pool) => {
                let files = std::mem::take(&mut self.files);
                match finish(pool, files, &graph, self.map.clone(), std::mem::take(&mut self.diagnostics)) {
                    Ok(loaded) => Some(loaded),
                    Err(found) => {
                        self.diagnostics = found;
                        None
                    }
                }
            }
            Err(found) => {
                self.diagnostics.push(*found);
                None
            }
        }
    }

    fn broken(&mut self, what: impl std::fmt::Display) {
        self.diagnostics.push(
            Diagnostic::error(codes::DESCRIPTOR_INVALID, format!("`{}`: {what}", self.shown)).help(
                "make it with `protoc --include_imports --include_source_info --descriptor_set_out=FILE` or `buf build -o FILE`",
            ),
        );
    }

    fn decode(&mut self, bytes: &'a [u8]) -> Option<()> {
        let files = match raw::files(bytes) {
            Ok(files) => files,
            Err(error) => {
                self.broken(format_args!("this is no descriptor set: {error}"));
                return None;
            }
        };
        if files.is_empty() {
            self.broken("there is no file in it");
            return None;
        }
        for bytes in files {
            let mut descriptor = match FileDescriptorProto::decode(bytes) {
                Ok(descriptor) => descriptor,
                Err(error) => {
                    self.broken(format_args!("a file in it is damaged: {error}"));
                    continue;
                }
            };
            let name = descriptor.name().to_owned();
            match descriptor.syntax() {
                "" | "proto2" | "proto3" => {}
                "editions" => {
                    self.diagnostics.push(
                        Diagnostic::error(
                            codes::EDITION_UNSUPPORTED,
                            format!("`{name}` is written in a protobuf edition, which is not supported yet"),
                        )
                        .help(
                            "write it with `syntax = \"proto3\";`, or keep it out of what Holdover compiles",
                        ),
                    );
                    continue;
                }
                other => {
                    let message = format!("`{name}` has the unknown syntax `{other}`");
                    self.broken(message);
                    continue;
                }
            }
            if let Err(what) = validate::file(&descriptor) {
                self.broken(format_args!("`{name}`: {what}"));
                continue;
            }
            if self.index.contains_key(&name) {
                self.broken(format_args!("`{name}` is in it twice"));
                continue;
            }
            let locations = descriptor.source_code_info.take().map(|info| info.location).unwrap_or_default();
            // Google's files are always the built-in ones: prost-reflect decodes options by what it knows of them.
            match read::well_known(&name) {
                Some(descriptor) => self.add(&name, descriptor, Vec::new(), None),
                None => self.add(&name, descriptor, locations, Some(bytes)),
            }
        }
        Some(())
    }

    fn add(
        &mut self,
        name: &str,
        descriptor: FileDescriptorProto,
        locations: Vec<prost_types::source_code_info::Location>,
        bytes: Option<&'a [u8]>,
    ) {
        let id = self.map.add(name, None);
        self.index.insert(name.to_owned(), self.files.len());
        self.files.push(LoadedFile::new(name, id, descriptor, locations));
        self.encoded.push(bytes);
    }

    fn targets(&mut self, targets: &[&str]) {
        for target in targets {
            if let Some(index) = self.index.get(*target) {
                self.files[*index].target = true;
                continue;
            }
            let similar = super::closest(target, self.index.keys().map(String::as_str));
            self.diagnostics.push(
                Diagnostic::error(codes::FILE_NOT_FOUND, format!("`{target}` is not in `{}`", self.shown))
                    .help(match similar {
                        Some(similar) => format!("did you mean `{similar}`?"),
                        None => "name a file of the set by its import path".to_owned(),
                    }),
            );
        }
        if targets.is_empty() {
            for (file, bytes) in self.files.iter_mut().zip(&self.encoded) {
                file.target = bytes.is_some() && file.name != ANNOTATIONS_PATH;
            }
        }
    }

    /// Adds what every tool carries and the set lacks, and checks that its annotations are those of this compiler.
    fn built_in(&mut self) {
        let needed = |set: &Self, name: &str| {
            !set.index.contains_key(name)
                && set.files.iter().any(|file| file.descriptor.dependency.iter().any(|d| d == name))
        };
        if self.index.contains_key(ANNOTATIONS_PATH) || needed(self, ANNOTATIONS_PATH) {
            let built_in = load(&MemorySources::new(), &[ANNOTATIONS_PATH])
                .expect("the annotations are loaded by the tests of this crate");
            let set = built_in.descriptor_set();
            let annotations = set.file.into_iter().find(|file| file.name() == ANNOTATIONS_PATH);
            let annotations = FileDescriptorProto {
                source_code_info: None,
                ..annotations.expect("it is the file that was asked for")
            };
            match self.index.get(ANNOTATIONS_PATH) {
                Some(index) if self.files[*index].descriptor == annotations => {}
                Some(_) => self.diagnostics.push(
                    Diagnostic::error(
                        codes::ANNOTATIONS_DIFFER,
                        format!("the `{ANNOTATIONS_PATH}` in `{}` differs from the one that this compiler carries", self.shown),
                    )
                    .note("a copy of another version can mean something else by the same words")
                    .help("renew the copy with `holdover proto --out DIR`, and make the set again"),
                ),
                None => self.add(ANNOTATIONS_PATH, annotations, Vec::new(), None),
            }
        }
        let mut next = 0;
        while next < self.files.len() {
            let file = &self.files[next];
            let importer = file.name.clone();
            for name in file.descriptor.dependency.clone() {
                if self.index.contains_key(&name) {
                    continue;
                }
                match read::well_known(&name) {
                    Some(descriptor) => self.add(&name, descriptor, Vec::new(), None),
                    None => self.diagnostics.push(
                        Diagnostic::error(
                            codes::IMPORT_NOT_FOUND,
                            format!("`{importer}` imports `{name}`, which is not in `{}`", self.shown),
                        )
                        .help("make the set with its imports: `protoc --include_imports …`"),
                    ),
                }
            }
            next += 1;
        }
    }
}
