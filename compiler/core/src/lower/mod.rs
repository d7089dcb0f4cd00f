//! From annotations to the effective policy of every method.
//!
//! Lowering never fails: what cannot be followed (a path, a template, a duration) is carried in the IR as an error for
//! the checks to report with all that they know. Only inherited things that do not apply are left out, with a reason.

mod cache;
mod delivery;
mod detail;
mod importance;
mod inherit;
pub(crate) mod key;
mod method;
mod offline;
mod path;
mod plan;
mod presence;
pub(crate) mod reach;
mod tag;
mod template;
#[cfg(test)]
mod tests;

pub(crate) use cache::describe as describe_path_error;
pub(crate) use detail::targets;
pub(crate) use importance::{importance, type_origin};
pub(crate) use method::native_idempotency;
pub(crate) use path::{ANY, kind as field_kind, oneof};

use crate::annotation::Annotations;
use crate::ir::{Action, Code, Enriched, Ir, Service};
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, Value};
use std::collections::BTreeMap;

/// The effective policy of every method of `files`. Types of other files count, services of other files do not.
pub fn lower(pool: &DescriptorPool, files: &[String], annotations: &Annotations) -> Ir {
    let reach = reach::Reach::of(pool, annotations);
    let services: Vec<Service> = files
        .iter()
        .filter_map(|file| pool.get_file_by_name(file))
        .flat_map(|file| file.services().collect::<Vec<_>>())
        .map(|service| Service {
            name: service.full_name().to_owned(),
            file: service.parent_file().name().to_owned(),
            path: service.path().to_vec(),
            deprecated: is_deprecated(&service.options()),
            methods: service.methods().map(|method| method::lower(&method, annotations, &reach)).collect(),
        })
        .collect();
    Ir { enriched: enriched(pool, &services), tags: tag::shapes(&services), services }
}

fn is_deprecated(options: &DynamicMessage) -> bool {
    matches!(options.get_field_by_name("deprecated").as_deref(), Some(Value::Bool(true)))
}

/// Known codes, sorted; a number that is none cannot be written in text.
fn codes(numbers: impl Iterator<Item = i32>) -> Vec<Code> {
    let mut codes: Vec<Code> = numbers.filter_map(|number| Code::try_from(number).ok()).collect();
    codes.sort();
    codes.dedup();
    codes
}

/// What accessors are made for. Map entries have none: a map's values are seen through its field.
fn enriched(pool: &DescriptorPool, services: &[Service]) -> BTreeMap<String, Enriched> {
    let mut all: BTreeMap<String, Enriched> = BTreeMap::new();
    let methods = services.iter().flat_map(|service| &service.methods);
    let details = methods.filter_map(|method| method.detail.as_ref());
    for node in details.flat_map(|detail| &detail.response.nodes) {
        let is_entry = pool.get_message_by_name(&node.message).is_some_and(|message| message.is_map_entry());
        if is_entry {
            continue;
        }
        let enriched = all.entry(node.message.clone()).or_default();
        for (number, action) in &node.fields {
            match action {
                Action::Drop => enriched.dropped.insert(*number),
                Action::Descend(_) => enriched.descends.insert(*number),
            };
        }
    }
    // A type that only drops what it does not know has nothing to show.
    all.retain(|_, enriched| !enriched.dropped.is_empty() || !enriched.descends.is_empty());
    all
}

/// The message type of a field, if it has one.
pub(crate) fn message_of(field: &prost_reflect::FieldDescriptor) -> Option<prost_reflect::MessageDescriptor> {
    match field.kind() {
        Kind::Message(message) => Some(message),
        _ => None,
    }
}
