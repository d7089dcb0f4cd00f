//! Plans of random APIs: what the compiler emits and the runtime applies, compared with the rules as `annotations.proto`
//! words them, applied to decoded messages one field at a time.

mod api;
mod rules;

use std::collections::HashMap;

use holdover_compiler::load::MemorySources;
use holdover_compiler::pipeline::{Compilation, compile};
use holdover_wire::{Limits, Schema};
use proptest::prelude::*;
use prost::Message as _;
use prost_reflect::{DynamicMessage, Kind, MapKey, MessageDescriptor, Value};

use api::{Api, api, proto};
use rules::{is_usable, trimmed};

fn compiled(api: &Api, reversed: bool) -> Compilation {
    let sources = MemorySources::new().with("t.proto", proto(api, reversed));
    compile(&sources, &["t.proto"]).unwrap_or_else(|report| panic!("{report}"))
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
