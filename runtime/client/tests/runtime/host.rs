//! Encoded bytes in, deliveries out: exactly one end, in order, whoever calls from where.

use std::sync::{Arc, Mutex, Weak};

use bytes::Bytes;
use holdover_client::host::{self, Call, Delivered, Form, Method, RawObserved, Sink, Start, Told, next_op};
use holdover_client::{
    Account, CallOptions, Error, ErrorKind, Kind, MemoryStore, OutboxChoice, Runtime, Session, Source,
};
use holdover_testkit::clock::ManualClock;
use holdover_testkit::network::{Reply, ScriptedNetwork};

use crate::rides::{
    CHAT, FEED, PLAIN, POLICY, QUOTE, TRIP, UPLOAD, World, answers, builder, encode, no_credentials, request,
    ride, secs,
};

/// Writes down what it is told.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(Told, bool)>>>);

impl Sink for Log {
    fn tell(&self, told: Told, last: bool) {
        let mut log = self.0.lock().unwrap();
        assert!(!log.iter().any(|(_, last)| *last), "{told:?} after the end");
        log.push((told, last));
    }
}

impl Log {
    fn take(&self) -> Vec<(Told, bool)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn is_empty(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }
}

fn method(runtime: &Runtime, index: usize) -> Method {
    host::register(runtime, &Bytes::from_static(POLICY)).unwrap().swap_remove(index)
}

fn call(session: &Session, index: usize, form: Form, ride: &str) -> Start {
    Start::Call {
        session: session.clone(),
        method: method(session.runtime(), index),
        form,
        request: if index >= UPLOAD { Bytes::new() } else { encode(&request(ride)) },
        options: CallOptions::default(),
    }
}

fn start(world: &World, start: Start) -> (Call, Log) {
    let log = Log::default();
    let call = Call::new(&world.runtime, next_op(), log.clone());
    call.start(start).unwrap();
    (call, log)
}

fn answer(log: &Log) -> holdover_client::host::RawSnapshot {
    match &log.take()[..] {
        [(Told::Delivered(Delivered::Answer(answer)), true)] => answer.as_ref().clone().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn done(log: &Log) -> Result<(), Error> {
    match &log.take()[..] {
        [(Told::Delivered(Delivered::Done(outcome)), true)] => outcome.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_answer_from_the_network_comes_later_and_one_from_memory_at_once() {
    let mut world = World::new();
    let (_, log) = start(&world, call(&world.session, QUOTE, Form::Get, "r1"));
    assert!(log.is_empty());
    world.driver.run();
    assert_eq!(answer(&log).source, Source::Network);
    let (_, log) = start(&world, call(&world.session, QUOTE, Form::Get, "r1"));
    assert_eq!(answer(&log).source, Source::Cache);
    let quote = method(&world.runtime, QUOTE);
    let hit = host::peek(&world.session, &quote, &encode(&request("r1")), &CallOptions::default()).unwrap();
    assert_eq!(hit.value, encode(&ride("q1")));
}

#[test]
fn cancelling_ends_once_before_during_and_after() {
    let mut world = World::new();
    let log = Log::default();
    let early = Call::new(&world.runtime, next_op(), log.clone());
    early.cancel();
    early.start(call(&world.session, QUOTE, Form::Get, "r1")).unwrap();
    assert_eq!(log.take(), [(Told::Cancelled, true)]);
    world.driver.run();
    assert_eq!(world.network.sent(), 0, "it has not started");

    let early = Call::new(&world.runtime, next_op(), log.clone());
    early.cancel();
    early.start(call(&world.session, FEED, Form::Get, "r1")).unwrap();
    assert_eq!(log.take(), [(Told::Cancelled, true)], "one end, whatever is wrong with it");
    let wrong = Call::new(&world.runtime, next_op(), log.clone());
    wrong.start(call(&world.session, FEED, Form::Get, "r1")).unwrap_err();
    wrong.cancel();
    assert!(log.is_empty(), "what was refused has no end");

    let (running, log) = start(&world, call(&world.session, QUOTE, Form::Get, "r1"));
    running.cancel();
    assert_eq!(log.take(), [(Told::Cancelled, true)]);
    running.cancel();
    world.driver.run();
    assert!(log.is_empty());

    let (over, log) = start(&world, call(&world.session, QUOTE, Form::Get, "r2"));
    world.driver.run();
    answer(&log);
    over.cancel();
    assert!(log.is_empty());
}

#[test]
fn items_come_as_they_are_asked_for() {
    let mut world = World::new();
    world.network.now(|_| Reply::Live);
    let (feed, log) = start(&world, call(&world.session, FEED, Form::Stream, "r1"));
    world.driver.run();
    let wire = world.network.stream(0);
    wire.head();
    for id in ["a", "b", "c"] {
        wire.message(encode(&ride(id)));
    }
    wire.end();
    world.driver.run();
    assert!(log.is_empty(), "nothing was asked for");
    // The end is found by asking for one more.
    for (ids, items) in [(&["a", "b"][..], 2), (&["c"], 2)] {
        feed.demand(items);
        world.driver.run();
        let mut told = log.take();
        if ids == ["c"] {
            assert_eq!(told.pop(), Some((Told::Delivered(Delivered::Ended(Ok(()))), true)));
        }
        let values: Vec<Bytes> = told
            .into_iter()
            .map(|(told, _)| match told {
                Told::Delivered(Delivered::Item(item)) => item.value,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(values, ids.iter().map(|id| encode(&ride(id))).collect::<Vec<_>>());
    }
}

#[test]
fn a_sequence_is_sent_by_credit_and_answered_once() {
    let mut world = World::new();
    world.network.now(|_| Reply::Live);
    let (upload, log) = start(&world, call(&world.session, UPLOAD, Form::Stream, ""));
    world.driver.run();
    assert!(matches!(log.take()[..], [(Told::Delivered(Delivered::Credit(1..)), false)]));
    upload.send(encode(&ride("chunk")));
    upload.close_send();
    world.driver.run();
    let wire = world.network.stream(0);
    wire.take(1);
    world.driver.run();
    assert_eq!(wire.received(), [encode(&ride("chunk"))]);
    wire.head();
    wire.message(encode(&ride("receipt")));
    wire.end();
    world.driver.run();
    let mut told = log.take();
    told.retain(|(told, _)| !matches!(told, Told::Delivered(Delivered::Credit(_))));
    match &told[..] {
        [(Told::Delivered(Delivered::Answer(answer)), true)] => {
            assert_eq!(answer.as_ref().as_ref().unwrap().value, encode(&ride("receipt")));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn commands_end_done_and_a_sign_out_ends_observers() {
    let mut world = World::new();
    let (observer, states) = start(&world, call(&world.session, QUOTE, Form::Observe, "r1"));
    world.driver.run();
    assert!(matches!(
        &states.take()[..],
        [(Told::Delivered(Delivered::Observed(loading)), false), (Told::Delivered(Delivered::Observed(value)), false)]
            if **loading == RawObserved::Loading && matches!(**value, RawObserved::Value(_))
    ));
    let (_, refreshed) = start(&world, Start::Refresh { observer: observer.op() });
    world.driver.run();
    assert_eq!(answer(&refreshed).source, Source::Network);
    states.take();

    let session = world.session.clone();
    let value = encode(&ride("p1"));
    let quote = method(&world.runtime, QUOTE);
    let (request, options) = (encode(&request("r9")), CallOptions::default());
    let (_, put) =
        start(&world, Start::Put { session: session.clone(), method: quote, request, value, options });
    let (_, signed_out) = start(&world, Start::SignOut { session, outbox: OutboxChoice::Discard });
    world.driver.run();
    done(&put).unwrap();
    done(&signed_out).unwrap();
    match &states.take()[..] {
        [(Told::Delivered(Delivered::Observed(end)), true)] => {
            assert!(matches!(&**end, RawObserved::Failed(error) if error.kind == ErrorKind::SignedOut));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_method_is_called_only_as_its_kind_allows() {
    let world = World::new();
    for (index, form) in [(QUOTE, Form::Stream), (FEED, Form::Get), (CHAT, Form::Observe)] {
        let log = Log::default();
        let refused = Call::new(&world.runtime, next_op(), log.clone());
        let error = refused.start(call(&world.session, index, form, "r1")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Misuse);
        drop(refused);
        assert!(log.is_empty(), "what has not started has no end");
    }
    let methods = host::register(&world.runtime, &Bytes::from_static(POLICY)).unwrap();
    assert_eq!((methods[QUOTE].name(), methods[QUOTE].kind()), ("vectors.v1.Rides/Quote", Kind::Unary));
    let (nodes, paths) = methods[TRIP].plan().unwrap();
    assert!(paths.contains(&"promo".to_owned()) && nodes[0].contains(&(3, None)), "{nodes:?} {paths:?}");
    host::register(&world.runtime, &Bytes::from_static(b"\xff")).unwrap_err();
}

#[test]
fn the_end_of_the_runtime_is_the_end_of_everything() {
    let world = World::new();
    let (_, log) = start(&world, call(&world.session, QUOTE, Form::Get, "r1"));
    let again = call(&world.session, QUOTE, Form::Get, "r1");
    drop(world.runtime.shutdown());
    assert!(matches!(&log.take()[..], [(Told::Ended(error), true)] if error.kind == ErrorKind::Misuse));
    let late = Call::new(&world.runtime, next_op(), log.clone());
    let error = late.start(again).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Misuse);
    drop(late);
    assert!(log.is_empty());
}

/// Starts the same call again each time it ends, from inside.
struct Chain {
    session: Weak<Session>,
    left: usize,
    log: Log,
}

impl Sink for Chain {
    fn tell(&self, told: Told, last: bool) {
        self.log.0.lock().unwrap().push((told, false));
        if let Some(session) = self.session.upgrade().filter(|_| last && self.left > 0) {
            let next = Self { session: self.session.clone(), left: self.left - 1, log: self.log.clone() };
            let next = Call::new(session.runtime(), next_op(), next);
            next.start(call(&session, QUOTE, Form::Get, "r1")).unwrap();
        }
    }
}

#[test]
fn a_sink_may_call_the_runtime() {
    let clock = ManualClock::new();
    let network = ScriptedNetwork::new(answers("q1"));
    let (runtime, mut driver) = builder(&clock, &network).store(MemoryStore::new()).build_inline().unwrap();
    let session = Arc::new(runtime.session(holdover_client::Account::Guest, no_credentials));
    let log = Log::default();
    let first = Chain { session: Arc::downgrade(&session), left: 5, log: log.clone() };
    Call::new(&runtime, next_op(), first).start(call(&session, QUOTE, Form::Get, "r1")).unwrap();
    driver.run();
    clock.advance(secs(1));
    driver.run();
    assert_eq!(log.take().len(), 6);
    assert_eq!(network.sent(), 1);
}

#[test]
fn the_last_hold_of_a_session_may_go_with_a_start() {
    let mut world = World::new();
    let session = world.runtime.session(Account::user("u-2"), no_credentials);
    let log = Log::default();
    let last = call(&session, QUOTE, Form::Get, "r1");
    drop(session);
    Call::new(&world.runtime, next_op(), log.clone()).start(last).unwrap();
    world.driver.run();
    // Nobody holds the session any more, and calls end with their sessions.
    assert_eq!(log.take().len(), 1);
    assert_eq!(world.network.sent(), 0);
}

#[test]
fn an_observer_that_is_refused_has_ended() {
    let mut world = World::new();
    let (_, log) = start(&world, call(&world.session, PLAIN, Form::Observe, "r1"));
    world.driver.run();
    match &log.take()[..] {
        [(Told::Delivered(Delivered::Ended(Err(error))), true)] => assert_eq!(error.kind, ErrorKind::Misuse),
        other => panic!("{other:?}"),
    }
}
