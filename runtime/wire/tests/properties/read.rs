//! Presence checks, keys and tags against the same by reflection.

use std::collections::BTreeSet;

use holdover_annotations::policy;
use holdover_wire::{KeyOutcome, Keyer, Limits, Presence, PresenceError, Schema, Tag, TagPart, Template};
use proptest::prelude::*;
use prost::Message as _;
use prost_reflect::DynamicMessage;

use crate::cases;
use crate::support::policy::{key_plan, keyed_text, missing, path, presence_plan, values_at};
use crate::support::tape::{self, Shape, Tape};
use crate::support::types::Types;
use crate::support::{message, scramble};

fn schema(types: Types, method: policy::Method) -> Schema {
    Schema::new(&types.policy(&message("rich.Rich"), method)).expect("the policy is valid")
}

fn random_presence(seed: &[u8]) -> (policy::PresencePlan, Presence) {
    let types = Types::reached_from(&message("rich.Rich"));
    let plan = presence_plan(&mut Tape(seed), &types, &message("rich.Rich"));
    let schema = schema(types, policy::Method { presence: Some(plan.clone()), ..Default::default() });
    (plan, schema.methods()[0].presence().expect("there is a plan").clone())
}

fn random_keyer(seed: &[u8]) -> (policy::KeyPlan, Keyer) {
    let types = Types::reached_from(&message("rich.Rich"));
    let plan = key_plan(&mut Tape(seed), &types, &message("rich.Rich"));
    let cache = policy::Cache { key: Some(plan.clone()), ..Default::default() };
    let schema = schema(types, policy::Method { cache: Some(cache), ..Default::default() });
    (plan, schema.methods()[0].key().expect("there is a plan").clone())
}

fn key(keyer: &Keyer, request: &[u8]) -> Vec<u8> {
    let mut key = b"prefix".to_vec();
    let outcome = keyer.key(request, &Limits::DEFAULT, &mut key);
    assert_eq!(outcome, Ok(KeyOutcome::Keyed), "{request:02x?}");
    key
}

fn random_template(seed: &[u8]) -> (Vec<u32>, Vec<u32>, Template) {
    use policy::template::{Part, part};
    let types = Types::reached_from(&message("rich.Rich"));
    let tape = &mut Tape(seed);
    let request = path(tape, &types, &message("rich.Rich"));
    let response = path(tape, &types, &message("rich.Rich"));
    let numbers = (request.numbers.clone(), response.numbers.clone());
    let parts = [
        part::Part::Literal("a:".into()),
        part::Part::Request(request),
        part::Part::Literal("".into()),
        part::Part::Response(response),
        part::Part::Literal("x".into()),
        part::Part::Literal("y".into()),
    ];
    let template = policy::Template {
        parts: parts.into_iter().map(|part| Part { part: Some(part) }).collect(),
        text: "a:{…}{…}xy".into(),
    };
    let cache = policy::Cache { tags: vec![template], ..Default::default() };
    let schema = schema(types, policy::Method { cache: Some(cache), ..Default::default() });
    (numbers.0, numbers.1, schema.methods()[0].tags()[0].clone())
}

fn random_message(content: &[u8]) -> DynamicMessage {
    let shape = Shape { single_entries: false, max_depth: 4 };
    tape::message(&mut Tape(content), &message("rich.Rich"), shape)
}

fn bytes(max: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..max)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_is_missing_is_what_reflection_misses(plan in bytes(400), content in bytes(600), how in bytes(800)) {
        let (plan, presence) = random_presence(&plan);
        let original = random_message(&content);
        let mut expected = Vec::new();
        missing(&original, &plan, 0, "", &mut expected);
        let expected: BTreeSet<String> = expected.into_iter().collect();
        for encoded in [original.encode_to_vec(), scramble::encode(&mut Tape(&how), &original)] {
            match presence.check(&encoded, &Limits::DEFAULT) {
                Ok(()) => prop_assert_eq!(&expected, &BTreeSet::new()),
                Err(PresenceError::Missing(missing)) => {
                    let named: BTreeSet<String> = missing.paths.iter().cloned().collect();
                    prop_assert_eq!(named.len(), missing.paths.len(), "each path is named once");
                    prop_assert_eq!(missing.more, expected.len() > 16);
                    if missing.more {
                        prop_assert_eq!(named.len(), 16);
                        prop_assert!(named.is_subset(&expected));
                    } else {
                        prop_assert_eq!(named, expected.clone());
                    }
                }
                Err(PresenceError::Wire(error)) => prop_assert!(false, "{} in {:02x?}", error, encoded),
            }
        }
    }

    #[test]
    fn every_encoding_of_a_request_has_one_key(plan in bytes(300), content in bytes(600), how in bytes(800)) {
        let (_, keyer) = random_keyer(&plan);
        let original = random_message(&content);
        let canonical = key(&keyer, &original.encode_to_vec());
        prop_assert_eq!(&canonical, &key(&keyer, &scramble::encode(&mut Tape(&how), &original)));
    }

    #[test]
    fn keys_are_equal_where_the_keyed_parts_are(
        plan in bytes(300),
        content in bytes(300),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let (plan, keyer) = random_keyer(&plan);
        let one = random_message(&content);
        let mut changed = content.clone();
        if !changed.is_empty() {
            let at = at.index(changed.len());
            changed[at] = byte;
        }
        let other = random_message(&changed);
        let same = keyed_text(&one, &plan, 0) == keyed_text(&other, &plan, 0);
        prop_assert_eq!(same, key(&keyer, &one.encode_to_vec()) == key(&keyer, &other.encode_to_vec()));
    }

    #[test]
    fn tags_are_the_values_that_reflection_finds(paths in bytes(24), request in bytes(600), response in bytes(600), how in bytes(800)) {
        let (request_path, response_path, template) = random_template(&paths);
        let (request, response) = (random_message(&request), random_message(&response));
        let (mut from_request, mut from_response) = (BTreeSet::new(), BTreeSet::new());
        values_at(&request, &request_path, &mut from_request);
        values_at(&response, &response_path, &mut from_response);
        let mut expected = Vec::new();
        for one in &from_request {
            for other in &from_response {
                expected.push(Tag::from_parts(&[
                    TagPart::Literal("a"), TagPart::Literal(":"), TagPart::Value(one), TagPart::Value(other), TagPart::Literal("xy"),
                ]));
            }
        }
        expected.sort();
        let rendered = template.render(&request.encode_to_vec(), &response.encode_to_vec(), &Limits::DEFAULT);
        prop_assert_eq!(rendered.as_deref(), Ok(expected.as_slice()));
        let tape = &mut Tape(&how);
        let (request, response) = (scramble::encode(tape, &request), scramble::encode(tape, &response));
        let rendered = template.render(&request, &response, &Limits::DEFAULT);
        prop_assert_eq!(rendered.as_deref(), Ok(expected.as_slice()));
        prop_assert!(template.needs_response());
    }

    #[test]
    fn nothing_panics_on_noise(seed in bytes(300), noise in bytes(200), content in bytes(400), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut broken = random_message(&content).encode_to_vec();
        if !broken.is_empty() {
            let at = at.index(broken.len());
            broken[at] = byte;
        }
        for message in [noise, broken] {
            // Whatever they say, they say it in finite time and without a panic.
            let _ = random_presence(&seed).1.check(&message, &Limits::DEFAULT);
            let mut key = b"prefix".to_vec();
            if random_keyer(&seed).1.key(&message, &Limits::DEFAULT, &mut key) != Ok(KeyOutcome::Keyed) {
                prop_assert_eq!(&key, b"prefix");
            }
            let _ = random_template(&seed).2.render(&message, &message, &Limits::DEFAULT);
        }
    }
}
