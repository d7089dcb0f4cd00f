//! How long callers wait, and attempts take.

use std::time::Duration;

use holdover::{ErrorKind, Protocol};
use holdover_e2e::{App, Rides, Site, ride};

#[tokio::test]
async fn an_attempt_that_takes_too_long_ends_and_the_server_learns_it() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        let _held = rides.hold_next();
        let mut waiting = Box::pin(app.quote());
        tokio::select! {
            outcome = &mut waiting => panic!("{site:?}: nobody answers, but {outcome:?} came"),
            () = rides.arrived(1) => {}
        }
        // Rule C5: an attempt takes 10 s where the API says nothing.
        let connect = site.protocol == Protocol::Connect;
        let name = if connect { "untold-connect-timeout-ms" } else { "untold-grpc-timeout" };
        let told = rides.headers(0)[name].to_str().unwrap().to_owned();
        assert!(["10000", "10000000u"].contains(&told.as_str()), "{site:?}: {told}");

        app.clock.advance(Duration::from_secs(10));
        let error = waiting.await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Timeout, "{site:?}: {error}");
        rides.abandoned(1).await;
    }
}

#[tokio::test]
async fn a_caller_may_wait_for_less() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        let _held = rides.hold_next();
        let mut waiting =
            Box::pin(async { app.pricing.get_quote(ride()).timeout(Duration::from_secs(2)).await });
        tokio::select! {
            outcome = &mut waiting => panic!("{site:?}: nobody answers, but {outcome:?} came"),
            () = rides.arrived(1) => {}
        }
        app.clock.advance(Duration::from_secs(2));
        assert_eq!(waiting.await.unwrap_err().kind, ErrorKind::Timeout, "{site:?}");
        // It was the last who waited, so the work at the server ends, too (rule C8).
        rides.abandoned(1).await;
    }
}
