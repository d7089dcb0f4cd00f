//! Messages and enums, by prost-build.

use super::locations::Marks;
use super::options::RustOptions;
use super::primitives;
use crate::target::{Comments, TargetError};
use proc_macro2::Ident;
use prost_build::{Config, Module, Service, ServiceGenerator};
use prost_reflect::DescriptorPool;
use prost_types::{
    FieldDescriptorProto, FileDescriptorProto, MessageOptions, MethodDescriptorProto, ServiceDescriptorProto,
};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Packages that nothing is generated for: prost has its own, and annotations are only for compilers.
const HOLDOVER: &str = "holdover";

/// What prost-build made of all packages.
#[derive(Default)]
pub(crate) struct Messages {
    /// By module, such as `pricing.v1`.
    modules: BTreeMap<String, syn::File>,
    /// By package and full name: the type as it is written in the root of the package's module.
    types: BTreeMap<(String, String), syn::Type>,
}

/// The module of a package, as prost-build names files: `pricing.v1`, or `_` for no package.
pub(crate) fn module_name(package: &str) -> String {
    let file = Module::from_protobuf_package_name(package).to_file_name_or("_");
    file.strip_suffix(".rs").unwrap_or(&file).to_owned()
}

impl Messages {
    /// Runs prost-build over all files of a pool. `wanted` are the types that services and accessors speak of, by
    /// package and full name.
    pub(crate) fn generate(
        pool: &DescriptorPool,
        comments: &Comments,
        options: &RustOptions,
        wanted: &BTreeSet<(String, String)>,
    ) -> Result<Self, TargetError> {
        options.check()?;
        let resolved = Rc::new(RefCell::new(BTreeMap::new()));
        let mut config = config(options, &resolved);
        let mut marks = Marks::default();
        let mut requests = Vec::new();
        for file in pool.files() {
            let mut file = file.file_descriptor_proto().clone();
            check(&file)?;
            file.service.clear();
            marks.mark(&mut file, comments);
            requests.push((Module::from_protobuf_package_name(file.package()), file));
        }
        requests.extend(probes(wanted));
        let generated =
            config.generate(requests).map_err(|error| TargetError::Messages { reason: error.to_string() })?;

        let mut messages = Self::default();
        for ((package, name), path) in resolved.take() {
            let mut parsed = syn::parse_str(&path).map_err(|_| TargetError::Messages {
                reason: format!(
                    "`{path}` is not a Rust type, but {name} was resolved to it; look at extern_path"
                ),
            })?;
            primitives::rename_in_type(&mut parsed);
            messages.types.insert((package, name), parsed);
        }
        for (module, text) in generated {
            let name = module.to_file_name_or("_");
            let mut file = syn::parse_file(&marks.unmark(&text)).map_err(|error| TargetError::Messages {
                reason: format!(
                    "the messages of {name} do not parse: {error}; look at type_attribute and extern_path"
                ),
            })?;
            debug_btree_maps(&mut file.items);
            primitives::rename_in_file(&mut file);
            distinct(&file.items, &name)?;
            if !file.items.is_empty() {
                messages.modules.insert(name.trim_end_matches(".rs").to_owned(), file);
            }
        }
        Ok(messages)
    }

    /// What was generated for a module.
    pub(crate) fn items(&self, module: &str) -> &[syn::Item] {
        self.modules.get(module).map_or(&[], |file| &file.items)
    }

    /// A message type as it is written in the root of a package's module.
    pub(crate) fn type_of(&self, package: &str, message: &str) -> Result<&syn::Type, TargetError> {
        let key = (package.to_owned(), message.to_owned());
        self.types.get(&key).ok_or_else(|| TargetError::Messages {
            reason: format!("prost-build does not know the type {message} in package `{package}`"),
        })
    }

    /// The struct at a path of modules that ends in its name. `None` for types that other crates have.
    fn find(&self, module: &str, path: &[Ident]) -> Option<&syn::ItemStruct> {
        let (name, modules) = path.split_last()?;
        let mut items = self.items(module);
        for module in modules {
            items = items.iter().find_map(|item| match item {
                syn::Item::Mod(inner) if inner.ident == *module => Some(inner.content.as_ref()?.1.as_slice()),
                _ => None,
            })?;
        }
        items.iter().find_map(|item| match item {
            syn::Item::Struct(item) if item.ident == *name => Some(item),
            _ => None,
        })
    }

    /// Whether the struct at a path was generated.
    pub(crate) fn has_struct(&self, module: &str, path: &[Ident]) -> bool {
        self.find(module, path).is_some()
    }

    /// The Rust type of a field of the struct at a path.
    pub(crate) fn field_type(&self, module: &str, path: &[Ident], field: &Ident) -> Option<&syn::Type> {
        let fields = &self.find(module, path)?.fields;
        fields.iter().find(|each| each.ident.as_ref() == Some(field)).map(|each| &each.ty)
    }
}

fn config(options: &RustOptions, resolved: &Rc<RefCell<BTreeMap<(String, String), String>>>) -> Config {
    let mut config = Config::new();
    config
        .format(false)
        .prost_path(format!("{}::prost", options.holdover_path))
        .prost_types_path(format!("{}::prost_types", options.holdover_path))
        .btree_map(&options.btree_map)
        .bytes(&options.bytes)
        .extern_path(format!(".{HOLDOVER}"), "::holdover_annotations::annotations")
        .service_generator(Box::new(Probe(Rc::clone(resolved))));
    for (path, rust) in &options.extern_path {
        config.extern_path(path, rust);
    }
    for (path, attribute) in &options.type_attribute {
        config.type_attribute(path, attribute);
    }
    for (path, attribute) in &options.field_attribute {
        config.field_attribute(path, attribute);
    }
    config
}

/// A service for each package whose methods take the types that we want to know the Rust names of: the answers are
/// prost-build's own, so they can never differ from what it writes into messages.
fn probes(wanted: &BTreeSet<(String, String)>) -> Vec<(Module, FileDescriptorProto)> {
    let mut packages: BTreeMap<&str, Vec<MethodDescriptorProto>> = BTreeMap::new();
    for (package, name) in wanted {
        let methods = packages.entry(package).or_default();
        methods.push(MethodDescriptorProto {
            name: Some(format!("Probe{}", methods.len())),
            input_type: Some(format!(".{name}")),
            output_type: Some(format!(".{name}")),
            ..MethodDescriptorProto::default()
        });
    }
    let file = |(package, method): (&str, Vec<MethodDescriptorProto>)| {
        let service = ServiceDescriptorProto { name: Some("Probe".to_owned()), method, options: None };
        let file = FileDescriptorProto {
            name: Some(format!("{package}.probe")),
            package: Some(package.to_owned()),
            service: vec![service],
            ..FileDescriptorProto::default()
        };
        (Module::from_protobuf_package_name(package), file)
    };
    packages.into_iter().map(file).collect()
}

/// Takes the Rust names of types down.
struct Probe(Rc<RefCell<BTreeMap<(String, String), String>>>);

impl ServiceGenerator for Probe {
    fn generate(&mut self, service: Service, buf: &mut String) {
        let mut resolved = self.0.borrow_mut();
        for method in service.methods {
            let name = method.input_proto_type.trim_start_matches('.').to_owned();
            resolved.insert((service.package.clone(), name), method.input_type);
        }
        // prost-build looks for the module once more, and would not find it without any text.
        buf.push('\n');
    }
}

/// Checks what prost-build takes for granted. protoc and our loader guarantee it, other makers of descriptor sets may
/// not.
fn check(file: &FileDescriptorProto) -> Result<(), TargetError> {
    let wrong = |what: &str, name: &str| {
        let reason = format!(
            "{}: {what} `{name}` is not as protoc would have it; make the set with protoc or buf",
            file.name()
        );
        Err(TargetError::Messages { reason })
    };
    let mut messages: Vec<_> = file.message_type.iter().collect();
    while let Some(message) = messages.pop() {
        messages.extend(&message.nested_type);
        for field in &message.field {
            if field.type_name.as_ref().is_some_and(|name| !name.starts_with('.')) {
                return wrong("the type of field", field.name());
            }
        }
        let entry = message.options.as_ref().is_some_and(MessageOptions::map_entry);
        if entry && !message.field.iter().map(FieldDescriptorProto::name).eq(["key", "value"]) {
            return wrong("the map entry", message.name());
        }
    }
    Ok(())
}

/// Gives messages with `BTreeMap`s the standard library's `Debug`: the one of prost-derive 0.14 wants a crate `prost`
/// beside `holdover`, whatever `prost_path` says.
fn debug_btree_maps(items: &mut [syn::Item]) {
    for item in items {
        match item {
            syn::Item::Mod(syn::ItemMod { content: Some((_, items)), .. }) => debug_btree_maps(items),
            syn::Item::Struct(item) => {
                let sorted = |field: &syn::Field| match &field.ty {
                    syn::Type::Path(path) => {
                        path.path.segments.last().is_some_and(|last| last.ident == "BTreeMap")
                    }
                    _ => false,
                };
                if item.fields.iter().any(sorted) {
                    item.attrs.push(syn::parse_quote!(#[prost(skip_debug)]));
                    item.attrs.push(syn::parse_quote!(#[derive(Debug)]));
                }
            }
            _ => {}
        }
    }
}

/// Names that differ in the `.proto` may be the same in Rust, and then rustc would complain of code that nobody wrote.
fn distinct(items: &[syn::Item], place: &str) -> Result<(), TargetError> {
    let clash = |name: &Ident, what: &str| TargetError::Messages {
        reason: format!("{place}: two {what} are called `{name}` in Rust; rename one of them in the .proto"),
    };
    let mut types = BTreeSet::new();
    let mut modules = BTreeSet::new();
    for item in items {
        match item {
            syn::Item::Struct(item) if !types.insert(&item.ident) => return Err(clash(&item.ident, "types")),
            syn::Item::Enum(item) if !types.insert(&item.ident) => return Err(clash(&item.ident, "types")),
            syn::Item::Mod(item) if !modules.insert(&item.ident) => {
                return Err(clash(&item.ident, "messages with types in them"));
            }
            syn::Item::Struct(item) => {
                let mut fields = BTreeSet::new();
                let names = item.fields.iter().filter_map(|field| field.ident.as_ref());
                if let Some(twice) = names.into_iter().find(|name| !fields.insert(*name)) {
                    return Err(clash(twice, &format!("fields of {}", item.ident)));
                }
            }
            syn::Item::Enum(item) => {
                let mut variants = BTreeSet::new();
                let names = item.variants.iter().map(|variant| &variant.ident);
                if let Some(twice) = names.into_iter().find(|name| !variants.insert(*name)) {
                    return Err(clash(twice, &format!("members of {}", item.ident)));
                }
            }
            syn::Item::Mod(syn::ItemMod { ident, content: Some((_, items)), .. }) => {
                distinct(items, &format!("{place}, in {ident}"))?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// The generic argument of a type such as `Option<T>`, if its last segment is called `name`.
pub(crate) fn inside<'a>(ty: &'a syn::Type, name: &str) -> Option<&'a syn::Type> {
    let syn::Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == name)?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        syn::GenericArgument::Type(inner) => Some(inner),
        _ => None,
    })
}
