//! Names to fields.

use crate::ir::{FieldPath, PathError, Step};
use holdover_annotations::policy::field::Kind as FieldKind;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

pub(crate) const ANY: &str = "google.protobuf.Any";

/// What a path may end at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// A field; for a map the map as a whole.
    Field,
    /// A field or a oneof.
    FieldOrOneof,
    /// A value: the values of a map rather than the map.
    Value,
}

/// Follows `text` from `root`. Lists and maps are gone through without being written; a leading `request.` or
/// `response.` is not part of a path.
pub(super) fn resolve(root: &MessageDescriptor, text: &str, ends: Ends) -> Result<FieldPath, PathError> {
    let names: Vec<&str> = text.split('.').collect();
    if names.iter().any(|name| name.is_empty()) {
        return Err(PathError::Empty);
    }
    let mut path = FieldPath {
        text: text.to_owned(),
        root: root.full_name().to_owned(),
        steps: Vec::with_capacity(names.len()),
        oneof: None,
        kind: FieldKind::Unspecified,
        repeated: false,
    };
    let mut message = root.clone();
    let mut last: Option<FieldDescriptor> = None;
    for (at, name) in names.iter().enumerate() {
        if let Some(parent) = &last {
            message = below(parent, name, &mut path)?;
        }
        let Some(field) = message.get_field_by_name(name) else {
            let oneof = message.oneofs().find(|oneof| oneof.name() == *name && !oneof.is_synthetic());
            if let Some(oneof) = oneof.filter(|_| ends == Ends::FieldOrOneof && at + 1 == names.len()) {
                path.oneof = Some(oneof.name().to_owned());
                path.kind = FieldKind::Unspecified;
                return Ok(path);
            }
            return Err(unknown(&message, last.as_ref(), name));
        };
        path.steps.push(step(&field));
        path.repeated |= field.is_list() || field.is_map();
        path.kind = kind(&field);
        last = Some(field);
    }
    if let Some(field) = last.filter(|field| ends == Ends::Value && field.is_map()) {
        let Kind::Message(entry) = field.kind() else { return Ok(path) };
        let value = entry.map_entry_value_field();
        path.steps.push(step(&value));
        path.kind = kind(&value);
    }
    Ok(path)
}

/// The message below a field, a step into a map's entry included.
fn below(field: &FieldDescriptor, name: &str, path: &mut FieldPath) -> Result<MessageDescriptor, PathError> {
    let not_message = || PathError::NotMessage { field: field.full_name().to_owned() };
    let Kind::Message(message) = field.kind() else { return Err(not_message()) };
    if message.full_name() == ANY {
        return Err(PathError::ThroughAny { field: field.full_name().to_owned() });
    }
    if !field.is_map() {
        return Ok(message);
    }
    let value = message.map_entry_value_field();
    let part = matches!(name, "key" | "value");
    match value.kind() {
        Kind::Message(inner) if inner.full_name() == ANY => {
            Err(PathError::ThroughAny { field: field.full_name().to_owned() })
        }
        Kind::Message(inner) if !part || inner.get_field_by_name(name).is_some() => {
            path.steps.push(step(&value));
            Ok(inner)
        }
        _ if part => Err(PathError::MapPart { field: field.full_name().to_owned(), part: name.to_owned() }),
        _ => Err(not_message()),
    }
}

fn unknown(message: &MessageDescriptor, parent: Option<&FieldDescriptor>, name: &str) -> PathError {
    if let Some(map) = parent.filter(|field| field.is_map() && matches!(name, "key" | "value")) {
        return PathError::MapPart { field: map.full_name().to_owned(), part: name.to_owned() };
    }
    let names = message.fields().map(|field| field.name().to_owned()).collect::<Vec<_>>();
    PathError::Unknown {
        message: message.full_name().to_owned(),
        name: name.to_owned(),
        similar: crate::load::closest(name, names.iter().map(String::as_str)),
    }
}

fn step(field: &FieldDescriptor) -> Step {
    Step {
        message: field.parent_message().full_name().to_owned(),
        number: field.number(),
        name: field.name().to_owned(),
    }
}

/// The kind of a field as the policy names it; of a map it is the kind of the entry, a message.
pub(crate) fn kind(field: &FieldDescriptor) -> FieldKind {
    match field.kind() {
        Kind::Double => FieldKind::Double,
        Kind::Float => FieldKind::Float,
        Kind::Int32 => FieldKind::Int32,
        Kind::Int64 => FieldKind::Int64,
        Kind::Uint32 => FieldKind::Uint32,
        Kind::Uint64 => FieldKind::Uint64,
        Kind::Sint32 => FieldKind::Sint32,
        Kind::Sint64 => FieldKind::Sint64,
        Kind::Fixed32 => FieldKind::Fixed32,
        Kind::Fixed64 => FieldKind::Fixed64,
        Kind::Sfixed32 => FieldKind::Sfixed32,
        Kind::Sfixed64 => FieldKind::Sfixed64,
        Kind::Bool => FieldKind::Bool,
        Kind::String => FieldKind::String,
        Kind::Bytes => FieldKind::Bytes,
        Kind::Enum(_) => FieldKind::Enum,
        Kind::Message(_) if field.is_group() => FieldKind::Group,
        Kind::Message(_) => FieldKind::Message,
    }
}

/// The oneof that a field is a member of, unless that is only how `optional` is spelled in a descriptor.
pub(crate) fn oneof(field: &FieldDescriptor) -> Option<prost_reflect::OneofDescriptor> {
    field.containing_oneof().filter(|oneof| !oneof.is_synthetic())
}
