//! Prune plans: what a trimmed message lacks.
//!
//! A node is a message type with the overrides that still apply below it, so a recursive type gives a finite table.
//! Nodes that leave nothing out, themselves or below, are not in the table.

use super::importance::{Decision, Keep, Remaining, Rules, State, decide, drops_unknown};
use super::path::{kind, oneof};
use crate::ir::{Action, Importance, Origin, Plan, PlanNode};
use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};

/// More paths than this make no useful field mask.
const MAX_MASK_PATHS: usize = 10_000;

/// What a method says about the fields of one of its messages.
pub(super) struct Says<'a> {
    pub(super) rules: Rules<'a>,
    pub(super) overrides: Vec<(Vec<u32>, Importance)>,
    /// Those of the overrides, by index.
    pub(super) override_origins: Vec<Origin>,
    /// `None`: there is no `keep` list.
    pub(super) keep: Option<Vec<Vec<u32>>>,
    pub(super) keep_origin: Origin,
}

impl Says<'_> {
    pub(super) fn start(&self, root: &MessageDescriptor) -> State {
        let mut overrides: Vec<Remaining> = self
            .overrides
            .iter()
            .enumerate()
            .map(|(index, (steps, importance))| Remaining {
                steps: steps.clone(),
                importance: *importance,
                index,
            })
            .collect();
        overrides.sort();
        let keep = match &self.keep {
            None => Keep::None,
            Some(paths) => {
                let mut paths = paths.clone();
                paths.sort();
                Keep::Towards(paths)
            }
        };
        State { message: root.full_name().to_owned(), overrides, keep }
    }

    pub(super) fn decide(&self, state: &State, field: &FieldDescriptor) -> Decision {
        decide(self.rules, state, field, &self.override_origins, &self.keep_origin)
    }
}

struct Draft {
    message: MessageDescriptor,
    dropped: BTreeMap<u32, Decision>,
    children: BTreeMap<u32, usize>,
    drop_unknown: bool,
    route: String,
}

/// The plan for messages of type `root`.
pub(super) fn build(root: &MessageDescriptor, says: &Says<'_>) -> Plan {
    let drafts = walk(root, says);
    let effective = effective(&drafts);
    if !effective[0] {
        return Plan::default();
    }
    let mut order = vec![0];
    let mut number_of = BTreeMap::from([(0, 0)]);
    let mut at = 0;
    while let Some(draft) = order.get(at).map(|index| &drafts[*index]) {
        for child in draft.children.values().filter(|child| effective[**child]) {
            if !number_of.contains_key(child) {
                number_of.insert(*child, order.len());
                order.push(*child);
            }
        }
        at += 1;
    }
    let nodes: Vec<PlanNode> = order
        .iter()
        .map(|index| {
            let draft = &drafts[*index];
            let drops = draft.dropped.keys().map(|number| (*number, Action::Drop));
            let descends = draft
                .children
                .iter()
                .filter_map(|(number, child)| Some((*number, Action::Descend(*number_of.get(child)?))));
            PlanNode {
                message: draft.message.full_name().to_owned(),
                fields: drops.chain(descends).collect(),
                drop_unknown: draft.drop_unknown,
                reasons: draft
                    .dropped
                    .iter()
                    .map(|(number, decision)| (*number, (decision.reason, decision.origin.clone())))
                    .collect(),
                route: draft.route.clone(),
            }
        })
        .collect();
    let pool = root.parent_pool();
    let hash = hash(&nodes, pool);
    let mask = mask(&nodes, pool);
    Plan { nodes, mask, hash }
}

/// All places that can be reached, the root first, each with what happens to its fields.
fn walk(root: &MessageDescriptor, says: &Says<'_>) -> Vec<Draft> {
    let mut index_of: BTreeMap<State, usize> = BTreeMap::new();
    let mut drafts: Vec<Draft> = Vec::new();
    let mut open = VecDeque::new();
    let mut visit = |state: State, message: MessageDescriptor, route: String, drafts: &mut Vec<Draft>| {
        let index = *index_of.entry(state.clone()).or_insert(drafts.len());
        let new = (index == drafts.len()).then_some((index, state.clone()));
        if new.is_some() {
            drafts.push(Draft {
                drop_unknown: drops_unknown(says.rules, &state, &message),
                message,
                dropped: BTreeMap::new(),
                children: BTreeMap::new(),
                route,
            });
        }
        (index, new)
    };
    let (_, first) = visit(says.start(root), root.clone(), String::new(), &mut drafts);
    open.extend(first);
    while let Some((index, state)) = open.pop_front() {
        let message = drafts[index].message.clone();
        for field in message.fields() {
            let decision = says.decide(&state, &field);
            if decision.importance == Importance::Enriching {
                drafts[index].dropped.insert(field.number(), decision);
            } else if let Kind::Message(inner) = field.kind() {
                let route = match (drafts[index].route.as_str(), message.is_map_entry()) {
                    (route, true) => route.to_owned(),
                    ("", false) => field.name().to_owned(),
                    (route, false) => format!("{route}.{}", field.name()),
                };
                let (child, new) = visit(state.below(&field, &inner), inner.clone(), route, &mut drafts);
                drafts[index].children.insert(field.number(), child);
                open.extend(new);
            }
        }
    }
    drafts
}

/// Which places leave something out, themselves or below.
fn effective(drafts: &[Draft]) -> Vec<bool> {
    let mut parents: Vec<Vec<usize>> = vec![Vec::new(); drafts.len()];
    for (index, draft) in drafts.iter().enumerate() {
        for child in draft.children.values() {
            parents[*child].push(index);
        }
    }
    let mut effective: Vec<bool> =
        drafts.iter().map(|draft| draft.drop_unknown || !draft.dropped.is_empty()).collect();
    let mut open: Vec<usize> = (0..drafts.len()).filter(|index| effective[*index]).collect();
    while let Some(index) = open.pop() {
        for parent in &parents[index] {
            if !std::mem::replace(&mut effective[*parent], true) {
                open.push(*parent);
            }
        }
    }
    effective
}

/// The name of a plan: the first 16 bytes of a SHA-256, in hexadecimal, over
///
/// ```text
/// "holdover-plan-1" , number of nodes , for each node:
///     its type's name (length, UTF-8) , 1 if unknown fields are dropped else 0 , number of fields of the type ,
///     for each field of the type by number:
///         number , kind (as FieldDescriptorProto.Type) , 1 if repeated else 0 , 1 + index of its oneof or 0 ,
///         0 = keep | 1 = drop | 2 + the node to descend to
/// ```
///
/// with every number as 4 bytes, big-endian. Oneofs are counted without synthetic ones, in the order of their first
/// members' numbers, so that the order of declarations changes nothing.
fn hash(nodes: &[PlanNode], pool: &DescriptorPool) -> String {
    let mut encoded = Vec::new();
    encoded.extend_from_slice(b"holdover-plan-1");
    encode_number(&mut encoded, nodes.len());
    for node in nodes {
        encode_number(&mut encoded, node.message.len());
        encoded.extend_from_slice(node.message.as_bytes());
        encode_number(&mut encoded, usize::from(node.drop_unknown));
        let fields = fields(pool, &node.message);
        encode_number(&mut encoded, fields.len());
        for field in &fields {
            encode_number(&mut encoded, field.number() as usize);
            encode_number(&mut encoded, kind(field) as usize);
            encode_number(&mut encoded, usize::from(field.is_list() || field.is_map()));
            encode_number(&mut encoded, oneof_ordinal(field, &fields));
            let action = match node.fields.get(&field.number()) {
                None => 0,
                Some(Action::Drop) => 1,
                Some(Action::Descend(node)) => 2 + node,
            };
            encode_number(&mut encoded, action);
        }
    }
    Sha256::digest(&encoded)[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn encode_number(encoded: &mut Vec<u8>, value: usize) {
    encoded.extend_from_slice(&u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes());
}

/// The fields of a type by number.
fn fields(pool: &DescriptorPool, message: &str) -> Vec<FieldDescriptor> {
    let mut fields: Vec<FieldDescriptor> =
        pool.get_message_by_name(message).map(|message| message.fields().collect()).unwrap_or_default();
    fields.sort_by_key(FieldDescriptor::number);
    fields
}

fn oneof_ordinal(field: &FieldDescriptor, fields: &[FieldDescriptor]) -> usize {
    let Some(own) = oneof(field) else { return 0 };
    let mut seen: Vec<String> = Vec::new();
    for oneof in fields.iter().filter_map(oneof) {
        if !seen.iter().any(|name| name == oneof.full_name()) {
            seen.push(oneof.full_name().to_owned());
        }
    }
    seen.iter().position(|name| name == own.full_name()).map_or(0, |position| position + 1)
}

/// The kept paths, sorted. Values of maps are `map.*`, as AIP-161 writes them. `None` where the plan is recursive.
fn mask(nodes: &[PlanNode], pool: &DescriptorPool) -> Option<Vec<String>> {
    let mut paths = Vec::new();
    descend(nodes, pool, 0, "", &mut vec![false; nodes.len()], &mut paths)?;
    paths.sort();
    Some(paths)
}

fn descend(
    nodes: &[PlanNode],
    pool: &DescriptorPool,
    index: usize,
    prefix: &str,
    above: &mut [bool],
    paths: &mut Vec<String>,
) -> Option<()> {
    if std::mem::replace(&mut above[index], true) {
        return None;
    }
    let node = &nodes[index];
    let is_entry = pool.get_message_by_name(&node.message).is_some_and(|message| message.is_map_entry());
    for field in fields(pool, &node.message) {
        let path = match (is_entry, prefix) {
            // The key comes with the value.
            (true, _) if field.number() == 1 => continue,
            (true, _) => format!("{prefix}.*"),
            (false, "") => field.name().to_owned(),
            (false, _) => format!("{prefix}.{}", field.name()),
        };
        match node.fields.get(&field.number()) {
            Some(Action::Drop) => {}
            Some(Action::Descend(child)) => descend(nodes, pool, *child, &path, above, paths)?,
            None if paths.len() >= MAX_MASK_PATHS => return None,
            None => paths.push(path),
        }
    }
    above[index] = false;
    Some(())
}
