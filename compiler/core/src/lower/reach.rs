//! Which types a message reaches.

use crate::annotation::Annotations;
use prost_reflect::{Kind, MessageDescriptor};
use std::collections::BTreeMap;

/// A type and all types that its fields reach, by full name; map entries are among them. Extensions and the content of
/// an Any are not.
pub(crate) fn closure(roots: &[MessageDescriptor]) -> BTreeMap<String, MessageDescriptor> {
    let mut found = BTreeMap::new();
    let mut open = roots.to_vec();
    while let Some(message) = open.pop() {
        if found.contains_key(message.full_name()) {
            continue;
        }
        for field in message.fields() {
            if let Kind::Message(inner) = field.kind() {
                open.push(inner);
            }
        }
        found.insert(message.full_name().to_owned(), message);
    }
    found
}

/// A field or a type among these is sensitive.
pub(crate) fn sensitive(types: &BTreeMap<String, MessageDescriptor>, annotations: &Annotations) -> bool {
    types.values().any(|message| {
        annotations.is_sensitive_message(message.full_name())
            || message.fields().any(|field| annotations.is_sensitive_field(field.full_name()))
    })
}

/// Types with a `cache_epoch` among these, sorted by name.
pub(crate) fn epochs(
    types: &[&BTreeMap<String, MessageDescriptor>],
    annotations: &Annotations,
) -> Vec<(String, u32)> {
    let mut epochs: Vec<(String, u32)> = types
        .iter()
        .flat_map(|types| types.keys())
        .filter_map(|name| {
            let epoch = annotations.messages.get(name)?.policy.cache_epoch.unwrap_or(0);
            (epoch != 0).then(|| (name.clone(), epoch))
        })
        .collect();
    epochs.sort();
    epochs.dedup();
    epochs
}
