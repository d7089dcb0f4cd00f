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
