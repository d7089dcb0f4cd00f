//! Callers that leave (rule C8).

use std::time::Duration;

use holdover_e2e::pricing::v1::UpdateDestinationRequest;
use holdover_e2e::{App, Rides, Site, settled};

#[tokio::test]
async fn the_last_caller_leaving_ends_a_cold_read_at_the_server() {
    for site in Site::all() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        let _held = rides.hold_next();
        let (mut first, mut second) = (Box::pin(app.quote()), Box::pin(app.quote()));
        tokio::select! {
            _ = &mut first => panic!("nobody answers"),
            _ = &mut second => panic!("nobody answers"),
            () = rides.arrived(1) => {}
        }
        drop(first);
        drop(second);
        rides.abandoned(1).await;
        assert_eq!(rides.calls(), 1, "{site:?}");
    }
}

#[tokio::test]
async fn one_of_two_callers_leaving_ends_nothing() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        let held = rides.hold_next();
        let (mut first, mut second) = (Box::pin(app.quote()), Box::pin(app.quote()));
        tokio::select! {
            _ = &mut first => panic!("nobody answers"),
            _ = &mut second => panic!("nobody answers"),
            () = rides.arrived(1) => {}
        }
        drop(first);
        drop(held);
        second.await.unwrap();
        assert_eq!(rides.calls(), 1, "{site:?}");
    }
}

#[tokio::test]
async fn a_mutation_is_cancelled_on_the_wire() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        let _held = rides.hold_next();
        let update = UpdateDestinationRequest { ride_id: "r-1".to_owned(), destination: "Zoo".to_owned() };
        let mut pending = Box::pin(async { app.pricing.update_destination(update).await });
        tokio::select! {
            _ = &mut pending => panic!("nobody answers"),
            () = rides.arrived(1) => {}
        }
        drop(pending);
        rides.abandoned(1).await;
    }
}

#[tokio::test]
async fn a_refresh_of_what_is_stored_runs_on() {
    let site = Site::plain()[0];
    let rides = Rides::new();
    let server = site.serve(rides.clone());
    let app = App::on(&site, &server);
    app.quote().await.unwrap();
    app.clock.advance(Duration::from_secs(3));
    let held = rides.hold_next();
    drop(app.quote().await.unwrap());
    rides.arrived(2).await;
    drop(held);
    settled(&mut app.observe_quote()).await;
    assert_eq!(rides.calls(), 2);
}
