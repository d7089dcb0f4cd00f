//! Poor networks: what is left out, and what comes back (section F).

use std::time::Duration;

use holdover::{Detail, DetailMode, Enrich as _, Enriching, Freshness, Observed, Quality, Source};
use holdover_e2e::pricing::v1::{GetProfileRequest, Quote};
use holdover_e2e::{App, POLICY, Refusal, Rides, Site, full_quote, ride, state_with};
use holdover_server::DetailLayer;
use prost::Message as _;

fn layer() -> DetailLayer {
    DetailLayer::new(POLICY).unwrap()
}

/// What is left of a quote on a poor network, by the annotations of its `.proto`.
fn reduced_quote() -> Quote {
    let mut quote = full_quote();
    quote.quote_id = Some("q-1 of r-1".to_owned());
    quote.breakdown = None;
    quote.promo = None;
    for car in &mut quote.cars {
        car.picture = None;
    }
    quote
}

#[tokio::test]
async fn a_poor_network_carries_what_is_needed_and_says_what_is_withheld() {
    for site in Site::all() {
        let (rides, layer) = (Rides::new(), layer());
        let server = site.serve_behind(&layer, rides.clone());

        let full = App::on(&site, &server);
        full.quote().await.unwrap();
        let all = full.runtime.stats().received_bytes;
        assert!(!rides.headers(0).contains_key("holdover-detail"), "nobody asked for less");

        let poor = App::on(&site, &server);
        poor.runtime.set_quality(Quality::Poor);
        let quote = poor.quote().await.unwrap_or_else(|error| panic!("{site:?}: {error}"));
        let less = poor.runtime.stats().received_bytes;
        assert_eq!(quote.value, reduced_quote(), "{site:?}");
        assert_eq!((quote.detail(), quote.source()), (Detail::Reduced, Source::Network));
        assert_eq!(quote.withheld_paths(), ["breakdown", "cars.picture", "promo"]);
        assert!(less * 10 < all, "{site:?}: {less} of {all} bytes came");

        let asked = rides.headers(1)["holdover-detail"].to_str().unwrap().to_owned();
        assert!(asked.starts_with("reduced; plan="), "{asked}");
        let counts = layer.metrics().counts();
        assert_eq!((counts.responses, counts.trimmed, counts.passed_unasked), (2, 1, 1), "{site:?}");
        // What the server says that it left out is what the app's counters show (rule J6).
        let saved = Quote { quote_id: quote.value.quote_id.clone(), ..full_quote() }.encoded_len()
            - quote.value.encoded_len();
        assert_eq!(poor.runtime.stats().counts.saved_bytes, saved as u64, "{site:?}");
        assert_eq!(full.runtime.stats().counts.saved_bytes, 0);
        // Both sides count the body; gRPC-Web's trailer frame is in it too.
        assert_eq!(counts.bytes_out, less, "{site:?}");
        assert!(counts.bytes_in > 9_000, "{site:?}: {counts:?}");
    }
}

#[tokio::test]
async fn accessors_tell_withheld_from_absent_inside_lists_too() {
    let site = Site::plain()[0];
    let (rides, layer) = (Rides::new(), layer());
    rides.change_quote(|quote| {
        quote.promo = None;
        quote.cars[0].picture = None;
    });
    let server = site.serve_behind(&layer, rides.clone());

    let full = App::on(&site, &server).quote().await.unwrap();
    let view = full.value.enriched(full.withheld());
    assert_eq!(view.promo(), Enriching::Absent);
    assert!(matches!(view.breakdown(), Enriching::Present(_)));
    let pictures: Vec<_> =
        view.cars().map(|(car, view)| car.enriched(view).picture().present().is_some()).collect();
    assert_eq!(pictures, [false, true, true]);

    let poor = App::on(&site, &server);
    poor.runtime.set_quality(Quality::VeryPoor);
    let reduced = poor.quote().await.unwrap();
    let view = reduced.value.enriched(reduced.withheld());
    assert_eq!(view.promo(), Enriching::Withheld(None));
    assert_eq!(view.breakdown(), Enriching::Withheld(None));
    assert!(view.cars().all(|(car, view)| car.enriched(view).picture().is_withheld()));
}

/// Into a tunnel: what was on the screen stays there (rule F9).
#[tokio::test]
async fn withheld_parts_offer_what_was_last_known() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve_behind(&layer(), rides.clone());
        let app = App::on(&site, &server);
        app.quote().await.unwrap();

        app.clock.advance(Duration::from_secs(1000));
        app.runtime.set_quality(Quality::Poor);
        rides.change_quote(|quote| quote.destination = "Zoo".to_owned());
        let reduced = app.quote().await.unwrap();
        assert_eq!((reduced.detail(), reduced.value.destination.as_str()), (Detail::Reduced, "Zoo"));
        let view = reduced.value.enriched(reduced.withheld());
        let Enriching::Withheld(Some(promo)) = view.promo() else { panic!("{site:?}: {:?}", view.promo()) };
        assert_eq!(promo.headline, "Half price on Mondays");
    }
}

/// Out of the tunnel: `restore` fetches the rest by itself (rule F8).
#[tokio::test]
async fn when_the_network_recovers_observed_answers_become_full() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve_behind(&layer(), rides.clone());
        let app = App::on(&site, &server);
        app.runtime.set_quality(Quality::Poor);
        let mut observation = app.observe_quote();
        let detail = |wanted| move |state: &Observed<Quote>| matches!(state, Observed::Value(quote) if quote.detail() == wanted);
        state_with(&mut observation, detail(Detail::Reduced)).await;
        app.runtime.set_quality(Quality::Good);
        let Observed::Value(full) = state_with(&mut observation, detail(Detail::Full)).await else {
            unreachable!("only values are accepted")
        };
        assert_eq!(full.value.promo, full_quote().promo, "{site:?}");
        assert_eq!(rides.calls(), 2);
    }
}

#[tokio::test]
async fn a_caller_may_want_everything_and_the_user_may_save_data() {
    let site = Site::plain()[0];
    let rides = Rides::new();
    let server = site.serve_behind(&layer(), rides.clone());
    let app = App::on(&site, &server);
    app.runtime.set_quality(Quality::Poor);
    let full = app.pricing.get_quote(ride()).detail(DetailMode::Full).await.unwrap();
    assert_eq!(full.detail(), Detail::Full);
    assert!(full.value.promo.is_some());

    let saver = App::on(&site, &server);
    saver.runtime.set_quality(Quality::Good);
    saver.runtime.set_save_data(true);
    assert_eq!(saver.quote().await.unwrap().detail(), Detail::Reduced);
}

#[tokio::test]
async fn methods_without_detail_and_refusals_pass_through_the_layer() {
    for site in Site::plain() {
        let (rides, layer) = (Rides::new(), layer());
        let server = site.serve_behind(&layer, rides.clone());
        let app = App::on(&site, &server);
        app.runtime.set_quality(Quality::Poor);
        let profile = app.pricing.get_profile(GetProfileRequest {}).await.unwrap();
        assert_eq!((profile.detail(), profile.freshness()), (Detail::Full, Freshness::Fresh), "{site:?}");
        assert!(!rides.headers(0).contains_key("holdover-detail"));

        rides.refuse_next(Refusal::of(holdover::Code::NotFound, "no such ride"));
        let error = app.quote().await.unwrap_err();
        assert_eq!(error.status.unwrap().message, "no such ride", "{site:?}");
        assert_eq!(layer.metrics().counts().passed_failed, 1, "{site:?}");
    }
}
