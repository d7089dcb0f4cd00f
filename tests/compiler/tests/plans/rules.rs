//! The rules of `annotations.proto`, applied to decoded messages one field at a time.

use prost_reflect::{DynamicMessage, FieldDescriptor, ReflectMessage, Value};

use crate::api::{Api, Importance, Type};

/// The rules, applied to one message at `path`. `inside`: a path of `keep` leads here or above.
pub(crate) fn trimmed(api: &Api, message: &DynamicMessage, path: &[String], inside: bool) -> DynamicMessage {
    let descriptor = message.descriptor();
    let index: usize = descriptor.name()[1..].parse().expect("types are called T0, T1, …");
    let mut out = DynamicMessage::new(descriptor);
    for (field, value) in message.fields() {
        let group = group(&field);
        let at = |name: &str| [path, &[name.to_owned()]].concat().join(".");
        if importance(api, &api.types[index], &field, &group, &at, inside) == Importance::Enriching {
            continue;
        }
        let inside = is_inside_below(api, &at(field.name()), &at("pick"), &group, inside);
        let path: Vec<String> = [path, &[field.name().to_owned()]].concat();
        let trim = |value: &Value| match value {
            Value::Message(inner) => Value::Message(trimmed(api, inner, &path, inside)),
            other => other.clone(),
        };
        let value = match value {
            Value::List(items) => Value::List(items.iter().map(trim).collect()),
            Value::Map(entries) => {
                Value::Map(entries.iter().map(|(key, value)| (key.clone(), trim(value))).collect())
            }
            one => trim(one),
        };
        out.set_field(&field, value);
    }
    out
}

/// Whether a message at `path` has everything REQUIRED, and so has every message in it.
pub(crate) fn is_usable(api: &Api, message: &DynamicMessage, path: &[String], inside: bool) -> bool {
    let descriptor = message.descriptor();
    let index: usize = descriptor.name()[1..].parse().expect("types are called T0, T1, …");
    let mut fields = descriptor.fields();
    fields.all(|field| {
        let group = group(&field);
        let at = |name: &str| [path, &[name.to_owned()]].concat().join(".");
        let importance = importance(api, &api.types[index], &field, &group, &at, inside);
        let is_there = |name: &&str| message.has_field_by_name(name);
        if importance == Importance::Required && !group.iter().any(is_there) {
            return false;
        }
        let inside = is_inside_below(api, &at(field.name()), &at("pick"), &group, inside);
        let path: Vec<String> = [path, &[field.name().to_owned()]].concat();
        let usable = |value: &Value| match value {
            Value::Message(inner) => is_usable(api, inner, &path, inside),
            _ => true,
        };
        !message.has_field(&field)
            || match message.get_field(&field).as_ref() {
                Value::List(items) => items.iter().all(usable),
                Value::Map(entries) => entries.values().all(usable),
                one => usable(one),
            }
    })
}

/// A oneof is one thing with several names.
fn group(field: &FieldDescriptor) -> Vec<&str> {
    if field.name().starts_with('o') { vec!["o1", "o2", "pick"] } else { vec![field.name()] }
}

/// Below a field a kept subtree goes on, or begins: at the end of a path of `keep`, or at a field that is kept although
/// no path leads on there.
fn is_inside_below(api: &Api, own: &str, pick: &str, group: &[&str], inside: bool) -> bool {
    let ends = api.keep.iter().any(|kept| kept == own || (group.len() > 1 && kept == pick));
    let below = api.keep.iter().any(|kept| kept.starts_with(&format!("{own}.")));
    inside || ends || !below
}

fn importance(
    api: &Api,
    of: &Type,
    field: &FieldDescriptor,
    group: &[&str],
    at: &dyn Fn(&str) -> String,
    inside: bool,
) -> Importance {
    let said = api.overrides.iter().filter(|(path, _)| group.iter().any(|name| at(name) == *path));
    if let Some(said) = said.map(|(_, importance)| *importance).max() {
        return said;
    }
    let mark = match of.pick {
        Some((_, mark)) if group.len() > 1 => mark,
        _ => of.fields[field.number() as usize - 1].1,
    };
    if mark == Some(Importance::Required) {
        return Importance::Required;
    }
    if !api.keep.is_empty() {
        let towards = |name: &&str| {
            api.keep.iter().any(|kept| *kept == at(name) || kept.starts_with(&format!("{}.", at(name))))
        };
        return match (inside, mark) {
            (true, Some(Importance::Enriching)) => Importance::Enriching,
            (true, _) => Importance::Kept,
            (false, _) if group.iter().any(towards) => Importance::Kept,
            (false, _) => Importance::Enriching,
        };
    }
    mark.or(of.default).unwrap_or(Importance::Kept)
}
