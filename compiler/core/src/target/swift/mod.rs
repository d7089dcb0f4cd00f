//! The Swift target: interfaces, clients, fakes, tags and accessors beside messages that SwiftProtobuf's plugin makes.
//!
//! Everything that is static is in the package Holdover; what is generated binds it to messages, by closures.

mod accessors;
mod docs;
mod names;
mod options;
mod service;
mod tags;
mod types;

pub use options::{FileNaming, SwiftOptions, Visibility};

use super::file_option::{self, Says};
use super::piece::{self, Piece};
use super::spelling::capitalized;
use super::taken::Taken;
use super::writer::CodeWriter;
use super::{
    Context, EnrichedMessage, OutputFile, OutputPath, Package, Service, Target, TargetError, sentences,
};
use prost_reflect::FileDescriptor;
use std::collections::{BTreeMap, BTreeSet};
use types::{MODULE, Types};

/// Generates Swift.
#[derive(Debug)]
pub struct Swift {
    options: SwiftOptions,
    types: Types,
    /// The files that were asked for.
    asked: BTreeSet<String>,
    /// What our types are called, by what they are.
    names: BTreeMap<Item, String>,
}

/// A type of ours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Interface(String),
    Client(String),
    Fake(String),
    Tags(String),
    Accessors(String),
}

impl Swift {
    /// Settles all names.
    pub fn new(context: &Context<'_>, options: SwiftOptions) -> Result<Self, TargetError> {
        file_option::check(context.pool(), "swift_prefix", Says::Prefix, |options| &options.swift_prefix)?;
        let types = Types::new(context.pool(), &options)?;
        let names = names(context, &types)?;
        Ok(Self { options, types, asked: context.asked().iter().cloned().collect(), names })
    }

    fn name(&self, item: &Item) -> Result<&str, TargetError> {
        let name = self.names.get(item).map(String::as_str);
        name.ok_or_else(|| TargetError::Inconsistent { what: format!("{item:?}") })
    }

    /// What stands before declarations.
    fn visibility(&self) -> &'static str {
        self.options.visibility.modifier()
    }

    /// The files of pieces of code, by the `.proto` that they belong to.
    fn file(&self, code: &CodeWriter) -> Vec<u8> {
        let mut file = CodeWriter::default();
        file.line(format!("// {}", sentences::HEADER));
        file.line("// swift-format-ignore-file");
        file.line("// swiftlint:disable all");
        file.blank();
        let mut imports = code.imports().clone();
        imports.insert(MODULE.to_owned());
        let modifier =
            if self.options.use_access_level_on_imports { self.options.visibility.modifier() } else { "" };
        file.lines(imports.iter().map(|import| format!("{modifier}import {import}")));
        // No declaration speaks of what is in them.
        let extra: BTreeSet<&String> = self.options.extra_module_imports.iter().collect();
        file.lines(extra.difference(&imports.iter().collect()).map(|import| format!("import {import}")));
        file.append(code);
        file.text().as_bytes().to_vec()
    }
}

fn file(context: &Context<'_>, name: &str) -> Result<FileDescriptor, TargetError> {
    let found = context.pool().get_file_by_name(name);
    found.ok_or_else(|| TargetError::Inconsistent { what: format!("file {name}") })
}

/// Names for our types, different from those of messages and from each other: all may be in one module.
fn names(context: &Context<'_>, types: &Types) -> Result<BTreeMap<Item, String>, TargetError> {
    let mut taken = types.top().clone();
    let mut names = BTreeMap::new();
    for package in context.packages() {
        for service in &package.services {
            let prefix = Types::prefix(&file(context, &service.ir.file)?);
            let (full, name) = (service.ir.name.clone(), service.name);
            let interface = taken.take(format!("{prefix}{name}ClientInterface"));
            names.insert(Item::Interface(full.clone()), interface);
            names.insert(Item::Client(full.clone()), taken.take(format!("{prefix}{name}Client")));
            names.insert(Item::Fake(full), taken.take(format!("{prefix}Fake{}", capitalized(name))));
        }
        if let (false, Some(first)) = (package.tags.is_empty(), package.services.first()) {
            let prefix = Types::prefix(&file(context, &first.ir.file)?);
            names.insert(Item::Tags(package.name.clone()), taken.take(format!("{prefix}Tags")));
        }
        for enriched in &package.enriched {
            let prefix = Types::prefix(&enriched.message.parent_file());
            let nested = enriched.message.full_name().strip_prefix(&package.name).unwrap_or_default();
            let path: String = nested.split('.').map(capitalized).collect();
            let wanted = format!("{prefix}Enriched{path}");
            // Inside a message its own types come first.
            let inner: Taken = enriched
                .message
                .child_messages()
                .map(|inner| inner.name().to_owned())
                .chain(enriched.message.child_enums().map(|inner| inner.name().to_owned()))
                .collect();
            let mut name = taken.take(wanted);
            while inner.has(&name) {
                name = taken.take(name);
            }
            names.insert(Item::Accessors(enriched.message.full_name().to_owned()), name);
        }
    }
    Ok(names)
}

impl Target for Swift {
    type Piece = Piece;

    /// SwiftProtobuf's plugin makes them.
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
            let path = OutputPath::new(self.options.file_naming.file(proto))?;
            Ok(OutputFile { path, content: self.file(code) })
        })
    }
}
