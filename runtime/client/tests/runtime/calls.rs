//! Calls: windows, joins, cancellation.

use bytes::Bytes;
use futures_util::FutureExt as _;
use holdover_client::binding::TagBuilder;
use holdover_client::{CacheMode, Code, ErrorKind, Freshness, Source, UnaryCall};
use holdover_testkit::network::Reply;

use crate::rides::{PLAIN, PLAN, QUOTE, Ride, STATUS, UPDATE, World, answers, encode, request, ride, secs};

#[test]
fn a_cold_call_is_answered_by_the_network_and_a_repeat_by_memory() {
    let mut world = World::new();
    let cold = world.get(QUOTE, "r1").unwrap();
    assert_eq!((cold.source(), cold.freshness()), (Source::Network, Freshness::Fresh));
    assert_eq!(cold.value, ride("q1"));
    world.pass(secs(4));
    let mut warm: UnaryCall<Ride> = world.rides.unary(QUOTE, &request("r1"));
    // Answered by the first poll, without the driver.
    let warm = (&mut warm).now_or_never().unwrap().unwrap();
    assert_eq!((warm.source(), warm.freshness(), warm.age()), (Source::Cache, Freshness::Fresh, secs(4)));
    assert_eq!(world.network.sent(), 1);
    let sent = &world.network.requests()[0];
    assert_eq!((&*sent.path, &sent.body), ("/vectors.v1.Rides/Quote", &encode(&request("r1"))));
    assert_eq!(world.runtime.stats().counts.hits, [1, 0, 0, 0]);
}

#[test]
fn a_stale_answer_is_served_at_once_and_refreshed() {
    let mut world = World::new();
    world.get(QUOTE, "r1").unwrap();
    world.pass(secs(10));
    world.network.now(answers("q2"));
    let stale = world.get(QUOTE, "r1").unwrap();
    assert_eq!((stale.source(), stale.freshness()), (Source::Cache, Freshness::Stale));
    assert_eq!(stale.value, ride("q1"));
    world.driver.run();
    assert_eq!(world.network.sent(), 2, "one refresh");
    let fresh = world.get(QUOTE, "r1").unwrap();
    assert_eq!(
        (fresh.source(), fresh.freshness(), fresh.value),
        (Source::Cache, Freshness::Fresh, ride("q2"))
    );
}

#[test]
fn a_stale_answer_covers_a_failure() {
    let mut world = World::new();
    world.get(PLAN, "r1").unwrap();
    world.pass(secs(60));
    world.network.now(|_| Reply::status(Code::Unavailable));
    let covered = world.get(PLAN, "r1").unwrap();
    assert_eq!((covered.freshness(), &covered.value), (Freshness::Stale, &ride("q1")));
    assert_eq!(covered.error().unwrap().kind, ErrorKind::Unavailable);
    world.pass(secs(3600));
    let error = world.get(PLAN, "r1").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable, "past every window");
}

#[test]
fn calls_for_the_same_thing_share_a_request() {
    let mut world = World::new();
    let held = world.network.hold();
    let mut one: UnaryCall<Ride> = world.rides.unary(QUOTE, &request("r1"));
    let mut other: UnaryCall<Ride> = world.rides.unary(QUOTE, &request("r1"));
    assert!((&mut one).now_or_never().is_none());
    assert!((&mut other).now_or_never().is_none());
    world.driver.run();
    held.answer(Ok(encode(&ride("shared"))));
    assert_eq!(world.finish(one).unwrap().value, ride("shared"));
    assert_eq!(world.finish(other).unwrap().value, ride("shared"));
    assert_eq!(world.network.sent(), 1);
    assert_eq!(world.runtime.stats().counts.joins, 1);
}

#[test]
fn the_last_waiter_to_leave_cancels_the_request() {
    let mut world = World::new();
    let _held = world.network.hold();
    let mut one: UnaryCall<Ride> = world.rides.unary(QUOTE, &request("r1"));
    let mut other: UnaryCall<Ride> = world.rides.unary(QUOTE, &request("r1"));
    assert!((&mut one).now_or_never().is_none());
    assert!((&mut other).now_or_never().is_none());
    world.driver.run();
    drop(one);
    world.driver.run();
    assert_eq!(world.network.cancelled(), 0, "somebody still waits");
    drop(other);
    world.driver.run();
    assert_eq!((world.network.sent(), world.network.cancelled()), (1, 1));
}

#[test]
fn a_request_whose_head_has_come_runs_on() {
    let mut world = World::new();
    let mut held = world.network.hold();
    let mut call: UnaryCall<Ride> = world.rides.unary(QUOTE, &request("r1"));
    assert!((&mut call).now_or_never().is_none());
    world.driver.run();
    held.head();
    world.driver.run();
    drop(call);
    world.driver.run();
    assert_eq!(world.network.cancelled(), 0);
    held.answer(Ok(encode(&ride("late"))));
    world.driver.run();
    let kept = world.get(QUOTE, "r1").unwrap();
    assert_eq!((kept.source(), kept.value), (Source::Cache, ride("late")));
}

#[test]
fn a_mutation_is_cancelled_on_the_wire() {
    let mut world = World::new();
    let _held = world.network.hold();
    let mut call: UnaryCall<Ride> = world.rides.unary(UPDATE, &request("r1"));
    assert!((&mut call).now_or_never().is_none());
    world.driver.run();
    drop(call);
    world.driver.run();
    assert_eq!(world.network.cancelled(), 1);
}

#[test]
fn a_call_that_is_never_awaited_does_nothing() {
    let mut world = World::new();
    drop(world.rides.unary::<_, Ride>(QUOTE, &request("r1")));
    world.driver.run();
    assert_eq!(world.network.sent(), 0);
}

#[test]
fn time_runs_out() {
    let mut world = World::new();
    let _held = world.network.hold();
    let mut call: UnaryCall<Ride> = world.rides.unary(STATUS, &request("r1")).timeout(secs(1));
    assert!((&mut call).now_or_never().is_none());
    world.pass(secs(1));
    let error = world.finish(call).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert_eq!(world.network.requests()[0].timeout, Some(secs(2)), "the attempt's own time");
}

#[test]
fn what_a_mutation_makes_outdated_is_fetched_again() {
    let mut world = World::new();
    world.get(QUOTE, "r1").unwrap();
    world.get(UPDATE, "r1").unwrap();
    world.network.now(answers("after the update"));
    let read = world.get(QUOTE, "r1").unwrap();
    assert_eq!((read.source(), read.value), (Source::Network, ride("after the update")));
    assert_eq!(world.runtime.stats().counts.invalidated_tags, 1);
}

#[test]
fn an_app_can_make_a_tag_outdated() {
    let mut world = World::new();
    world.get(QUOTE, "r1").unwrap();
    let tag = TagBuilder::new().literal("ride:").value("r1").build();
    let done = world.session.invalidate(tag);
    world.finish(done).unwrap();
    world.network.now(answers("q2"));
    assert_eq!(world.get(QUOTE, "r1").unwrap().value, ride("q2"));
}

#[test]
fn an_app_can_warm_and_fill_the_cache() {
    let mut world = World::new();
    let warm = world.rides.prefetch(QUOTE, &request("r1"));
    world.finish(warm).unwrap();
    let cached = world.rides.cached::<_, Ride>(QUOTE, &request("r1")).unwrap();
    assert_eq!(cached.freshness(), Freshness::Fresh);
    assert!(world.rides.cached::<_, Ride>(QUOTE, &request("r2")).is_none());
    let put = world.rides.put(QUOTE, &request("r2"), &ride("pushed"));
    world.finish(put).unwrap();
    let pushed = world.rides.cached::<_, Ride>(QUOTE, &request("r2")).unwrap();
    assert_eq!((pushed.freshness(), pushed.value), (Freshness::Stale, ride("pushed")));
    let unusable = world.rides.put(QUOTE, &request("r3"), &Ride::default());
    let error = world.finish(unusable).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unusable);
    assert!(error.message.starts_with("the value that was put") && !error.paths.is_empty(), "{error}");
    let uncached = world.rides.put(PLAIN, &request("r3"), &ride("x"));
    assert_eq!(world.finish(uncached).unwrap_err().kind, ErrorKind::Misuse);
}

#[test]
fn a_prefetch_that_is_let_go_goes_on() {
    let mut world = World::new();
    drop(world.rides.prefetch(QUOTE, &request("r1")));
    world.driver.run();
    assert!(world.rides.cached::<_, Ride>(QUOTE, &request("r1")).is_some());
}

#[test]
fn options_reach_the_engine() {
    let mut world = World::new();
    let call: UnaryCall<Ride> = world.rides.unary(QUOTE, &request("r1")).cache(CacheMode::CacheOnly);
    world.finish(call).unwrap_err();
    assert_eq!(world.network.sent(), 0);
    world.session.set_metadata("app-version", "7").unwrap();
    let call: UnaryCall<Ride> = world.rides.unary(PLAIN, &request("r1")).metadata("x-trace", "t1");
    world.finish(call).unwrap();
    let sent = &world.network.requests()[0].metadata;
    assert_eq!((sent.text("app-version"), sent.text("x-trace")), (Some("7"), Some("t1")));
    let call: UnaryCall<Ride> = world.rides.unary(PLAIN, &request("r1")).metadata("not a name", "t1");
    assert_eq!(world.finish(call).unwrap_err().kind, ErrorKind::Misuse);
}

#[test]
fn an_answer_that_cannot_be_decoded_is_unusable() {
    let mut world = World::new();
    // Field 2 is a number, and comes as text: well-formed on the wire, and not a Ride.
    world.network.now(|_| Reply::Ok(Bytes::from_static(b"\x0a\x01a\x12\x01b")));
    let error = world.get(PLAIN, "r1").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unusable, "{error}");
}
