//! Classes as they are written in a file: imported, or in full where another class has the name.

use super::names::{camel, escaped, escaped_path, is_split, outer, package};
use crate::target::TargetError;
use crate::target::taken::Taken;
use prost_reflect::{DescriptorPool, EnumDescriptor, FileDescriptor, Kind, MessageDescriptor};
use std::collections::{BTreeMap, BTreeSet};

/// All classes of the compiled files.
#[derive(Clone, Debug)]
pub(super) struct Types {
    pool: DescriptorPool,
    /// The classes outside of others, by their packages.
    top: BTreeMap<String, Taken>,
}

impl Types {
    pub(super) fn new(pool: &DescriptorPool) -> Self {
        let mut top: BTreeMap<String, Taken> = BTreeMap::new();
        for file in pool.files() {
            let taken = top.entry(package(&file)).or_default();
            taken.reserve(outer(&file));
            if is_split(&file) {
                file.messages().for_each(|message| taken.reserve(message.name()));
                file.enums().for_each(|each| taken.reserve(each.name()));
                // What a full message has beside it.
                file.messages().for_each(|message| taken.reserve(format!("{}OrBuilder", message.name())));
            }
        }
        Self { pool: pool.clone(), top }
    }

    /// The names of a package's classes.
    pub(super) fn top(&self, package: &str) -> Taken {
        self.top.get(package).cloned().unwrap_or_default()
    }

    /// A message by its full name.
    pub(super) fn find(&self, name: &str) -> Result<MessageDescriptor, TargetError> {
        let found = self.pool.get_message_by_name(name);
        found.ok_or_else(|| TargetError::Inconsistent { what: format!("message {name}") })
    }

    /// A file by its name.
    pub(super) fn file(&self, name: &str) -> Result<FileDescriptor, TargetError> {
        let found = self.pool.get_file_by_name(name);
        found.ok_or_else(|| TargetError::Inconsistent { what: format!("file {name}") })
    }
}

/// A class: its package, the class outside of others that it is or is in, and the way to it from there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class {
    package: String,
    top: String,
    inner: Vec<String>,
}

impl Class {
    /// A class outside of others.
    pub(super) fn new(package: &str, name: &str) -> Self {
        Self { package: package.to_owned(), top: name.to_owned(), inner: Vec::new() }
    }

    pub(super) fn message(message: &MessageDescriptor) -> Self {
        let mut path = vec![message.name().to_owned()];
        let mut parent = message.parent_message();
        while let Some(each) = parent {
            path.insert(0, each.name().to_owned());
            parent = each.parent_message();
        }
        Self::of(&message.parent_file(), path)
    }

    pub(super) fn enumeration(each: &EnumDescriptor) -> Self {
        match each.parent_message() {
            Some(parent) => Self::message(&parent).inside(each.name()),
            None => Self::of(&each.parent_file(), vec![each.name().to_owned()]),
        }
    }

    /// A class inside this one.
    pub(super) fn inside(mut self, name: &str) -> Self {
        self.inner.push(name.to_owned());
        self
    }

    fn of(file: &FileDescriptor, mut path: Vec<String>) -> Self {
        let top = if is_split(file) { path.remove(0) } else { outer(file) };
        Self { package: package(file), top, inner: path }
    }

    fn full(&self) -> String {
        let package = if self.package.is_empty() { String::new() } else { format!("{}.", self.package) };
        escaped_path(&format!("{package}{}", self.top))
    }
}

/// The names that a Kotlin file can use for classes.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    package: String,
    /// Names of the package, which come before what Kotlin imports by itself.
    own: Taken,
    /// Classes that are imported, by their names.
    imported: BTreeMap<String, Class>,
    imports: BTreeSet<String>,
}

/// What Kotlin imports by itself.
const KOTLIN: &[&str] = &["kotlin", "kotlin.collections"];

impl Scope {
    /// The scope of a file in a package whose classes have these names.
    pub(super) fn new(package: &str, own: Taken) -> Self {
        Self { package: package.to_owned(), own, imported: BTreeMap::new(), imports: BTreeSet::new() }
    }

    /// A class as it is written here.
    pub(super) fn name(&mut self, class: &Class) -> String {
        let inner: String = class.inner.iter().map(|name| format!(".{}", escaped(name))).collect();
        format!("{}{inner}", self.top(class))
    }

    fn top(&mut self, class: &Class) -> String {
        let simple = escaped(&class.top);
        if class.package == self.package {
            return simple;
        }
        let top = Class::new(&class.package, &class.top);
        if self.own.has(&class.top) || self.imported.get(&class.top).is_some_and(|other| *other != top) {
            return class.full();
        }
        self.imported.insert(class.top.clone(), top);
        if !KOTLIN.contains(&class.package.as_str()) {
            self.imports.insert(class.full());
        }
        simple
    }

    /// A class of the runtime.
    pub(super) fn holdover(&mut self, name: &str) -> String {
        self.name(&Class::new("dev.holdover", name))
    }

    /// A class of the runtime that generated code is made of.
    pub(super) fn binding(&mut self, name: &str) -> String {
        self.name(&Class::new("dev.holdover.binding", name))
    }

    /// A class of Kotlin's.
    pub(super) fn kotlin(&mut self, name: &str) -> String {
        let package = if matches!(name, "List" | "Map") { "kotlin.collections" } else { "kotlin" };
        self.name(&Class::new(package, name))
    }

    /// The value of a field, or one item of it.
    pub(super) fn value(&mut self, kind: &Kind) -> String {
        match kind {
            Kind::Message(message) => self.name(&Class::message(message)),
            Kind::Enum(each) => self.name(&Class::enumeration(each)),
            Kind::Bytes => self.name(&Class::new("com.google.protobuf", "ByteString")),
            Kind::String => self.kotlin("String"),
            Kind::Bool => self.kotlin("Boolean"),
            Kind::Double => self.kotlin("Double"),
            Kind::Float => self.kotlin("Float"),
            // As Java has them: unsigned numbers are signed ones of the same bits.
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 | Kind::Uint32 | Kind::Fixed32 => self.kotlin("Int"),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint64 | Kind::Fixed64 => self.kotlin("Long"),
        }
    }

    /// The same, inside of something that has classes of these names.
    pub(super) fn value_beside(&mut self, kind: &Kind, names: &[String]) -> String {
        let class = match kind {
            Kind::Message(message) => Class::message(message),
            Kind::Enum(each) => Class::enumeration(each),
            _ => {
                let short = self.value(kind);
                let hidden = names.contains(&short);
                return match kind {
                    Kind::Bytes if hidden => format!("com.google.protobuf.{short}"),
                    _ if hidden => format!("kotlin.{short}"),
                    _ => short,
                };
            }
        };
        if !names.contains(&class.top) {
            return self.name(&class);
        }
        let inner: String = class.inner.iter().map(|name| format!(".{}", escaped(name))).collect();
        format!("{}{inner}", class.full())
    }

    /// What the file imports.
    pub(super) fn imports(&self) -> &BTreeSet<String> {
        &self.imports
    }
}

/// `END_PLACE` as `EndPlace`: a name of ours for a member of a oneof.
pub(super) fn member(name: &str) -> String {
    let name = camel(name, true);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}
