//! Credentials that expire (rules A3, A4).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use holdover::{Code, Credentials, CredentialsRequest, ErrorKind, Event, Source};
use holdover_e2e::pricing::v1::UpdateDestinationRequest;
use holdover_e2e::{App, Refusal, Rides, Site, Tokens};

fn app(site: &Site, rides: &Rides, tokens: &Tokens) -> (App, holdover_e2e::Server) {
    let server = site.serve(rides.clone());
    (App::with(site, &server, |builder| builder, tokens.clone()), server)
}

fn expired() -> Refusal {
    Refusal::of(Code::Unauthenticated, "the token has expired")
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_kept() {
    for site in Site::plain() {
        let (rides, tokens) = (Rides::new(), Tokens::default());
        let (app, _server) = app(&site, &rides, &tokens);
        for _ in 0..3 {
            app.pricing
                .get_quote(holdover_e2e::ride())
                .cache(holdover::CacheMode::NetworkOnly)
                .await
                .unwrap();
        }
        assert_eq!((tokens.asked(), rides.calls()), (1, 3), "{site:?}");
        assert_eq!(rides.headers(2)["authorization"], "Bearer token-0");
    }
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_call_repeated_once() {
    for site in Site::plain() {
        let (rides, tokens) = (Rides::new(), Tokens::default());
        let (app, _server) = app(&site, &rides, &tokens);
        rides.refuse_next(expired());
        assert_eq!(app.quote().await.unwrap().source(), Source::Network, "{site:?}");
        let rejected: Vec<_> = tokens.requests().iter().map(|request| request.rejected.is_some()).collect();
        assert_eq!(rejected, [false, true]);
        let sent: Vec<_> =
            (0..rides.calls()).map(|call| rides.headers(call)["authorization"].clone()).collect();
        assert_eq!(sent, ["Bearer token-0", "Bearer token-1"], "{site:?}");
    }
}

#[tokio::test]
async fn a_mutation_is_repeated_too() {
    let site = Site::plain()[0];
    let (rides, tokens) = (Rides::new(), Tokens::default());
    let (app, _server) = app(&site, &rides, &tokens);
    rides.refuse_next(expired());
    let update = UpdateDestinationRequest { ride_id: "r-1".to_owned(), destination: "Zoo".to_owned() };
    assert_eq!(app.pricing.update_destination(update).await.unwrap().value.destination, "Zoo");
    assert_eq!(rides.calls(), 2);
}

#[tokio::test]
async fn a_second_refusal_asks_the_user_to_sign_in() {
    for site in Site::plain() {
        let (rides, tokens) = (Rides::new(), Tokens::default());
        let (mut app, _server) = app(&site, &rides, &tokens);
        rides.refuse_next(expired());
        rides.refuse_next(expired());
        let error = app.quote().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::SignInRequired, "{site:?}: {error}");
        assert_eq!((rides.calls(), tokens.asked()), (2, 2));
        app.event(|event| matches!(event, Event::SignInRequired { .. })).await;

        app.session.credentials_changed();
        assert_eq!(app.quote().await.unwrap().source(), Source::Network, "{site:?}");
    }
}

/// Rule A4: a hook that throws is a transport failure; nobody is signed out.
#[tokio::test]
async fn a_hook_that_fails_is_asked_again_by_the_next_call() {
    let site = Site::plain()[0];
    let rides = Rides::new();
    let server = site.serve(rides.clone());
    let failures = Arc::new(AtomicUsize::new(1));
    let app = App::with(
        &site,
        &server,
        |builder| builder,
        move |_: CredentialsRequest| {
            let fails = failures.fetch_sub(1, Ordering::SeqCst) > 0;
            async move {
                if fails { Err("the key store is locked".into()) } else { Ok(Credentials::bearer("token")?) }
            }
        },
    );
    assert_eq!(app.quote().await.unwrap_err().kind, ErrorKind::Unreachable);
    assert_eq!(rides.calls(), 0, "nothing is sent without the credentials that were wanted");
    app.quote().await.unwrap();
    assert_eq!(rides.headers(0)["authorization"], "Bearer token");
}
