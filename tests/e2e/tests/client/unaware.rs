//! Servers and clients that have never heard of Holdover.

use bytes::Bytes;
use holdover::{CallRequest, Detail, Limits, Metadata, Priority, Quality, Transport as _};
use holdover_e2e::{App, POLICY, Rides, Server, Site, full_quote, ride, transport};
use holdover_server::DetailLayer;
use http::{HeaderName, HeaderValue};

/// Asked for less, the server answers in full: nothing is withheld, and nothing is broken.
#[tokio::test]
async fn a_server_that_does_not_trim_is_believed_to_be_complete() {
    for site in Site::all() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        app.runtime.set_quality(Quality::Poor);
        let quote = app.quote().await.unwrap();
        assert!(rides.headers(0).contains_key("holdover-detail"), "{site:?}");
        assert_eq!(quote.detail(), Detail::Full, "{site:?}");
        assert_eq!(quote.value.promo, full_quote().promo);
        assert!(quote.withheld_paths().is_empty());
    }
}

/// What a client that asks for nothing gets from `server`.
async fn seen(site: &Site, server: &Server) -> (Bytes, Vec<(String, Bytes)>, Vec<(String, Bytes)>) {
    let request = CallRequest {
        kind: holdover::Kind::Unary,
        endpoint: holdover::Endpoint::parse(
            "prod",
            &server.url(),
            site.protocol,
            site.tls.is_none(),
            Limits::default(),
        )
        .unwrap(),
        path: "/pricing.v1.Pricing/GetQuote".into(),
        metadata: Metadata::new(),
        body: holdover::prost::Message::encode_to_vec(&ride()).into(),
        timeout: Some(std::time::Duration::from_secs(60)),
        priority: Priority::Interactive,
        idempotent: true,
        no_side_effects: true,
    };
    let response = transport(server).unary(request, Box::new(|_| {})).await.unwrap();
    let pairs = |metadata: &Metadata| {
        let all = metadata.iter().filter(|(name, _)| *name != "date");
        all.map(|(name, value)| (name.to_owned(), value.clone())).collect()
    };
    (response.body, pairs(&response.metadata), pairs(&response.trailers))
}

#[tokio::test]
async fn a_client_that_asks_for_nothing_sees_the_layer_in_vary_alone() {
    for site in Site::all() {
        let rides = Rides::new();
        let plain = seen(&site, &site.serve(rides.clone())).await;
        let layer = DetailLayer::new(POLICY).unwrap();
        let mut layered = seen(&site, &site.serve_behind(&layer, rides.clone())).await;
        let vary = layered.1.iter().position(|(name, value)| name == "vary" && value == "holdover-detail");
        layered.1.remove(vary.unwrap_or_else(|| panic!("{site:?}: {:?}", layered.1)));
        assert_eq!(layered, plain, "{site:?}");
    }
}

/// A server that trims unasked is obeyed (rule F5): who wanted everything asks again, once.
#[tokio::test]
async fn a_proxy_that_trims_unasked_is_noticed() {
    let site = Site::plain()[0];
    let rides = Rides::new();
    let server = site.serve(rides.clone());
    let probe = App::on(&site, &server);
    probe.runtime.set_quality(Quality::Poor);
    probe.quote().await.unwrap();
    let plan = rides.headers(0)["holdover-detail"].to_str().unwrap().to_owned();

    let mut trimmed = full_quote();
    trimmed.promo = None;
    let mut answer = holdover_e2e::Answer::of(holdover::prost::Message::encode_to_vec(&trimmed));
    answer
        .headers
        .insert(HeaderName::from_static("holdover-detail-applied"), HeaderValue::from_str(&plan).unwrap());
    rides.answer_next(answer);
    let app = App::on(&site, &server);
    let quote = app.quote().await.unwrap();
    assert_eq!((quote.detail(), quote.value.promo), (Detail::Full, full_quote().promo));
    assert_eq!(rides.calls(), 3);
}
