//! What is too large (rule J3).

use holdover::prost::Message as _;
use holdover::{ErrorKind, Limits};
use holdover_e2e::pricing::v1::GetQuoteRequest;
use holdover_e2e::{Answer, App, Rides, Site, full_quote};

/// Room for a quote, and for nothing else.
fn tight(site: &Site, server: &holdover_e2e::Server) -> App {
    let limits = Limits { message_bytes: 20_000, metadata_bytes: 1_000 };
    App::with(site, server, |builder| builder.limits(limits), holdover::Anonymous)
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_an_error_even_if_it_came_small() {
    for site in Site::all() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = tight(&site, &server);
        app.quote().await.unwrap_or_else(|error| panic!("{site:?}: {error}"));

        let mut quote = full_quote();
        quote.destination = "z".repeat(1_000_000);
        rides.answer_next(Answer::of(quote.encode_to_vec()));
        let other = GetQuoteRequest { ride_id: "r-2".to_owned() };
        let error = app.pricing.get_quote(other).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooLarge, "{site:?}: {error}");
    }
}

#[tokio::test]
async fn headers_that_are_too_large_are_an_error() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = tight(&site, &server);
        let mut answer = Answer::of(full_quote().encode_to_vec());
        answer.headers.insert("x-long", "v".repeat(1_000).parse().unwrap());
        rides.answer_next(answer);
        let error = app.quote().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooLarge, "{site:?}: {error}");
    }
}

#[tokio::test]
async fn a_request_that_is_too_large_is_not_sent() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = tight(&site, &server);
        let large = GetQuoteRequest { ride_id: "r".repeat(20_001) };
        assert_eq!(app.pricing.get_quote(large).await.unwrap_err().kind, ErrorKind::TooLarge, "{site:?}");
        let call = app.pricing.get_quote(holdover_e2e::ride()).metadata("x-long", "v".repeat(1_000));
        assert_eq!(call.await.unwrap_err().kind, ErrorKind::TooLarge, "{site:?}");
        assert_eq!(rides.calls(), 0);
    }
}
