//! Streams of a server: order, back pressure, ends of every sort.

use futures_util::{FutureExt as _, StreamExt as _};
use holdover_client::{
    Code, ErrorKind, Freshness, OutboxChoice, Progress, Snapshot, Source, Streaming, TransportFailure,
};
use holdover_testkit::network::{Reply, ScriptedStream};

use crate::rides::{FEED, QUOTE, Ride, WATCH, World, answers, encode, request, ride, secs, status};

pub(crate) type Rides = Streaming<Ride>;
pub(crate) type Next<T> = Option<Option<Result<Snapshot<T>, holdover_client::Error>>>;

/// What there is to read now: `None` where there is nothing yet.
pub(crate) fn next(world: &mut World, stream: &mut Rides) -> Next<Ride> {
    world.driver.run();
    stream.next().now_or_never()
}

/// The ids of all the items that are there.
pub(crate) fn ids(world: &mut World, stream: &mut Rides) -> Vec<String> {
    let mut ids = Vec::new();
    while let Some(Some(Ok(item))) = next(world, stream) {
        ids.push(item.value.id.unwrap());
    }
    ids
}

pub(crate) fn failed(next: Next<Ride>) -> holdover_client::Error {
    match next {
        Some(Some(Err(error))) => error,
        other => panic!("no error: {other:?}"),
    }
}

/// A world whose streams the test serves, and one that is open.
pub(crate) fn open(method: usize) -> (World, Rides, ScriptedStream) {
    let mut world = World::new();
    world.network.now(|_| Reply::Live);
    let mut stream = world.rides.server_stream(method, &request("r1"));
    assert!(stream.next().now_or_never().is_none());
    world.driver.run();
    let wire = world.network.stream(0);
    wire.head();
    (world, stream, wire)
}

pub(crate) fn send(wire: &ScriptedStream, id: &str) {
    wire.message(encode(&ride(id)));
}

#[test]
fn nothing_is_sent_before_the_first_poll() {
    let mut world = World::new();
    let stream: Rides = world.rides.server_stream(FEED, &request("r1")).timeout(secs(9));
    world.driver.run();
    drop(stream);
    world.driver.run();
    assert_eq!(world.network.sent(), 0);
}

#[test]
fn messages_arrive_in_order_then_the_end_and_then_nothing() {
    let (mut world, mut stream, wire) = open(FEED);
    assert!(next(&mut world, &mut stream).is_none());
    for id in ["a", "b", "c"] {
        send(&wire, id);
    }
    wire.end();
    let first = next(&mut world, &mut stream).unwrap().unwrap().unwrap();
    assert_eq!((first.source(), first.freshness(), first.gap()), (Source::Network, Freshness::Fresh, false));
    assert_eq!(first.value, ride("a"));
    assert_eq!(ids(&mut world, &mut stream), ["b", "c"]);
    assert_eq!(next(&mut world, &mut stream), Some(None));
    assert_eq!(next(&mut world, &mut stream), Some(None), "it is fused");
    assert!(wire.is_dropped());
    let sent = &world.network.requests()[0];
    assert_eq!((&*sent.path, &sent.body), ("/vectors.v1.Rides/Feed", &encode(&request("r1"))));
    assert_eq!(world.network.sent(), 1);
}

#[test]
fn options_reach_the_wire() {
    let mut world = World::new();
    world.network.now(|_| Reply::Live);
    let mut stream: Rides = world.rides.server_stream(FEED, &request("r1")).metadata("x-trip", "7");
    assert!(stream.next().now_or_never().is_none());
    world.driver.run();
    assert_eq!(world.network.requests()[0].metadata.text("x-trip"), Some("7"));
    let mut wrong: Rides = world.rides.server_stream(FEED, &request("r1")).metadata("not a name", "7");
    assert_eq!(failed(next(&mut world, &mut wrong)).kind, ErrorKind::Misuse);
    assert_eq!(next(&mut world, &mut wrong), Some(None));
    assert_eq!(world.network.sent(), 1);
}

#[test]
fn a_caller_that_does_not_read_makes_the_server_wait() {
    let (mut world, mut stream, wire) = open(FEED);
    for n in 0..100 {
        send(&wire, &n.to_string());
    }
    world.driver.run();
    let ahead = wire.taken();
    // The last of them waits to be pulled: it could have been the end.
    assert!((1..=17).contains(&ahead), "{ahead} messages were read ahead");
    for _ in 0..10 {
        world.pass(secs(1));
    }
    assert_eq!(wire.taken(), ahead, "nothing more is pulled");
    let all: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    assert_eq!(ids(&mut world, &mut stream), all, "and nothing is lost");
    assert_eq!(wire.taken(), 100);
}

#[test]
fn long_messages_are_pulled_one_by_one() {
    let (mut world, mut stream, wire) = open(FEED);
    let long = "x".repeat(1 << 20);
    for _ in 0..40 {
        send(&wire, &long);
    }
    // The first of them could not be foreseen.
    for _ in 0..17 {
        next(&mut world, &mut stream).unwrap().unwrap().unwrap();
    }
    let read = 17;
    world.driver.run();
    assert_eq!(wire.taken(), read + 1 + 1, "one is read ahead, and one waits to be pulled");
}

#[test]
fn no_executor_is_woken_for_nothing() {
    let (mut world, mut stream, wire) = open(FEED);
    let (waker, woken) = futures_test_waker();
    let mut context = std::task::Context::from_waker(&waker);
    assert!(stream.poll_next_unpin(&mut context).is_pending());
    world.driver.run();
    assert_eq!(woken.count(), 0);
    for id in ["a", "b", "c"] {
        send(&wire, id);
    }
    world.driver.run();
    assert_eq!(woken.count(), 1, "once, however much there is to read");
    assert_eq!(ids(&mut world, &mut stream), ["a", "b", "c"]);
}

#[test]
fn dropping_a_stream_cancels_it() {
    let (mut world, mut stream, wire) = open(FEED);
    send(&wire, "a");
    assert_eq!(ids(&mut world, &mut stream), ["a"]);
    assert!(!wire.is_dropped());
    drop(stream);
    world.driver.run();
    assert!(wire.is_dropped());
    // What comes all the same is nobody's.
    send(&wire, "b");
    world.driver.run();
    world.network.now(answers("q1"));
    assert_eq!(world.get(QUOTE, "r2").unwrap().value, ride("q1"), "the world goes on");
}

#[test]
fn a_status_ends_a_stream_after_what_was_sent_before_it() {
    let (mut world, mut stream, wire) = open(FEED);
    send(&wire, "a");
    wire.fail(status(Code::PermissionDenied));
    assert_eq!(ids(&mut world, &mut stream), ["a"]);
    // `ids` has taken the error.
    assert_eq!(next(&mut world, &mut stream), Some(None));
    let (mut world, mut stream, wire) = open(FEED);
    wire.fail(status(Code::PermissionDenied));
    let error = failed(next(&mut world, &mut stream));
    assert_eq!((error.kind, error.status.unwrap().code), (ErrorKind::Rejected, Code::PermissionDenied));
    assert_eq!(next(&mut world, &mut stream), Some(None), "and it is fused");
}

#[test]
fn a_broken_connection_ends_a_stream_that_does_not_reconnect() {
    let (mut world, mut stream, wire) = open(FEED);
    wire.fail(holdover_client::Failure::Transport {
        kind: TransportFailure::Reset,
        unsent: false,
        message: "as the test says".to_owned(),
    });
    assert_eq!(failed(next(&mut world, &mut stream)).kind, ErrorKind::Unreachable);
    assert_eq!(world.network.streams(), 1);
}

#[test]
fn a_message_that_cannot_be_read_ends_the_stream_and_cancels_it() {
    let (mut world, mut stream, wire) = open(FEED);
    wire.message(&b"\xff\xff\xff"[..]);
    send(&wire, "b");
    let error = failed(next(&mut world, &mut stream));
    assert_eq!(error.kind, ErrorKind::Unusable, "{error}");
    assert_eq!(next(&mut world, &mut stream), Some(None));
    world.driver.run();
    assert!(wire.is_dropped());
}

#[test]
fn a_transport_that_panics_ends_one_stream() {
    let (mut world, mut stream, wire) = open(FEED);
    let mut other: Rides = world.rides.server_stream(FEED, &request("r2"));
    assert!(next(&mut world, &mut other).is_none());
    wire.panic();
    let error = failed(next(&mut world, &mut stream));
    assert!(error.message.contains("panicked"), "{error}");
    world.driver.run();
    let second = world.network.stream(1);
    second.head();
    send(&second, "goes on");
    assert_eq!(ids(&mut world, &mut other), ["goes on"]);
    world.network.now(|_| Reply::Panic);
    let mut third: Rides = world.rides.server_stream(FEED, &request("r3"));
    assert!(third.next().now_or_never().is_none());
    assert!(failed(next(&mut world, &mut third)).message.contains("panicked"));
}

#[test]
fn a_transport_that_breaks_its_promises_is_told_off() {
    // It ends without an end.
    let mut world = World::new();
    world.network.now(|_| Reply::Ok(encode(&ride("only"))));
    let mut stream: Rides = world.rides.server_stream(FEED, &request("r1"));
    assert!(stream.next().now_or_never().is_none());
    assert_eq!(ids(&mut world, &mut stream), ["only"]);
    // A message before its head is a message all the same.
    let mut world = World::new();
    world.network.now(|_| Reply::Live);
    let mut stream: Rides = world.rides.server_stream(FEED, &request("r1"));
    assert!(stream.next().now_or_never().is_none());
    world.driver.run();
    let wire = world.network.stream(0);
    send(&wire, "early");
    wire.head();
    send(&wire, "late");
    assert_eq!(ids(&mut world, &mut stream), ["early", "late"]);
}

#[test]
fn signing_out_and_shutting_down_end_streams() {
    let (mut world, mut stream, wire) = open(FEED);
    let gone = world.session.sign_out(OutboxChoice::Discard);
    world.finish(gone).unwrap();
    assert_eq!(failed(next(&mut world, &mut stream)).kind, ErrorKind::SignedOut);
    world.driver.run();
    assert!(wire.is_dropped());

    let (mut world, mut stream, wire) = open(FEED);
    send(&wire, "a");
    world.driver.run();
    drop(world.runtime.shutdown());
    world.driver.run();
    // There is nothing to run any more, which is no mistake.
    world.driver.run();
    let last = stream.next().now_or_never().unwrap().unwrap().unwrap();
    assert_eq!(last.value, ride("a"), "what had arrived is still read");
    assert!(failed(stream.next().now_or_never()).message.contains("shut down"));
    assert_eq!(stream.next().now_or_never(), Some(None));
    let mut later: Rides = world.rides.server_stream(FEED, &request("r1"));
    assert!(failed(later.next().now_or_never()).message.contains("shut down"));
}

#[test]
fn a_stream_outlives_the_handles_it_came_from() {
    let (world, mut stream, wire) = open(FEED);
    let World { runtime, mut driver, session, rides, .. } = world;
    drop((runtime, session, rides));
    send(&wire, "a");
    driver.run();
    assert_eq!(stream.next().now_or_never().unwrap().unwrap().unwrap().value, ride("a"));
    drop(stream);
    driver.run();
    assert!(wire.is_dropped());
}

#[test]
fn measurements_reach_the_counters() {
    let (mut world, mut stream, wire) = open(FEED);
    wire.progress(Progress::Sent { bytes: 5 });
    wire.progress(Progress::Transferred { bytes: 40_000, over: secs(1) });
    wire.progress(Progress::Bytes);
    send(&wire, "a");
    assert_eq!(ids(&mut world, &mut stream), ["a"]);
    let stats = world.runtime.stats();
    assert_eq!((stats.sent_bytes, stats.received_bytes), (5, 40_000));
}

#[test]
fn a_method_of_another_kind_is_misuse() {
    let mut world = World::new();
    let mut wrong: Rides = world.rides.server_stream(QUOTE, &request("r1"));
    let error = failed(next(&mut world, &mut wrong));
    assert_eq!(error.kind, ErrorKind::Misuse);
    assert!(error.message.contains("Rides/Quote"), "{error}");
    assert_eq!(world.get(WATCH, "r1").unwrap_err().kind, ErrorKind::Misuse, "nor is a stream a call");
    let mut missing: Rides = world.rides.server_stream(999, &request("r1"));
    assert_eq!(failed(next(&mut world, &mut missing)).kind, ErrorKind::Misuse);
    assert_eq!(world.network.sent(), 0);
}

#[test]
fn many_streams_do_not_starve_one_another() {
    let mut world = World::new();
    world.network.now(|_| Reply::Live);
    let mut streams: Vec<Rides> =
        (0..100).map(|n| world.rides.server_stream(FEED, &request(&n.to_string()))).collect();
    for stream in &mut streams {
        assert!(stream.next().now_or_never().is_none());
    }
    world.driver.run();
    assert_eq!(world.network.streams(), 100);
    for n in 0..100 {
        let wire = world.network.stream(n);
        wire.head();
        (0..100).for_each(|m| send(&wire, &m.to_string()));
        wire.end();
    }
    for stream in &mut streams {
        assert_eq!(ids(&mut world, stream).len(), 100);
    }
    assert!((0..100).all(|n| world.network.stream(n).is_dropped()));
}

/// Counts how often it is woken.
#[derive(Default)]
struct Counting(std::sync::atomic::AtomicUsize);

impl Counting {
    fn count(&self) -> usize {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

impl std::task::Wake for Counting {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

fn futures_test_waker() -> (std::task::Waker, std::sync::Arc<Counting>) {
    let counting = std::sync::Arc::new(Counting::default());
    (std::task::Waker::from(counting.clone()), counting)
}
