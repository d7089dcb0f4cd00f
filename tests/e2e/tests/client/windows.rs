//! The windows of the cache (section C): quotes are fresh for 2 s, stale-while-revalidate for a minute more, and
//! stale-if-error for ten.

use std::time::Duration;

use holdover::{Code, ErrorKind, Freshness, Observed, Source};
use holdover_e2e::{App, Refusal, Rides, Site, settled, state_with};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn after_freshness_the_stored_answer_is_served_at_once_and_refreshed_behind() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        app.quote().await.unwrap();

        rides.change_quote(|quote| quote.destination = "Zoo".to_owned());
        app.clock.advance(seconds(2));
        let held = rides.hold_next();
        let stale = app.quote().await.unwrap();
        assert_eq!(stale.value.destination, "Airport", "{site:?}");
        assert_eq!((stale.source(), stale.freshness()), (Source::Cache, Freshness::Stale));
        assert_eq!(stale.age(), seconds(2));
        assert!(stale.is_refreshing());

        rides.arrived(2).await;
        drop(held);
        let fresh = settled(&mut app.observe_quote()).await;
        assert_eq!((fresh.value.destination.as_str(), rides.calls()), ("Zoo", 2), "{site:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_covered_by_what_is_stored_for_ten_minutes() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        app.quote().await.unwrap();
        server.stop();

        app.clock.advance(seconds(2 + 599));
        let stale = app.quote().await.unwrap();
        assert_eq!((stale.source(), stale.freshness()), (Source::Cache, Freshness::Stale), "{site:?}");
        assert_eq!(stale.error().unwrap().kind, ErrorKind::Unreachable);

        app.clock.advance(seconds(1));
        let error = app.quote().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreachable, "{site:?}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_is_overloaded_is_covered_and_one_that_says_no_is_believed() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        app.quote().await.unwrap();

        app.clock.advance(seconds(120));
        rides.refuse_next(Refusal::of(Code::Unavailable, "busy"));
        let stale = app.quote().await.unwrap();
        assert_eq!(stale.error().unwrap().kind, ErrorKind::Unavailable, "{site:?}");

        app.clock.advance(seconds(120));
        rides.refuse_next(Refusal::of(Code::NotFound, "no such ride"));
        assert_eq!(app.quote().await.unwrap_err().kind, ErrorKind::Rejected, "{site:?}");

        // NOT_FOUND evicts (rule C3): there is nothing left to cover the next failure.
        rides.refuse_next(Refusal::of(Code::Unavailable, "busy"));
        assert_eq!(app.quote().await.unwrap_err().kind, ErrorKind::Unavailable, "{site:?}");
    }
}

/// In row 3 the caller waits for the network, but not for long: `stale_after` is a second.
#[tokio::test]
async fn a_slow_server_is_covered_after_a_second_and_its_answer_is_kept() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        app.quote().await.unwrap();
        rides.change_quote(|quote| quote.destination = "Zoo".to_owned());

        app.clock.advance(seconds(120));
        let held = rides.hold_next();
        let mut waiting = Box::pin(app.quote());
        tokio::select! {
            outcome = &mut waiting => panic!("{site:?}: the network comes first, but {outcome:?} came"),
            () = rides.arrived(2) => {}
        }
        app.clock.advance(seconds(1));
        let stale = waiting.await.unwrap();
        assert_eq!((stale.value.destination.as_str(), stale.is_refreshing()), ("Airport", true), "{site:?}");

        drop(held);
        let mut observation = app.observe_quote();
        let zoo = state_with(
            &mut observation,
            |state| matches!(state, Observed::Value(quote) if quote.value.destination == "Zoo"),
        );
        zoo.await;
        assert_eq!(rides.calls(), 2, "{site:?}: the flight went on");
    }
}

#[tokio::test]
async fn the_servers_age_header_counts() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        use holdover::prost::Message as _;
        let aged = holdover_e2e::Answer::of(holdover_e2e::full_quote().encode_to_vec()).header("age", "30");
        rides.answer_next(aged);
        app.quote().await.unwrap();
        let stored = app.quote().await.unwrap();
        assert_eq!((stored.source(), stored.freshness()), (Source::Cache, Freshness::Stale), "{site:?}");
        assert_eq!(stored.age(), seconds(30));
    }
}
