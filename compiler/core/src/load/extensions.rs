//! Rules about extensions that prost-reflect does not check.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, Value};
use prost_types::{DescriptorProto, FieldDescriptorProto};

use super::codes;
use super::file::LoadedFile;
use super::names::index_of;
use super::path;
use super::walk::Target;
use crate::diagnostic::{Diagnostic, Diagnostics, Span};

/// Reports extensions of one message that have the same number. `files` are in order, imports first.
pub(crate) fn numbers<'a>(files: impl Iterator<Item = &'a LoadedFile>, diagnostics: &mut Diagnostics) {
    let mut seen: HashMap<(&str, i32), (&'a str, Option<Span>)> = HashMap::new();
    for file in files {
        let mut all = Vec::new();
        collect(&file.descriptor.extension, path::file::EXTENSION, &[], &mut all);
        for (i, message) in file.descriptor.message_type.iter().enumerate() {
            nested(message, &mut vec![path::file::MESSAGE, index_of(i)], &mut all);
        }
        for (at, extension) in all {
            let span = file.name_span(&at);
            let key = (extension.extendee(), extension.number());
            let Some((first, first_span)) = seen.insert(key, (extension.name(), span)) else { continue };
            let message = format!(
                "extension number {} of `{}` is taken by `{first}`",
                extension.number(),
                extension.extendee().trim_start_matches('.')
            );
            let mut diagnostic = Diagnostic::error(codes::EXTENSION_DUPLICATE, message)
                .help("give one of them another number");
            if let Some(span) = span {
                diagnostic = diagnostic.at(span, "this extension");
            }
            if let Some(span) = first_span {
                diagnostic = diagnostic.also(span, "first used here");
            }
            diagnostics.push(diagnostic);
        }
    }
}

fn collect<'a>(
    extensions: &'a [FieldDescriptorProto],
    tag: i32,
    parent: &[i32],
    all: &mut Vec<(Vec<i32>, &'a FieldDescriptorProto)>,
) {
    for (i, extension) in extensions.iter().enumerate() {
        let mut at = parent.to_vec();
        at.extend([tag, index_of(i)]);
        all.push((at, extension));
    }
}

fn nested<'a>(
    message: &'a DescriptorProto,
    at: &mut Vec<i32>,
    all: &mut Vec<(Vec<i32>, &'a FieldDescriptorProto)>,
) {
    collect(&message.extension, path::message::EXTENSION, at, all);
    for (i, inner) in message.nested_type.iter().enumerate() {
        at.extend([path::message::MESSAGE, index_of(i)]);
        nested(inner, at, all);
        at.truncate(at.len() - 2);
    }
}

/// Reports options that are set where their `targets` do not allow them.
pub(crate) fn targets(pool: &DescriptorPool, files: &[LoadedFile], diagnostics: &mut Diagnostics) {
    let restricted = Restricted::of(pool);
    if restricted.fields.is_empty() {
        return;
    }
    for file in files.iter().filter(|file| file.is_target()) {
        let Some(descriptor) = pool.get_file_by_name(file.name()) else { continue };
        let mut check = |target: Target, path: &[i32], name: &str, options: &DynamicMessage| {
            restricted.check(target, options, &mut |option, allowed| {
                let message = format!("`{option}` cannot be set on {}", target.with_article());
                let diagnostic = Diagnostic::error(codes::WRONG_TARGET, message)
                    .subject(name)
                    .note(format!("its `targets` allow {}", allowed.join(", ")))
                    .help("remove it here");
                diagnostics.push(match file.option_place(target, path).or_else(|| file.span(path)) {
                    Some(span) => diagnostic.at(span, "set here"),
                    None => diagnostic,
                });
            });
        };
        check(Target::File, &[], descriptor.name(), &descriptor.options());
        for message in descriptor.messages() {
            message_targets(&message, &mut check);
        }
        for enumeration in descriptor.enums() {
            enum_targets(&enumeration, &mut check);
        }
        for extension in descriptor.extensions() {
            check(Target::Field, extension.path(), extension.full_name(), &extension.options());
        }
        for service in descriptor.services() {
            check(Target::Service, service.path(), service.full_name(), &service.options());
            for method in service.methods() {
                check(Target::Method, method.path(), method.full_name(), &method.options());
            }
        }
    }
}

type Check<'a> = dyn FnMut(Target, &[i32], &str, &DynamicMessage) + 'a;

fn message_targets(message: &MessageDescriptor, check: &mut Check<'_>) {
    check(Target::Message, message.path(), message.full_name(), &message.options());
    for field in message.fields() {
        check(Target::Field, field.path(), field.full_name(), &field.options());
    }
    for oneof in message.oneofs() {
        check(Target::Oneof, oneof.path(), oneof.full_name(), &oneof.options());
    }
    for extension in message.child_extensions() {
        check(Target::Field, extension.path(), extension.full_name(), &extension.options());
    }
    for inner in message.child_messages() {
        message_targets(&inner, check);
    }
    for inner in message.child_enums() {
        enum_targets(&inner, check);
    }
}

fn enum_targets(enumeration: &prost_reflect::EnumDescriptor, check: &mut Check<'_>) {
    check(Target::Enum, enumeration.path(), enumeration.full_name(), &enumeration.options());
    for value in enumeration.values() {
        check(Target::EnumValue, value.path(), value.full_name(), &value.options());
    }
}

/// The fields of options, and of what they hold, that are not allowed everywhere.
struct Restricted {
    /// By full name: numbers of `google.protobuf.FieldOptions.OptionTargetType`.
    fields: HashMap<String, Vec<i32>>,
}

impl Restricted {
    fn of(pool: &DescriptorPool) -> Self {
        let mut restricted = Restricted { fields: HashMap::new() };
        let mut seen = std::collections::HashSet::new();
        let mut next: Vec<MessageDescriptor> = Vec::new();
        for extension in pool.all_extensions() {
            if Target::of_options_type(extension.containing_message().full_name()).is_some() {
                restricted.add(extension.full_name(), &extension.options());
                next.extend(extension.kind().as_message().cloned());
            }
        }
        while let Some(message) = next.pop() {
            if !seen.insert(message.full_name().to_owned()) {
                continue;
            }
            for field in message.fields() {
                restricted.add(field.full_name(), &field.options());
                next.extend(field.kind().as_message().cloned());
            }
        }
        restricted
    }

    fn add(&mut self, name: &str, options: &DynamicMessage) {
        let targets = options.get_field_by_name("targets");
        let numbers: Vec<i32> = targets
            .iter()
            .filter_map(|value| value.as_list())
            .flatten()
            .filter_map(Value::as_enum_number)
            .collect();
        if !numbers.is_empty() {
            self.fields.insert(name.to_owned(), numbers);
        }
    }

    fn check(&self, target: Target, options: &DynamicMessage, report: &mut dyn FnMut(&str, &[&str])) {
        let fields = options.fields().map(|(field, value)| (field.full_name().to_owned(), value));
        let extensions = options.extensions().map(|(field, value)| (field.full_name().to_owned(), value));
        for (name, value) in fields.chain(extensions) {
            if let Some(allowed) = self.fields.get(&name).filter(|allowed| !allowed.contains(&number(target)))
            {
                let allowed: Vec<&str> = allowed.iter().filter_map(|number| described(*number)).collect();
                report(&name, &allowed);
            }
            match value {
                Value::Message(inner) => self.check(target, inner, report),
                Value::List(values) => {
                    for inner in values.iter().filter_map(Value::as_message) {
                        self.check(target, inner, report);
                    }
                }
                Value::Map(values) => {
                    for inner in values.values().filter_map(Value::as_message) {
                        self.check(target, inner, report);
                    }
                }
                _ => {}
            }
        }
    }
}

/// `google.protobuf.FieldOptions.OptionTargetType`.
const TARGETS: [(i32, Target); 9] = [
    (1, Target::File),
    (2, Target::ExtensionRange),
    (3, Target::Message),
    (4, Target::Field),
    (5, Target::Oneof),
    (6, Target::Enum),
    (7, Target::EnumValue),
    (8, Target::Service),
    (9, Target::Method),
];

fn number(target: Target) -> i32 {
    TARGETS.iter().find(|(_, known)| *known == target).map_or(0, |(number, _)| *number)
}

fn described(number: i32) -> Option<&'static str> {
    TARGETS.iter().find(|(known, _)| *known == number).map(|(_, target)| target.with_article())
}
