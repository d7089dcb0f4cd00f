//! Whether a server is there.

use holdover_client::{Failure, Transport as _, TransportFailure};
use holdover_e2e::{Answer, Asked, Refusal, Site, portal, transport};

#[tokio::test]
async fn a_probe_asks_for_contact_alone() {
    for site in Site::all() {
        let server = site.serve(async |_: Asked| -> Result<Answer, Refusal> { panic!("nobody is asked") });
        let client = transport(&server);
        let endpoint = site.endpoint(&server);
        assert_eq!(client.probe(endpoint.clone()).await, Ok(()), "{site:?}");
        server.stop();
        let failure = client.probe(endpoint).await.unwrap_err();
        assert!(
            matches!(failure, Failure::Transport { kind: TransportFailure::Refused, unsent: true, .. }),
            "{site:?}: {failure:?}"
        );
    }
}

#[tokio::test]
async fn a_portal_in_plain_text_is_no_contact() {
    let site = Site::plain().into_iter().find(|site| site.http_version() == http::Version::HTTP_11).unwrap();
    for (status, name, value) in [
        (302, "location", "http://portal.example/"),
        (200, "content-type", "text/html; charset=utf-8"),
        (511, "content-length", "0"),
    ] {
        let server = portal(None, move |_| {
            http::Response::builder().status(status).header(name, value).body(Default::default()).unwrap()
        });
        let failure = transport(&server).probe(site.endpoint(&server)).await.unwrap_err();
        assert!(
            matches!(failure, Failure::Intercepted { http_status: Some(seen), .. } if seen == status),
            "{status}: {failure:?}"
        );
    }
    // An error without a page may come from anybody, a server without a root among them.
    let server = portal(None, |_| http::Response::builder().status(404).body(Default::default()).unwrap());
    assert_eq!(transport(&server).probe(site.endpoint(&server)).await, Ok(()));
}
