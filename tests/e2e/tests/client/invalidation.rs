//! Reading one's own writes (section D).

use std::time::Duration;

use holdover::{Code, Freshness, Source};
use holdover_e2e::pricing::v1::UpdateDestinationRequest;
use holdover_e2e::{App, Refusal, Rides, Site};

fn update() -> UpdateDestinationRequest {
    UpdateDestinationRequest { ride_id: "r-1".to_owned(), destination: "Zoo".to_owned() }
}

#[tokio::test]
async fn after_an_update_the_old_quote_is_never_shown_as_fresh() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        assert_eq!(app.quote().await.unwrap().value.destination, "Airport");
        app.pricing.update_destination(update()).await.unwrap();
        let quote = app.quote().await.unwrap();
        assert_eq!((quote.value.destination.as_str(), quote.source()), ("Zoo", Source::Network), "{site:?}");
        assert_eq!(rides.calls(), 3);
    }
}

#[tokio::test]
async fn an_update_of_another_ride_leaves_this_one_alone() {
    let site = Site::plain()[0];
    let rides = Rides::new();
    let server = site.serve(rides.clone());
    let app = App::on(&site, &server);
    app.quote().await.unwrap();
    let other = UpdateDestinationRequest { ride_id: "r-2".to_owned(), destination: "Zoo".to_owned() };
    app.pricing.update_destination(other).await.unwrap();
    assert_eq!(app.quote().await.unwrap().freshness(), Freshness::Fresh);
    assert_eq!(rides.calls(), 2);
}

/// Rule D1: a framed status outside the transient class proves that nothing happened; anything else does not.
#[tokio::test]
async fn an_update_that_failed_invalidates_unless_the_server_rejected_it() {
    for site in Site::plain() {
        for (code, calls) in [(Code::InvalidArgument, 2), (Code::Unavailable, 3)] {
            let rides = Rides::new();
            let server = site.serve(rides.clone());
            let app = App::on(&site, &server);
            app.quote().await.unwrap();
            rides.refuse_next(Refusal::of(code, "no"));
            app.pricing.update_destination(update()).await.unwrap_err();
            app.quote().await.unwrap();
            assert_eq!(rides.calls(), calls, "{site:?} {code:?}");
        }
    }
}

/// The update reaches the server, and the connection breaks before the answer: it may have happened.
#[tokio::test]
async fn an_update_that_was_lost_invalidates_and_one_that_never_left_does_not() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        app.quote().await.unwrap();
        let _held = rides.hold_next();
        let mut pending = Box::pin(async { app.pricing.update_destination(update()).await });
        tokio::select! {
            _ = &mut pending => panic!("nobody answers"),
            () = rides.arrived(2) => {}
        }
        let address = server.stop();
        pending.await.unwrap_err();
        let stale = app.quote().await.unwrap();
        assert_eq!(stale.freshness(), Freshness::Stale, "{site:?}: it may have happened");

        let _back = site.serve_at(address, rides.clone());
        app.clock.advance(Duration::from_secs(120));
        assert_eq!(app.quote().await.unwrap().freshness(), Freshness::Fresh, "{site:?}");
    }
    for site in Site::plain() {
        let server = site.serve(Rides::new());
        let app = App::on(&site, &server);
        app.quote().await.unwrap();
        // New connections are refused, and the kept one has ended: nothing can have left.
        server.stop();
        app.pricing.get_profile(holdover_e2e::pricing::v1::GetProfileRequest {}).await.unwrap_err();
        app.pricing.update_destination(update()).await.unwrap_err();
        assert_eq!(app.quote().await.unwrap().freshness(), Freshness::Fresh, "{site:?}");
    }
}
