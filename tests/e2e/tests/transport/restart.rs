//! Servers that go away, and come back.

use holdover_client::{Failure, Transport as _, TransportFailure};
use holdover_e2e::{Answer, Refusal, Site, transport};
use tokio::sync::mpsc;

use crate::request;

fn plain() -> impl Iterator<Item = Site> {
    // A server that comes back has a new certificate, which the transport has no reason to trust.
    Site::plain().into_iter()
}

#[tokio::test]
async fn a_server_that_restarts_between_calls_is_reached_again() {
    for site in plain() {
        let server = site.serve(async |_| Ok(Answer::of("first")));
        let transport = transport(&server);
        let endpoint = site.endpoint(&server);
        let call = || transport.unary(request(endpoint.clone(), ""), Box::new(|_| {}));
        assert_eq!(call().await.unwrap().body, "first", "{site:?}");

        let address = server.stop();
        let Err(Failure::Transport { kind, message, .. }) = call().await else {
            panic!("{site:?}: nobody is there")
        };
        assert_eq!(kind, TransportFailure::Refused, "{site:?}: {message}");

        let _again = site.serve_at(address, async |_| Ok(Answer::of("second")));
        assert_eq!(call().await.unwrap().body, "second", "{site:?}");
    }
}

#[tokio::test]
async fn a_server_that_dies_in_the_middle_of_a_call_proves_nothing() {
    for site in plain() {
        let (working, mut arrived) = mpsc::unbounded_channel();
        let server = site.serve(move |_| {
            working.send(()).unwrap();
            std::future::pending::<Result<Answer, Refusal>>()
        });
        let transport = transport(&server);
        let mut pending = transport.unary(request(site.endpoint(&server), ""), Box::new(|_| {}));
        tokio::select! {
            outcome = &mut pending => panic!("{site:?}: {outcome:?}"),
            _ = arrived.recv() => {}
        }
        server.stop();
        let failure = pending.await.unwrap_err();
        assert!(
            matches!(failure, Failure::Transport { kind: TransportFailure::Reset, unsent: false, .. }),
            "{site:?}: {failure:?}"
        );
    }
}
