//! The Kotlin target: interfaces, clients, fakes, tags and accessors beside messages that protoc's Java generator makes,
//! lite ones or full ones.
//!
//! Everything that is static is in the artifact holdover-runtime; what is generated binds it to messages, by functions.

mod accessors;
mod docs;
mod names;
mod options;
mod service;
mod tags;
mod types;

pub use options::{KotlinOptions, Visibility};

use super::file_option::{self, Says};
use super::piece::{self, Piece};
use super::taken::Taken;
use super::writer::CodeWriter;
use super::{
    Context, EnrichedMessage, OutputFile, OutputPath, Package, Part, Service, Target, TargetError, sentences,
};
use names::{camel, escaped_path, file_stem, package};
use prost_reflect::FileDescriptor;
use std::cell::RefCell;
use std::collections::BTreeMap;
use types::{Scope, Types};

/// Generates Kotlin.
#[derive(Debug)]
pub struct Kotlin {
    options: KotlinOptions,
    types: Types,
    /// What our classes are called, by what they are.
    names: BTreeMap<Item, String>,
    /// The names of all classes, theirs and ours, by package.
    taken: BTreeMap<String, Taken>,
    /// What the files can call classes, by their `.proto`s.
    scopes: RefCell<BTreeMap<String, Scope>>,
}

/// A class of ours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Interface(String),
    Client(String),
    Fake(String),
    Tags(String),
    Accessors(String),
    Oneof(String),
}

impl Kotlin {
    /// Settles all names.
    pub fn new(context: &Context<'_>, options: KotlinOptions) -> Result<Self, TargetError> {
        let pool = context.pool();
        file_option::check(pool, "java_package", Says::Package, |options| &options.java_package)?;
        file_option::check(pool, "java_outer_classname", Says::Name, |options| {
            &options.java_outer_classname
        })?;
        let types = Types::new(pool);
        let mut taken = BTreeMap::new();
        let names = names(context, &types, &mut taken)?;
        Ok(Self { options, types, names, taken, scopes: RefCell::default() })
    }

    fn name(&self, item: &Item) -> Result<&str, TargetError> {
        let name = self.names.get(item).map(String::as_str);
        name.ok_or_else(|| TargetError::Inconsistent { what: format!("{item:?}") })
    }

    /// What stands before declarations.
    fn visibility(&self) -> &'static str {
        self.options.visibility.name()
    }

    /// Writes code of a file: all pieces of one share its imports.
    fn write<T>(
        &self,
        proto: &str,
        write: impl FnOnce(&mut Scope) -> Result<T, TargetError>,
    ) -> Result<T, TargetError> {
        let package = package(&self.types.file(proto)?);
        let mut scopes = self.scopes.borrow_mut();
        let scope = scopes
            .entry(proto.to_owned())
            .or_insert_with(|| Scope::new(&package, self.taken.get(&package).cloned().unwrap_or_default()));
        write(scope)
    }

    /// The file of pieces of code.
    fn file(&self, proto: &FileDescriptor, code: &CodeWriter) -> Vec<u8> {
        let mut file = CodeWriter::default();
        file.line(format!("// {}", sentences::HEADER));
        // What is deprecated in the .proto is here all the same, and an app need not use all of it.
        file.line("@file:Suppress(\"DEPRECATION\", \"unused\", \"RedundantVisibilityModifier\", \"RedundantSuppression\")");
        let package = package(proto);
        if !package.is_empty() {
            file.blank();
            file.line(format!("package {}", escaped_path(&package)));
        }
        let scopes = self.scopes.borrow();
        let imports = scopes.get(proto.name()).map(Scope::imports).into_iter().flatten();
        file.blank();
        file.lines(imports.map(|import| format!("import {import}")));
        file.append(code);
        file.text().as_bytes().to_vec()
    }
}

/// Names for our classes, different from those of messages and from each other, package by package.
fn names(
    context: &Context<'_>,
    types: &Types,
    taken: &mut BTreeMap<String, Taken>,
) -> Result<BTreeMap<Item, String>, TargetError> {
    let mut names = BTreeMap::new();
    for each in context.packages() {
        for service in &each.services {
            let package = package(&types.file(&service.ir.file)?);
            let taken = taken.entry(package.clone()).or_insert_with(|| types.top(&package));
            let full = service.ir.name.clone();
            let name = camel(service.name, true);
            names.insert(Item::Interface(full.clone()), taken.take(format!("{name}ClientInterface")));
            names.insert(Item::Client(full.clone()), taken.take(format!("{name}Client")));
            names.insert(Item::Fake(full), taken.take(format!("Fake{name}")));
        }
        if let (false, Some(first)) = (each.tags.is_empty(), each.services.first()) {
            let package = package(&types.file(&first.ir.file)?);
            let taken = taken.entry(package.clone()).or_insert_with(|| types.top(&package));
            names.insert(Item::Tags(each.name.clone()), taken.take("Tags"));
        }
        for enriched in &each.enriched {
            let package = package(&enriched.message.parent_file());
            let taken = taken.entry(package.clone()).or_insert_with(|| types.top(&package));
            let path = enriched.message.full_name().strip_prefix(&each.name).unwrap_or_default();
            let path: String = path.split('.').map(|part| camel(part, true)).collect();
            let name = taken.take(format!("Enriched{path}"));
            for accessor in &enriched.accessors {
                if let Part::Oneof(oneof) = &accessor.part {
                    let wanted = format!("{name}{}", camel(oneof.name(), true));
                    names.insert(Item::Oneof(oneof.full_name().to_owned()), taken.take(wanted));
                }
            }
            names.insert(Item::Accessors(enriched.message.full_name().to_owned()), name);
        }
    }
    Ok(names)
}

impl Target for Kotlin {
    type Piece = Piece;

    /// protoc's Java generator makes them.
    fn messages(&self, _package: &Package<'_>) -> Result<Piece, TargetError> {
        Ok(Piece::nothing())
    }

    fn interface(&self, _package: &Package<'_>, service: &Service<'_>) -> Result<Piece, TargetError> {
        service::interface(self, service)
    }

    fn client(&self, _package: &Package<'_>, service: &Service<'_>) -> Result<Piece, TargetError> {
        service::client(self, service)
    }

    fn fake(&self, _package: &Package<'_>, service: &Service<'_>) -> Result<Piece, TargetError> {
        service::fake(self, service)
    }

    fn tags(&self, package: &Package<'_>) -> Result<Piece, TargetError> {
        tags::tags(self, package)
    }

    fn accessors(&self, _package: &Package<'_>, message: &EnrichedMessage<'_>) -> Result<Piece, TargetError> {
        accessors::accessors(self, message)
    }

    fn files(&self, pieces: Vec<(&Package<'_>, Vec<Piece>)>) -> Result<Vec<OutputFile>, TargetError> {
        piece::files(pieces, |proto, code| {
            let proto = self.types.file(proto)?;
            let folder: String = package(&proto)
                .split('.')
                .filter(|part| !part.is_empty())
                .map(|part| format!("{part}/"))
                .collect();
            let path = OutputPath::new(format!("{folder}{}Holdover.kt", file_stem(&proto)))?;
            Ok(OutputFile { path, content: self.file(&proto, code) })
        })
    }
}
