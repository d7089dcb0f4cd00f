//! Calls that succeed.

use holdover::{CacheMode, Detail, Freshness, Source};
use holdover_e2e::pricing::v1::{GetProfileRequest, GetQuoteRequest, UpdateDestinationRequest};
use holdover_e2e::{App, Rides, Site, full_quote};

#[tokio::test]
async fn answers_come_from_every_server_and_then_from_memory() {
    for site in Site::all() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);

        let quote = app.quote().await.unwrap_or_else(|error| panic!("{site:?}: {error}"));
        let mut expected = full_quote();
        expected.quote_id = Some("q-1 of r-1".to_owned());
        assert_eq!(quote.value, expected, "{site:?}");
        assert_eq!(
            (quote.source(), quote.freshness(), quote.detail()),
            (Source::Network, Freshness::Fresh, Detail::Full)
        );

        let again = app.quote().await.unwrap();
        assert_eq!((&again.value, again.source()), (&expected, Source::Cache));
        assert_eq!(rides.calls(), 1, "{site:?}");
    }
}

#[tokio::test]
async fn requests_that_differ_are_answered_apart() {
    let site = Site::plain()[0];
    let rides = Rides::new();
    let server = site.serve(rides.clone());
    let app = App::on(&site, &server);
    for ride in ["r-1", "r-2", "r-1"] {
        let request = GetQuoteRequest { ride_id: ride.to_owned() };
        let quote = app.pricing.get_quote(request).await.unwrap();
        assert_eq!(quote.value.quote_id.unwrap(), format!("q-1 of {ride}"));
    }
    assert_eq!(rides.calls(), 2);
}

#[tokio::test]
async fn calls_at_the_same_time_are_one_request() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        let held = rides.hold_next();
        let calls = futures_util::future::join_all((0..10).map(|_| app.quote()));
        let release = async {
            rides.arrived(1).await;
            drop(held);
        };
        let (quotes, ()) = futures_util::join!(calls, release);
        assert!(quotes.iter().all(Result::is_ok));
        assert_eq!(rides.calls(), 1, "{site:?}");
    }
}

#[tokio::test]
async fn uncached_methods_and_sensitive_answers_come_through() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        for expected in [1, 2] {
            let update =
                UpdateDestinationRequest { ride_id: "r-1".to_owned(), destination: "Zoo".to_owned() };
            let updated = app.pricing.update_destination(update).await.unwrap();
            assert_eq!((updated.value.destination.as_str(), updated.source()), ("Zoo", Source::Network));
            assert_eq!(rides.calls(), expected);
        }
        for source in [Source::Network, Source::Cache] {
            let profile = app.pricing.get_profile(GetProfileRequest {}).await.unwrap();
            assert_eq!((profile.value.name.as_str(), profile.source()), ("Ada Lovelace", source));
        }
    }
}

#[tokio::test]
async fn network_only_asks_again_and_cache_only_never_asks() {
    let site = Site::plain()[0];
    let rides = Rides::new();
    let server = site.serve(rides.clone());
    let app = App::on(&site, &server);
    let ask = |mode| app.pricing.get_quote(holdover_e2e::ride()).cache(mode);

    ask(CacheMode::CacheOnly).await.unwrap_err();
    assert_eq!(rides.calls(), 0);
    for calls in [1, 2] {
        assert_eq!(ask(CacheMode::NetworkOnly).await.unwrap().source(), Source::Network);
        assert_eq!(rides.calls(), calls);
    }
    assert_eq!(ask(CacheMode::CacheOnly).await.unwrap().source(), Source::Cache);
}

#[tokio::test]
async fn the_session_sends_its_metadata_with_every_call() {
    let site = Site::plain()[0];
    let rides = Rides::new();
    let server = site.serve(rides.clone());
    let app = App::on(&site, &server);
    app.session.set_metadata("accept-language", "de").unwrap();
    app.pricing.get_quote(holdover_e2e::ride()).metadata("traceparent", "00-1-2-01").await.unwrap();
    let headers = rides.headers(0);
    assert_eq!(
        (&headers["accept-language"], &headers["traceparent"]),
        (&"de".parse().unwrap(), &"00-1-2-01".parse().unwrap())
    );
}
