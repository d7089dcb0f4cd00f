//! What the host plugs in may break; calls end with an error then, and the runtime goes on.

use holdover_client::store::{StoreAnswer, StoreCommand, StoreFault};
use holdover_client::{Anonymous, Source, Store};
use holdover_testkit::clock::ManualClock;
use holdover_testkit::network::{Reply, ScriptedNetwork};

use crate::rides::{PLAIN, QUOTE, World, answers, builder, ride};

#[test]
fn a_transport_that_panics_ends_one_call() {
    let mut world = World::new();
    world.network.now(|_| Reply::Panic);
    world.get(PLAIN, "r1").unwrap_err();
    world.network.now(answers("q2"));
    assert_eq!(world.get(PLAIN, "r1").unwrap().value, ride("q2"));
}

struct Panicking;

impl Store for Panicking {
    fn execute(&mut self, _: StoreCommand) -> Result<StoreAnswer, StoreFault> {
        panic!("as the test says")
    }
}

#[test]
fn a_store_that_panics_is_a_store_that_failed() {
    let network = ScriptedNetwork::new(answers("q1"));
    let mut world = World::with(&ManualClock::new(), &network, Panicking, Anonymous);
    assert_eq!(world.get(QUOTE, "r1").unwrap().source(), Source::Network);
    assert_eq!(world.get(QUOTE, "r1").unwrap().source(), Source::Cache);
}

#[test]
fn a_listener_that_panics_is_not_listened_to() {
    let network = ScriptedNetwork::new(answers("q1"));
    let clock = ManualClock::new();
    let (runtime, driver) =
        builder(&clock, &network).on_event(|_, _| panic!("as the test says")).build_inline().unwrap();
    let session = runtime.session(holdover_client::Account::Guest, Anonymous);
    let rides = holdover_client::binding::Client::bind(&session, crate::rides::POLICY).unwrap();
    let mut world = World { clock, network, runtime, driver, session, rides };
    assert_eq!(world.get(QUOTE, "r1").unwrap().value, ride("q1"));
    assert_eq!(world.runtime.stats().misses, 1);
}
