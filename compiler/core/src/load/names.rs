//! What names stand for, by protoc's rules.
//!
//! prost-reflect has rules of its own, which differ (it sees names in files that were never imported), so every name is
//! made absolute here before it gets there.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};

use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto};

use super::path;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Package,
    Message,
    Enum,
    EnumValue,
    Field,
    Extension,
    Oneof,
    Service,
    Method,
}

impl Kind {
    /// The kind with its article.
    pub(crate) fn with_article(self) -> &'static str {
        match self {
            Kind::Package => "a package",
            Kind::Message => "a message",
            Kind::Enum => "an enum",
            Kind::EnumValue => "an enum value",
            Kind::Field => "a field",
            Kind::Extension => "an extension",
            Kind::Oneof => "a oneof",
            Kind::Service => "a service",
            Kind::Method => "a method",
        }
    }

    /// Has names inside it, so that the first part of a name may stand for it.
    fn is_aggregate(self) -> bool {
        matches!(self, Kind::Package | Kind::Message | Kind::Enum | Kind::Service)
    }

    fn is_type(self) -> bool {
        matches!(self, Kind::Message | Kind::Enum)
    }
}

/// A definition.
#[derive(Clone, Debug)]
pub(crate) struct Symbol {
    pub(crate) kind: Kind,
    /// The index of the file; for a package, of the first file in it.
    pub(crate) file: usize,
    /// The descriptor path of the name.
    pub(crate) path: Vec<i32>,
}

/// Two things of one name.
#[derive(Debug)]
pub(crate) struct Duplicate {
    pub(crate) name: String,
    pub(crate) first: Symbol,
    pub(crate) second: Symbol,
}

/// Every name of a batch of files.
#[derive(Debug, Default)]
pub(crate) struct Names {
    symbols: HashMap<String, Symbol>,
    /// The files of each package and of each package above it.
    packages: HashMap<String, HashSet<usize>>,
    /// How often [`Names::similar`] was asked.
    asked: Cell<usize>,
}

/// How many suggestions are looked for. All names are compared for each, and after a few nobody reads on.
const SUGGESTIONS: usize = 20;

/// Where a search may end, other than well.
#[derive(Debug)]
pub(crate) enum NotFound<'a> {
    /// There is no such name.
    Unknown,
    /// It is in a file that is not imported.
    NotImported { name: String, file: usize },
    /// Its first part was found further in, as a thing that has no such member.
    Shadowed { tried: String, first: &'a Symbol },
}

/// What a search may find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Messages and enums; other things of that name are passed over.
    Types,
    /// The first thing of that name.
    Anything,
}

impl Names {
    /// Collects the names of the next file.
    pub(crate) fn add(&mut self, index: usize, file: &FileDescriptorProto, duplicates: &mut Vec<Duplicate>) {
        let mut collector = Collector { names: self, file: index, path: Vec::new(), duplicates };
        let package = file.package();
        if !package.is_empty() {
            for end in package.match_indices('.').map(|(at, _)| at).chain([package.len()]) {
                collector.package(&package[..end]);
            }
        }
        for (i, message) in file.message_type.iter().enumerate() {
            collector.within(path::file::MESSAGE, i, |c| c.message(package, message));
        }
        for (i, enumeration) in file.enum_type.iter().enumerate() {
            collector.within(path::file::ENUM, i, |c| c.enumeration(package, enumeration));
        }
        for (i, extension) in file.extension.iter().enumerate() {
            collector.within(path::file::EXTENSION, i, |c| c.field(package, extension, Kind::Extension));
        }
        for (i, service) in file.service.iter().enumerate() {
            collector.within(path::file::SERVICE, i, |c| {
                let name = join(package, service.name());
                for (i, method) in service.method.iter().enumerate() {
                    c.within(path::service::METHOD, i, |c| {
                        c.define(join(&name, method.name()), Kind::Method);
                    });
                }
                c.define(name, Kind::Service);
            });
        }
    }

    /// What an absolute name stands for, wherever it is.
    pub(crate) fn get(&self, name: &str) -> Option<&Symbol> {
        self.symbols.get(name)
    }

    /// What `name` stands for in the thing called `inside`, as protoc's `DescriptorBuilder::LookupSymbol` decides it.
    /// `visible` are the file itself, its imports, and what they import publicly.
    pub(crate) fn resolve(
        &self,
        name: &str,
        inside: &str,
        wanted: Wanted,
        visible: &BTreeSet<usize>,
    ) -> Result<(String, &Symbol), NotFound<'_>> {
        let mut hidden = None;
        let mut find = |name: &str| {
            let symbol = self.symbols.get(name)?;
            if self.is_visible(name, symbol, visible) {
                return Some(symbol);
            }
            hidden.get_or_insert_with(|| NotFound::NotImported { name: name.to_owned(), file: symbol.file });
            None
        };
        if let Some(absolute) = name.strip_prefix('.') {
            return match find(absolute) {
                Some(symbol) => Ok((absolute.to_owned(), symbol)),
                None => Err(hidden.unwrap_or(NotFound::Unknown)),
            };
        }
        let (first, rest) = match name.find('.') {
            Some(at) => name.split_at(at),
            None => (name, ""),
        };
        let mut scope = inside;
        while let Some(at) = scope.rfind('.') {
            scope = &scope[..at];
            let candidate = join(scope, first);
            let Some(symbol) = find(&candidate) else { continue };
            if rest.is_empty() {
                if wanted == Wanted::Anything || symbol.kind.is_type() {
                    return Ok((candidate, symbol));
                }
            } else if symbol.kind.is_aggregate() {
                // The first part binds: the rest is looked for here and nowhere else.
                let full = format!("{candidate}{rest}");
                return match find(&full) {
                    Some(found) => Ok((full, found)),
                    None => Err(hidden.unwrap_or(NotFound::Shadowed { tried: full, first: symbol })),
                };
            }
        }
        match find(name) {
            Some(symbol) => Ok((name.to_owned(), symbol)),
            None => Err(hidden.unwrap_or(NotFound::Unknown)),
        }
    }

    fn is_visible(&self, name: &str, symbol: &Symbol, visible: &BTreeSet<usize>) -> bool {
        match symbol.kind {
            // A package belongs to many files; any of them will do.
            Kind::Package => {
                self.packages.get(name).is_some_and(|files| visible.iter().any(|f| files.contains(f)))
            }
            _ => visible.contains(&symbol.file),
        }
    }

    /// The name of some kind that looks most like `name`.
    pub(crate) fn similar(&self, name: &str, wanted: impl Fn(Kind) -> bool) -> Option<String> {
        self.asked.set(self.asked.get() + 1);
        if self.asked.get() > SUGGESTIONS {
            return None;
        }
        let name = name.trim_start_matches('.');
        let names =
            self.symbols.iter().filter(|(_, symbol)| wanted(symbol.kind)).map(|(name, _)| name.as_str());
        super::suggest::closest(name, names)
    }
}

struct Collector<'a> {
    names: &'a mut Names,
    file: usize,
    path: Vec<i32>,
    duplicates: &'a mut Vec<Duplicate>,
}

impl Collector<'_> {
    fn within(&mut self, tag: i32, index: usize, inner: impl FnOnce(&mut Self)) {
        self.path.extend([tag, index_of(index)]);
        inner(self);
        self.path.truncate(self.path.len() - 2);
    }

    fn package(&mut self, name: &str) {
        self.names.packages.entry(name.to_owned()).or_default().insert(self.file);
        let symbol = Symbol { kind: Kind::Package, file: self.file, path: vec![path::file::PACKAGE] };
        self.insert(name.to_owned(), symbol);
    }

    fn define(&mut self, name: String, kind: Kind) {
        let mut at = self.path.clone();
        at.push(path::NAME);
        self.insert(name, Symbol { kind, file: self.file, path: at });
    }

    fn insert(&mut self, name: String, symbol: Symbol) {
        match self.names.symbols.get(&name) {
            None => {
                self.names.symbols.insert(name, symbol);
            }
            Some(first) if first.kind == Kind::Package && symbol.kind == Kind::Package => {}
            Some(first) => self.duplicates.push(Duplicate { first: first.clone(), second: symbol, name }),
        }
    }

    fn message(&mut self, scope: &str, message: &DescriptorProto) {
        let name = join(scope, message.name());
        self.define(name.clone(), Kind::Message);
        for (i, field) in message.field.iter().enumerate() {
            self.within(path::message::FIELD, i, |c| c.field(&name, field, Kind::Field));
        }
        for (i, oneof) in message.oneof_decl.iter().enumerate() {
            self.within(path::message::ONEOF, i, |c| c.define(join(&name, oneof.name()), Kind::Oneof));
        }
        for (i, extension) in message.extension.iter().enumerate() {
            self.within(path::message::EXTENSION, i, |c| c.field(&name, extension, Kind::Extension));
        }
        for (i, inner) in message.nested_type.iter().enumerate() {
            self.within(path::message::MESSAGE, i, |c| c.message(&name, inner));
        }
        for (i, inner) in message.enum_type.iter().enumerate() {
            self.within(path::message::ENUM, i, |c| c.enumeration(&name, inner));
        }
    }

    fn field(&mut self, scope: &str, field: &FieldDescriptorProto, kind: Kind) {
        self.define(join(scope, field.name()), kind);
    }

    fn enumeration(&mut self, scope: &str, enumeration: &EnumDescriptorProto) {
        self.define(join(scope, enumeration.name()), Kind::Enum);
        // As in C++, values are siblings of their enum.
        for (i, value) in enumeration.value.iter().enumerate() {
            self.within(path::enumeration::VALUE, i, |c| {
                c.define(join(scope, value.name()), Kind::EnumValue);
            });
        }
    }
}

/// A name in a scope; the root is the empty scope.
pub(crate) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

/// A position in a repeated field of a descriptor, as descriptor paths have it.
pub(crate) fn index_of(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}
