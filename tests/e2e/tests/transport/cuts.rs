//! Wires that are cut while a stream is open.

use holdover_client::{Failure, Metadata, Received, TransportFailure};
use holdover_e2e::{POLICY, Relay, Rides, Site, full_quote};
use holdover_server::DetailLayer;

use crate::streams::watch;

/// A quote has about ten kilobytes: all of these are in the middle of it, or of what frames it.
const PLACES: [usize; 6] = [0, 1, 7, 100, 1_000, 5_000];

#[tokio::test]
async fn a_message_that_is_cut_is_no_message() {
    // TLS hands out whole records only, and gzip changes nothing here.
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve_behind(&DetailLayer::new(POLICY).unwrap(), rides.clone());
        let relay = Relay::before(&server);
        for (opened, place) in (1..).zip(PLACES) {
            let mut stream = watch(&site, relay.server(), Metadata::new());
            stream.head().await;
            let quote = stream.quote().await;
            assert_eq!(quote.promo, full_quote().promo, "{site:?}");
            relay.cut_after(place);
            rides.change_quote(|quote| quote.destination = format!("Zoo {place}"));
            match stream.received().await {
                Err(Failure::Transport { kind: TransportFailure::Reset, unsent: false, .. }) => {}
                other => panic!("{site:?}, cut after {place} bytes: {other:?}"),
            }
            // The server learns of it, too.
            rides.abandoned(opened).await;
            assert_eq!(rides.watches(), 0, "{site:?}");
        }
    }
}

#[tokio::test]
async fn messages_before_the_cut_arrive() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let relay = Relay::before(&server);
        let mut stream = watch(&site, relay.server(), Metadata::new());
        stream.head().await;
        stream.message().await;
        // Room for one more, and a part of the next.
        relay.cut_after(15_000);
        rides.change_quote(|quote| quote.destination = "Zoo".to_owned());
        assert_eq!(stream.quote().await.destination, "Zoo", "{site:?}");
        rides.change_quote(|quote| quote.destination = "Harbour".to_owned());
        let end = stream.received().await;
        assert!(
            matches!(&end, Err(Failure::Transport { kind: TransportFailure::Reset, .. })),
            "{site:?}: {end:?}"
        );
        // The next stream has a wire of its own.
        let mut stream = watch(&site, relay.server(), Metadata::new());
        stream.head().await;
        assert_eq!(stream.quote().await.destination, "Harbour", "{site:?}");
        assert_eq!(relay.connections(), 2, "{site:?}");
        rides.end_watches(None);
        assert!(matches!(stream.received().await, Ok(Received::End { .. })), "{site:?}");
    }
}
