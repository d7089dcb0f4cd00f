//! What travels beside the messages.

use std::sync::{Arc, Mutex};

use holdover_client::Transport as _;
use holdover_e2e::{Answer, Asked, Site, Stack, transport};
use http::{HeaderName, HeaderValue};

use crate::request;

#[tokio::test]
async fn metadata_goes_there_and_back() {
    for site in Site::all() {
        let seen = Arc::new(Mutex::new(None));
        let keep = seen.clone();
        let server = site.serve(move |asked: Asked| {
            *keep.lock().unwrap() = Some(asked.headers);
            let mut answer = Answer::of("m").header("age", "30").header("vary", "holdover-detail");
            answer.headers.append("t-bin", HeaderValue::from_static("AP8"));
            answer.trailers.append(HeaderName::from_static("x-cost"), HeaderValue::from_static("7"));
            std::future::ready(Ok(answer))
        });
        let mut request = request(site.endpoint(&server), "");
        request.metadata.push("authorization", "Bearer abc").unwrap();
        request.metadata.push("holdover-detail", "reduced; plan=0123").unwrap();
        request.metadata.push("trace-bin", vec![0_u8, 255]).unwrap();
        let response = transport(&server).unary(request, Box::new(|_| {})).await.unwrap();

        let headers = seen.lock().unwrap().take().unwrap();
        assert_eq!(headers["authorization"], "Bearer abc", "{site:?}");
        assert_eq!(headers["holdover-detail"], "reduced; plan=0123");
        assert_eq!(headers["trace-bin"], "AP8");
        assert_eq!(response.metadata.text("age"), Some("30"));
        assert!(response.metadata.iter().any(|(name, value)| name == "vary" && value == "holdover-detail"));
        assert_eq!(&response.metadata.get("t-bin").unwrap()[..], [0, 255]);
        if site.stack == Stack::Connectrpc {
            assert_eq!(response.trailers.text("x-cost"), Some("7"), "{site:?}");
        }
    }
}
