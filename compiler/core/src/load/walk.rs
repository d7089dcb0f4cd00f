//! Every place of a file where options may stand.

use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, UninterpretedOption,
};

use super::names::{index_of, join};
use super::path;

/// What an option is written on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A file.
    File,
    /// A message.
    Message,
    /// A range of extension numbers.
    ExtensionRange,
    /// A field or an extension.
    Field,
    /// A oneof.
    Oneof,
    /// An enum.
    Enum,
    /// A value of an enum.
    EnumValue,
    /// A service.
    Service,
    /// A method.
    Method,
}

impl Target {
    /// The message that holds the options of such a thing.
    pub(crate) fn options_type(self) -> &'static str {
        match self {
            Target::File => "google.protobuf.FileOptions",
            Target::Message => "google.protobuf.MessageOptions",
            Target::ExtensionRange => "google.protobuf.ExtensionRangeOptions",
            Target::Field => "google.protobuf.FieldOptions",
            Target::Oneof => "google.protobuf.OneofOptions",
            Target::Enum => "google.protobuf.EnumOptions",
            Target::EnumValue => "google.protobuf.EnumValueOptions",
            Target::Service => "google.protobuf.ServiceOptions",
            Target::Method => "google.protobuf.MethodOptions",
        }
    }

    /// The kind of thing whose options a message holds.
    pub(crate) fn of_options_type(name: &str) -> Option<Self> {
        const ALL: [Target; 9] = [
            Target::File,
            Target::Message,
            Target::ExtensionRange,
            Target::Field,
            Target::Oneof,
            Target::Enum,
            Target::EnumValue,
            Target::Service,
            Target::Method,
        ];
        ALL.into_iter().find(|target| target.options_type() == name)
    }

    /// The number of the `options` field in the descriptor of such a thing.
    pub(crate) fn options_field(self) -> i32 {
        match self {
            Target::File => path::file::OPTIONS,
            Target::Message => path::message::OPTIONS,
            Target::ExtensionRange => path::extension_range::OPTIONS,
            Target::Field => path::field::OPTIONS,
            Target::Oneof => path::oneof::OPTIONS,
            Target::Enum => path::enumeration::OPTIONS,
            Target::EnumValue => path::enum_value::OPTIONS,
            Target::Service => path::service::OPTIONS,
            Target::Method => path::method::OPTIONS,
        }
    }

    /// The kind of thing with its article.
    pub(crate) fn with_article(self) -> &'static str {
        match self {
            Target::File => "a file",
            Target::Message => "a message",
            Target::ExtensionRange => "an extension range",
            Target::Field => "a field",
            Target::Oneof => "a oneof",
            Target::Enum => "an enum",
            Target::EnumValue => "an enum value",
            Target::Service => "a service",
            Target::Method => "a method",
        }
    }
}

/// A thing that has options.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) target: Target,
    /// Its descriptor path.
    pub(crate) path: Vec<i32>,
    /// Its full name, from which names in its options are looked up outwards.
    pub(crate) name: String,
}

/// Visits the uninterpreted options of everything in the file that has options, always in the same order.
pub(crate) fn options(
    file: &mut FileDescriptorProto,
    visit: &mut dyn FnMut(Element, &mut Vec<UninterpretedOption>),
) {
    let mut walker = Walker { path: Vec::new(), visit };
    let package = file.package().to_owned();
    if let Some(options) = &mut file.options {
        // protoc's name for the scope of a file's own options.
        walker.visit(Target::File, join(&package, "dummy"), &mut options.uninterpreted_option);
    }
    for (i, message) in file.message_type.iter_mut().enumerate() {
        walker.within(path::file::MESSAGE, i, |w| w.message(&package, message));
    }
    for (i, enumeration) in file.enum_type.iter_mut().enumerate() {
        walker.within(path::file::ENUM, i, |w| w.enumeration(&package, enumeration));
    }
    for (i, extension) in file.extension.iter_mut().enumerate() {
        walker.within(path::file::EXTENSION, i, |w| w.field(&package, extension));
    }
    for (i, service) in file.service.iter_mut().enumerate() {
        walker.within(path::file::SERVICE, i, |w| {
            let name = join(&package, service.name());
            if let Some(options) = &mut service.options {
                w.visit(Target::Service, name.clone(), &mut options.uninterpreted_option);
            }
            for (i, method) in service.method.iter_mut().enumerate() {
                w.within(path::service::METHOD, i, |w| {
                    let name = join(&name, method.name());
                    if let Some(options) = &mut method.options {
                        w.visit(Target::Method, name, &mut options.uninterpreted_option);
                    }
                });
            }
        });
    }
}

struct Walker<'a> {
    path: Vec<i32>,
    visit: &'a mut dyn FnMut(Element, &mut Vec<UninterpretedOption>),
}

impl Walker<'_> {
    fn within(&mut self, tag: i32, index: usize, inner: impl FnOnce(&mut Self)) {
        self.path.extend([tag, index_of(index)]);
        inner(self);
        self.path.truncate(self.path.len() - 2);
    }

    fn visit(&mut self, target: Target, name: String, options: &mut Vec<UninterpretedOption>) {
        (self.visit)(Element { target, path: self.path.clone(), name }, options);
    }

    fn message(&mut self, scope: &str, message: &mut DescriptorProto) {
        let name = join(scope, message.name());
        if let Some(options) = &mut message.options {
            self.visit(Target::Message, name.clone(), &mut options.uninterpreted_option);
        }
        for (i, range) in message.extension_range.iter_mut().enumerate() {
            self.within(path::message::EXTENSION_RANGE, i, |w| {
                if let Some(options) = &mut range.options {
                    w.visit(Target::ExtensionRange, name.clone(), &mut options.uninterpreted_option);
                }
            });
        }
        for (i, field) in message.field.iter_mut().enumerate() {
            self.within(path::message::FIELD, i, |w| w.field(&name, field));
        }
        for (i, oneof) in message.oneof_decl.iter_mut().enumerate() {
            self.within(path::message::ONEOF, i, |w| {
                let name = join(&name, oneof.name());
                if let Some(options) = &mut oneof.options {
                    w.visit(Target::Oneof, name, &mut options.uninterpreted_option);
                }
            });
        }
        for (i, extension) in message.extension.iter_mut().enumerate() {
            self.within(path::message::EXTENSION, i, |w| w.field(&name, extension));
        }
        for (i, inner) in message.nested_type.iter_mut().enumerate() {
            self.within(path::message::MESSAGE, i, |w| w.message(&name, inner));
        }
        for (i, inner) in message.enum_type.iter_mut().enumerate() {
            self.within(path::message::ENUM, i, |w| w.enumeration(&name, inner));
        }
    }

    fn field(&mut self, scope: &str, field: &mut FieldDescriptorProto) {
        let name = join(scope, field.name());
        if let Some(options) = &mut field.options {
            self.visit(Target::Field, name, &mut options.uninterpreted_option);
        }
    }

    fn enumeration(&mut self, scope: &str, enumeration: &mut EnumDescriptorProto) {
        let name = join(scope, enumeration.name());
        if let Some(options) = &mut enumeration.options {
            self.visit(Target::Enum, name, &mut options.uninterpreted_option);
        }
        for (i, value) in enumeration.value.iter_mut().enumerate() {
            self.within(path::enumeration::VALUE, i, |w| {
                let name = join(scope, value.name());
                if let Some(options) = &mut value.options {
                    w.visit(Target::EnumValue, name, &mut options.uninterpreted_option);
                }
            });
        }
    }
}
