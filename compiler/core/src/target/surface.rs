//! What is generated for a package, in words that no language owns: the interfaces, tags and accessors that every
//! target spells in its own way.

use super::{Comments, TargetError, promise};
use crate::ir::{self, Ir, Tag, TagPart, Template, TemplatePart};
use crate::load::LoadedFile;
use crate::pipeline::Compilation;
use holdover_annotations::policy::method::Kind;
use prost::Message as _;
use prost_reflect::{FieldDescriptor, MessageDescriptor, OneofDescriptor};
use std::collections::{BTreeMap, BTreeSet};

/// A package of the compiled files, or of one that they import.
#[derive(Debug)]
pub struct Package<'a> {
    /// `pricing.v1`; empty for files without a package.
    pub name: String,
    /// The services of the files that were asked for.
    pub services: Vec<Service<'a>>,
    /// The shapes of the tags that the services speak of.
    pub tags: Vec<&'a Tag>,
    /// Messages of this package of which something may be withheld.
    pub enriched: Vec<EnrichedMessage<'a>>,
}

/// A service: an interface, a client and a fake.
#[derive(Debug)]
pub struct Service<'a> {
    /// Its policy.
    pub ir: &'a ir::Service,
    /// `Pricing`
    pub name: &'a str,
    /// The methods, in the order of the source.
    pub methods: Vec<Method<'a>>,
    /// What clients are bound with: the encoded `PolicySet` of the methods.
    pub policy: Vec<u8>,
    /// What people wrote above it.
    pub comment: Option<&'a str>,
}

/// A method of any kind.
#[derive(Debug)]
pub struct Method<'a> {
    /// Its policy.
    pub ir: &'a ir::Method,
    /// Its place in the methods of [`Service::policy`].
    pub index: usize,
    /// What people wrote above it.
    pub comment: Option<&'a str>,
    /// What its policy promises: sentences for its documentation.
    pub promises: Vec<String>,
}

impl Method<'_> {
    /// Its answers are kept, so that they can be observed, peeked at, prefetched and put.
    pub fn is_cached(&self) -> bool {
        self.ir.kind == Kind::Unary && self.ir.cache.is_some()
    }
}

/// A message of which something may be withheld.
#[derive(Debug)]
pub struct EnrichedMessage<'a> {
    /// The message.
    pub message: MessageDescriptor,
    /// Its accessors, in the order of the source.
    pub accessors: Vec<Accessor<'a>>,
}

/// How a field that may be withheld, or below which something may be withheld, is read.
#[derive(Debug)]
pub struct Accessor<'a> {
    /// What it reads.
    pub part: Part,
    /// Some plan drops it.
    pub droppable: bool,
    /// Some plan drops something below it, so that it comes with a view.
    pub viewed: bool,
    /// What people wrote above it.
    pub comment: Option<&'a str>,
}

/// What an accessor reads.
#[derive(Clone, Debug)]
pub enum Part {
    /// A field.
    Field(FieldDescriptor),
    /// A oneof, which is kept or dropped whole.
    Oneof(OneofDescriptor),
}

impl Part {
    /// As it is declared.
    pub fn name(&self) -> &str {
        match self {
            Self::Field(field) => field.name(),
            Self::Oneof(oneof) => oneof.name(),
        }
    }
}

/// Packages that exist for compilers and have a home in every language's runtime.
const BUILT_IN: &[&str] = &["google.protobuf", "holdover"];

/// The packages of a compilation, sorted by name.
pub(super) fn packages<'a>(
    compilation: &'a Compilation,
    comments: &'a Comments,
) -> Result<Vec<Package<'a>>, TargetError> {
    let mut packages: BTreeMap<String, Package<'a>> = BTreeMap::new();
    let asked: BTreeSet<&str> = compilation.loaded.targets().map(LoadedFile::name).collect();
    for file in compilation.loaded.pool().files() {
        let name = file.package_name().to_owned();
        if !BUILT_IN.contains(&name.as_str()) || asked.contains(file.name()) {
            let empty =
                Package { name: name.clone(), services: Vec::new(), tags: Vec::new(), enriched: Vec::new() };
            packages.entry(name).or_insert(empty);
        }
    }
    for service in &compilation.ir.services {
        let (package, _) = service.name.rsplit_once('.').unwrap_or(("", &service.name));
        if let Some(package) = packages.get_mut(package) {
            package.services.push(Service::new(compilation, comments, service)?);
        }
    }
    for (name, enriched) in &compilation.ir.enriched {
        let message = compilation.loaded.pool().get_message_by_name(name);
        let message = message.ok_or_else(|| TargetError::Inconsistent { what: format!("message {name}") })?;
        if let Some(package) = packages.get_mut(message.package_name()) {
            let accessors = accessors(&message, enriched, comments);
            if !accessors.is_empty() {
                package.enriched.push(EnrichedMessage { message, accessors });
            }
        }
    }
    for package in packages.values_mut() {
        package.tags = tags(&compilation.ir, &package.services);
    }
    Ok(packages.into_values().collect())
}

impl<'a> Service<'a> {
    fn new(
        compilation: &Compilation,
        comments: &'a Comments,
        service: &'a ir::Service,
    ) -> Result<Self, TargetError> {
        let policy = compilation.policy_of(&[&service.name]);
        let mut methods = Vec::new();
        for method in &service.methods {
            let index = policy.methods.iter().position(|each| each.name == method.name);
            let index = index.ok_or_else(|| TargetError::Inconsistent { what: method.full_name() })?;
            let comment = comments.at(&method.file, &method.path);
            methods.push(Method { ir: method, index, comment, promises: promise::of(method) });
        }
        let name = service.name.rsplit_once('.').map_or(service.name.as_str(), |(_, name)| name);
        let comment = comments.at(&service.file, &service.path);
        Ok(Self { ir: service, name, methods, policy: policy.encode_to_vec(), comment })
    }
}

/// The shapes of the tags that the methods of some services attach or invalidate.
fn tags<'a>(ir: &'a Ir, services: &[Service<'a>]) -> Vec<&'a Tag> {
    let methods = services.iter().flat_map(|service| &service.ir.methods);
    let templates: Vec<&Template> = methods
        .flat_map(|method| {
            let attached = method.cache.iter().flat_map(|cache| &cache.tags);
            attached.chain(&method.invalidates).filter_map(|tag| tag.value.as_ref().ok())
        })
        .collect();
    ir.tags.iter().filter(|tag| templates.iter().any(|template| has_shape(template, tag))).collect()
}

fn has_shape(template: &Template, tag: &Tag) -> bool {
    template.parts.len() == tag.parts.len()
        && template.parts.iter().zip(&tag.parts).all(|pair| match pair {
            (TemplatePart::Literal(one), TagPart::Literal(other)) => one == other,
            (TemplatePart::Value(..), TagPart::Value { .. }) => true,
            _ => false,
        })
}

fn accessors<'a>(
    message: &MessageDescriptor,
    enriched: &ir::Enriched,
    comments: &'a Comments,
) -> Vec<Accessor<'a>> {
    let file = message.parent_file();
    let mut fields: Vec<FieldDescriptor> = message.fields().collect();
    fields.sort_by(|one, other| one.path().cmp(other.path()));
    let mut accessors = Vec::new();
    let mut oneofs = BTreeSet::new();
    for field in fields {
        let droppable = enriched.dropped.contains(&field.number());
        let viewed = enriched.descends.contains(&field.number());
        let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic());
        match oneof.filter(|_| droppable) {
            Some(oneof) if oneofs.insert(oneof.name().to_owned()) => {
                let comment = comments.at(file.name(), oneof.path());
                let part = Part::Oneof(oneof);
                accessors.push(Accessor { part, droppable: true, viewed: false, comment });
            }
            // Its accessor is there already.
            Some(_) => {}
            None if droppable || viewed => {
                let comment = comments.at(file.name(), field.path());
                accessors.push(Accessor { part: Part::Field(field), droppable, viewed, comment });
            }
            None => {}
        }
    }
    accessors
}
