//! Annotations as they are read: typed values from the descriptor pool, with the places where they are written.
//!
//! The values come from the pool and never from prost-types, which drops custom options. The places come from the
//! source, where there is one.

mod element;
mod overlay;
mod place;
mod site;
mod vocabulary;

pub use element::Element;
pub use overlay::Overlay;
pub(crate) use overlay::apply;
pub use site::{Entry, Site, inside};
pub(crate) use vocabulary::vocabulary;

use crate::diagnostic::Span;
use crate::load::Loaded;
use holdover_annotations::annotations::{FieldPolicy, MessagePolicy, MethodPolicy, OneofPolicy};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What is said about one element.
#[derive(Clone, Debug, Default)]
pub struct Annotated<P> {
    /// The typed values.
    pub policy: P,
    /// Where they stand.
    pub site: Site,
}

/// Everything that is said about all elements of a pool, of the compiled files and of all that they import. Keys are
/// full names, with a dot before the method's name.
#[derive(Clone, Debug, Default)]
pub struct Annotations {
    /// By file name.
    pub files: BTreeMap<String, Annotated<MethodPolicy>>,
    /// By service.
    pub services: BTreeMap<String, Annotated<MethodPolicy>>,
    /// By method.
    pub methods: BTreeMap<String, Annotated<MethodPolicy>>,
    /// By message.
    pub messages: BTreeMap<String, Annotated<MessagePolicy>>,
    /// By field.
    pub fields: BTreeMap<String, Annotated<FieldPolicy>>,
    /// By oneof.
    pub oneofs: BTreeMap<String, Annotated<OneofPolicy>>,
    /// Fields with the native `debug_redact`, which says the same as `sensitive`.
    pub redacted: BTreeSet<String>,
    /// Extension fields that are annotated. No plan can name an extension, so this is an error.
    pub extensions: BTreeMap<String, Annotated<FieldPolicy>>,
    /// Elements whose annotations hold something that this compiler's vocabulary does not have, and what that is.
    pub unknown: Vec<(Element, String)>,
}

/// The field number of `google.protobuf.FieldOptions.debug_redact`, which older copies of descriptor.proto lack.
const DEBUG_REDACT: u32 = 16;

/// Reads all annotations of loaded files, with their places.
pub fn read(loaded: &Loaded) -> Annotations {
    Annotations::read(loaded.pool(), |element| place::site(loaded, element))
}

impl Annotations {
    /// Reads all annotations of a pool. `site` tells where an element's annotations are written.
    pub fn read(pool: &DescriptorPool, mut site: impl FnMut(&Element) -> Site) -> Self {
        let mut reader = Reader { pool, site: &mut site, unknown: Vec::new() };
        let mut all = Self::default();
        for file in pool.files() {
            let name = file.name().to_owned();
            reader.read(&file.options(), Element::File(name.clone()), name, &mut all.files);
        }
        for service in pool.services() {
            let name = service.full_name().to_owned();
            reader.read(&service.options(), Element::Service(name.clone()), name, &mut all.services);
            for method in service.methods() {
                let name = method.full_name().to_owned();
                reader.read(&method.options(), Element::Method(name.clone()), name, &mut all.methods);
            }
        }
        for message in pool.all_messages() {
            let name = message.full_name().to_owned();
            reader.read(&message.options(), Element::Message(name.clone()), name, &mut all.messages);
            for field in message.fields() {
                let (name, options) = (field.full_name().to_owned(), field.options());
                if is_set(&options, DEBUG_REDACT) {
                    all.redacted.insert(name.clone());
                }
                reader.read(&options, Element::Field(name.clone()), name, &mut all.fields);
            }
            for oneof in message.oneofs() {
                let name = oneof.full_name().to_owned();
                reader.read(&oneof.options(), Element::Oneof(name.clone()), name, &mut all.oneofs);
            }
        }
        for extension in pool.all_extensions() {
            let name = extension.full_name().to_owned();
            reader.read(&extension.options(), Element::Field(name.clone()), name, &mut all.extensions);
        }
        all.unknown = reader.unknown;
        all
    }

    /// Nobody says anything. The native `debug_redact` does not count.
    pub fn is_empty(&self) -> bool {
        let Self { files, services, methods, messages, fields, oneofs, redacted: _, extensions, unknown } =
            self;
        files.is_empty()
            && services.is_empty()
            && methods.is_empty()
            && messages.is_empty()
            && fields.is_empty()
            && oneofs.is_empty()
            && extensions.is_empty()
            && unknown.is_empty()
    }

    /// Where a part of a field's annotation stands.
    pub fn field_span(&self, field: &str, path: &str) -> Option<Span> {
        self.fields.get(field).and_then(|annotated| annotated.site.span(path))
    }

    /// A field is sensitive by itself, by annotation or natively.
    pub fn is_sensitive_field(&self, field: &str) -> bool {
        self.redacted.contains(field)
            || self.fields.get(field).is_some_and(|annotated| annotated.policy.sensitive == Some(true))
    }

    /// A message is marked sensitive.
    pub fn is_sensitive_message(&self, message: &str) -> bool {
        self.messages.get(message).is_some_and(|annotated| annotated.policy.sensitive == Some(true))
    }
}

struct Reader<'a> {
    pool: &'a DescriptorPool,
    site: &'a mut dyn FnMut(&Element) -> Site,
    unknown: Vec<(Element, String)>,
}

impl Reader<'_> {
    /// Reads the Holdover option of an element, if it is set.
    fn read<P: Message + Default>(
        &mut self,
        options: &DynamicMessage,
        element: Element,
        name: String,
        into: &mut BTreeMap<String, Annotated<P>>,
    ) {
        let Some(extension) = element.option().and_then(|name| self.pool.get_extension_by_name(name)) else {
            return;
        };
        if extension.containing_message() != options.descriptor() || !options.has_extension(&extension) {
            return;
        }
        let Value::Message(message) = options.get_extension(&extension).into_owned() else { return };
        if let Some(what) = vocabulary::unknown(&message) {
            self.unknown.push((element.clone(), what));
        }
        match message.transcode_to() {
            Ok(policy) => _ = into.insert(name, Annotated { policy, site: (self.site)(&element) }),
            Err(error) => self.unknown.push((element, format!("a value that cannot be read ({error})"))),
        }
    }
}

/// A bool option that the pool's descriptor.proto may not know.
fn is_set(options: &DynamicMessage, number: u32) -> bool {
    if options.descriptor().get_field(number).is_some() {
        return matches!(options.get_field_by_number(number).as_deref(), Some(Value::Bool(true)));
    }
    options.unknown_fields().any(|field| {
        let mut bytes = Vec::new();
        field.encode(&mut bytes);
        field.number() == number && bytes.last().is_some_and(|byte| *byte != 0)
    })
}
