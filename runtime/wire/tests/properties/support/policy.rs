//! Policies over the test schema, with random plans, and what they mean by reflection.

use std::collections::BTreeSet;

use holdover_annotations::policy::{self, prune_field};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value};

use super::tape::Tape;
use super::types::Types;

/// Two nodes for every type, so that recursive types change between them. Node 0 is the root.
fn two_nodes_each(types: &Types, root: &MessageDescriptor) -> Vec<u32> {
    let root = types.index(root);
    let others = (0..types.descs.len()).filter_map(|index| u32::try_from(index).ok());
    let mut nodes = vec![root];
    nodes.extend(others.clone());
    nodes.extend(others);
    nodes
}

fn node_of(tape: &mut Tape<'_>, nodes: &[u32], wanted: u32) -> u32 {
    let fitting: Vec<usize> = (0..nodes.len()).filter(|&index| nodes[index] == wanted).collect();
    u32::try_from(fitting[tape.below(fitting.len())]).expect("there are few nodes")
}

/// A random prune plan.
pub(crate) fn prune_plan(tape: &mut Tape<'_>, types: &Types, root: &MessageDescriptor) -> policy::PrunePlan {
    let nodes = two_nodes_each(types, root);
    let compiled = nodes
        .iter()
        .map(|&index| {
            let desc = &types.descs[index as usize];
            let dropped_oneofs: Vec<_> = desc.oneofs().filter(|_| tape.chance(80)).collect();
            let mut fields: Vec<_> = desc
                .fields()
                .filter_map(|field| {
                    let real = field.containing_oneof().filter(|oneof| !oneof.is_synthetic());
                    let drop = match real {
                        Some(oneof) => dropped_oneofs.contains(&oneof),
                        None => !desc.is_map_entry() && tape.chance(70),
                    };
                    let action = if drop {
                        prune_field::Action::Drop(true)
                    } else {
                        let target = types.index(field.kind().as_message()?);
                        if tape.chance(50) {
                            return None;
                        }
                        prune_field::Action::Descend(node_of(tape, &nodes, target))
                    };
                    Some(policy::PruneField { number: field.number(), action: Some(action) })
                })
                .collect();
            fields.sort_by_key(|field| field.number);
            let drop_unknown = !desc.is_map_entry() && tape.chance(128);
            policy::PruneNode { r#type: index, fields, drop_unknown }
        })
        .collect();
    policy::PrunePlan { nodes: compiled, hash: "0123456789abcdef0123456789abcdef".into(), mask_paths: vec![] }
}

/// What the plan means: decode, clear, encode.
pub(crate) fn clear(message: &mut DynamicMessage, plan: &policy::PrunePlan, node: u32) {
    let node = &plan.nodes[node as usize];
    for planned in &node.fields {
        let field = message.descriptor().get_field(planned.number).expect("the plan fits the type");
        match planned.action {
            Some(prune_field::Action::Drop(_)) => message.clear_field(&field),
            Some(prune_field::Action::Descend(next)) if message.has_field(&field) => {
                clear_value(message.get_field_mut(&field), plan, next);
            }
            _ => {}
        }
    }
}

fn clear_value(value: &mut Value, plan: &policy::PrunePlan, node: u32) {
    match value {
        Value::Message(message) => clear(message, plan, node),
        Value::List(items) => items.iter_mut().for_each(|item| clear_value(item, plan, node)),
        Value::Map(entries) => {
            // The node is that of the entry.
            let step = plan.nodes[node as usize].fields.iter().find(|field| field.number == 2);
            if let Some(policy::PruneField { action: Some(prune_field::Action::Descend(next)), .. }) = step {
                entries.values_mut().for_each(|value| clear_value(value, plan, *next));
            }
        }
        _ => {}
    }
}

/// A random presence plan.
pub(crate) fn presence_plan(
    tape: &mut Tape<'_>,
    types: &Types,
    root: &MessageDescriptor,
) -> policy::PresencePlan {
    let nodes = two_nodes_each(types, root);
    let leads_to_message = |index: u32| {
        let desc = &types.descs[index as usize];
        desc.is_map_entry() && desc.map_entry_value_field().kind().as_message().is_none()
    };
    let compiled = nodes
        .iter()
        .map(|&index| {
            let desc = &types.descs[index as usize];
            let mut node = policy::PresenceNode { r#type: index, ..Default::default() };
            if desc.is_map_entry() {
                if let Some(target) = desc.map_entry_value_field().kind().as_message() {
                    let target = node_of(tape, &nodes, types.index(target));
                    node.fields.push(policy::PresenceField { number: 2, node: target });
                }
                return node;
            }
            let real: Vec<_> = desc.oneofs().filter(|oneof| !oneof.is_synthetic()).collect();
            for (index, _) in real.iter().enumerate() {
                if tape.chance(20) {
                    node.required_oneofs.push(u32::try_from(index).expect("there are few oneofs"));
                }
            }
            let mut fields: Vec<_> = desc.fields().collect();
            fields.sort_by_key(FieldDescriptor::number);
            for field in fields {
                let in_oneof = field.containing_oneof().is_some_and(|oneof| !oneof.is_synthetic());
                if field.supports_presence()
                    && !field.is_list()
                    && !field.is_map()
                    && !in_oneof
                    && tape.chance(20)
                {
                    node.required.push(field.number());
                }
                if let Some(target) = field.kind().as_message()
                    && !leads_to_message(types.index(target))
                    && tape.chance(200)
                {
                    let target = node_of(tape, &nodes, types.index(target));
                    node.fields.push(policy::PresenceField { number: field.number(), node: target });
                }
            }
            node
        })
        .collect();
    policy::PresencePlan { nodes: compiled }
}

/// What is missing, as paths; some may occur more than once.
pub(crate) fn missing(
    message: &DynamicMessage,
    plan: &policy::PresencePlan,
    node: u32,
    path: &str,
    out: &mut Vec<String>,
) {
    let node = &plan.nodes[node as usize];
    let desc = message.descriptor();
    for &number in &node.required {
        let field = desc.get_field(number).expect("the plan fits the type");
        if !message.has_field(&field) {
            out.push(format!("{path}{}", field.name()));
        }
    }
    let real: Vec<_> = desc.oneofs().filter(|oneof| !oneof.is_synthetic()).collect();
    for &oneof in &node.required_oneofs {
        let oneof = &real[oneof as usize];
        if !oneof.fields().any(|field| message.has_field(&field)) {
            out.push(format!("{path}{}", oneof.name()));
        }
    }
    for further in &node.fields {
        let field = desc.get_field(further.number).expect("the plan fits the type");
        if !message.has_field(&field) {
            continue;
        }
        let path = format!("{path}{}.", field.name());
        match message.get_field(&field).as_ref() {
            Value::Message(inner) => missing(inner, plan, further.node, &path, out),
            Value::List(items) => {
                for inner in items.iter().filter_map(Value::as_message) {
                    missing(inner, plan, further.node, &path, out);
                }
            }
            Value::Map(entries) => {
                let next = plan.nodes[further.node as usize].fields[0].node;
                for inner in entries.values().filter_map(Value::as_message) {
                    missing(inner, plan, next, &path, out);
                }
            }
            other => unreachable!("{other:?} is no message"),
        }
    }
}

/// A random key plan.
pub(crate) fn key_plan(tape: &mut Tape<'_>, types: &Types, root: &MessageDescriptor) -> policy::KeyPlan {
    let nodes = two_nodes_each(types, root);
    let compiled = nodes
        .iter()
        .map(|&index| {
            let desc = &types.descs[index as usize];
            let mut fields: Vec<_> = desc
                .fields()
                .filter_map(|field| {
                    let always = desc.is_map_entry() && field.number() == 1;
                    (always || tape.chance(200)).then(|| policy::KeyField {
                        number: field.number(),
                        node: field
                            .kind()
                            .as_message()
                            .map_or(0, |target| 1 + node_of(tape, &nodes, types.index(target))),
                    })
                })
                .collect();
            fields.sort_by_key(|field| field.number);
            policy::KeyNode { r#type: index, fields }
        })
        .collect();
    policy::KeyPlan { nodes: compiled }
}

/// What of a message is keyed: the message with everything else cleared, as text in a fixed order. −0 is 0.
pub(crate) fn keyed_text(message: &DynamicMessage, plan: &policy::KeyPlan, node: u32) -> String {
    let mut text = String::from("{");
    for keyed in &plan.nodes[node as usize].fields {
        let field = message.descriptor().get_field(keyed.number).expect("the plan fits the type");
        if !message.has_field(&field) {
            continue;
        }
        let value = message.get_field(&field);
        let value = keyed_value(value.as_ref(), plan, keyed.node, !field.supports_presence());
        if !value.is_empty() {
            text += &format!("{}:{value};", keyed.number);
        }
    }
    text + "}"
}

fn keyed_value(value: &Value, plan: &policy::KeyPlan, node: u32, implicit: bool) -> String {
    match value {
        Value::Message(message) => keyed_text(message, plan, node - 1),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(|item| keyed_value(item, plan, node, false)).collect();
            format!("[{}]", items.join(","))
        }
        Value::Map(entries) => {
            let entry = &plan.nodes[node as usize - 1];
            let step = entry.fields.iter().find(|field| field.number == 2);
            let mut entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| {
                    let value = step.map_or(String::new(), |step| keyed_value(value, plan, step.node, false));
                    format!("{key:?}={value}")
                })
                .collect();
            entries.sort();
            format!("({})", entries.join(","))
        }
        Value::F64(value) if *value == 0.0 => {
            if implicit {
                String::new()
            } else {
                "0".into()
            }
        }
        Value::F32(value) if *value == 0.0 => {
            if implicit {
                String::new()
            } else {
                "0".into()
            }
        }
        other => format!("{other:?}"),
    }
}

/// A random path from the root to a scalar that may stand in a template.
pub(crate) fn path(tape: &mut Tape<'_>, types: &Types, root: &MessageDescriptor) -> policy::Path {
    let mut desc = root.clone();
    let mut numbers = Vec::new();
    let mut names = Vec::new();
    loop {
        let fitting: Vec<_> = desc
            .fields()
            .filter(|field| !matches!(field.kind(), Kind::Double | Kind::Float))
            .filter(|field| numbers.len() < 3 || field.kind().as_message().is_none())
            .collect();
        let field = &fitting[tape.below(fitting.len())];
        numbers.push(field.number());
        names.push(field.name().to_owned());
        match field.kind().as_message() {
            Some(next) => desc = next.clone(),
            None => break,
        }
    }
    policy::Path { r#type: types.index(root), numbers, text: names.join(".") }
}

/// The values at a path, as JSON text.
pub(crate) fn values_at(message: &DynamicMessage, numbers: &[u32], out: &mut BTreeSet<String>) {
    let field = message.descriptor().get_field(numbers[0]).expect("the path fits the type");
    if !message.has_field(&field) {
        return;
    }
    let rest = &numbers[1..];
    match message.get_field(&field).as_ref() {
        Value::List(items) => items.iter().for_each(|item| value_at(item, &field.kind(), rest, out)),
        Value::Map(entries) => {
            let kind = field.kind();
            let entry = kind.as_message().expect("a map has an entry type");
            for (key, value) in entries {
                if rest[0] == 1 {
                    value_at(&Value::from(key.clone()), &entry.map_entry_key_field().kind(), &[], out);
                } else {
                    value_at(value, &entry.map_entry_value_field().kind(), &rest[1..], out);
                }
            }
        }
        value => value_at(value, &field.kind(), rest, out),
    }
}

fn value_at(value: &Value, kind: &Kind, rest: &[u32], out: &mut BTreeSet<String>) {
    out.insert(match value {
        Value::Message(message) => return values_at(message, rest, out),
        Value::Bool(value) => value.to_string(),
        Value::I32(value) | Value::EnumNumber(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::U32(value) => value.to_string(),
        Value::U64(value) => value.to_string(),
        Value::String(value) => holdover_wire::json::string(value),
        Value::Bytes(value) => holdover_wire::json::bytes(value),
        other => unreachable!("{other:?} of {kind:?} has no place in a tag"),
    });
}
