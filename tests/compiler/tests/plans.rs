//! Plans of random APIs: what the compiler emits and the runtime applies, compared with the rules as `annotations.proto`
//! words them, applied to decoded messages one field at a time.

use holdover_compiler::load::MemorySources;
use holdover_compiler::pipeline::{Compilation, compile};
use holdover_wire::{Limits, Schema};
use proptest::prelude::*;
use prost::Message as _;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value,
};
use std::collections::HashMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Importance {
    Enriching,
    Kept,
    Required,
}

impl Importance {
    fn word(self) -> &'static str {
        match self {
            Self::Enriching => "ENRICHING",
            Self::Kept => "KEPT",
            Self::Required => "REQUIRED",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Text,
    Message(usize),
    List(usize),
    Map(usize),
}

/// A message with fields `f1`, `f2`, … and perhaps a oneof `pick` of a text `o1` and a message `o2`.
#[derive(Clone, Debug)]
struct Type {
    default: Option<Importance>,
    fields: Vec<(Shape, Option<Importance>)>,
    pick: Option<(usize, Option<Importance>)>,
}

#[derive(Clone, Debug)]
struct Api {
    types: Vec<Type>,
    overrides: Vec<(String, Importance)>,
    keep: Vec<String>,
}

const TYPES: usize = 3;

fn mark(may_be_required: bool) -> impl Strategy<Value = Option<Importance>> {
    let strongest = if may_be_required { Importance::Required } else { Importance::Kept };
    prop_oneof![
        4 => Just(None),
        2 => Just(Some(Importance::Enriching)),
        1 => Just(Some(Importance::Kept)),
        1 => Just(Some(strongest)),
    ]
}

fn field() -> impl Strategy<Value = (Shape, Option<Importance>)> {
    prop_oneof![
        (Just(Shape::Text), mark(true)),
        ((0..TYPES).prop_map(Shape::Message), mark(true)),
        ((0..TYPES).prop_map(Shape::List), mark(false)),
        ((0..TYPES).prop_map(Shape::Map), mark(false)),
    ]
}

fn message_type() -> impl Strategy<Value = Type> {
    let pick = proptest::option::of((0..TYPES, mark(true)));
    (mark(false), proptest::collection::vec(field(), 1..5), pick).prop_map(|(default, fields, pick)| Type {
        default,
        fields,
        pick,
    })
}

fn api() -> impl Strategy<Value = Api> {
    let path = proptest::collection::vec(any::<usize>(), 1..4);
    let importance = prop_oneof![Just(Importance::Enriching), Just(Importance::Kept)];
    (
        proptest::collection::vec(message_type(), TYPES),
        proptest::collection::vec((path.clone(), importance), 0..3),
        proptest::collection::vec(path, 0..3),
    )
        .prop_map(|(types, overrides, keep)| Api {
            // One override a path: two are refused.
            overrides: overrides
                .into_iter()
                .map(|(path, i)| (name(&types, &path), i))
                .collect::<std::collections::BTreeMap<_, _>>()
                .into_iter()
                .collect(),
            keep: keep.into_iter().map(|path| name(&types, &path)).collect(),
            types,
        })
}

/// A path that exists, by choices. It never ends at one member of the oneof.
fn name(types: &[Type], choices: &[usize]) -> String {
    let mut at = 0;
    let mut names = Vec::new();
    for (step, choice) in choices.iter().enumerate() {
        let fields = &types[at].fields;
        let choice = choice % (fields.len() + usize::from(types[at].pick.is_some()));
        let last = step + 1 == choices.len();
        match fields.get(choice) {
            None if last => names.push("pick".to_owned()),
            None => {
                names.push("o2".to_owned());
                at = types[at].pick.expect("the choice after the fields is the oneof").0;
            }
            Some((shape, _)) => {
                names.push(format!("f{}", choice + 1));
                match shape {
                    Shape::Text => break,
                    Shape::Message(to) | Shape::List(to) | Shape::Map(to) => at = *to,
                }
            }
        }
    }
    // The loop may end after `o2` only if more steps follow, and they always do.
    names.join(".")
}

fn proto(api: &Api, reversed: bool) -> String {
    let option = |mark: &Option<Importance>| match mark {
        Some(mark) => format!(" [(holdover.field).importance = {}]", mark.word()),
        None => String::new(),
    };
    let message = |(index, message): (usize, &Type)| {
        let mut lines: Vec<String> = message
            .fields
            .iter()
            .zip(1..)
            .map(|((shape, mark), number)| {
                let shape = match shape {
                    Shape::Text => "optional string".to_owned(),
                    Shape::Message(to) => format!("T{to}"),
                    Shape::List(to) => format!("repeated T{to}"),
                    Shape::Map(to) => format!("map<string, T{to}>"),
                };
                format!("{shape} f{number} = {number}{};", option(mark))
            })
            .collect();
        if let Some((to, mark)) = &message.pick {
            let mark =
                mark.map_or(String::new(), |m| format!("option (holdover.oneof).importance = {};", m.word()));
            let (one, two) = ("string o1 = 10;".to_owned(), format!("T{to} o2 = 11;"));
            let (one, two) = if reversed { (two, one) } else { (one, two) };
            lines.push(format!("oneof pick {{ {mark} {one} {two} }}"));
        }
        if reversed {
            lines.reverse();
        }
        let default = message.default.map_or(String::new(), |m| {
            format!("option (holdover.message).default_importance = {};", m.word())
        });
        format!("message T{index} {{ {default}\n{}\n}}", lines.join("\n"))
    };
    let mut messages: Vec<String> = api.types.iter().enumerate().map(message).collect();
    if reversed {
        messages.reverse();
    }
    let overrides: Vec<String> = api
        .overrides
        .iter()
        .map(|(path, importance)| {
            format!("response {{ path: \"{path}\" importance: {} }}", importance.word())
        })
        .collect();
    let keep: Vec<String> = api.keep.iter().map(|path| format!("keep: \"{path}\"")).collect();
    format!(
        "syntax = \"proto3\"; package t; import \"holdover/annotations.proto\";
         service S {{ rpc M(Request) returns (T0) {{
           option idempotency_level = NO_SIDE_EFFECTS;
           option (holdover.method).cache.fresh_for.seconds = 1;
           option (holdover.method).detail = {{ {} {} }};
         }} }}
         message Request {{ T1 one = 1; }}
         {}",
        overrides.join(" "),
        keep.join(" "),
        messages.join("\n")
    )
}

fn compiled(api: &Api, reversed: bool) -> Compilation {
    let sources = MemorySources::new().with("t.proto", proto(api, reversed));
    compile(&sources, &["t.proto"]).unwrap_or_else(|report| panic!("{report}"))
}

/// The rules, applied to one message at `path`. `inside`: a path of `keep` leads here or above.
fn trimmed(api: &Api, message: &DynamicMessage, path: &[String], inside: bool) -> DynamicMessage {
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
fn is_usable(api: &Api, message: &DynamicMessage, path: &[String], inside: bool) -> bool {
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

/// A message by choices: for every field one choice whether it is set.
fn message(
    descriptor: &MessageDescriptor,
    choices: &mut impl Iterator<Item = u8>,
    depth: usize,
) -> DynamicMessage {
    let mut out = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        let choice = choices.next().unwrap_or(0);
        let Kind::Message(inner) = field.kind() else {
            if choice % 2 == 1 {
                out.set_field(&field, Value::String(format!("text {choice}")));
            }
            continue;
        };
        if depth == 0 || choice.is_multiple_of(4) {
            continue;
        }
        let count = if field.is_list() || field.is_map() { choice % 4 } else { 1 };
        let inner = if field.is_map() {
            let Kind::Message(value) = inner.map_entry_value_field().kind() else { unreachable!() };
            value
        } else {
            inner
        };
        let items: Vec<DynamicMessage> = (0..count).map(|_| message(&inner, choices, depth - 1)).collect();
        let value = if field.is_list() {
            Value::List(items.into_iter().map(Value::Message).collect())
        } else if field.is_map() {
            let keys = (0..).map(|index: u32| MapKey::String(format!("key {index}")));
            Value::Map(keys.zip(items.into_iter().map(Value::Message)).collect::<HashMap<_, _>>())
        } else {
            Value::Message(items.into_iter().next().expect("one was made"))
        };
        out.set_field(&field, value);
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        rng_seed: proptest::test_runner::RngSeed::Fixed(23),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_runtime_trims_by_the_rules(api in api(), choices in proptest::collection::vec(any::<u8>(), 0..120)) {
        let compilation = compiled(&api, false);
        let schema = Schema::new(&compilation.policy).unwrap();
        let response = compilation.pool.get_message_by_name("t.T0").unwrap();
        let full = message(&response, &mut choices.into_iter(), 4);
        let expected = trimmed(&api, &full, &[], false);
        let pruner = schema.method("/t.S/M").unwrap().response_pruner();
        let found = match pruner {
            None => full.clone(),
            Some(pruner) => {
                let pruned = pruner.prune(&full.encode_to_vec().into(), &Limits::default()).unwrap();
                DynamicMessage::decode(response, pruned.message).unwrap()
            }
        };
        // The debug form of a message prints its descriptors, and those of recursive types without an end.
        prop_assert!(found == expected, "trimmed to {found}\ninstead of {expected}\nin {}", proto(&api, false));
    }

    #[test]
    fn the_runtime_misses_what_the_rules_require(api in api(), choices in proptest::collection::vec(any::<u8>(), 0..120)) {
        let compilation = compiled(&api, false);
        let schema = Schema::new(&compilation.policy).unwrap();
        let response = compilation.pool.get_message_by_name("t.T0").unwrap();
        let message = message(&response, &mut choices.into_iter(), 4);
        let presence = schema.method("/t.S/M").unwrap().presence();
        let found = presence.is_none_or(|presence| presence.check(&message.encode_to_vec(), &Limits::default()).is_ok());
        prop_assert_eq!(found, is_usable(&api, &message, &[], false), "{}\nin {}", message, proto(&api, false));
    }

    #[test]
    fn the_order_of_declarations_changes_nothing(api in api()) {
        prop_assert_eq!(compiled(&api, false).policy, compiled(&api, true).policy);
    }

    #[test]
    fn plans_that_differ_have_different_hashes(one in api(), other in api()) {
        let plan = |api: &Api| {
            let compilation = compiled(api, false);
            let detail = &compilation.ir.methods().next().unwrap().detail;
            detail.as_ref().unwrap().response.clone()
        };
        let fields = |api: &Api| api.types.iter().map(|t| (t.fields.iter().map(|f| f.0).collect::<Vec<_>>(), t.pick.map(|p| p.0))).collect::<Vec<_>>();
        let (a, b) = (plan(&one), plan(&other));
        let pruning = |plan: &holdover_compiler::ir::Plan| {
            plan.nodes.iter().map(|n| (n.message.clone(), n.fields.clone(), n.drop_unknown)).collect::<Vec<_>>()
        };
        if !a.is_empty() && !b.is_empty() && pruning(&a) != pruning(&b) {
            prop_assert_ne!(&a.hash, &b.hash);
        }
        if pruning(&a) == pruning(&b) && fields(&one) == fields(&other) {
            prop_assert_eq!(a.hash, b.hash);
        }
    }
}
