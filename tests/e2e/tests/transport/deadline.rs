//! How long a call may take, as the server learns it and keeps to it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use holdover_client::{Code, Failure, Protocol, Transport as _};
use holdover_e2e::{Answer, Asked, Refusal, Site, transport};

use crate::request;

#[tokio::test]
async fn the_server_is_told_the_timeout() {
    for site in Site::all() {
        let told = Arc::new(Mutex::new(None));
        let keep = told.clone();
        let server = site.serve(move |asked: Asked| {
            let header =
                asked.headers.get("grpc-timeout").or_else(|| asked.headers.get("connect-timeout-ms"));
            *keep.lock().unwrap() = header.map(|value| value.to_str().unwrap().to_owned());
            std::future::ready(Ok(Answer::of("")))
        });
        let mut request = request(site.endpoint(&server), "");
        request.timeout = Some(Duration::from_millis(12_345));
        transport(&server).unary(request, Box::new(|_| {})).await.unwrap();
        let expected = if site.protocol == Protocol::Connect { "12345" } else { "12345000u" };
        assert_eq!(told.lock().unwrap().as_deref(), Some(expected), "{site:?}");
    }
}

/// The server enforces the timeout that it was told: nobody drops the call here. tonic's word for it is CANCELLED.
#[tokio::test]
async fn the_servers_own_deadline_arrives_as_its_status() {
    for site in Site::plain() {
        let server = site.serve(|_| std::future::pending::<Result<Answer, Refusal>>());
        let mut request = request(site.endpoint(&server), "");
        request.timeout = Some(Duration::from_millis(50));
        let failure = transport(&server).unary(request, Box::new(|_| {})).await.unwrap_err();
        assert!(
            matches!(failure, Failure::Status { code: Code::DeadlineExceeded | Code::Cancelled, .. }),
            "{site:?}: {failure:?}"
        );
    }
}
