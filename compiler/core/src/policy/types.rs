//! The table of message types.

use crate::annotation::Annotations;
use crate::ir::Method;
use crate::lower::{field_kind, message_of, oneof, reach};
use holdover_annotations::policy::field::Presence;
use holdover_annotations::policy::{Field, MessageType};
use prost_reflect::{DescriptorPool, FieldDescriptor, MessageDescriptor};
use std::collections::BTreeMap;

/// All types that some methods reach, sorted by name.
pub(super) struct Types {
    index_of: BTreeMap<String, u32>,
    table: Vec<MessageType>,
}

impl Types {
    pub(super) fn of(pool: &DescriptorPool, annotations: &Annotations, methods: &[&Method]) -> Self {
        let roots: Vec<MessageDescriptor> = methods
            .iter()
            .flat_map(|method| [&method.request, &method.response])
            .filter_map(|name| pool.get_message_by_name(name))
            .collect();
        let types = reach::closure(&roots);
        let index_of: BTreeMap<String, u32> = types.keys().cloned().zip(0..).collect();
        let sensitive = sensitive(&types, annotations);
        let table = types
            .values()
            .map(|message| message_type(message, &index_of, annotations, sensitive[message.full_name()]))
            .collect();
        Self { index_of, table }
    }

    /// The index of a type that a method reaches.
    pub(super) fn index(&self, name: &str) -> u32 {
        *self.index_of.get(name).expect("plans and paths only name types that requests and responses reach")
    }

    /// The index of a oneof in a type's list.
    pub(super) fn oneof(&self, message: &str, name: &str) -> Option<u32> {
        let message = &self.table[self.index(message) as usize];
        let position = message.oneofs.iter().position(|oneof| oneof == name)?;
        u32::try_from(position).ok()
    }

    pub(super) fn into_table(self) -> Vec<MessageType> {
        self.table
    }
}

/// Which types are sensitive or reach something that is.
fn sensitive(
    types: &BTreeMap<String, MessageDescriptor>,
    annotations: &Annotations,
) -> BTreeMap<String, bool> {
    let mut sensitive: BTreeMap<String, bool> = BTreeMap::new();
    let mut parents: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, message) in types {
        let own = annotations.is_sensitive_message(name)
            || message.fields().any(|field| annotations.is_sensitive_field(field.full_name()));
        sensitive.insert(name.clone(), own);
        for inner in message.fields().filter_map(|field| message_of(&field)) {
            parents.entry(inner.full_name().to_owned()).or_default().push(name.clone());
        }
    }
    let mut open: Vec<String> =
        sensitive.iter().filter(|(_, own)| **own).map(|(name, _)| name.clone()).collect();
    while let Some(name) = open.pop() {
        for parent in parents.get(&name).into_iter().flatten() {
            if sensitive.insert(parent.clone(), true) == Some(false) {
                open.push(parent.clone());
            }
        }
    }
    sensitive
}

fn message_type(
    message: &MessageDescriptor,
    index_of: &BTreeMap<String, u32>,
    annotations: &Annotations,
    sensitive: bool,
) -> MessageType {
    let mut fields: Vec<FieldDescriptor> = message.fields().collect();
    fields.sort_by_key(FieldDescriptor::number);
    // By the numbers of their members, so that the order of declarations changes nothing.
    let mut oneofs: Vec<String> = Vec::new();
    for oneof in fields.iter().filter_map(oneof) {
        if !oneofs.iter().any(|name| name == oneof.name()) {
            oneofs.push(oneof.name().to_owned());
        }
    }
    let field = |field: &FieldDescriptor| Field {
        number: field.number(),
        name: field.name().to_owned(),
        kind: field_kind(field).into(),
        presence: presence(field).into(),
        r#type: message_of(field).map_or(0, |message| index_of[message.full_name()]),
        oneof: oneof(field)
            .and_then(|oneof| oneofs.iter().position(|name| name == oneof.name()))
            .map_or(0, |position| u32::try_from(position + 1).unwrap_or(u32::MAX)),
        sensitive: annotations.is_sensitive_field(field.full_name()),
    };
    MessageType {
        name: message.full_name().to_owned(),
        fields: fields.iter().map(field).collect(),
        map_entry: message.is_map_entry(),
        sensitive,
        oneofs,
    }
}

fn presence(field: &FieldDescriptor) -> Presence {
    if field.is_list() || field.is_map() {
        Presence::Repeated
    } else if field.supports_presence() {
        Presence::Explicit
    } else {
        Presence::Implicit
    }
}
