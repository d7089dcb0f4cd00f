//! Pruning against decode-clear-encode by reflection.

use crate::cases;
use crate::support::policy::{clear, prune_plan};
use crate::support::tape::{self, Shape, Tape};
use crate::support::types::Types;
use crate::support::{message, scramble};
use bytes::Bytes;
use holdover_annotations::policy;
use holdover_wire::{Limits, Pruner, Schema};
use proptest::prelude::*;
use prost::Message as _;
use prost_reflect::DynamicMessage;

fn pruner(plan: &policy::PrunePlan, types: Types) -> Pruner {
    let root = message("rich.Rich");
    let detail = policy::Detail { response: Some(plan.clone()), ..Default::default() };
    let set = types.policy(&root, policy::Method { detail: Some(detail), ..Default::default() });
    let schema = Schema::new(&set).expect("the policy is valid");
    schema.methods()[0].response_pruner().expect("there is a plan").clone()
}

fn random_plan(seed: &[u8]) -> (policy::PrunePlan, Pruner) {
    let root = message("rich.Rich");
    let types = Types::reached_from(&root);
    let plan = prune_plan(&mut Tape(seed), &types, &root);
    let pruner = pruner(&plan, types);
    (plan, pruner)
}

fn decode(bytes: &[u8]) -> DynamicMessage {
    let decode =
        |bytes: &[u8]| DynamicMessage::decode(message("rich.Rich"), bytes).expect("the message is valid");
    // Encoded again, because a zero of implicit presence that was on the wire is not equal to one that was not.
    decode(&decode(bytes).encode_to_vec())
}

fn bytes(max: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..max)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn canonical_messages_are_pruned_byte_for_byte(plan in bytes(400), content in bytes(600)) {
        let (plan, pruner) = random_plan(&plan);
        let shape = Shape { single_entries: true, max_depth: 4 };
        let original = tape::message(&mut Tape(&content), &message("rich.Rich"), shape);
        let encoded = Bytes::from(original.encode_to_vec());
        let mut cleared = original;
        clear(&mut cleared, &plan, 0);

        let pruned = pruner.prune(&encoded, &Limits::DEFAULT).unwrap();
        prop_assert_eq!(&pruned.message, &cleared.encode_to_vec());
        prop_assert_eq!(pruned.saved, encoded.len() - pruned.message.len());
        prop_assert_eq!(pruned.dropped, pruned.message != encoded);
        prop_assert_eq!(pruner.contains_dropped(&encoded, &Limits::DEFAULT), Ok(pruned.dropped));
        prop_assert_eq!(pruner.contains_dropped(&pruned.message, &Limits::DEFAULT), Ok(false));
        let mut buffer = b"what was here before".to_vec();
        prop_assert_eq!(pruner.prune_into(&encoded, &Limits::DEFAULT, &mut buffer), Ok(pruned.dropped));
        prop_assert_eq!(&buffer, &pruned.message);
        if !pruned.dropped {
            prop_assert_eq!(pruned.message.as_ptr(), encoded.as_ptr(), "nothing is copied for nothing");
        }
    }

    #[test]
    fn other_encodings_mean_the_same_after_pruning(
        plan in bytes(400),
        content in bytes(400),
        how in bytes(800),
    ) {
        let (plan, pruner) = random_plan(&plan);
        let shape = Shape { single_entries: false, max_depth: 4 };
        let original = tape::message(&mut Tape(&content), &message("rich.Rich"), shape);
        let encoded = Bytes::from(scramble::encode(&mut Tape(&how), &original));
        prop_assert!(decode(&encoded) == original, "the test encodes what it means to: {:02x?}", encoded);
        let mut cleared = original;
        clear(&mut cleared, &plan, 0);

        let pruned = pruner.prune(&encoded, &Limits::DEFAULT).unwrap();
        prop_assert!(decode(&pruned.message) == cleared, "{:02x?} became {:02x?}", encoded, pruned.message);
        prop_assert!(pruned.message.len() <= encoded.len());
        prop_assert_eq!(pruner.contains_dropped(&encoded, &Limits::DEFAULT), Ok(pruned.dropped));
        prop_assert_eq!(pruner.contains_dropped(&pruned.message, &Limits::DEFAULT), Ok(false));
    }

    #[test]
    fn broken_messages_never_panic(
        plan in bytes(400),
        content in bytes(400),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        noise in bytes(64),
    ) {
        let (_, pruner) = random_plan(&plan);
        let shape = Shape { single_entries: false, max_depth: 4 };
        let mut encoded = tape::message(&mut Tape(&content), &message("rich.Rich"), shape).encode_to_vec();
        if !encoded.is_empty() {
            let at = at.index(encoded.len());
            encoded[at] = byte;
        }
        for broken in [encoded, noise] {
            let broken = Bytes::from(broken);
            if let Ok(pruned) = pruner.prune(&broken, &Limits::DEFAULT) {
                prop_assert!(pruned.message.len() <= broken.len());
                prop_assert_eq!(pruner.contains_dropped(&pruned.message, &Limits::DEFAULT), Ok(false));
            }
        }
    }
}
