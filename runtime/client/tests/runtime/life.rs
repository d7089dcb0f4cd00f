//! The app's life: what the host says of network, user and app reaches the engine.

use std::sync::{Arc, Mutex};

use holdover_client::binding::Client;
use holdover_client::{
    Account, Anonymous, AppState, Detail, Estimate, Event, Interface, MemoryStore, Part, Platform, Quality,
    Runtime, Source, Streaming, Switch,
};
use holdover_testkit::clock::ManualClock;
use holdover_testkit::network::{Reply, ScriptedNetwork};

use crate::rides::{
    POLICY, QUOTE, Ride, WATCH, WATCH_TRIMMED, World, answers, builder, encode, request, ride, secs,
};
use crate::streams::{ids, next};

/// A world whose changes of quality are heard.
fn listening() -> (World, Arc<Mutex<Vec<Quality>>>) {
    let heard: Arc<Mutex<Vec<Quality>>> = Arc::default();
    let log = heard.clone();
    let (clock, network) = (ManualClock::new(), ScriptedNetwork::new(answers("q1")));
    let (runtime, driver) = builder(&clock, &network)
        .on_quality_change(move |quality| log.lock().unwrap().push(quality))
        .build_inline()
        .unwrap();
    let session = runtime.session(Account::user("u-1"), Anonymous);
    let rides = Client::bind(&session, POLICY).unwrap();
    (World { clock, network, runtime, driver, session, rides }, heard)
}

#[test]
fn listeners_hear_of_changes_only() {
    let (mut world, heard) = listening();
    assert_eq!(world.runtime.quality(), Quality::Unspecified);
    let mut say = |runtime: &Runtime, quality| {
        runtime.set_quality(quality);
        assert_eq!(runtime.quality(), quality);
        world.driver.run();
    };
    let runtime = world.runtime.clone();
    for quality in [Quality::Poor, Quality::Poor, Quality::Good, Quality::Unspecified] {
        say(&runtime, quality);
    }
    assert_eq!(*heard.lock().unwrap(), [Quality::Poor, Quality::Good, Quality::Unspecified]);
    // What it was in between, while nobody had time to listen, is not told.
    runtime.set_quality(Quality::Poor);
    runtime.set_quality(Quality::Unspecified);
    world.driver.run();
    assert_eq!(heard.lock().unwrap().len(), 3);
}

#[test]
fn an_estimate_of_the_app_counts_until_it_is_taken_back() {
    let (mut world, heard) = listening();
    let slow = Estimate { request_time: Some(secs(3)), downlink_kbps: None };
    world.runtime.set_estimate(Some(slow));
    assert_eq!(world.runtime.quality(), Quality::VeryPoor);
    world.driver.run();
    world.runtime.set_estimate(None);
    world.driver.run();
    assert_eq!(heard.lock().unwrap().first(), Some(&Quality::VeryPoor));
    assert_ne!(world.runtime.quality(), Quality::VeryPoor);
}

#[test]
fn the_platform_and_the_app_may_both_ask_to_save_data() {
    let mut world = World::new();
    world.network.now(|_| Reply::Live);
    let asked = |world: &mut World| {
        let mut stream: Streaming<Ride> = world.rides.server_stream(WATCH_TRIMMED, &request("r1"));
        assert!(next(world, &mut stream).is_none());
        world.driver.run();
        let last = world.network.requests().pop().unwrap();
        drop(stream);
        world.driver.run();
        last.metadata.text("holdover-detail").is_some()
    };
    assert!(!asked(&mut world));
    world.runtime.set_save_data(true);
    assert!(asked(&mut world));
    world.runtime.set_platform(Platform { interface: Interface::Wifi, ..Platform::default() });
    assert!(asked(&mut world), "the app's wish does not end with the platform's news");
    world.runtime.set_save_data(false);
    assert!(!asked(&mut world));
    world.runtime.set_platform(Platform { save_data: true, ..Platform::default() });
    assert!(asked(&mut world));
}

#[test]
fn a_stream_leaves_the_wire_with_the_app_and_comes_back_with_it() {
    let mut world = World::new();
    world.network.now(|_| Reply::Live);
    let mut prices: Streaming<Ride> = world.rides.server_stream(WATCH, &request("r1"));
    assert!(next(&mut world, &mut prices).is_none());
    world.driver.run();
    let wire = world.network.stream(0);
    wire.head();
    wire.message(encode(&ride("a")));
    assert_eq!(ids(&mut world, &mut prices), ["a"]);
    world.runtime.set_app_state(AppState::Background);
    world.pass(secs(29));
    assert!(!wire.is_dropped(), "within the grace period");
    world.pass(secs(1));
    assert!(wire.is_dropped());
    world.runtime.set_app_state(AppState::Foreground);
    let repainted = next(&mut world, &mut prices).unwrap().unwrap().unwrap();
    assert_eq!((repainted.source(), repainted.value), (Source::Replay, ride("a")));
    world.driver.run();
    let again = world.network.stream(1);
    again.head();
    again.message(encode(&ride("b")));
    let live = next(&mut world, &mut prices).unwrap().unwrap().unwrap();
    assert_eq!((live.source(), live.gap(), live.value), (Source::Network, true, ride("b")));
}

#[test]
fn pausing_disabling_and_dropping_memory_are_complete_when_they_are_done() {
    let store = MemoryStore::new();
    let network = ScriptedNetwork::new(answers("q1"));
    let mut world = World::with(&ManualClock::new(), &network, store, Anonymous);
    assert_eq!(world.get(QUOTE, "r1").unwrap().detail(), Detail::Full);
    world.runtime.memory_pressure();
    world.driver.run();
    assert!(world.rides.cached::<_, Ride>(QUOTE, &request("r1")).is_none(), "memory is empty");
    assert_eq!(world.get(QUOTE, "r1").unwrap().source(), Source::Cache, "the store is not");
    let paused = world.runtime.pause();
    world.finish(paused).unwrap();
    world.runtime.resume();
    world.driver.run();
    assert_eq!(world.get(QUOTE, "r1").unwrap().source(), Source::Cache);
    let switch = Switch { part: Part::Outbox, methods: None };
    let off = world.runtime.disable([switch]);
    world.finish(off).unwrap();
    drop(world.runtime.shutdown());
    let late = world.runtime.pause();
    assert!(world.finish(late).unwrap_err().message.contains("shut down"));
}

#[test]
fn turning_off_what_does_not_exist_is_told_with_what_does() {
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = heard.clone();
    let (clock, network) = (ManualClock::new(), ScriptedNetwork::new(answers("q1")));
    let (runtime, mut driver) = builder(&clock, &network)
        .on_event(move |event, _| {
            if let Event::SwitchesUnknown { message, .. } = event {
                log.lock().unwrap().push(message.clone());
            }
        })
        .build_inline()
        .unwrap();
    let off = |name: &str| Switch { part: Part::Cache, methods: Some(vec![name.to_owned()]) };
    drop(runtime.disable([off("vectors.v1.Rides/GetQuote")]));
    driver.run();
    assert!(heard.lock().unwrap().is_empty(), "no client is bound yet");
    Client::bind(&runtime.session(Account::user("u-1"), Anonymous), POLICY).unwrap();
    driver.run();
    drop(runtime.disable([off("vectors.v1.Rides/Quote")]));
    driver.run();
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(heard[0].contains("GetQuote") && heard[0].contains("\"vectors.v1.Rides/Chat\""), "{heard:?}");
}

#[test]
fn the_transport_hears_of_a_move_to_another_network() {
    let mut world = World::new();
    world.get(QUOTE, "r1").unwrap();
    let on = |path| Platform { interface: Interface::Wifi, path, ..Platform::default() };
    world.runtime.set_platform(on(1));
    world.driver.run();
    let before = world.network.path_changes();
    world.runtime.set_platform(on(1));
    world.driver.run();
    assert_eq!(world.network.path_changes(), before);
    world.runtime.set_platform(on(2));
    world.driver.run();
    assert_eq!(world.network.path_changes(), before + 1);
}
