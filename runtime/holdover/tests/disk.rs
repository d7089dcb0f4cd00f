//! The whole runtime over the disk cache: restarts, other processes, damage, sign-out.
#![allow(clippy::unwrap_used, reason = "tests unwrap")]

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use holdover::binding::Client;
use holdover::store::StoreFaultKind;
use holdover::{
    Account, Anonymous, Event, Freshness, InlineDriver, OutboxChoice, Part, Protocol, Runtime, Snapshot,
    Source, Switch,
};
use holdover_testkit::clock::ManualClock;
use holdover_testkit::network::{Reply, ScriptedNetwork};
use prost::Message;

static POLICY: &[u8] = include_bytes!("../../../tests/vectors/api.policy");
/// The index of `Quote` in the policy.
const QUOTE: usize = 0;

#[derive(Clone, PartialEq, Message)]
struct RideRequest {
    #[prost(string, tag = "1")]
    ride_id: String,
}

#[derive(Clone, PartialEq, Message)]
struct Ride {
    #[prost(string, optional, tag = "1")]
    id: Option<String>,
}

fn answers(id: &str) -> impl Fn(&holdover::CallRequest) -> Reply + Send + Sync + use<> {
    let body = Bytes::from(Ride { id: Some(id.to_owned()) }.encode_to_vec());
    move |_| Reply::Ok(body.clone())
}

/// One process, as far as the runtime can tell.
struct App {
    runtime: Runtime,
    driver: InlineDriver,
    rides: Client,
    events: Arc<Mutex<Vec<Event>>>,
}

impl App {
    fn start(folder: &Path, clock: &ManualClock, network: &ScriptedNetwork) -> Self {
        let events: Arc<Mutex<Vec<Event>>> = Arc::default();
        let log = events.clone();
        let (runtime, driver) = Runtime::builder()
            .plain_text_endpoint("test", "http://rides.invalid", Protocol::Connect)
            .store(folder)
            .transport(network.clone())
            .clock(clock.clone())
            .on_event(move |event, _| log.lock().unwrap().push(event.clone()))
            .build_inline()
            .unwrap();
        let rides = Client::bind(&runtime.session(Account::user("u-1"), Anonymous), POLICY).unwrap();
        Self { runtime, driver, rides, events }
    }

    fn finish<F: Future + Unpin>(&mut self, mut future: F) -> F::Output {
        for _ in 0..10 {
            if let Some(output) = (&mut future).now_or_never() {
                return output;
            }
            self.driver.run();
        }
        panic!("nothing moves, and there is no answer");
    }

    fn quote(&mut self, ride: &str) -> Result<Snapshot<Ride>, holdover::Error> {
        let call = self.rides.unary(QUOTE, &RideRequest { ride_id: ride.to_owned() });
        self.finish(call)
    }

    fn heard(&self, wanted: impl Fn(&Event) -> bool) -> bool {
        self.events.lock().unwrap().iter().any(wanted)
    }

    fn end(mut self) {
        self.driver.run();
        assert!(self.runtime.shutdown().now_or_never().is_some(), "an inline store is closed at once");
    }
}

#[test]
fn building_does_no_io() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let network = ScriptedNetwork::new(answers("q1"));
    let runtime = Runtime::builder()
        .plain_text_endpoint("test", "http://rides.invalid", Protocol::Connect)
        .store(&cache)
        .transport(network)
        .build()
        .unwrap();
    assert!(!cache.exists());
    drop(runtime);
    assert!(!cache.exists());
}

#[test]
fn a_restarted_app_shows_what_it_knew() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, network) = (ManualClock::new(), ScriptedNetwork::new(answers("q1")));
    let mut app = App::start(folder.path(), &clock, &network);
    assert_eq!(app.quote("r1").unwrap().source(), Source::Network);
    app.end();
    clock.advance(Duration::from_secs(30));
    network.now(|_| Reply::unreachable());
    let mut app = App::start(folder.path(), &clock, &network);
    let shown = app.quote("r1").unwrap();
    assert_eq!((shown.source(), shown.freshness()), (Source::Cache, Freshness::Stale));
    assert_eq!((shown.age(), shown.value.id.as_deref()), (Duration::from_secs(30), Some("q1")));
}

#[test]
fn a_second_process_runs_on_memory_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    // To the store, a lock on another open file is that of another process.
    let lock = fs::File::create(folder.path().join("holdover-cache.lock")).unwrap();
    lock.try_lock().unwrap();
    let (clock, network) = (ManualClock::new(), ScriptedNetwork::new(answers("q1")));
    let mut app = App::start(folder.path(), &clock, &network);
    assert_eq!(app.quote("r1").unwrap().source(), Source::Network);
    assert_eq!(app.quote("r1").unwrap().source(), Source::Cache);
    assert!(app.heard(|event| matches!(event, Event::StoreFailed { kind: StoreFaultKind::Held, .. })));
    drop(lock);
    app.driver.run();
    clock.advance(Duration::from_secs(600));
    app.driver.run();
    app.quote("r2").unwrap();
    assert!(app.heard(|event| matches!(event, Event::StoreRecovered)), "it tries again");
}

#[test]
fn a_damaged_cache_is_made_anew_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("holdover-cache.db"), [0x5a; 9000]).unwrap();
    let (clock, network) = (ManualClock::new(), ScriptedNetwork::new(answers("q1")));
    let mut app = App::start(folder.path(), &clock, &network);
    app.quote("r1").unwrap();
    assert!(app.heard(|event| matches!(event, Event::StoreRecreated)), "{:?}", app.events);
    app.end();
    network.now(|_| Reply::unreachable());
    let mut app = App::start(folder.path(), &clock, &network);
    assert_eq!(app.quote("r1").unwrap().source(), Source::Cache, "the new one works");
}

#[test]
fn nothing_of_an_account_is_left_after_it_signed_out() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, network) = (ManualClock::new(), ScriptedNetwork::new(answers("a very secret quote")));
    let mut app = App::start(folder.path(), &clock, &network);
    app.quote("r1").unwrap();
    app.driver.run();
    let readable = |what: &[u8]| {
        fs::read_dir(folder.path()).unwrap().any(|entry| {
            let bytes = fs::read(entry.unwrap().path()).unwrap();
            bytes.windows(what.len()).any(|window| window == what)
        })
    };
    assert!(readable(b"a very secret quote"), "it is on the disk before");
    assert!(!readable(b"u-1"), "names of accounts never are");
    assert!(!readable(b"ride:"), "nor are tags");
    let gone = app.rides.session().sign_out(OutboxChoice::Discard);
    app.finish(gone).unwrap();
    assert!(!readable(b"a very secret quote"));
}

#[test]
fn two_runtimes_of_one_process_share_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, network) = (ManualClock::new(), ScriptedNetwork::new(answers("q1")));
    let mut one = App::start(folder.path(), &clock, &network);
    let mut other = App::start(folder.path(), &clock, &network);
    one.quote("r1").unwrap();
    one.driver.run();
    assert_eq!(other.quote("r1").unwrap().source(), Source::Cache);
    assert_eq!(network.sent(), 1);
}

#[test]
fn what_was_turned_off_is_off_for_the_next_process_too() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, network) = (ManualClock::new(), ScriptedNetwork::new(answers("q1")));
    let mut app = App::start(folder.path(), &clock, &network);
    app.quote("r1").unwrap();
    let off = app.runtime.disable([Switch { part: Part::Cache, methods: None }]);
    app.finish(off).unwrap();
    app.end();
    let mut app = App::start(folder.path(), &clock, &network);
    for _ in 0..2 {
        let quote = app.quote("r1").unwrap();
        assert_eq!(quote.source(), Source::Network, "neither read nor stored, from the first call on");
    }
    assert_eq!(network.sent(), 3);
    let on = app.runtime.disable([]);
    app.finish(on).unwrap();
    app.end();
    let mut app = App::start(folder.path(), &clock, &network);
    assert_eq!(app.quote("r1").unwrap().source(), Source::Cache, "what was stored before it was turned off");
}

#[test]
fn a_paused_runtime_lets_go_of_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, network) = (ManualClock::new(), ScriptedNetwork::new(answers("q1")));
    let mut app = App::start(folder.path(), &clock, &network);
    app.quote("r1").unwrap();
    app.driver.run();
    // To the store, a lock on another open file is that of another process.
    let foreign = fs::File::open(folder.path().join("holdover-cache.lock")).unwrap();
    assert!(foreign.try_lock().is_err(), "this process has it");
    let paused = app.runtime.pause();
    app.finish(paused).unwrap();
    foreign.try_lock().unwrap();
    app.runtime.resume();
    app.quote("r2").unwrap();
    assert!(app.heard(|event| matches!(event, Event::StoreFailed { kind: StoreFaultKind::Held, .. })));
    foreign.unlock().unwrap();
    let paused = app.runtime.pause();
    app.finish(paused).unwrap();
    let mut other = App::start(folder.path(), &clock, &network);
    assert_eq!(other.quote("r1").unwrap().source(), Source::Cache);
    assert!(!other.heard(|event| matches!(event, Event::StoreFailed { .. })));
    assert!(foreign.try_lock().is_err(), "the other one has it now");
    other.end();
    foreign.try_lock().unwrap();
}
