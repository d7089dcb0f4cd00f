//! Thousands of calls and streams, given up at any moment.

use std::time::Duration;

use futures_util::stream::{StreamExt as _, iter};
use holdover_e2e::pricing::v1::{GetQuoteRequest, Offer, Position, UpdateDestinationRequest, WatchRequest};
use holdover_e2e::{App, PausedClock, Pipe, Rides, Shape, Site, ride};

use crate::{allocated, grown_since};

/// How many things are begun per round, and how many of them at once.
const BEGUN: u64 = 1_000;
const AT_ONCE: usize = 64;
/// No more than that may be left of a round: tables that have grown, and no answer of 10 kB among it.
const LEFT: usize = 256 << 10;

pub(crate) async fn leaves_nothing_behind(site: &Site) {
    let rides = Rides::new();
    let (pipe, accepted) =
        Pipe::new(Shape { delay: Duration::from_millis(10), bytes_per_second: 20_000_000 });
    site.serve_in(accepted, None, rides.clone());
    let mut app = App::through(site, &pipe);
    let mut before = 0;
    for round in 0..4 {
        let storm = iter(0..BEGUN).map(|n| begin_and_leave(site, &app, round * BEGUN + n));
        storm.buffer_unordered(AT_ONCE).collect::<()>().await;
        rides.idle().await;
        assert_eq!(rides.watches(), 0, "{site:?}");
        // Idle connections of HTTP/1.1 end at the next request, and reads that run on for the cache by themselves.
        tokio::time::sleep(Duration::from_secs(120)).await;
        app.pricing.get_quote(ride()).await.unwrap_or_else(|error| panic!("{site:?}: {error}"));
        app.runtime.memory_pressure();
        tokio::time::sleep(Duration::from_secs(120)).await;
        rides.forget_headers();
        app.forget_events();
        match round {
            // Everything has its place, and the cache is full.
            0 | 1 => before = allocated(),
            _ => {
                let grown = grown_since(before);
                assert!(grown < LEFT, "{site:?}: {grown} bytes more after round {round}");
            }
        }
    }
    app.runtime.shutdown().await;
}

/// Begins something, and leaves it after a time in which it may be anywhere between its start and its end.
async fn begin_and_leave(site: &Site, app: &App<PausedClock>, n: u64) {
    let mut random = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
    let mut below = |bound: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % bound
    };
    let (what, patience, same) = (below(6), Duration::from_millis(below(80)), below(8));
    let ride_id = format!("r-{same}");
    let work = async {
        match what {
            0 => _ = app.pricing.get_quote(GetQuoteRequest { ride_id }).await,
            1 => {
                let update = UpdateDestinationRequest { ride_id, destination: "Zoo".to_owned() };
                let _ = app.pricing.update_destination(update).await;
            }
            2 => {
                let mut observation = app.pricing.observe_get_quote(GetQuoteRequest { ride_id });
                while observation.next().await.is_some() {}
            }
            3 => {
                let mut stream = app.pricing.watch(WatchRequest { ride_id });
                while stream.next().await.is_some() {}
            }
            4 => {
                let mut track = app.pricing.track();
                while track.send(&Position::default()).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
            _ if site.http_version() == http::Version::HTTP_2 => {
                let mut haggle = app.pricing.haggle();
                while haggle.send(&Offer { ride_id: ride_id.clone(), minor_units: 1 }).await.is_ok() {
                    let _ = haggle.next().await;
                }
            }
            _ => _ = app.pricing.watch(WatchRequest { ride_id }).next().await,
        }
    };
    // Whatever it came to, nothing of it is left.
    let _ = tokio::time::timeout(patience, work).await;
}
