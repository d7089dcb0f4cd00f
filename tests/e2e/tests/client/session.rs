//! Accounts beside and after one another (section A).

use holdover::{Account, Anonymous, CacheMode, ErrorKind, Freshness, Observed, OutboxChoice, Source};
use holdover_e2e::pricing::v1::PricingClient;
use holdover_e2e::{App, Rides, Site, ride, state_with};

#[tokio::test]
async fn accounts_never_see_one_anothers_answers() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        app.quote().await.unwrap();
        for (calls, other) in [(2, Account::user("u-18")), (3, Account::Guest)] {
            let session = app.runtime.session(other, Anonymous);
            let pricing = PricingClient::new(&session).unwrap();
            pricing.get_quote(ride()).cache(CacheMode::CacheOnly).await.unwrap_err();
            assert_eq!(pricing.get_quote(ride()).await.unwrap().source(), Source::Network, "{site:?}");
            assert_eq!(rides.calls(), calls);
        }
        assert_eq!(app.quote().await.unwrap().source(), Source::Cache);
    }
}

#[tokio::test]
async fn accounts_do_not_share_a_request_either() {
    let site = Site::plain()[0];
    let rides = Rides::new();
    let server = site.serve(rides.clone());
    let app = App::on(&site, &server);
    let other = app.runtime.session(Account::user("u-18"), Anonymous);
    let pricing = PricingClient::new(&other).unwrap();
    let held = rides.hold_next();
    let mut mine = Box::pin(app.quote());
    tokio::select! {
        outcome = &mut mine => panic!("nobody answers, but {outcome:?} came"),
        () = rides.arrived(1) => {}
    }
    // Had it joined the request of the other account, which nobody answers, it would end in TIMEOUT.
    let theirs = pricing.get_quote(ride()).await.unwrap();
    assert_eq!((theirs.source(), rides.calls()), (Source::Network, 2));
    drop(held);
    assert_eq!((mine.await.unwrap().source(), rides.calls()), (Source::Network, 2));
}

#[tokio::test]
async fn signing_out_ends_calls_and_observers_and_destroys_what_was_stored() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        let mut observation = app.observe_quote();
        state_with(&mut observation, |state| matches!(state, Observed::Value(_))).await;

        let _held = rides.hold_next();
        let mut waiting =
            Box::pin(async { app.pricing.get_quote(ride()).cache(CacheMode::NetworkOnly).await });
        tokio::select! {
            outcome = &mut waiting => panic!("{site:?}: nobody answers, but {outcome:?} came"),
            () = rides.arrived(2) => {}
        }
        app.session.sign_out(OutboxChoice::Discard).await.unwrap();
        assert_eq!(waiting.await.unwrap_err().kind, ErrorKind::SignedOut, "{site:?}");
        rides.abandoned(1).await;
        let ended = state_with(&mut observation, |state| matches!(state, Observed::Failed(_))).await;
        assert!(matches!(ended, Observed::Failed(error) if error.kind == ErrorKind::SignedOut));
        assert!(app.pricing.cached_get_quote(&ride()).is_none());
        assert_eq!(app.quote().await.unwrap_err().kind, ErrorKind::SignedOut);

        let again = app.runtime.session(Account::user("u-17"), Anonymous);
        let pricing = PricingClient::new(&again).unwrap();
        assert_eq!(pricing.get_quote(ride()).await.unwrap().source(), Source::Network, "{site:?}");
    }
}

#[tokio::test]
async fn what_was_prefetched_or_put_is_there_at_once() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        assert!(app.pricing.cached_get_quote(&ride()).is_none());
        app.pricing.prefetch_get_quote(&ride()).await.unwrap();
        let cached = app.pricing.cached_get_quote(&ride()).unwrap();
        assert_eq!((cached.value.destination.as_str(), rides.calls()), ("Airport", 1), "{site:?}");

        let mut pushed = cached.value;
        pushed.destination = "Zoo".to_owned();
        app.pricing.put_get_quote(&ride(), &pushed).await.unwrap();
        // Showing what is stale starts a refresh, so this can be looked at once.
        let put = app.pricing.cached_get_quote(&ride()).unwrap();
        assert_eq!((put.value.destination.as_str(), put.freshness()), ("Zoo", Freshness::Stale), "{site:?}");
    }
}
