//! What outlives the process, and what happens when nothing can.

use std::sync::{Arc, Mutex};

use holdover_client::binding::Client;
use holdover_client::store::{StoreAnswer, StoreCommand, StoreFault, StoreFaultKind};
use holdover_client::{Account, Anonymous, Event, Freshness, MemoryStore, Source, Store};
use holdover_testkit::clock::ManualClock;
use holdover_testkit::network::{Reply, ScriptedNetwork};

use crate::rides::{POLICY, QUOTE, World, answers, builder, ride, secs};

#[test]
fn answers_outlive_the_process() {
    let (clock, network, store) =
        (ManualClock::new(), ScriptedNetwork::new(answers("q1")), MemoryStore::new());
    let mut before = World::with(&clock, &network, store.clone(), Anonymous);
    before.get(QUOTE, "r1").unwrap();
    before.driver.run();
    drop(before);
    clock.advance(secs(3));
    network.now(|_| Reply::unreachable());
    let mut after = World::with(&clock, &network, store.clone(), Anonymous);
    let kept = after.get(QUOTE, "r1").unwrap();
    assert_eq!((kept.source(), kept.freshness(), kept.age()), (Source::Cache, Freshness::Fresh, secs(3)));
    drop(after);
    clock.reboot();
    clock.advance(secs(20));
    let mut rebooted = World::with(&clock, &network, store, Anonymous);
    let kept = rebooted.get(QUOTE, "r1").unwrap();
    assert_eq!((kept.freshness(), kept.age(), kept.value), (Freshness::Stale, secs(23), ride("q1")));
}

/// Fails as it is told.
struct Failing(Arc<Mutex<Option<StoreFaultKind>>>, MemoryStore);

impl Store for Failing {
    fn execute(&mut self, command: StoreCommand) -> Result<StoreAnswer, StoreFault> {
        match *self.0.lock().unwrap() {
            Some(kind) => Err(StoreFault { kind, message: "as the test says".to_owned() }),
            None => self.1.execute(command),
        }
    }
}

#[test]
fn without_its_store_the_runtime_goes_on_in_memory_and_says_so() {
    let fault = Arc::new(Mutex::new(Some(StoreFaultKind::Held)));
    let (clock, network) = (ManualClock::new(), ScriptedNetwork::new(answers("q1")));
    let told: Arc<Mutex<Vec<Event>>> = Arc::default();
    let log = told.clone();
    let (runtime, mut driver) = builder(&clock, &network)
        .store(Failing(fault.clone(), MemoryStore::new()))
        .on_event(move |event, _| log.lock().unwrap().push(event.clone()))
        .build_inline()
        .unwrap();
    let session = runtime.session(Account::user("u-1"), Anonymous);
    let rides = Client::bind(&session, POLICY).unwrap();
    driver.run();
    let mut world = World { clock, network, runtime, driver, session, rides };
    assert_eq!(world.get(QUOTE, "r1").unwrap().source(), Source::Network);
    assert_eq!(world.get(QUOTE, "r1").unwrap().source(), Source::Cache);
    let failed = |event: &Event| matches!(event, Event::StoreFailed { kind: StoreFaultKind::Held, .. });
    assert!(told.lock().unwrap().iter().any(failed));
    assert!(world.runtime.stats().counts.store_faults > 0);
    *fault.lock().unwrap() = None;
    world.pass(secs(3600));
    assert_eq!(world.get(QUOTE, "r9").unwrap().source(), Source::Network);
    assert!(told.lock().unwrap().iter().any(|event| matches!(event, Event::StoreRecovered)));
}
