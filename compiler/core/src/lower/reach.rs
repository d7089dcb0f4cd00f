//! Which types a message reaches.

use super::message_of;
use crate::annotation::Annotations;
use prost_reflect::{DescriptorPool, Kind, MessageDescriptor};
use std::collections::{BTreeMap, BTreeSet};

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

/// What types reach that matters to every method, found once for all of them.
pub(crate) struct Reach {
    /// Types that are sensitive, or reach something that is.
    sensitive: BTreeSet<String>,
    /// Types with a `cache_epoch`, by the types that reach them.
    epochs: BTreeMap<String, BTreeMap<String, u32>>,
}

impl Reach {
    pub(crate) fn of(pool: &DescriptorPool, annotations: &Annotations) -> Self {
        let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut sensitive = Vec::new();
        for message in pool.all_messages() {
            let name = message.full_name();
            let is_sensitive = annotations.is_sensitive_message(name)
                || message.fields().any(|field| annotations.is_sensitive_field(field.full_name()));
            if is_sensitive {
                sensitive.push(name.to_owned());
            }
            for inner in message.fields().filter_map(|field| message_of(&field)) {
                users.entry(inner.full_name().to_owned()).or_default().push(name.to_owned());
            }
        }
        let mut epochs: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
        for (name, annotated) in &annotations.messages {
            let epoch = annotated.policy.cache_epoch.unwrap_or(0);
            if epoch == 0 {
                continue;
            }
            for user in above(&users, vec![name.clone()]) {
                epochs.entry(user).or_default().insert(name.clone(), epoch);
            }
        }
        Self { sensitive: above(&users, sensitive), epochs }
    }

    /// The type, a field of it, or something below it is sensitive.
    pub(crate) fn is_sensitive(&self, message: &MessageDescriptor) -> bool {
        self.sensitive.contains(message.full_name())
    }

    /// Types with a `cache_epoch` that some types reach, sorted by name.
    pub(crate) fn epochs(&self, messages: &[&MessageDescriptor]) -> Vec<(String, u32)> {
        let reached = messages.iter().filter_map(|message| self.epochs.get(message.full_name()));
        let all: BTreeMap<&String, &u32> = reached.flatten().collect();
        all.into_iter().map(|(name, epoch)| (name.clone(), *epoch)).collect()
    }
}

/// Some types and all that have a field of one of them, at any depth.
fn above(users: &BTreeMap<String, Vec<String>>, mut open: Vec<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(users) = users.get(&name).filter(|_| !found.contains(&name)) {
            open.extend(users.iter().cloned());
        }
        found.insert(name);
    }
    found
}
