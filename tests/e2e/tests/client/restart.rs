//! Servers that go away, and come back.

use std::time::Duration;

use holdover::{ErrorKind, Event, Observed, Snapshot, Source};
use holdover_e2e::pricing::v1::{Quote, WatchRequest};
use holdover_e2e::{App, Rides, Site, settled, state_with};

#[tokio::test]
async fn a_server_that_restarts_between_calls_is_reached_again() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        app.quote().await.unwrap();
        let address = server.stop();
        let _back = site.serve_at(address, rides.clone());
        app.clock.advance(Duration::from_secs(1000));
        assert_eq!(app.quote().await.unwrap().source(), Source::Network, "{site:?}");
        assert_eq!(rides.calls(), 2);
    }
}

#[tokio::test]
async fn a_server_that_dies_in_the_middle_of_a_cold_call_is_an_error() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        let _held = rides.hold_next();
        let mut waiting = Box::pin(app.quote());
        tokio::select! {
            _ = &mut waiting => panic!("nobody answers"),
            () = rides.arrived(1) => {}
        }
        server.stop();
        assert_eq!(waiting.await.unwrap_err().kind, ErrorKind::Unreachable, "{site:?}");
    }
}

#[tokio::test]
async fn an_observer_lives_through_an_outage() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        let mut observation = app.observe_quote();
        state_with(&mut observation, |state| matches!(state, Observed::Value(_))).await;

        let address = server.stop();
        app.clock.advance(Duration::from_secs(120));
        assert_eq!(observation.refresh().await.unwrap_err().kind, ErrorKind::Unreachable, "{site:?}");
        let failed = state_with(
            &mut observation,
            |state| matches!(state, Observed::Value(quote) if quote.error().is_some()),
        );
        failed.await;

        rides.change_quote(|quote| quote.destination = "Zoo".to_owned());
        let _back = site.serve_at(address, rides.clone());
        observation.refresh().await.unwrap();
        let zoo = state_with(
            &mut observation,
            |state| matches!(state, Observed::Value(quote) if quote.value.destination == "Zoo" && quote.error().is_none()),
        );
        zoo.await;
    }
}

/// Nobody asks for anything: what was open when the server went away is open again when it is back.
#[tokio::test]
async fn streams_and_observers_come_back_by_themselves() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let mut app = App::on(&site, &server);
        let mut observation = app.observe_quote();
        settled(&mut observation).await;
        let mut streams: Vec<_> =
            (0..5).map(|n| app.pricing.watch(WatchRequest { ride_id: format!("w-{n}") })).collect();
        for stream in &mut streams {
            assert!(!stream.next().await.unwrap().unwrap().gap(), "{site:?}");
        }

        let address = server.stop();
        for _ in &streams {
            app.event(|event| matches!(event, Event::StreamBroke { .. })).await;
        }
        // Before it is back, the next attempts fail.
        app.clock.advance(Duration::from_secs(3));
        for _ in &streams {
            app.event(|event| matches!(event, Event::StreamBroke { .. })).await;
        }
        rides.change_quote(|quote| quote.destination = "Zoo".to_owned());
        let _back = site.serve_at(address, rides.clone());
        let turning = async {
            loop {
                app.clock.advance(Duration::from_secs(1));
                tokio::task::yield_now().await;
            }
        };
        let coming = async {
            for (n, stream) in streams.iter_mut().enumerate() {
                let quote = stream.next().await.unwrap().unwrap();
                assert_eq!((quote.gap(), quote.value.destination.as_str()), (true, "Zoo"), "{site:?}");
                assert_eq!(quote.value.quote_id(), format!("q-1 of w-{n}"), "{site:?}");
            }
            let zoo = |state: &Observed<_>| matches!(state, Observed::Value(quote) if is_zoo(quote));
            state_with(&mut observation, zoo).await;
        };
        tokio::select! {
            () = turning => unreachable!("time goes on"),
            () = coming => {}
        }
    }
}

fn is_zoo(quote: &Snapshot<Quote>) -> bool {
    quote.value.destination == "Zoo" && quote.error().is_none()
}
