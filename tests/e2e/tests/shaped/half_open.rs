//! Connections that die without a sign: the other end is gone, and nobody says so.

use std::time::Duration;

use holdover::{ErrorKind, Interface, Platform, Source};
use holdover_e2e::{App, Pipe, Rides, Site};
use tokio::time::Instant;

use crate::{FIBRE, next, ride, watch};

/// Nothing but the connection itself can tell. Servers of gRPC take a client that asks more often than every five minutes
/// for a nuisance.
#[tokio::test(start_paused = true)]
async fn a_silent_stream_on_a_dead_connection_is_opened_again() {
    // HTTP/1.1 has no pings.
    for site in Site::plain().into_iter().filter(|site| site.http_version() == http::Version::HTTP_2) {
        let rides = Rides::new();
        let (pipe, accepted) = Pipe::new(FIBRE);
        site.serve_in(accepted, None, rides.clone());
        let app = App::through(&site, &pipe);
        let mut stream = watch(&app, "r-1");
        next(&mut stream).await;
        let froze = Instant::now();
        pipe.freeze();
        rides.change_quote(|quote| quote.destination = "Zoo".to_owned());
        let quote = next(&mut stream).await;
        assert_eq!((quote.source(), quote.value.destination.as_str()), (Source::Network, "Zoo"), "{site:?}");
        assert!(quote.gap(), "{site:?}");
        assert_eq!(pipe.connections(), 2, "{site:?}");
        let minutes = froze.elapsed().as_secs() / 60;
        assert_eq!(minutes, 5, "{site:?}: not before five minutes, and soon after");
    }
}

/// A stream on which nothing happens is no dead one: as long as its server answers, it stays.
#[tokio::test(start_paused = true)]
async fn a_silent_stream_on_a_live_connection_stays() {
    for site in Site::plain() {
        let rides = Rides::new();
        let (pipe, accepted) = Pipe::new(FIBRE);
        site.serve_in(accepted, None, rides.clone());
        let app = App::through(&site, &pipe);
        let mut stream = watch(&app, "r-1");
        next(&mut stream).await;
        tokio::time::sleep(Duration::from_secs(3 * 3600)).await;
        rides.change_quote(|quote| quote.destination = "Zoo".to_owned());
        let quote = next(&mut stream).await;
        assert_eq!((quote.gap(), quote.value.destination.as_str()), (false, "Zoo"), "{site:?}");
        assert_eq!((pipe.connections(), rides.calls()), (1, 1), "{site:?}");
    }
}

/// Calls end by their own deadlines, and the next one takes another connection.
#[tokio::test(start_paused = true)]
async fn calls_on_a_dead_connection_end_in_time_and_the_next_ones_leave_it() {
    for site in Site::plain() {
        let rides = Rides::new();
        let (pipe, accepted) = Pipe::new(FIBRE);
        site.serve_in(accepted, None, rides.clone());
        let app = App::through(&site, &pipe);
        app.pricing.get_quote(ride("before")).await.unwrap();
        pipe.freeze();
        let asked = Instant::now();
        let lost = app.pricing.get_quote(ride("lost")).timeout(Duration::from_secs(7));
        let error = lost.await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Timeout, "{site:?}: {error}");
        assert_eq!(asked.elapsed().as_secs(), 7, "{site:?}");
        app.pricing.get_quote(ride("after")).await.unwrap();
        assert_eq!((pipe.connections(), rides.calls()), (2, 2), "{site:?}");
    }
}

/// The platform says that the path is another one: streams follow at once, and need not find out.
#[tokio::test(start_paused = true)]
async fn a_change_of_path_takes_streams_along() {
    for site in Site::plain() {
        let rides = Rides::new();
        let (pipe, accepted) = Pipe::new(FIBRE);
        site.serve_in(accepted, None, rides.clone());
        let app = App::through(&site, &pipe);
        let on = |interface| Platform { interface, ..Platform::default() };
        app.runtime.set_platform(on(Interface::Wifi));
        let mut stream = watch(&app, "r-1");
        next(&mut stream).await;
        let moved = Instant::now();
        pipe.freeze();
        app.runtime.set_platform(on(Interface::Cellular4g));
        rides.change_quote(|quote| quote.destination = "Zoo".to_owned());
        let quote = next(&mut stream).await;
        assert_eq!((quote.gap(), quote.value.destination.as_str()), (true, "Zoo"), "{site:?}");
        assert!(moved.elapsed() < Duration::from_secs(60), "{site:?}: {:?}", moved.elapsed());
        assert_eq!(pipe.connections(), 2, "{site:?}");
    }
}
