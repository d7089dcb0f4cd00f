//! Making every name of a file absolute, and checking that options exist.

mod value;

use std::collections::BTreeSet;

use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, UninterpretedOption};

use super::file::{LoadedFile, Written};
use super::graph::Graph;
use super::names::{Kind, Names, NotFound, Wanted, index_of, join};
use super::walk::{self, Element, Target};
use super::{codes, path, text};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, SourceMap, Span};

const DESCRIPTOR_PROTO: &str = "google/protobuf/descriptor.proto";

/// Makes the names of all files absolute. What cannot be found is reported, and left as it was.
pub(crate) fn qualify(
    files: &mut [LoadedFile],
    graph: &Graph,
    sources: &SourceMap,
    diagnostics: &mut Diagnostics,
) {
    let google = super::read::well_known(DESCRIPTOR_PROTO).expect("prost-reflect carries Google's own files");
    let mut names = Names::default();
    let mut duplicates = Vec::new();
    for &at in &graph.order {
        names.add(at, &files[at].descriptor, &mut duplicates);
    }
    for duplicate in duplicates {
        let [first, second] = [&duplicate.first, &duplicate.second].map(|s| files[s.file].span(&s.path));
        let mut diagnostic =
            Diagnostic::error(codes::NAME_DUPLICATE, format!("`{}` is defined twice", duplicate.name))
                .subject(&duplicate.name)
                .help("rename one of them");
        if let Some(span) = second {
            diagnostic =
                diagnostic.at(span, format!("defined again, as {}", duplicate.second.kind.with_article()));
        }
        if let Some(span) = first {
            diagnostic = diagnostic
                .also(span, format!("first defined here, as {}", duplicate.first.kind.with_article()));
        }
        if duplicate.first.kind == Kind::EnumValue || duplicate.second.kind == Kind::EnumValue {
            diagnostic = diagnostic.note("enum values are siblings of their enum, not members of it");
        }
        diagnostics.push(diagnostic);
    }
    let mut used: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); files.len()];
    for &at in &graph.order {
        let mut descriptor = std::mem::take(&mut files[at].descriptor);
        let mut resolver = Resolver {
            names: &names,
            files,
            sources,
            google: &google,
            at,
            visible: graph.visible(at),
            used: &mut used[at],
            diagnostics,
            path: Vec::new(),
        };
        resolver.types(&mut descriptor);
        files[at].descriptor = descriptor;
    }
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
            used: &mut used[at],
            diagnostics,
            path: Vec::new(),
        };
        for (element, options) in &mut elements {
            for (i, option) in options.iter_mut().enumerate() {
                resolver.option(element, i, option);
            }
        }
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

fn unused_imports(
    files: &[LoadedFile],
    graph: &Graph,
    used: &[BTreeSet<usize>],
    diagnostics: &mut Diagnostics,
) {
    for (at, file) in files.iter().enumerate().filter(|(_, file)| file.target) {
        for (i, import) in graph.imports[at].iter().enumerate() {
            let public = file.descriptor.public_dependency.contains(&index_of(i));
            if public || used[at].iter().any(|file| graph.exports(*import, *file)) {
                continue;
            }
            let name = &files[*import].name;
            let mut diagnostic =
                Diagnostic::warning(codes::IMPORT_UNUSED, format!("nothing from `{name}` is used"))
                    .help("remove the import");
            if let Some(span) = super::read::import_span(file, i) {
                diagnostic = diagnostic.at(span, "unused import");
            }
            diagnostics.push(diagnostic);
        }
    }
}

/// Looks names up for one file.
struct Resolver<'a> {
    names: &'a Names,
    files: &'a [LoadedFile],
    sources: &'a SourceMap,
    /// Google's option messages, for files that do not import them.
    google: &'a FileDescriptorProto,
    at: usize,
    visible: BTreeSet<usize>,
    used: &'a mut BTreeSet<usize>,
    diagnostics: &'a mut Diagnostics,
    path: Vec<i32>,
}

impl<'a> Resolver<'a> {
    fn within(&mut self, tag: i32, index: usize, inner: impl FnOnce(&mut Self)) {
        self.path.extend([tag, index_of(index)]);
        inner(self);
        self.path.truncate(self.path.len() - 2);
    }

    fn types(&mut self, file: &mut FileDescriptorProto) {
        let package = file.package().to_owned();
        for (i, message) in file.message_type.iter_mut().enumerate() {
            self.within(path::file::MESSAGE, i, |r| r.message(&package, message));
        }
        for (i, extension) in file.extension.iter_mut().enumerate() {
            self.within(path::file::EXTENSION, i, |r| r.field(&package, extension));
        }
        for (i, service) in file.service.iter_mut().enumerate() {
            self.within(path::file::SERVICE, i, |r| {
                let scope = join(&package, service.name());
                for (i, method) in service.method.iter_mut().enumerate() {
                    r.within(path::service::METHOD, i, |r| {
                        let inside = join(&scope, method.name());
                        r.absolute(
                            &mut method.input_type,
                            &inside,
                            path::method::INPUT,
                            Wanted::Anything,
                            MESSAGE,
                        );
                        r.absolute(
                            &mut method.output_type,
                            &inside,
                            path::method::OUTPUT,
                            Wanted::Anything,
                            MESSAGE,
                        );
                    });
                }
            });
        }
    }

    fn message(&mut self, scope: &str, message: &mut DescriptorProto) {
        let name = join(scope, message.name());
        for (i, field) in message.field.iter_mut().enumerate() {
            self.within(path::message::FIELD, i, |r| r.field(&name, field));
        }
        for (i, extension) in message.extension.iter_mut().enumerate() {
            self.within(path::message::EXTENSION, i, |r| r.field(&name, extension));
        }
        for (i, inner) in message.nested_type.iter_mut().enumerate() {
            self.within(path::message::MESSAGE, i, |r| r.message(&name, inner));
        }
    }

    fn field(&mut self, scope: &str, field: &mut FieldDescriptorProto) {
        let inside = join(scope, field.name());
        if field.extendee.is_some() {
            self.absolute(&mut field.extendee, &inside, path::field::EXTENDEE, Wanted::Anything, MESSAGE);
        }
        if field.type_name.is_some() {
            let kind =
                self.absolute(&mut field.type_name, &inside, path::field::TYPE_NAME, Wanted::Types, TYPE);
            match kind {
                Some(Kind::Enum) => field.set_type(Type::Enum),
                Some(Kind::Message) if field.r#type() != Type::Group => field.set_type(Type::Message),
                _ => {}
            }
        }
    }

    /// Makes one type name absolute, and says what it stands for.
    fn absolute(
        &mut self,
        name: &mut Option<String>,
        inside: &str,
        tag: i32,
        wanted: Wanted,
        needed: Needed,
    ) -> Option<Kind> {
        let mut at = self.path.clone();
        at.push(tag);
        // What the parser made up has no place: the entry type of a map is reported at the map.
        let span = self.files[self.at].span(&at);
        let written = name.as_deref().unwrap_or_default();
        let (found, kind) = self.find(written, inside, wanted, needed, span)?;
        *name = Some(format!(".{found}"));
        Some(kind)
    }

    fn find(
        &mut self,
        written: &str,
        inside: &str,
        wanted: Wanted,
        needed: Needed,
        span: Option<Span>,
    ) -> Option<(String, Kind)> {
        let diagnostic = match self.names.resolve(written, inside, wanted, &self.visible) {
            Ok((name, symbol)) if (needed.is)(symbol.kind) => {
                self.used.insert(symbol.file);
                return Some((name, symbol.kind));
            }
            Ok((name, symbol)) => {
                let message = format!("`{name}` is {}, not {}", symbol.kind.with_article(), needed.what);
                let mut diagnostic = Diagnostic::error(codes::NAME_WRONG_KIND, message)
                    .help(format!("name {} here", needed.what));
                if let Some(span) = self.files[symbol.file].span(&symbol.path) {
                    diagnostic = diagnostic.also(span, "defined here");
                }
                diagnostic
            }
            Err(NotFound::NotImported { name, file }) => {
                let file = &self.files[file].name;
                Diagnostic::error(
                    codes::NAME_NOT_IMPORTED,
                    format!("`{name}` is in `{file}`, which is not imported"),
                )
                .help(format!("add `import \"{file}\";`"))
            }
            Err(NotFound::Shadowed { tried, first }) => {
                let mut diagnostic =
                    Diagnostic::error(codes::NAME_SHADOWED, format!("`{written}` was looked up as `{tried}`, which does not exist"))
                        .note(format!(
                            "the first part of the name was found in an inner scope, where it is {}; the search ends there",
                            first.kind.with_article()
                        ))
                        .help(format!("write `.{written}` to start at the root, or the full name with a leading dot"));
                if let Some(span) =
                    self.files[first.file].span(&first.path).filter(|_| first.kind != Kind::Package)
                {
                    diagnostic = diagnostic.also(span, "found here");
                }
                diagnostic
            }
            Err(NotFound::Unknown) => {
                let diagnostic =
                    Diagnostic::error(needed.unknown, format!("`{written}` stands for nothing here"));
                match self.names.similar(written, needed.is) {
                    Some(similar) => diagnostic.help(format!("did you mean `{similar}`?")),
                    None => diagnostic
                        .help(format!("define {} of this name, or import the file that does", needed.what)),
                }
            }
        };
        let diagnostic = diagnostic.subject(inside);
        self.diagnostics.push(match span {
            Some(span) => diagnostic.at(span, "this name"),
            None => diagnostic,
        });
        None
    }

    /// Makes the extension names of an option absolute, and checks that what it names exists and belongs there.
    fn option(&mut self, element: &Element, index: usize, option: &mut UninterpretedOption) {
        let statement = self.files[self.at].statement_span(&element.path, element.target, index);
        let depth =
            option.aggregate_value.as_deref().map_or(0, text::depth).saturating_add(option.name.len());
        if depth > text::MAX_DEPTH {
            let diagnostic = Diagnostic::error(
                codes::NESTING_TOO_DEEP,
                format!("this option is nested {depth} levels deep; {} are read", text::MAX_DEPTH),
            )
            .subject(&element.name)
            .help("flatten the value");
            self.diagnostics.push(at(diagnostic, statement, "this option"));
            return;
        }
        let mut holder = element.target.options_type().to_owned();
        let mut of_option = None;
        for part in 0..option.name.len() {
            let name = option.name[part].name_part.clone();
            let field = if option.name[part].is_extension {
                let span = self.part_span(statement, part);
                let Some((full, _)) = self.find(&name, &element.name, Wanted::Anything, EXTENSION, span)
                else {
                    return;
                };
                let field = self.extension(&full).cloned();
                option.name[part].name_part = format!(".{full}");
                let extendee = field.as_ref().map(|f| f.extendee().trim_start_matches('.').to_owned());
                if extendee.as_deref() != Some(holder.as_str()) {
                    self.wrong_target(element, &full, &extendee.unwrap_or_default(), part, span);
                    return;
                }
                field
            } else {
                match self.fields(&holder) {
                    // Descriptors of our own carry Google's options even where nothing imports them.
                    None => return,
                    Some(fields) => {
                        let Some(field) = fields.iter().find(|f| f.name() == name) else {
                            let span = self.part_span(statement, part);
                            self.unknown_field(element, &holder, &name, fields, span);
                            return;
                        };
                        Some(field.clone())
                    }
                }
            };
            holder = field.map(|f| f.type_name().trim_start_matches('.').to_owned()).unwrap_or_default();
            of_option.get_or_insert_with(|| holder.clone());
        }
        self.names_in_value(element, &of_option.unwrap_or_default(), statement);
        if let Some(aggregate) = option.aggregate_value.as_mut().filter(|text| text.contains('[')) {
            self.extensions_in(aggregate, &holder, statement);
        }
    }

    /// Makes the extension names inside a `{ [name]: … }` value absolute: they are looked up from the message that is
    /// extended, as protoc's `AggregateOptionFinder` does it.
    fn extensions_in(&mut self, aggregate: &mut String, holder: &str, statement: Option<Span>) {
        let Some(sets) = text::aggregate(aggregate) else { return };
        let mut edits = Vec::new();
        for set in &sets {
            let Some((last, parents)) = set.path.split_last() else { continue };
            let Some(name) = last.strip_prefix('[').and_then(|name| name.strip_suffix(']')) else { continue };
            // A `[domain/type]` is the long form of an Any; its type name is always absolute.
            if name.contains('/') {
                continue;
            }
            let Some(message) = self.message_at(holder, parents) else { continue };
            // The scope of a message is the message itself here, not what is around it.
            let inside = format!("{message}.x");
            let span = statement;
            if let Some((full, _)) = self.find(name, &inside, Wanted::Anything, EXTENSION, span) {
                edits.push((set.name.clone(), format!("[{full}]")));
            }
        }
        for (range, name) in edits.into_iter().rev() {
            aggregate.replace_range(range, &name);
        }
    }

    /// The type of the message that a path of names inside a value leads to.
    fn message_at(&self, holder: &str, names: &[String]) -> Option<String> {
        let mut holder = holder.to_owned();
        for name in names {
            let field = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
                Some(name) => match name.split_once('/') {
                    Some((_, any)) => {
                        holder = any.to_owned();
                        continue;
                    }
                    None => {
                        let inside = format!("{holder}.x");
                        let (full, _) =
                            self.names.resolve(name, &inside, Wanted::Anything, &self.visible).ok()?;
                        self.extension(&full)?.clone()
                    }
                },
                None => named(self.fields(&holder)?, name)?.clone(),
            };
            holder = field.type_name().trim_start_matches('.').to_owned();
        }
        Some(holder)
    }

    /// The declaration of an extension.
    fn extension(&self, name: &str) -> Option<&'a FieldDescriptorProto> {
        let symbol = self.names.get(name)?;
        let file = &self.files[symbol.file].descriptor;
        match *symbol.path.strip_suffix(&[path::NAME])? {
            [path::file::EXTENSION, i] => file.extension.get(usize::try_from(i).ok()?),
            [ref parents @ .., path::message::EXTENSION, i] => {
                message_by_path(file, parents)?.extension.get(usize::try_from(i).ok()?)
            }
            _ => None,
        }
    }

    /// The fields of a message.
    fn fields(&self, message: &str) -> Option<&'a [FieldDescriptorProto]> {
        let found = match self.names.get(message) {
            Some(symbol) => {
                message_by_path(&self.files[symbol.file].descriptor, symbol.path.strip_suffix(&[path::NAME])?)
            }
            None => {
                let name = message.strip_prefix("google.protobuf.")?;
                self.google.message_type.iter().find(|message| message.name() == name)
            }
        };
        Some(&found?.field)
    }

    fn part_span(&self, statement: Option<Span>, part: usize) -> Option<Span> {
        super::option::part_span(self.sources, statement?, part).or(statement)
    }

    fn wrong_target(
        &mut self,
        element: &Element,
        name: &str,
        extendee: &str,
        part: usize,
        span: Option<Span>,
    ) {
        let diagnostic = match Target::of_options_type(extendee) {
            Some(target) if part == 0 => Diagnostic::error(
                codes::WRONG_TARGET,
                format!(
                    "`({name})` is an option of {}, not of {}",
                    target.with_article(),
                    element.target.with_article()
                ),
            )
            .help(format!(
                "move it to {}, or use the option made for {}",
                target.with_article(),
                element.target.with_article()
            )),
            _ => Diagnostic::error(
                codes::WRONG_TARGET,
                format!("`{name}` extends `{extendee}`, and cannot stand here"),
            )
            .help("name a field of the message that is set here"),
        };
        self.diagnostics.push(at(diagnostic.subject(&element.name), span, "this option"));
    }

    fn unknown_field(
        &mut self,
        element: &Element,
        holder: &str,
        name: &str,
        fields: &[FieldDescriptorProto],
        span: Option<Span>,
    ) {
        let diagnostic =
            Diagnostic::error(codes::UNKNOWN_OPTION, format!("`{holder}` has no field `{name}`"))
                .subject(&element.name);
        let similar = super::suggest::closest(name, fields.iter().map(FieldDescriptorProto::name));
        let diagnostic = match similar {
            Some(similar) => diagnostic.help(format!("did you mean `{similar}`?")),
            None if Target::of_options_type(holder).is_some() => {
                diagnostic.help(format!("custom options are written in parentheses: `({name})`"))
            }
            None => {
                let all: Vec<String> = fields.iter().map(|f| format!("`{}`", f.name())).collect();
                diagnostic.help(format!("its fields are {}", all.join(", ")))
            }
        };
        self.diagnostics.push(at(diagnostic, span, "no such field"));
    }
}

fn at(diagnostic: Diagnostic, span: Option<Span>, text: &str) -> Diagnostic {
    match span {
        Some(span) => diagnostic.at(span, text),
        None => diagnostic,
    }
}

/// What a name must stand for.
#[derive(Clone, Copy)]
struct Needed {
    what: &'static str,
    is: fn(Kind) -> bool,
    unknown: Code,
}

const MESSAGE: Needed =
    Needed { what: "a message", is: |kind| kind == Kind::Message, unknown: codes::NAME_UNKNOWN };
const TYPE: Needed = Needed {
    what: "a message or an enum",
    is: |kind| matches!(kind, Kind::Message | Kind::Enum),
    unknown: codes::NAME_UNKNOWN,
};
const EXTENSION: Needed =
    Needed { what: "an extension", is: |kind| kind == Kind::Extension, unknown: codes::UNKNOWN_OPTION };

/// The field that text format calls by a name: groups go by the name of their type.
pub(crate) fn named<'a>(fields: &'a [FieldDescriptorProto], name: &str) -> Option<&'a FieldDescriptorProto> {
    fields.iter().find(|field| match field.r#type() {
        Type::Group => field.type_name().rsplit('.').next() == Some(name),
        _ => field.name() == name,
    })
}

/// The message at a descriptor path.
fn message_by_path<'a>(file: &'a FileDescriptorProto, path: &[i32]) -> Option<&'a DescriptorProto> {
    let (steps, rest) = path.as_chunks::<2>();
    let (first, inner) = steps.split_first()?;
    let index = |step: &[i32; 2]| usize::try_from(step[1]).ok();
    let root = file
        .message_type
        .get(index(first).filter(|_| first[0] == path::file::MESSAGE && rest.is_empty())?)?;
    inner.iter().try_fold(root, |message, step| {
        message.nested_type.get(index(step).filter(|_| step[0] == path::message::MESSAGE)?)
    })
}
