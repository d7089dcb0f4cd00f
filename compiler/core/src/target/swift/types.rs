//! Types as they are written in a file: with their modules, where those are others.

use super::SwiftOptions;
use super::names::{Suffix, camel, field_name, prefix, type_name};
use crate::target::TargetError;
use crate::target::taken::Taken;
use crate::target::writer::CodeWriter;
use prost_reflect::{
    DescriptorPool, EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor, OneofDescriptor,
};

/// All types of the compiled files.
#[derive(Clone, Debug)]
pub(super) struct Types {
    pool: DescriptorPool,
    options: SwiftOptions,
    /// The names of types outside of others, in whatever module.
    top: Taken,
}

/// The folder of the files that SwiftProtobuf brings.
const BUNDLED: &str = "google/protobuf/";

impl Types {
    pub(super) fn new(pool: &DescriptorPool, options: &SwiftOptions) -> Result<Self, TargetError> {
        let mut types = Self { pool: pool.clone(), options: options.clone(), top: Taken::default() };
        let mut top = Taken::default();
        for file in pool.files().filter(|file| !file.name().starts_with(BUNDLED)) {
            for message in file.messages() {
                top.reserve(types.relative(&message));
            }
            for each in file.enums() {
                top.reserve(types.relative_enum(&each));
            }
        }
        // Everything that is ours is called by its module's name, so that no message can stand in its way but one.
        if top.has(MODULE) || pool.all_messages().any(|message| message.name() == MODULE && !is_top(&message))
        {
            return Err(TargetError::Messages {
                reason: format!(
                    "a message that Swift calls `{MODULE}` would hide the module of that name; give its file a package or \
                     a swift_prefix, or rename it"
                ),
            });
        }
        types.top = top;
        Ok(types)
    }

    /// The names of types outside of others.
    pub(super) fn top(&self) -> &Taken {
        &self.top
    }

    /// A message by its full name.
    pub(super) fn find(&self, name: &str) -> Result<MessageDescriptor, TargetError> {
        let found = self.pool.get_message_by_name(name);
        found.ok_or_else(|| TargetError::Inconsistent { what: format!("message {name}") })
    }

    /// The module that has the code of a file, if that is said.
    pub(super) fn module(&self, file: &str) -> Option<&str> {
        let mapped = self.options.module_mapping.get(file).map(String::as_str);
        let bundled = || Some(self.options.swift_protobuf_module_name.as_str());
        mapped.or_else(|| if file.starts_with(BUNDLED) { bundled() } else { None })
    }

    /// What the types of a file begin with.
    pub(super) fn prefix(file: &FileDescriptor) -> String {
        let options = file.file_descriptor_proto().options.as_ref();
        prefix(file.package_name(), options.and_then(|options| options.swift_prefix.as_deref()))
    }

    fn relative(&self, message: &MessageDescriptor) -> String {
        let prefix = if is_top(message) { Self::prefix(&message.parent_file()) } else { String::new() };
        let protobuf = &self.options.swift_protobuf_module_name;
        type_name(&format!("{prefix}{}", message.name()), Suffix::Message, protobuf)
    }

    fn relative_enum(&self, each: &EnumDescriptor) -> String {
        let top = each.parent_message().is_none();
        let prefix = if top { Self::prefix(&each.parent_file()) } else { String::new() };
        let protobuf = &self.options.swift_protobuf_module_name;
        type_name(&format!("{prefix}{}", each.name()), Suffix::Enum, protobuf)
    }

    /// A message as it is written in a file.
    pub(super) fn message(&self, message: &MessageDescriptor, at: &mut Place<'_>) -> String {
        let relative = self.relative(message);
        match message.parent_message() {
            Some(parent) => format!("{}.{relative}", self.message(&parent, at)),
            None => format!("{}{relative}", self.qualifier(&message.parent_file(), at)),
        }
    }

    /// An enum as it is written in a file.
    pub(super) fn enumeration(&self, each: &EnumDescriptor, at: &mut Place<'_>) -> String {
        let relative = self.relative_enum(each);
        match each.parent_message() {
            Some(parent) => format!("{}.{relative}", self.message(&parent, at)),
            None => format!("{}{relative}", self.qualifier(&each.parent_file(), at)),
        }
    }

    /// The enum that SwiftProtobuf makes of a oneof.
    pub(super) fn oneof(&self, oneof: &OneofDescriptor, at: &mut Place<'_>) -> String {
        let name = format!("OneOf_{}", camel(oneof.name(), true));
        let name = type_name(&name, Suffix::Oneof, &self.options.swift_protobuf_module_name);
        format!("{}.{name}", self.message(oneof.parent_message(), at))
    }

    /// The module of another file, with the dot behind it.
    fn qualifier(&self, file: &FileDescriptor, at: &mut Place<'_>) -> String {
        let module = self.module(file.name()).filter(|module| self.module(at.file) != Some(module));
        module.map_or_else(String::new, |module| {
            at.code.import(module);
            format!("{module}.")
        })
    }

    /// The value of a field, or one item of it.
    pub(super) fn value(&self, kind: &Kind, at: &mut Place<'_>) -> String {
        match kind {
            Kind::Message(message) => self.message(message, at),
            Kind::Enum(each) => self.enumeration(each, at),
            Kind::Bytes => {
                at.code.import("Foundation");
                "Foundation.Data".to_owned()
            }
            Kind::String => self.standard("String"),
            Kind::Bool => self.standard("Bool"),
            Kind::Double => self.standard("Double"),
            Kind::Float => self.standard("Float"),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => self.standard("Int32"),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => self.standard("Int64"),
            Kind::Uint32 | Kind::Fixed32 => self.standard("UInt32"),
            Kind::Uint64 | Kind::Fixed64 => self.standard("UInt64"),
        }
    }

    /// A type of Swift's own, by its module's name as well where a message is called like it.
    pub(super) fn standard(&self, name: &str) -> String {
        let module = if name == "Actor" { "_Concurrency" } else { "Swift" };
        if self.top.has(name) { format!("{module}.{name}") } else { name.to_owned() }
    }
}

/// The package that generated code imports.
pub(super) const MODULE: &str = "Holdover";

/// Where a type is written: a file, and what is written there.
pub(super) struct Place<'a> {
    /// The `.proto`.
    pub(super) file: &'a str,
    pub(super) code: &'a mut CodeWriter,
}

fn is_top(message: &MessageDescriptor) -> bool {
    message.parent_message().is_none()
}

/// What a field is called before it becomes a name of Swift's: a group has the name of its type.
fn base(field: &FieldDescriptor) -> String {
    match field.kind() {
        Kind::Message(group) if field.is_group() => group.name().to_owned(),
        _ => field.name().to_owned(),
    }
}

/// The names of a field: `promo`, `hasPromo`, and `.promo` of a oneof's case.
pub(super) struct FieldNames {
    pub(super) name: String,
    pub(super) has: String,
    pub(super) case: String,
}

impl FieldNames {
    pub(super) fn of(field: &FieldDescriptor) -> Self {
        let base = base(field);
        let lower = camel(&base, false);
        Self {
            name: field_name(&lower, &lower),
            has: field_name(&format!("has{}", camel(&base, true)), &lower),
            case: field_name(&format!(".{lower}"), &lower),
        }
    }
}

/// The property that holds a oneof.
pub(super) fn oneof_name(oneof: &OneofDescriptor) -> String {
    let lower = camel(oneof.name(), false);
    field_name(&lower, &lower)
}
