//! Streams through the server layer.

use bytes::Bytes;
use futures_util::stream;
use holdover::prost::Message as _;
use holdover_annotations::policy::PolicySet;
use holdover_client::Metadata;
use holdover_e2e::pricing::v1::{Offer, Position, Quote};
use holdover_e2e::{POLICY, Rides, Site, Streamed, Streams, full_quote};
use holdover_server::DetailLayer;

use crate::streams::{Open, full_duplex, open, watch};

/// What a client on a poor network says to `method`.
fn ask(method: &str) -> String {
    let policy = PolicySet::decode(POLICY).unwrap();
    let method = policy.methods.iter().find(|found| found.name == method).unwrap();
    let plan = method.detail.as_ref().and_then(|detail| detail.response.as_ref()).unwrap();
    format!("reduced; plan={}", plan.hash)
}

fn asking(method: &str) -> Metadata {
    let mut metadata = Metadata::new();
    metadata.push("holdover-detail", ask(method)).unwrap();
    metadata
}

/// Without everything that enriches.
fn reduced(mut quote: Quote) -> Quote {
    quote.breakdown = None;
    quote.promo = None;
    for car in &mut quote.cars {
        car.picture = None;
    }
    quote
}

async fn applied(stream: &mut Open) -> Option<String> {
    let head = stream.head().await;
    assert!(head.metadata.iter().any(|(name, value)| name == "vary" && value == "holdover-detail"));
    head.metadata.text("holdover-detail-applied").map(str::to_owned)
}

#[tokio::test]
async fn every_message_of_a_stream_is_trimmed_for_those_who_ask() {
    for site in Site::all() {
        let (rides, layer) = (Rides::new(), DetailLayer::new(POLICY).unwrap());
        let server = site.serve_behind(&layer, rides.clone());
        let mut full = watch(&site, &server, Metadata::new());
        let mut poor = watch(&site, &server, asking("Watch"));
        assert_eq!(applied(&mut full).await, None, "{site:?}");
        assert_eq!(applied(&mut poor).await, Some(ask("Watch")), "{site:?}");
        for destination in ["Airport", "Zoo", "Harbour"] {
            if destination != "Airport" {
                rides.change_quote(|quote| quote.destination = destination.to_owned());
            }
            let mut expected = full_quote();
            expected.quote_id = Some("q-1 of r-1".to_owned());
            expected.destination = destination.to_owned();
            assert_eq!(full.quote().await, expected, "{site:?}");
            assert_eq!(poor.quote().await, reduced(expected), "{site:?}");
        }
        rides.end_watches(None);
        full.end().await.unwrap_or_else(|failure| panic!("{site:?}: {failure:?}"));
        poor.end().await.unwrap_or_else(|failure| panic!("{site:?}: {failure:?}"));

        let counts = layer.metrics().counts();
        assert_eq!((counts.responses, counts.trimmed, counts.passed_unasked), (2, 1, 1), "{site:?}");
        assert_eq!((counts.messages, counts.messages_trimmed), (3, 3), "{site:?}");
        assert!(counts.bytes_out * 10 < counts.bytes_in, "{site:?}: {counts:?}");
    }
}

#[tokio::test]
async fn so_is_the_answer_to_a_client_stream() {
    for site in Site::all() {
        let layer = DetailLayer::new(POLICY).unwrap();
        let server = site.serve_behind(&layer, Rides::new());
        let position = Position { latitude: 52.5, longitude: 13.4 }.encode_to_vec();
        let mut track = open(&site, &server, "Track", asking("Track"), vec![position.into()]);
        assert_eq!(applied(&mut track).await, Some(ask("Track")), "{site:?}");
        let quote = track.quote().await;
        assert_eq!(quote.quote_id(), "q-1 of 1 positions");
        assert_eq!(quote, reduced(quote.clone()), "{site:?}");
        track.end().await.unwrap();
        assert_eq!(layer.metrics().counts().messages_trimmed, 1, "{site:?}");
    }
}

#[tokio::test]
async fn so_are_streams_in_both_directions() {
    for site in Site::all().into_iter().filter(full_duplex) {
        let layer = DetailLayer::new(POLICY).unwrap();
        let server = site.serve_behind(&layer, Rides::new());
        let offers = [900, 950].map(|minor_units| Offer { ride_id: "r-1".to_owned(), minor_units });
        let offers = offers.iter().map(|offer| offer.encode_to_vec().into()).collect();
        let mut haggle = open(&site, &server, "Haggle", asking("Haggle"), offers);
        assert_eq!(applied(&mut haggle).await, Some(ask("Haggle")), "{site:?}");
        for minor_units in [900, 950] {
            let quote = haggle.quote().await;
            assert_eq!(quote.total.as_ref().unwrap().minor_units, minor_units);
            assert_eq!(quote, reduced(quote.clone()), "{site:?}");
        }
        haggle.end().await.unwrap();
        assert_eq!(layer.metrics().counts().messages_trimmed, 2, "{site:?}");
    }
}

#[tokio::test]
async fn the_layer_holds_no_head_back_and_drops_what_nobody_reads() {
    for site in Site::all() {
        let server = site.serve_behind(
            &DetailLayer::new(POLICY).unwrap(),
            Streams(async |_, _| Ok(Streamed::of(stream::pending()))),
        );
        assert_eq!(
            applied(&mut watch(&site, &server, asking("Watch"))).await,
            Some(ask("Watch")),
            "{site:?}"
        );

        let rides = Rides::new();
        let server = site.serve_behind(&DetailLayer::new(POLICY).unwrap(), rides.clone());
        let mut stream = watch(&site, &server, asking("Watch"));
        stream.head().await;
        stream.message().await;
        drop(stream);
        rides.abandoned(1).await;
    }
}

#[tokio::test]
async fn what_cannot_be_trimmed_passes_between_what_can() {
    for site in Site::all() {
        let layer = DetailLayer::new(POLICY).unwrap().max_response_bytes(100_000);
        let large = Quote { destination: "x".repeat(200_000), ..full_quote() }.encode_to_vec();
        let messages: [Bytes; 4] = [
            full_quote().encode_to_vec().into(),
            large.into(),
            Bytes::from_static(b"\x22\x05no"),
            full_quote().encode_to_vec().into(),
        ];
        let script = messages.clone();
        let server = site.serve_behind(
            &layer,
            Streams(move |_, _| std::future::ready(Ok(Streamed::of(stream::iter(script.clone().map(Ok)))))),
        );
        let mut stream = watch(&site, &server, asking("Watch"));
        stream.head().await;
        assert_eq!(stream.quote().await, reduced(full_quote()), "{site:?}");
        assert!(stream.message().await == messages[1], "{site:?}");
        assert_eq!(stream.message().await, messages[2], "{site:?}");
        assert_eq!(stream.quote().await, reduced(full_quote()), "{site:?}");
        stream.end().await.unwrap();
        let counts = layer.metrics().counts();
        assert_eq!((counts.messages_too_large, counts.messages_malformed), (1, 1), "{site:?}");
    }
}
