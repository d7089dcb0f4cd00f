//! What a usable response has.

use super::importance::State;
use super::path::oneof;
use super::plan::Says;
use crate::ir::{Importance, Presence, PresenceNode};
use prost_reflect::{Kind, MessageDescriptor};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

#[derive(Default)]
struct Draft {
    message: String,
    required: BTreeSet<u32>,
    required_oneofs: BTreeSet<String>,
    children: BTreeMap<u32, usize>,
}

/// The REQUIRED parts of a response. A REQUIRED child binds when its parent is there, whatever the parent's importance.
pub(super) fn build(root: &MessageDescriptor, says: &Says<'_>) -> Presence {
    let mut index_of: BTreeMap<State, usize> = BTreeMap::new();
    let start = says.start(root);
    index_of.insert(start.clone(), 0);
    let mut drafts = vec![Draft { message: root.full_name().to_owned(), ..Draft::default() }];
    let mut open = VecDeque::from([(0, start, root.clone())]);
    while let Some((index, state, message)) = open.pop_front() {
        for field in message.fields() {
            let decision = says.decide(&state, &field);
            if decision.importance == Importance::Required {
                match oneof(&field) {
                    Some(oneof) => _ = drafts[index].required_oneofs.insert(oneof.name().to_owned()),
                    None if field.supports_presence() => _ = drafts[index].required.insert(field.number()),
                    // Its presence cannot be observed: REQUIRED_IMPLICIT or REQUIRED_REPEATED.
                    None => {}
                }
            }
            if let Kind::Message(inner) = field.kind() {
                let below = state.below(&field, &inner);
                let child = *index_of.entry(below.clone()).or_insert(drafts.len());
                if child == drafts.len() {
                    drafts.push(Draft { message: inner.full_name().to_owned(), ..Draft::default() });
                    open.push_back((child, below, inner));
                }
                drafts[index].children.insert(field.number(), child);
            }
        }
    }
    renumber(&drafts)
}

/// Keeps the places that require something, themselves or below, in the order in which a walk first meets them.
fn renumber(drafts: &[Draft]) -> Presence {
    let mut needed: Vec<bool> =
        drafts.iter().map(|draft| !draft.required.is_empty() || !draft.required_oneofs.is_empty()).collect();
    loop {
        let before = needed.iter().filter(|needed| **needed).count();
        for (index, draft) in drafts.iter().enumerate() {
            if draft.children.values().any(|child| needed[*child]) {
                needed[index] = true;
            }
        }
        if needed.iter().filter(|needed| **needed).count() == before {
            break;
        }
    }
    if !needed[0] {
        return Presence::default();
    }
    let mut order = vec![0];
    let mut number_of = BTreeMap::from([(0, 0)]);
    let mut at = 0;
    while let Some(index) = order.get(at).copied() {
        for child in drafts[index].children.values().filter(|child| needed[**child]) {
            if !number_of.contains_key(child) {
                number_of.insert(*child, order.len());
                order.push(*child);
            }
        }
        at += 1;
    }
    let node = |index: &usize| {
        let draft = &drafts[*index];
        PresenceNode {
            message: draft.message.clone(),
            required: draft.required.iter().copied().collect(),
            required_oneofs: draft.required_oneofs.iter().cloned().collect(),
            fields: draft
                .children
                .iter()
                .filter_map(|(number, child)| Some((*number, *number_of.get(child)?)))
                .collect(),
        }
    };
    Presence { nodes: order.iter().map(node).collect() }
}
