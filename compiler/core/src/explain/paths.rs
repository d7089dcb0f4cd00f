//! Keys and plans as paths.

use super::{Line, Places};
use crate::ir::{Action, Cache, Level, Method, Origin, Plan, Reason, Scope};
use crate::lower::{importance, key, oneof, type_origin};
use crate::pipeline::Compilation;
use prost_reflect::{FieldDescriptor, MessageDescriptor};
use std::collections::BTreeSet;

/// What enters the key: the account, schema epochs, request paths and metadata.
pub(super) fn key(compilation: &Compilation, places: &Places<'_>, method: &Method) -> Vec<Line> {
    let Some(cache) = &method.cache else { return Vec::new() };
    let mut lines = Vec::new();
    match cache.scope.value {
        Scope::Device => {
            lines.push(places.line("account", "none: entries belong to the device", &cache.scope.origin));
        }
        Scope::Account | Scope::Unspecified => {
            lines.push(places.line("account", "the one that calls", &cache.scope.origin));
        }
    }
    let origin = cache.key.first().map_or(Origin::DEFAULT, |path| path.origin.clone());
    let paths = keyed(compilation, method, cache);
    if paths.is_empty() {
        lines.push(places.line("request", "nothing: all requests share an answer", &origin));
    }
    lines.extend(paths.into_iter().map(|path| places.line("request", path, &origin)));
    for ignored in &cache.key_ignore {
        let path = ignored.value.iter().map(|path| format!("not {}", path.text));
        lines.extend(path.map(|text| places.line("request", text, &ignored.origin)));
    }
    lines.extend(cache.key_metadata.iter().map(|name| places.line("metadata", &name.value, &name.origin)));
    for (name, epoch) in &method.epochs {
        let annotated = compilation.annotations.messages.get(name);
        let origin = annotated.map_or(Origin::DEFAULT, |annotated| type_origin(annotated, "cache_epoch"));
        lines.push(places.line("epoch", format!("{name} {epoch}"), &origin));
    }
    lines
}

/// The keyed paths, each as short as can be: a message of which everything is keyed is one path.
fn keyed(compilation: &Compilation, method: &Method, cache: &Cache) -> Vec<String> {
    let Some(request) = compilation.pool.get_message_by_name(&method.request) else { return Vec::new() };
    let plan = key::plan(&request, &key::Paths::of(cache));
    let whole = whole(&plan);
    let mut paths = Vec::new();
    let mut open = vec![(0, String::new())];
    let mut seen = BTreeSet::new();
    while let Some((index, prefix)) = open.pop() {
        let node: &key::Node = &plan[index];
        if !seen.insert(index) {
            continue;
        }
        for (number, child) in &node.fields {
            let Some(field) = node.message.get_field(*number) else { continue };
            let path = match (node.message.is_map_entry(), prefix.as_str()) {
                (true, _) => prefix.clone(),
                (false, "") => field.name().to_owned(),
                (false, prefix) => format!("{prefix}.{}", field.name()),
            };
            match child {
                Some(child) if !whole[*child] => open.push((*child, path)),
                _ => paths.push(path),
            }
        }
    }
    paths.sort();
    paths.dedup();
    paths
}

/// Which nodes key everything that they reach.
fn whole(plan: &[key::Node]) -> Vec<bool> {
    let mut whole: Vec<bool> =
        plan.iter().map(|node| node.fields.len() == node.message.fields().len()).collect();
    loop {
        let before = whole.clone();
        for (index, node) in plan.iter().enumerate() {
            whole[index] = whole[index] && node.fields.values().flatten().all(|child| whole[*child]);
        }
        if before == whole {
            return whole;
        }
    }
}

/// More lines than this help nobody.
const MAX_LINES: usize = 200;

/// What a plan drops, by path, sorted. Inside a recursion the first round stands for all.
pub(super) fn dropped(compilation: &Compilation, places: &Places<'_>, plan: &Plan) -> Vec<Line> {
    let mut lines = Vec::new();
    if !plan.is_empty() {
        let mut above = vec![false; plan.nodes.len()];
        dropped_below(compilation, places, plan, (0, ""), &mut above, &mut lines);
    }
    lines.sort_by(|a, b| a.name.cmp(&b.name));
    lines
}

fn dropped_below(
    compilation: &Compilation,
    places: &Places<'_>,
    plan: &Plan,
    (index, route): (usize, &str),
    above: &mut [bool],
    lines: &mut Vec<Line>,
) {
    if lines.len() >= MAX_LINES || std::mem::replace(&mut above[index], true) {
        return;
    }
    let node = &plan.nodes[index];
    let message = compilation.pool.get_message_by_name(&node.message);
    for (number, action) in &node.fields {
        let Some((message, field)) = message.as_ref().and_then(|m| Some((m, m.get_field(*number)?))) else {
            continue;
        };
        let path = join(route, message, &field);
        match (action, node.reasons.get(number)) {
            (Action::Descend(child), _) => {
                dropped_below(compilation, places, plan, (*child, path.as_str()), above, lines);
            }
            (Action::Drop, Some((reason, origin))) => lines.push(places.line(path, words(*reason), origin)),
            (Action::Drop, None) => {}
        }
    }
    if node.drop_unknown {
        let path = if route.is_empty() { "*".to_owned() } else { format!("{route}.*") };
        lines.push(places.line(path, "fields that the policy does not know", &Origin::DEFAULT));
    }
    above[index] = false;
}

fn words(reason: Reason) -> &'static str {
    match reason {
        Reason::Override => "an override says ENRICHING",
        Reason::Field => "marked ENRICHING",
        Reason::Oneof => "its oneof is ENRICHING",
        Reason::Keep => "not in `keep`",
        Reason::MessageDefault => "ENRICHING by default in its message",
        Reason::Default => "",
    }
}

/// What a usable response has, by path, sorted.
pub(super) fn required(compilation: &Compilation, places: &Places<'_>, method: &Method) -> Vec<Line> {
    let nodes = &method.presence.nodes;
    let mut routes: Vec<Option<String>> = vec![None; nodes.len()];
    if let Some(root) = routes.first_mut() {
        *root = Some(String::new());
    }
    let mut lines = Vec::new();
    // A node comes after one that leads to it.
    for (index, node) in nodes.iter().enumerate() {
        let Some(message) = compilation.pool.get_message_by_name(&node.message) else { continue };
        let route = routes[index].clone().unwrap_or_default();
        for (number, child) in &node.fields {
            if let Some(field) = message.get_field(*number).filter(|_| routes[*child].is_none()) {
                routes[*child] = Some(join(&route, &message, &field));
            }
        }
        let condition = if route.is_empty() { String::new() } else { format!("wherever `{route}` is") };
        for field in node.required.iter().filter_map(|number| message.get_field(*number)) {
            let origin = required_origin(compilation, method, &field);
            lines.push(places.line(join(&route, &message, &field), &condition, &origin));
        }
        for name in &node.required_oneofs {
            let member =
                message.fields().find(|field| oneof(field).is_some_and(|oneof| oneof.name() == name));
            let origin =
                member.map_or(Origin::DEFAULT, |member| required_origin(compilation, method, &member));
            let path = if route.is_empty() { name.clone() } else { format!("{route}.{name}") };
            lines.push(places.line(path, format!("one member {condition}").trim_end(), &origin));
        }
    }
    lines.sort_by(|a, b| a.name.cmp(&b.name));
    lines
}

/// Who says that a field is REQUIRED: an override of the method, the mark on the field or oneof, or the message.
fn required_origin(compilation: &Compilation, method: &Method, field: &FieldDescriptor) -> Origin {
    let overrides = method.detail.iter().flat_map(|detail| &detail.response_overrides);
    for said in overrides.filter(|said| said.importance == Some(crate::ir::Importance::Required)) {
        let ends = said.path.value.as_ref().is_ok_and(|path| {
            path.steps.last().is_some_and(|step| {
                step.message == field.parent_message().full_name() && step.number == field.number()
            })
        });
        if ends {
            return said.path.origin.clone();
        }
    }
    let all = &compilation.annotations;
    if let Some(annotated) = oneof(field).and_then(|oneof| all.oneofs.get(oneof.full_name())) {
        return type_origin(annotated, "importance");
    }
    let marked = all.fields.get(field.full_name());
    if let Some(marked) = marked.filter(|marked| importance(marked.policy.importance).is_some()) {
        return type_origin(marked, "importance");
    }
    match all.messages.get(field.parent_message().full_name()) {
        Some(annotated) => type_origin(annotated, "default_importance"),
        None => Origin { level: Level::Type, ..Origin::DEFAULT },
    }
}

/// The path of a field; the value of a map is called after the map.
fn join(route: &str, message: &MessageDescriptor, field: &FieldDescriptor) -> String {
    match (route, message.is_map_entry()) {
        (route, true) => route.to_owned(),
        ("", false) => field.name().to_owned(),
        (route, false) => format!("{route}.{}", field.name()),
    }
}
