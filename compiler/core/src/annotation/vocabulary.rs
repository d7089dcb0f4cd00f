//! The vocabulary that this compiler carries, as descriptors.

use crate::load::{MemorySources, load};
use holdover_annotations::ANNOTATIONS_PATH;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, ReflectMessage, Value};
use std::sync::OnceLock;

/// `holdover/annotations.proto`, compiled.
pub(crate) fn vocabulary() -> &'static DescriptorPool {
    static VOCABULARY: OnceLock<DescriptorPool> = OnceLock::new();
    VOCABULARY.get_or_init(|| {
        let loaded = load(&MemorySources::default(), &[ANNOTATIONS_PATH]);
        loaded.expect("the vocabulary that the compiler carries is valid").pool().clone()
    })
}

/// Something in an annotation that our vocabulary does not have: a field, or the value of an enum. The pool that it was
/// read with may come from a newer copy of the vocabulary.
pub(super) fn unknown(message: &DynamicMessage) -> Option<String> {
    let known = vocabulary().get_message_by_name(message.descriptor().full_name())?;
    if let Some(field) = message.unknown_fields().next() {
        return Some(format!("an unknown field with number {}", field.number()));
    }
    for (field, value) in message.fields() {
        let Some(known) = known.get_field(field.number()) else {
            return Some(format!("`{}`, which is unknown", field.name()));
        };
        let values = match value {
            Value::List(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        for value in values {
            let found = match (value, known.kind()) {
                (Value::Message(inner), _) => unknown(inner),
                (Value::EnumNumber(number), Kind::Enum(names)) if names.get_value(*number).is_none() => {
                    Some(format!("an unknown value of `{}`: {number}", field.name()))
                }
                _ => None,
            };
            if found.is_some() {
                return found;
            }
        }
    }
    None
}
