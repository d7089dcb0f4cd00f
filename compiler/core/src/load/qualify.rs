//! Making every name of every file absolute.

use std::collections::BTreeSet;

use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};

use super::file::{LoadedFile, Written};
use super::graph::Graph;
use super::names::{Duplicate, Kind, Names, index_of, join};
use super::resolver::{MESSAGE, Needed, Resolver, TYPE};
use super::{codes, options, path, read, walk};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceMap};

/// Makes the names of all files absolute. What cannot be found is reported, and left as it was.
pub(crate) fn qualify(
    files: &mut [LoadedFile],
    graph: &Graph,
    sources: &SourceMap,
    diagnostics: &mut Diagnostics,
) {
    let google = read::well_known("google/protobuf/descriptor.proto")
        .expect("prost-reflect carries Google's own files");
    let names = names(files, graph, diagnostics);
    let mut used: Vec<BTreeSet<usize>> = Vec::new();
    used.resize_with(files.len(), BTreeSet::new);
    for &at in &graph.order {
        let mut descriptor = std::mem::take(&mut files[at].descriptor);
        let mut types = Types {
            resolver: Resolver {
                names: &names,
                files,
                sources,
                google: &google,
                at,
                visible: graph.visible(at),
                used: BTreeSet::new(),
                diagnostics,
                annotations_missed: false,
            },
            path: Vec::new(),
            map: None,
        };
        types.file(&mut descriptor);
        used[at] = types.resolver.used;
        files[at].descriptor = descriptor;
    }
    // Options come second, because they are checked against the types of extensions in whatever file.
    for &at in &graph.order {
        let mut elements = Vec::new();
        walk::options(&mut files[at].descriptor, &mut |element, options| {
            if !options.is_empty() {
                elements.push((element, std::mem::take(options)));
            }
        });
        let mut resolver = Resolver {
            names: &names,
            files,
            sources,
            google: &google,
            at,
            visible: graph.visible(at),
            used: std::mem::take(&mut used[at]),
            diagnostics,
            annotations_missed: false,
        };
        for (element, options) in &mut elements {
            for (i, option) in options.iter_mut().enumerate() {
                options::qualify(&mut resolver, element, i, option);
            }
        }
        used[at] = resolver.used;
        files[at].options = elements
            .into_iter()
            .map(|(element, options)| (element.path, Written { target: element.target, options }))
            .collect();
    }
    // A name that was not found may be the one that uses an import.
    if !diagnostics.has_errors() {
        unused_imports(files, graph, &used, diagnostics);
    }
}

/// Puts options back that [`qualify`] took out.
pub(crate) fn with_options(file: &LoadedFile) -> FileDescriptorProto {
    let mut descriptor = file.descriptor.clone();
    walk::options(&mut descriptor, &mut |element, options| {
        if let Some(written) = file.options.get(&element.path) {
            options.clone_from(&written.options);
        }
    });
    descriptor
}

/// Collects the names of all files, and reports those that are defined twice.
pub(crate) fn names(files: &[LoadedFile], graph: &Graph, diagnostics: &mut Diagnostics) -> Names {
    let mut names = Names::default();
    let mut duplicates = Vec::new();
    for &at in &graph.order {
        names.add(at, &files[at].descriptor, &mut duplicates);
    }
    diagnostics.extend(duplicates.iter().map(|duplicate| defined_twice(files, duplicate)));
    names
}

fn defined_twice(files: &[LoadedFile], duplicate: &Duplicate) -> Diagnostic {
    let Duplicate { name, first, second } = duplicate;
    let mut diagnostic = Diagnostic::error(codes::NAME_DUPLICATE, format!("`{name}` is defined twice"))
        .subject(name)
        .help("rename one of them");
    if let Some(span) = files[second.file].span(&second.path) {
        diagnostic = diagnostic.at(span, format!("defined again, as {}", second.kind.with_article()));
    }
    if let Some(span) = files[first.file].span(&first.path) {
        diagnostic = diagnostic.also(span, format!("first defined here, as {}", first.kind.with_article()));
    }
    if first.kind == Kind::EnumValue || second.kind == Kind::EnumValue {
        diagnostic = diagnostic.note("enum values are siblings of their enum, not members of it");
    }
    diagnostic
}

fn unused_imports(
    files: &[LoadedFile],
    graph: &Graph,
    used: &[BTreeSet<usize>],
    diagnostics: &mut Diagnostics,
) {
    for (at, file) in files.iter().enumerate().filter(|(_, file)| file.target) {
        for (i, import) in graph.imports[at].iter().enumerate() {
            let public = file.descriptor.public_dependency.contains(&index_of(i));
            if public || !graph.exports(*import).is_disjoint(&used[at]) {
                continue;
            }
            let name = &files[*import].name;
            let mut diagnostic =
                Diagnostic::warning(codes::IMPORT_UNUSED, format!("nothing from `{name}` is used"))
                    .help("remove the import");
            if let Some(span) = read::import_span(file, i) {
                diagnostic = diagnostic.at(span, "unused import");
            }
            diagnostics.push(diagnostic);
        }
    }
}

/// Makes the type names of one file absolute.
struct Types<'a> {
    resolver: Resolver<'a>,
    path: Vec<i32>,
    /// In the entry type of a map, the path of the map's type.
    map: Option<Vec<i32>>,
}

impl Types<'_> {
    fn within(&mut self, tag: i32, index: usize, inner: impl FnOnce(&mut Self)) {
        self.path.extend([tag, index_of(index)]);
        inner(self);
        self.path.truncate(self.path.len() - 2);
    }

    fn file(&mut self, file: &mut FileDescriptorProto) {
        let package = file.package().to_owned();
        for (i, message) in file.message_type.iter_mut().enumerate() {
            self.within(path::file::MESSAGE, i, |t| t.message(&package, message));
        }
        for (i, extension) in file.extension.iter_mut().enumerate() {
            self.within(path::file::EXTENSION, i, |t| t.field(&package, extension));
        }
        for (i, service) in file.service.iter_mut().enumerate() {
            self.within(path::file::SERVICE, i, |t| {
                let scope = join(&package, service.name());
                for (i, method) in service.method.iter_mut().enumerate() {
                    t.within(path::service::METHOD, i, |t| {
                        let inside = join(&scope, method.name());
                        t.name(&mut method.input_type, &inside, path::method::INPUT, MESSAGE);
                        t.name(&mut method.output_type, &inside, path::method::OUTPUT, MESSAGE);
                    });
                }
            });
        }
    }

    fn message(&mut self, scope: &str, message: &mut DescriptorProto) {
        let name = join(scope, message.name());
        for (i, field) in message.field.iter_mut().enumerate() {
            self.within(path::message::FIELD, i, |t| t.field(&name, field));
        }
        for (i, extension) in message.extension.iter_mut().enumerate() {
            self.within(path::message::EXTENSION, i, |t| t.field(&name, extension));
        }
        for (i, inner) in message.nested_type.iter_mut().enumerate() {
            // The parser makes up an entry type for a map, which has no place of its own.
            let is_entry = inner.options.as_ref().is_some_and(prost_types::MessageOptions::map_entry);
            let map = is_entry.then(|| format!(".{name}.{}", inner.name())).and_then(|entry| {
                let index = message.field.iter().position(|field| field.type_name() == entry)?;
                let mut at = self.path.clone();
                at.extend([path::message::FIELD, index_of(index), path::field::TYPE_NAME]);
                Some(at)
            });
            let outer = std::mem::replace(&mut self.map, map);
            self.within(path::message::MESSAGE, i, |t| t.message(&name, inner));
            self.map = outer;
        }
    }

    fn field(&mut self, scope: &str, field: &mut FieldDescriptorProto) {
        let inside = join(scope, field.name());
        if field.extendee.is_some() {
            self.name(&mut field.extendee, &inside, path::field::EXTENDEE, MESSAGE);
        }
        if field.type_name.is_some() {
            match self.name(&mut field.type_name, &inside, path::field::TYPE_NAME, TYPE) {
                Some(Kind::Enum) => field.set_type(Type::Enum),
                Some(Kind::Message) if field.r#type() != Type::Group => field.set_type(Type::Message),
                _ => {}
            }
        }
    }

    /// Makes one name absolute, and says what it stands for.
    fn name(&mut self, name: &mut Option<String>, inside: &str, tag: i32, needed: Needed) -> Option<Kind> {
        match self.resolver.find(name.as_deref().unwrap_or_default(), inside, needed) {
            Ok((found, kind)) => {
                *name = Some(format!(".{found}"));
                Some(kind)
            }
            Err(diagnostic) => {
                let mut at = self.path.clone();
                at.push(tag);
                let span = self.resolver.files[self.resolver.at].span(self.map.as_ref().unwrap_or(&at));
                if let Some(diagnostic) = diagnostic {
                    self.resolver.report(*diagnostic, span, "this name");
                }
                None
            }
        }
    }
}
