//! Captive portals, firewalls and proxies (rule C4).

use std::time::Duration;

use bytes::Bytes;
use holdover::{Code, ErrorKind, Freshness, Protocol, Runtime, Source};
use holdover_e2e::{App, Identity, Rides, Server, Site, Stack, Tokens, portal, transport};
use http::{Response, StatusCode};
use http_body_util::Full;

fn html(status: u16) -> Response<Full<Bytes>> {
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap())
        .header("content-type", "text/html")
        .body(Full::from("<html><h1>Sign in to the Wi-Fi of Hotel Astoria</h1></html>"))
        .unwrap()
}

fn app_at(server: &Server, protocol: Protocol, tokens: &Tokens) -> App {
    let builder =
        Runtime::builder().plain_text_endpoint("prod", &server.url(), protocol).transport(transport(server));
    App::built(builder, tokens.clone())
}

#[tokio::test]
async fn what_a_portal_says_is_not_the_servers_word() {
    for protocol in [Protocol::Connect, Protocol::Grpc, Protocol::GrpcWeb] {
        for (status, code) in [
            (200, Code::Unknown),
            (302, Code::Unknown),
            (401, Code::Unauthenticated),
            (403, Code::PermissionDenied),
            (404, Code::Unimplemented),
            (429, Code::Unavailable),
            (503, Code::Unavailable),
            (511, Code::Unknown),
        ] {
            let portal = portal(None, move |_| html(status));
            let tokens = Tokens::default();
            let error = app_at(&portal, protocol, &tokens).quote().await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Intercepted, "{protocol:?} {status}: {error}");
            assert_eq!(error.status.unwrap().code, code, "{protocol:?} {status}");
            assert!(error.message.contains(&status.to_string()), "{}", error.message);
            assert_eq!(tokens.asked(), 1, "a portal's 401 asks for no other credentials");
        }
    }
}

#[tokio::test]
async fn an_empty_success_is_no_empty_answer() {
    for protocol in [Protocol::Connect, Protocol::Grpc, Protocol::GrpcWeb] {
        let portal = portal(None, |_| Response::builder().status(204).body(Full::default()).unwrap());
        let error = app_at(&portal, protocol, &Tokens::default()).quote().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Intercepted, "{protocol:?}: {error}");
    }
}

/// The user walks into the hotel with a stored answer, signs in at the portal, and is online again.
#[tokio::test]
async fn a_portal_leaves_what_is_stored_alone_and_the_way_free_afterwards() {
    for site in Site::plain().into_iter().filter(|site| site.stack == Stack::Connectrpc) {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        app.quote().await.unwrap();

        let address = server.stop();
        for status in [403, 404] {
            let between = portal(Some(address), move |_| html(status));
            app.clock.advance(Duration::from_secs(120));
            let stale = app.quote().await.unwrap();
            assert_eq!((stale.source(), stale.freshness()), (Source::Cache, Freshness::Stale), "{site:?}");
            assert_eq!(stale.error().unwrap().kind, ErrorKind::Intercepted);
            between.stop();
        }

        let _back = site.serve_at(address, rides.clone());
        app.clock.advance(Duration::from_secs(120));
        let fresh = app.quote().await.unwrap();
        assert_eq!((fresh.source(), fresh.freshness()), (Source::Network, Freshness::Fresh), "{site:?}");
    }
}

#[tokio::test]
async fn a_certificate_of_somebody_else_is_an_interception() {
    for site in Site::all().into_iter().filter(|site| site.tls.is_some() && !site.gzip) {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let elsewhere = Identity::of("127.0.0.1").root_pem();
        let service = holdover_transport_connect::HyperService::builder();
        let service = service.trust_only_pem(elsewhere.as_bytes()).build().unwrap();
        let builder = Runtime::builder()
            .endpoint_with("prod", &server.url(), site.protocol)
            .transport(holdover_transport_connect::ConnectTransport::over(service));
        let error = App::built(builder, holdover::Anonymous).quote().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Intercepted, "{site:?}: {error}");
        assert_eq!(rides.calls(), 0);
    }
}
