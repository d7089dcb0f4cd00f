//! The types of the test schema, as a policy has them.

use std::collections::BTreeMap;

use holdover_annotations::POLICY_FORMAT;
use holdover_annotations::policy::{self, field};
use prost_reflect::{Cardinality, FieldDescriptor, Kind, MessageDescriptor};

/// The types that a message type reaches, as a policy has them.
pub(crate) struct Types {
    pub(crate) descs: Vec<MessageDescriptor>,
    pub(crate) messages: Vec<policy::MessageType>,
}

impl Types {
    pub(crate) fn reached_from(root: &MessageDescriptor) -> Self {
        let mut all = BTreeMap::new();
        let mut todo = vec![root.clone()];
        while let Some(desc) = todo.pop() {
            if all.insert(desc.full_name().to_owned(), desc.clone()).is_none() {
                todo.extend(desc.fields().filter_map(|field| field.kind().as_message().cloned()));
            }
        }
        let descs: Vec<_> = all.into_values().collect();
        let mut types = Self { messages: Vec::new(), descs };
        types.messages = types.descs.iter().map(|desc| types.lower(desc)).collect();
        types
    }

    pub(crate) fn index(&self, desc: &MessageDescriptor) -> u32 {
        let index = self.descs.iter().position(|other| other == desc).expect("the type is reached");
        u32::try_from(index).expect("there are few types")
    }

    fn lower(&self, desc: &MessageDescriptor) -> policy::MessageType {
        let oneofs: Vec<_> = desc.oneofs().filter(|oneof| !oneof.is_synthetic()).collect();
        let field = |field: FieldDescriptor| policy::Field {
            number: field.number(),
            name: field.name().into(),
            kind: kind_number(&field),
            presence: if field.cardinality() == Cardinality::Repeated {
                field::Presence::Repeated
            } else if field.supports_presence() {
                field::Presence::Explicit
            } else {
                field::Presence::Implicit
            } as i32,
            r#type: field.kind().as_message().map_or(0, |target| self.index(target)),
            oneof: field
                .containing_oneof()
                .and_then(|oneof| oneofs.iter().position(|other| *other == oneof))
                .map_or(0, |index| u32::try_from(index + 1).expect("there are few oneofs")),
            sensitive: false,
        };
        let mut fields: Vec<_> = desc.fields().map(field).collect();
        fields.sort_by_key(|field| field.number);
        policy::MessageType {
            name: desc.full_name().into(),
            fields,
            map_entry: desc.is_map_entry(),
            sensitive: false,
            oneofs: oneofs.iter().map(|oneof| oneof.name().to_owned()).collect(),
        }
    }

    /// A policy with one method from the type to itself.
    pub(crate) fn policy(self, root: &MessageDescriptor, method: policy::Method) -> policy::PolicySet {
        let root = self.index(root);
        policy::PolicySet {
            format_version: POLICY_FORMAT,
            types: self.messages,
            methods: vec![policy::Method {
                service: "rich.Service".into(),
                name: "Call".into(),
                request_type: root,
                response_type: root,
                ..method
            }],
            compiler: "test".into(),
        }
    }
}

fn kind_number(field: &FieldDescriptor) -> i32 {
    let kind = match field.kind() {
        Kind::Double => field::Kind::Double,
        Kind::Float => field::Kind::Float,
        Kind::Int64 => field::Kind::Int64,
        Kind::Uint64 => field::Kind::Uint64,
        Kind::Int32 => field::Kind::Int32,
        Kind::Fixed64 => field::Kind::Fixed64,
        Kind::Fixed32 => field::Kind::Fixed32,
        Kind::Bool => field::Kind::Bool,
        Kind::String => field::Kind::String,
        Kind::Message(_) if field.is_group() => field::Kind::Group,
        Kind::Message(_) => field::Kind::Message,
        Kind::Bytes => field::Kind::Bytes,
        Kind::Uint32 => field::Kind::Uint32,
        Kind::Enum(_) => field::Kind::Enum,
        Kind::Sfixed32 => field::Kind::Sfixed32,
        Kind::Sfixed64 => field::Kind::Sfixed64,
        Kind::Sint32 => field::Kind::Sint32,
        Kind::Sint64 => field::Kind::Sint64,
    };
    kind as i32
}
