//! Answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use holdover_client::{OnProgress, Progress, Transport as _};
use holdover_e2e::{Answer, Asked, Refusal, Site, transport};

use crate::{call, request};

/// Counts the bytes of bodies on the wire: sent, received.
fn counted() -> (Arc<AtomicU64>, Arc<AtomicU64>, OnProgress) {
    let (sent, received) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let counts = (sent.clone(), received.clone());
    let on_progress = Box::new(move |progress| match progress {
        Progress::Sent { bytes } => drop(counts.0.fetch_add(bytes, Relaxed)),
        Progress::Transferred { bytes, .. } => drop(counts.1.fetch_add(bytes, Relaxed)),
        Progress::Head(_) | Progress::Bytes => {}
    });
    (sent, received, on_progress)
}

async fn echo(asked: Asked) -> Result<Answer, Refusal> {
    Ok(Answer::of(asked.message))
}

#[tokio::test]
async fn messages_go_there_and_back_unchanged() {
    for site in Site::all() {
        let server = site.serve(echo);
        let transport = transport(&server);
        // connectrpc counts the envelope towards its limit.
        for size in [0, 1, 1000, 100_000, (4 << 20) - 5] {
            let body = vec![b'm'; size];
            let (_, received, on_progress) = counted();
            let sent = transport.unary(request(site.endpoint(&server), body.clone()), on_progress).await;
            let response = sent.unwrap_or_else(|failure| panic!("{site:?}, {size} bytes: {failure:?}"));
            assert!(response.body == body, "{site:?}, {size} bytes");
            if site.gzip && size >= 1000 {
                assert!(received.load(Relaxed) < size as u64 / 10, "{site:?}: compressed on the wire");
            } else {
                assert!(received.load(Relaxed) >= size as u64, "{site:?}: plain on the wire");
            }
        }
    }
}

#[tokio::test]
async fn compressed_requests_are_understood() {
    for site in Site::all() {
        let server = site.serve(echo);
        let transport = transport(&server).compress_requests_from(100);
        let body = vec![b'm'; 100_000];
        let (sent, _, on_progress) = counted();
        let response =
            transport.unary(request(site.endpoint(&server), body.clone()), on_progress).await.unwrap();
        assert!(response.body == body, "{site:?}");
        assert!((1..1000).contains(&sent.load(Relaxed)), "{site:?}: {sent:?}");
    }
}

#[tokio::test]
async fn many_calls_at_once_share_connections() {
    for site in Site::all() {
        let server = site.serve(echo);
        let transport = transport(&server);
        let calls = (0..20_u8).map(|n| {
            let call = transport.unary(request(site.endpoint(&server), vec![n]), Box::new(|_| {}));
            async move { call.await.map(|response| response.body == [n][..]) }
        });
        for same in futures_util::future::join_all(calls).await {
            assert_eq!(same, Ok(true), "{site:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_over_the_limit_is_refused_before_it_is_read() {
    for site in Site::all() {
        let server = site.serve(async |_| Ok(Answer::of(vec![b'm'; (4 << 20) + 1])));
        let failure = call(&site, &server, "").await.unwrap_err();
        assert!(
            matches!(
                failure,
                holdover_client::Failure::Transport { kind: holdover_client::TransportFailure::TooLarge, .. }
            ),
            "{site:?}: {failure:?}"
        );
    }
}
