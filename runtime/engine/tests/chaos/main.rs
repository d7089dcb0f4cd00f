//! Whatever happens in whatever order: no panic, every call ends once, nothing crosses accounts, nothing is left behind,
//! and the same inputs give the same outputs.

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod act;
mod drive;
#[path = "../rig/mod.rs"]
mod rig;
mod world;

use act::{Act, act};
use proptest::prelude::*;
use world::World;

fn play(acts: &[Act]) -> Vec<String> {
    let mut world = World::new();
    for act in acts {
        world.act(act);
    }
    world.finish()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: proptest::test_runner::RngSeed::Fixed(19),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_happens_promises_are_kept(acts in prop::collection::vec(act(), 0..80)) {
        let once = play(&acts);
        prop_assert_eq!(once, play(&acts), "the same inputs give the same outputs");
    }
}
