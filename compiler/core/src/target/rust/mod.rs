//! The Rust target: messages by prost-build; interfaces, clients, fakes, tags and accessors by a pass of our own, joined
//! to them by full protobuf names, because prost-build knows no more than one service at a time, and of packages without
//! services nothing.

mod accessors;
mod docs;
mod locations;
mod messages;
mod names;
mod options;
mod primitives;
mod service;
mod tags;

pub use options::RustOptions;

use super::{
    Context, EnrichedMessage, OutputFile, OutputPath, Package, Part, Service, Target, TargetError, sentences,
};
use messages::{Messages, module_name};
use names::{Names, camel, ident};
use proc_macro2::{Ident, TokenStream};
use prost_reflect::{Kind, MessageDescriptor};
use quote::{ToTokens, quote};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Generates Rust.
pub struct Rust {
    options: RustOptions,
    messages: Messages,
    /// The crate `holdover`, as generated code calls it.
    holdover: syn::Path,
    /// What our items are called, by what they are.
    names: BTreeMap<Item, Ident>,
}

/// Something that gets a name in the root of a package's module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Interface(String),
    Client(String),
    Fake(String),
    Tags(String),
    Accessors(String),
}

impl fmt::Debug for Rust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rust")
            .field("options", &self.options)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

impl Rust {
    /// Runs prost-build and settles all names.
    pub fn new(context: &Context<'_>, options: RustOptions) -> Result<Self, TargetError> {
        let messages = Messages::generate(context.pool(), context.comments(), &options, &wanted(context))?;
        let holdover = syn::parse_str(&options.holdover_path).map_err(|_| super::OptionError::RustPath {
            name: "holdover_path",
            path: options.holdover_path.clone(),
        })?;
        let names = names(context, &messages);
        Ok(Self { options, messages, holdover, names })
    }

    fn name(&self, item: &Item) -> Result<&Ident, TargetError> {
        self.names.get(item).ok_or_else(|| TargetError::Inconsistent { what: format!("{item:?}") })
    }

    /// A message or enum as it is written in the root of a package's module.
    fn type_of(&self, package: &Package<'_>, name: &str) -> Result<TokenStream, TargetError> {
        Ok(self.messages.type_of(&package.name, name)?.to_token_stream())
    }
}

/// The types that services and accessors speak of, by the package that speaks.
fn wanted(context: &Context<'_>) -> BTreeSet<(String, String)> {
    let mut wanted = BTreeSet::new();
    for package in context.packages() {
        let mut want = |name: &str| wanted.insert((package.name.clone(), name.to_owned()));
        for method in package.services.iter().flat_map(|service| &service.methods) {
            want(&method.ir.request);
            want(&method.ir.response);
        }
        for enriched in &package.enriched {
            want(enriched.message.full_name());
            for accessor in &enriched.accessors {
                let Part::Field(field) = &accessor.part else { continue };
                let mut kinds = vec![field.kind()];
                if let Some(entry) = field.kind().as_message().filter(|_| field.is_map()) {
                    kinds = entry.fields().map(|field| field.kind()).collect();
                }
                for kind in kinds {
                    match kind {
                        Kind::Message(message) => want(message.full_name()),
                        Kind::Enum(each) => want(each.full_name()),
                        _ => false,
                    };
                }
            }
        }
    }
    wanted
}

/// Names for our items, different from those of messages, of nested modules and of each other. Items of packages that
/// share a module share its names.
fn names(context: &Context<'_>, messages: &Messages) -> BTreeMap<Item, Ident> {
    let mut modules: BTreeMap<String, Names> = BTreeMap::new();
    let mut names = BTreeMap::new();
    for package in context.packages() {
        let module = module_name(&package.name);
        let taken =
            modules.entry(module.clone()).or_insert_with(|| Names::taken(taken(context, messages, &module)));
        for service in &package.services {
            let full = service.ir.name.clone();
            names.insert(Item::Interface(full.clone()), taken.take(&camel(service.name)));
            names.insert(Item::Client(full.clone()), taken.take(&camel(&format!("{}Client", service.name))));
            names.insert(Item::Fake(full), taken.take(&camel(&format!("Fake{}", camel(service.name)))));
        }
        if !package.tags.is_empty() {
            names.insert(Item::Tags(package.name.clone()), taken.take(&ident("tags")));
        }
        for enriched in &package.enriched {
            let (nesting, name) = nesting(&enriched.message);
            let nested: String = nesting.iter().map(|parent| camel(parent).to_string()).collect();
            let wanted = camel(&format!("Enriched{nested}{}", camel(&name)));
            names.insert(Item::Accessors(enriched.message.full_name().to_owned()), taken.take(&wanted));
        }
    }
    names
}

/// The names that a module has before we add ours: those of its messages, and of the modules of packages below it.
fn taken(context: &Context<'_>, messages: &Messages, module: &str) -> Vec<String> {
    let items = messages.items(module).iter().filter_map(|item| match item {
        syn::Item::Struct(item) => Some(&item.ident),
        syn::Item::Enum(item) => Some(&item.ident),
        syn::Item::Mod(item) => Some(&item.ident),
        _ => None,
    });
    let below = context.packages().iter().filter_map(|package| {
        let other = module_name(&package.name);
        let below =
            if module == "_" { Some(other.as_str()) } else { other.strip_prefix(module)?.strip_prefix('.') };
        Some(primitives::module(below?.split('.').next()?).to_string())
    });
    items.map(Ident::to_string).chain(below).collect()
}

/// The messages around a message, outermost first, and its own name.
fn nesting(message: &MessageDescriptor) -> (Vec<String>, String) {
    let mut parents = Vec::new();
    let mut parent = message.parent_message();
    while let Some(each) = parent {
        parents.insert(0, each.name().to_owned());
        parent = each.parent_message();
    }
    (parents, message.name().to_owned())
}

/// What every item of ours allows: names, comments and deprecations come from the `.proto`, and an app need not use all
/// of it.
fn allow() -> [syn::Attribute; 2] {
    [
        syn::parse_quote!(#[allow(missing_docs, deprecated, dead_code, unreachable_pub, reason = "generated")]),
        syn::parse_quote!(#[allow(clippy::all, clippy::pedantic, clippy::restriction, reason = "generated")]),
    ]
}

/// Doc comment lines as attributes.
fn docs<S: AsRef<str>>(lines: impl IntoIterator<Item = S>) -> TokenStream {
    lines
        .into_iter()
        .map(|line| {
            let line = line.as_ref();
            let text = if line.is_empty() { String::new() } else { format!(" {line}") };
            quote!(#[doc = #text])
        })
        .collect()
}

/// The comment of a declaration, or else a line of our own, with what callers should know below it.
fn documented(comment: Option<&str>, otherwise: &str, below: &[String]) -> TokenStream {
    let mut lines = comment.map(docs::doc_lines).unwrap_or_default();
    if lines.is_empty() {
        lines.push(otherwise.to_owned());
    }
    if !below.is_empty() {
        lines.push(String::new());
        lines.extend(below.iter().cloned());
    }
    docs(lines)
}

impl Target for Rust {
    type Piece = TokenStream;

    fn messages(&self, package: &Package<'_>) -> Result<TokenStream, TargetError> {
        let mut items = self.messages.items(&module_name(&package.name)).to_vec();
        for item in &mut items {
            let attributes = match item {
                syn::Item::Struct(item) => &mut item.attrs,
                syn::Item::Enum(item) => &mut item.attrs,
                syn::Item::Mod(item) => &mut item.attrs,
                syn::Item::Impl(item) => &mut item.attrs,
                _ => continue,
            };
            attributes.extend(allow());
        }
        Ok(quote!(#(#items)*))
    }

    fn interface(&self, package: &Package<'_>, service: &Service<'_>) -> Result<TokenStream, TargetError> {
        service::interface(self, package, service)
    }

    fn client(&self, package: &Package<'_>, service: &Service<'_>) -> Result<TokenStream, TargetError> {
        service::client(self, package, service)
    }

    fn fake(&self, package: &Package<'_>, service: &Service<'_>) -> Result<TokenStream, TargetError> {
        service::fake(self, package, service)
    }

    fn tags(&self, package: &Package<'_>) -> Result<TokenStream, TargetError> {
        tags::tags(self, package)
    }

    fn accessors(
        &self,
        package: &Package<'_>,
        message: &EnrichedMessage<'_>,
    ) -> Result<TokenStream, TargetError> {
        accessors::accessors(self, package, message)
    }

    fn files(&self, pieces: Vec<(&Package<'_>, Vec<TokenStream>)>) -> Result<Vec<OutputFile>, TargetError> {
        let mut modules: BTreeMap<String, TokenStream> = BTreeMap::new();
        for (package, pieces) in pieces {
            let module = modules.entry(module_name(&package.name)).or_default();
            // Packages that share a module share its messages, which the first of them brought.
            let pieces = pieces.into_iter().skip(usize::from(!module.is_empty()));
            module.extend(pieces);
        }
        modules.retain(|_, pieces| !pieces.is_empty());
        let mut files = Vec::new();
        for (module, pieces) in &modules {
            files.push(OutputFile {
                path: OutputPath::new(format!("{module}.rs"))?,
                content: print(module, pieces)?,
            });
        }
        if let Some(path) = &self.options.include_file {
            let path = OutputPath::new(path.as_str())?;
            if files.iter().any(|file| file.path == path) {
                return Err(TargetError::Twice { path: path.to_string() });
            }
            let up = "../".repeat(path.as_str().matches('/').count());
            files.push(OutputFile {
                path,
                content: includes(&modules.keys().map(String::as_str).collect::<Vec<_>>(), &up).into_bytes(),
            });
        }
        Ok(files)
    }
}

fn print(module: &str, pieces: &TokenStream) -> Result<Vec<u8>, TargetError> {
    let file: syn::File = syn::parse2(pieces.clone()).map_err(|error| TargetError::Messages {
        reason: format!("{module}.rs does not parse: {error}; this is a bug in Holdover, please report it"),
    })?;
    let mut text = format!("// {}\n", sentences::HEADER);
    for item in file.items {
        text.push('\n');
        text.push_str(&prettyplease::unparse(&syn::File {
            shebang: None,
            attrs: Vec::new(),
            items: vec![item],
        }));
    }
    Ok(text.into_bytes())
}

/// Nested modules that include the files, so that types of one package find those of another.
fn includes(modules: &[&str], up: &str) -> String {
    let mut text = format!("// {}\n\n", sentences::HEADER);
    let mut open: Vec<&str> = Vec::new();
    for module in modules {
        let parts: Vec<&str> = if *module == "_" { Vec::new() } else { module.split('.').collect() };
        let common = open.iter().zip(&parts).take_while(|(one, other)| one == other).count();
        while open.len() > common {
            open.pop();
            text.push_str(&format!("{}}}\n", "    ".repeat(open.len())));
        }
        for part in &parts[common..] {
            let indent = "    ".repeat(open.len());
            open.push(part);
            let allow = "#[allow(clippy::module_inception, reason = \"generated\")]";
            let name = primitives::module(part);
            text.push_str(&format!(
                "{indent}/// `{}`\n{indent}{allow}\n{indent}pub mod {name} {{\n",
                open.join(".")
            ));
        }
        text.push_str(&format!("{}include!(\"{up}{module}.rs\");\n", "    ".repeat(open.len())));
    }
    while open.pop().is_some() {
        text.push_str(&format!("{}}}\n", "    ".repeat(open.len())));
    }
    text
}
