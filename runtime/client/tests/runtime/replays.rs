//! Streams that are kept and shared: what is shown first, and who skips (rules G2, G4, G5).

use futures_util::FutureExt as _;
use holdover_client::binding::Client;
use holdover_client::{Account, Anonymous, CacheMode, Freshness, Source};

use crate::rides::{POLICY, WATCH, request, ride, secs};
use crate::streams::{Rides, ids, next, open, send};

#[test]
fn a_reopened_stream_shows_its_last_message_first() {
    let (mut world, mut stream, wire) = open(WATCH);
    send(&wire, "a");
    assert_eq!(ids(&mut world, &mut stream), ["a"]);
    drop(stream);
    world.pass(secs(5));
    let mut stream: Rides = world.rides.server_stream(WATCH, &request("r1"));
    let first = world.finish(stream.next()).unwrap().unwrap();
    assert_eq!(
        (first.source(), first.freshness(), first.value),
        (Source::Replay, Freshness::Stale, ride("a"))
    );
    world.driver.run();
    world.network.stream(1).head();
    send(&world.network.stream(1), "b");
    let live = next(&mut world, &mut stream).unwrap().unwrap().unwrap();
    assert_eq!((live.source(), live.freshness(), live.value), (Source::Network, Freshness::Fresh, ride("b")));
}

#[test]
fn network_only_begins_with_the_next_message() {
    let (mut world, mut stream, wire) = open(WATCH);
    send(&wire, "a");
    assert_eq!(ids(&mut world, &mut stream), ["a"]);
    let mut live: Rides = world.rides.server_stream(WATCH, &request("r1")).cache(CacheMode::NetworkOnly);
    assert!(live.next().now_or_never().is_none());
    assert!(next(&mut world, &mut live).is_none(), "neither what is kept nor the current message");
    send(&wire, "b");
    let first = next(&mut world, &mut live).unwrap().unwrap().unwrap();
    assert_eq!((first.source(), first.value), (Source::Network, ride("b")));
    assert_eq!(world.network.streams(), 1, "it is shared");
}

#[test]
fn a_slow_reader_of_a_shared_stream_skips_to_the_newest_and_is_told() {
    let (mut world, mut fast, wire) = open(WATCH);
    let mut slow: Rides = world.rides.server_stream(WATCH, &request("r1"));
    assert!(next(&mut world, &mut slow).is_none());
    for n in 0..50 {
        send(&wire, &n.to_string());
        assert_eq!(ids(&mut world, &mut fast), [n.to_string()]);
    }
    let mut seen = Vec::new();
    let mut gaps = 0;
    while let Some(Some(Ok(item))) = next(&mut world, &mut slow) {
        gaps += usize::from(item.gap());
        seen.push(item.value.id.unwrap());
    }
    // Four were read ahead.
    assert!(seen.len() <= 6, "{seen:?}");
    assert_eq!((seen.last().map(String::as_str), gaps), (Some("49"), 1), "{seen:?}");
}

#[test]
fn the_last_of_several_readers_to_leave_closes_a_shared_stream() {
    let (mut world, one, wire) = open(WATCH);
    let mut other: Rides = world.rides.server_stream(WATCH, &request("r1"));
    assert!(next(&mut world, &mut other).is_none());
    drop(one);
    world.driver.run();
    assert!(!wire.is_dropped());
    send(&wire, "a");
    assert_eq!(ids(&mut world, &mut other), ["a"]);
    drop(other);
    world.driver.run();
    assert_eq!((world.network.streams(), wire.is_dropped()), (1, true));
}

#[test]
fn another_account_has_streams_of_its_own() {
    let (mut world, mut mine, wire) = open(WATCH);
    let session = world.runtime.session(Account::user("u-2"), Anonymous);
    let rides = Client::bind(&session, POLICY).unwrap();
    let mut theirs: Rides = rides.server_stream(WATCH, &request("r1"));
    assert!(next(&mut world, &mut theirs).is_none());
    send(&wire, "mine");
    assert_eq!(ids(&mut world, &mut mine), ["mine"]);
    assert!(next(&mut world, &mut theirs).is_none());
    assert_eq!(world.network.streams(), 2);
}
