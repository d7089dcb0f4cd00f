//! What the host plugs in may break; calls end with an error then, and the runtime goes on.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use holdover_client::binding::Client;
use holdover_client::store::{StoreAnswer, StoreCommand, StoreFault};
use holdover_client::{
    Account, Anonymous, Clock, Credentials, CredentialsRequest, ErrorKind, Instant, Now, Quality, Runtime,
    Session, Source, Store, UnaryCall,
};
use holdover_testkit::clock::ManualClock;
use holdover_testkit::network::{Reply, ScriptedNetwork};

use crate::rides::{PLAIN, POLICY, QUOTE, Ride, World, answers, builder, request, ride};

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
    let session = runtime.session(Account::Guest, Anonymous);
    let rides = Client::bind(&session, POLICY).unwrap();
    let mut world = World { clock, network, runtime, driver, session, rides };
    assert_eq!(world.get(QUOTE, "r1").unwrap().value, ride("q1"));
    assert_eq!(world.runtime.stats().counts.misses, 1);
}

/// Breaks in the middle of a decision.
#[derive(Clone, Default)]
struct BreakingClock(ManualClock, Arc<AtomicBool>);

impl Clock for BreakingClock {
    fn now(&self) -> Now {
        assert!(!self.1.load(Relaxed), "as the test says");
        self.0.now()
    }

    fn sleep_until(&self, at: Instant) -> futures_util::future::BoxFuture<'static, ()> {
        self.0.sleep_until(at)
    }
}

#[test]
fn a_panic_in_a_decision_ends_every_call_and_hangs_none() {
    let network = ScriptedNetwork::new(answers("q1"));
    let clock = BreakingClock::default();
    let (runtime, mut driver) =
        builder(&ManualClock::new(), &network).clock(clock.clone()).build_inline().unwrap();
    let session = runtime.session(Account::Guest, Anonymous);
    let rides = Client::bind(&session, POLICY).unwrap();
    let _held = network.hold();
    let mut waiting: UnaryCall<Ride> = rides.unary(QUOTE, &request("r1"));
    assert!((&mut waiting).now_or_never().is_none());
    driver.run();
    clock.1.store(true, Relaxed);
    let hit: UnaryCall<Ride> = rides.unary(QUOTE, &request("r2"));
    assert_eq!(hit.now_or_never().unwrap().unwrap_err().kind, ErrorKind::Unusable);
    let error = waiting.now_or_never().unwrap().unwrap_err();
    assert!(error.message.contains("build another runtime"), "{error}");
    clock.1.store(false, Relaxed);
    let later: UnaryCall<Ride> = rides.unary(QUOTE, &request("r3"));
    assert_eq!(later.now_or_never().unwrap().unwrap_err().kind, ErrorKind::Unusable, "it stays ended");
}

#[test]
fn hooks_and_listeners_may_own_what_they_serve() {
    let slot: Arc<Mutex<Option<Runtime>>> = Arc::default();
    let owned = slot.clone();
    let network = ScriptedNetwork::new(answers("q1"));
    let (runtime, driver) = builder(&ManualClock::new(), &network)
        .on_event(move |_, _| {
            if let Some(runtime) = &*owned.lock().unwrap() {
                runtime.set_quality(Quality::Good);
            }
        })
        .build_inline()
        .unwrap();
    let session_of_hook: Arc<Mutex<Option<Session>>> = Arc::default();
    let hook = {
        let owned = session_of_hook.clone();
        move |_: CredentialsRequest| {
            // A session that lives in the hook of another one, and dies with it.
            assert!(owned.lock().unwrap().is_some());
            async { Ok(Credentials::none()) }
        }
    };
    *session_of_hook.lock().unwrap() = Some(runtime.session(Account::Guest, Anonymous));
    let session = runtime.session(Account::user("u-1"), hook);
    let rides = Client::bind(&session, POLICY).unwrap();
    let clock = ManualClock::new();
    let mut world = World { clock, network, runtime: runtime.clone(), driver, session, rides };
    *slot.lock().unwrap() = Some(runtime);
    drop(session_of_hook);
    assert_eq!(world.get(QUOTE, "r1").unwrap().value, ride("q1"));
    slot.lock().unwrap().take();
    let World { rides, session, runtime, .. } = world;
    drop((rides, session));
    assert!(runtime.shutdown().now_or_never().is_some());
}
