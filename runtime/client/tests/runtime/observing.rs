//! Observers.

use futures_util::FutureExt as _;
use holdover_client::{
    CacheMode, Code, DetailMode, ErrorKind, Freshness, Observation, Observed, OutboxChoice, Priority, Quality,
};
use holdover_testkit::network::Reply;

use crate::rides::{PLAIN, QUOTE, Ride, TRIP, World, answers, encode, request, ride, secs};

fn value(state: Option<Option<Observed<Ride>>>) -> holdover_client::Snapshot<Ride> {
    match state {
        Some(Some(Observed::Value(snapshot))) => snapshot,
        other => panic!("not a value: {other:?}"),
    }
}

fn failure(state: Option<Option<Observed<Ride>>>) -> ErrorKind {
    match state {
        Some(Some(Observed::Failed(error))) => error.kind,
        other => panic!("not a failure: {other:?}"),
    }
}

#[test]
fn a_screen_sees_loading_then_the_answer_then_every_newer_one() {
    let mut world = World::new();
    let held = world.network.hold();
    let mut quotes: Observation<Ride> = world.rides.observe(QUOTE, &request("r1"));
    assert_eq!(world.next(&mut quotes), Some(Some(Observed::Loading)));
    world.driver.run();
    held.answer(Ok(encode(&ride("q1"))));
    let first = value(world.next(&mut quotes));
    assert_eq!((first.value.clone(), first.freshness()), (ride("q1"), Freshness::Fresh));
    assert_eq!(world.next(&mut quotes), None, "nothing new");
    let newer = world.rides.put(QUOTE, &request("r1"), &ride("pushed"));
    world.finish(newer).unwrap();
    assert_eq!(value(world.next(&mut quotes)).value, ride("pushed"));
}

#[test]
fn pull_to_refresh_ends_with_the_attempt() {
    let mut world = World::new();
    let mut quotes: Observation<Ride> = world.rides.observe(QUOTE, &request("r1"));
    world.next(&mut quotes);
    world.driver.run();
    while quotes.next().now_or_never().is_some() {}
    world.network.now(answers("q2"));
    let refreshed = quotes.refresh();
    world.finish(refreshed).unwrap();
    assert_eq!(value(world.next(&mut quotes)).value, ride("q2"));
    world.network.now(|_| Reply::status(Code::Unavailable));
    world.pass(secs(2));
    let failed = quotes.refresh();
    assert_eq!(world.finish(failed).unwrap_err().kind, ErrorKind::Unavailable);
    let after = value(world.next(&mut quotes));
    assert_eq!((after.value.clone(), after.is_refreshing()), (ride("q2"), false), "the value stays");
    assert_eq!(after.error().unwrap().kind, ErrorKind::Unavailable);
}

#[test]
fn options_reach_the_wire() {
    let mut world = World::new();
    assert!(world.get(TRIP, "r1").is_ok());
    world.runtime.set_quality(Quality::Poor);
    let mut trips: Observation<Ride> = world
        .rides
        .observe(TRIP, &request("r1"))
        .metadata("x-trip", "7")
        .cache(CacheMode::NetworkOnly)
        .detail(DetailMode::Full)
        .priority(Priority::Background);
    world.next(&mut trips);
    world.driver.run();
    assert_eq!(world.network.sent(), 2, "what is stored does not do");
    let sent = &world.network.requests()[1];
    assert_eq!(
        (sent.metadata.text("x-trip"), sent.metadata.text("holdover-detail"), sent.priority),
        (Some("7"), None, Priority::Background)
    );
    let mut wrong: Observation<Ride> = world.rides.observe(TRIP, &request("r2")).metadata("not a name", "7");
    assert_eq!(failure(world.next(&mut wrong)), ErrorKind::Misuse);
    assert_eq!(world.next(&mut wrong), Some(None));
    assert_eq!(world.network.sent(), 2);
}

#[test]
fn a_failure_is_a_state_and_signing_out_the_end() {
    let mut world = World::new();
    world.network.now(|_| Reply::status(Code::InvalidArgument));
    let mut quotes: Observation<Ride> = world.rides.observe(QUOTE, &request("r1"));
    // Loading is not seen: only the newest state counts.
    let state = world.next(&mut quotes);
    assert_eq!(failure(state), ErrorKind::Rejected);
    assert_eq!(world.next(&mut quotes), None, "it lives on");
    let gone = world.session.sign_out(OutboxChoice::Discard);
    world.finish(gone).unwrap();
    let state = world.next(&mut quotes);
    assert_eq!(failure(state), ErrorKind::SignedOut);
    assert_eq!(world.next(&mut quotes), Some(None), "and then it has ended");
    assert_eq!(world.finish(quotes.refresh()).unwrap_err().kind, ErrorKind::SignedOut);
}

#[test]
fn dropping_an_observation_stops_its_request() {
    let mut world = World::new();
    let _held = world.network.hold();
    let mut quotes: Observation<Ride> = world.rides.observe(QUOTE, &request("r1"));
    world.next(&mut quotes);
    world.driver.run();
    assert_eq!((world.network.sent(), world.network.cancelled()), (1, 0));
    drop(quotes);
    world.driver.run();
    assert_eq!(world.network.cancelled(), 1);
}

#[test]
fn an_observation_that_is_refused_ends() {
    let mut world = World::new();
    let mut plain: Observation<Ride> = world.rides.observe(PLAIN, &request("r1"));
    let refused = world.next(&mut plain);
    assert_eq!(failure(refused), ErrorKind::Misuse, "it is not cached");
    assert_eq!(world.next(&mut plain), Some(None));
    assert_eq!(world.next(&mut plain), Some(None));
}
