//! Streams of the generated client (section G).

use std::time::Duration;

use holdover::{Code, Detail, ErrorKind, Event, Freshness, Quality, Snapshot, Source, Streaming};
use holdover_e2e::pricing::v1::{GetQuoteRequest, Offer, Position, Quote, WatchRequest};
use holdover_e2e::{App, POLICY, Refusal, Relay, Rides, Site};
use holdover_server::DetailLayer;

fn watch(app: &App) -> Streaming<Quote> {
    app.pricing.watch(WatchRequest { ride_id: "r-1".to_owned() })
}

async fn next(stream: &mut Streaming<Quote>) -> Snapshot<Quote> {
    stream.next().await.expect("the stream goes on").unwrap()
}

#[tokio::test]
async fn a_stream_tells_of_every_change_until_it_ends() {
    for site in Site::all() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        let mut stream = watch(&app);
        for destination in ["Airport", "Zoo", "Harbour"] {
            if destination != "Airport" {
                rides.change_quote(|quote| quote.destination = destination.to_owned());
            }
            let quote = next(&mut stream).await;
            assert_eq!(quote.value.destination, destination, "{site:?}");
            assert_eq!((quote.source(), quote.freshness()), (Source::Network, Freshness::Fresh), "{site:?}");
            assert!(!quote.gap(), "{site:?}");
        }
        rides.end_watches(None);
        assert!(stream.next().await.is_none(), "{site:?}: OK completes");
    }
}

#[tokio::test]
async fn a_status_that_is_not_transient_ends_it() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        let mut stream = watch(&app);
        next(&mut stream).await;
        rides.end_watches(Some(&Refusal::of(Code::FailedPrecondition, "the ride is over")));
        let error = stream.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Rejected, "{site:?}");
        assert_eq!(error.status.unwrap().message, "the ride is over");
        assert!(stream.next().await.is_none());
    }
}

/// On a poor network every message is trimmed on its way, and says what is withheld (rules F3 and F5).
#[tokio::test]
async fn a_poor_network_carries_the_messages_that_are_needed() {
    for site in Site::all() {
        let (rides, layer) = (Rides::new(), DetailLayer::new(POLICY).unwrap());
        let server = site.serve_behind(&layer, rides.clone());
        let app = App::on(&site, &server);
        app.runtime.set_quality(Quality::Poor);
        let mut stream = watch(&app);
        for minor_units in [1250, 1300] {
            if minor_units != 1250 {
                rides.change_quote(|quote| quote.total.as_mut().unwrap().minor_units = minor_units);
            }
            let quote = next(&mut stream).await;
            assert_eq!(quote.value.total.as_ref().unwrap().minor_units, minor_units, "{site:?}");
            assert_eq!(quote.detail(), Detail::Reduced, "{site:?}");
            assert_eq!(quote.withheld_paths(), ["breakdown", "cars.picture", "promo"]);
            assert!(quote.value.promo.is_none() && quote.value.cars.iter().all(|car| car.picture.is_none()));
        }
        let counts = layer.metrics().counts();
        assert_eq!((counts.trimmed, counts.messages_trimmed), (1, 2), "{site:?}");
    }
}

/// Out of the tunnel `restore` opens the stream again, in full (rule F8).
#[tokio::test]
async fn when_the_network_recovers_the_stream_becomes_full() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve_behind(&DetailLayer::new(POLICY).unwrap(), rides.clone());
        let app = App::on(&site, &server);
        app.runtime.set_quality(Quality::Poor);
        let mut stream = watch(&app);
        assert_eq!(next(&mut stream).await.detail(), Detail::Reduced, "{site:?}");
        app.runtime.set_quality(Quality::Good);
        let full = loop {
            let quote = next(&mut stream).await;
            if quote.detail() == Detail::Full {
                break quote;
            }
        };
        assert!(full.value.promo.is_some() && full.withheld_paths().is_empty(), "{site:?}");
        assert_eq!(rides.calls(), 2);
    }
}

/// Opened again within its window, it shows at once what was shown last (rule G2).
#[tokio::test]
async fn a_reopened_stream_begins_with_a_replay() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        let mut stream = watch(&app);
        next(&mut stream).await;
        drop(stream);
        rides.abandoned(1).await;
        rides.change_quote(|quote| quote.destination = "Zoo".to_owned());
        app.clock.advance(Duration::from_secs(59));

        let held = rides.hold_next();
        let mut stream = watch(&app);
        let replay = next(&mut stream).await;
        assert_eq!((replay.source(), replay.freshness()), (Source::Replay, Freshness::Stale), "{site:?}");
        assert_eq!(replay.value.destination, "Airport");
        drop(held);
        let live = next(&mut stream).await;
        assert_eq!((live.source(), live.freshness()), (Source::Network, Freshness::Fresh), "{site:?}");
        assert_eq!(live.value.destination, "Zoo");
    }
}

/// Cut in the middle of a message, it opens again by itself and says that something may be missing (rule G3). No part of
/// the message that was cut is ever shown.
#[tokio::test]
async fn a_stream_that_is_cut_goes_on_with_a_gap() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let relay = Relay::before(&server);
        let mut app = App::on(&site, relay.server());
        let mut stream = watch(&app);
        let mut expected = next(&mut stream).await.value;
        // A quote has about ten kilobytes.
        for place in [0, 1, 5, 7, 100, 1_000, 5_000, 10_000] {
            relay.cut_after(place);
            expected.destination = format!("Zoo {place}");
            rides.change_quote(|quote| quote.destination.clone_from(&expected.destination));
            app.event(|event| matches!(event, Event::StreamBroke { .. })).await;
            app.clock.advance(Duration::from_secs(2));
            let quote = next(&mut stream).await;
            assert!(quote.gap(), "{site:?}, cut after {place} bytes");
            assert_eq!(quote.source(), Source::Network, "{site:?}");
            assert_eq!(quote.value, expected, "{site:?}, cut after {place} bytes: whole, and the newest");
        }
    }
}

#[tokio::test]
async fn a_dropped_stream_ends_the_servers_work() {
    for site in Site::all() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        let mut stream = watch(&app);
        next(&mut stream).await;
        drop(stream);
        rides.abandoned(1).await;
        assert_eq!(rides.watches(), 0, "{site:?}");
    }
}

#[tokio::test]
async fn a_client_stream_gets_one_answer() {
    for site in Site::all() {
        let server = site.serve(Rides::new());
        let app = App::on(&site, &server);
        let mut track = app.pricing.track();
        for n in 0..3 {
            track.send(&Position { latitude: f64::from(n), longitude: 0.0 }).await.unwrap();
        }
        let quote = track.finish().await.unwrap();
        assert_eq!(quote.value.quote_id(), "q-1 of 3 positions", "{site:?}");
    }
}

#[tokio::test]
async fn both_sides_talk_at_once() {
    for site in Site::all().into_iter().filter(|site| site.http_version() == http::Version::HTTP_2) {
        let server = site.serve(Rides::new());
        let app = App::on(&site, &server);
        let mut haggle = app.pricing.haggle();
        for minor_units in [900, 950, 1000] {
            haggle.send(&Offer { ride_id: "r-1".to_owned(), minor_units }).await.unwrap();
            let quote = haggle.next().await.unwrap().unwrap();
            assert_eq!(quote.value.total.unwrap().minor_units, minor_units, "{site:?}");
        }
        haggle.close();
        assert!(haggle.next().await.is_none(), "{site:?}");
    }
}

/// A hundred screens and a thousand calls at once, all of them given up in the end.
#[tokio::test]
async fn many_streams_and_calls_share_the_runtime() {
    let site = Site::plain()[0];
    let rides = Rides::new();
    let server = site.serve(rides.clone());
    let app = App::on(&site, &server);
    let mut streams: Vec<_> =
        (0..100).map(|n| app.pricing.watch(WatchRequest { ride_id: format!("w-{n}") })).collect();
    for (n, stream) in streams.iter_mut().enumerate() {
        assert_eq!(next(stream).await.value.quote_id(), format!("q-1 of w-{n}"));
    }
    let calls = (0..1000).map(|n| {
        let call = app.pricing.get_quote(GetQuoteRequest { ride_id: format!("c-{n}") });
        async move { assert_eq!(call.await.unwrap().value.quote_id(), format!("q-1 of c-{n}")) }
    });
    futures_util::future::join_all(calls).await;
    rides.change_quote(|quote| quote.destination = "Zoo".to_owned());
    for stream in &mut streams {
        assert_eq!(next(stream).await.value.destination, "Zoo");
    }
    assert_eq!(rides.watches(), 100);
    drop(streams);
    rides.abandoned(100).await;
    assert_eq!((rides.watches(), rides.calls()), (0, 1100));
}
