//! Readers that do not read, of servers that send without end (rule G5).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use bytes::Bytes;
use holdover::ErrorKind;
use holdover::prost::Message as _;
use holdover_e2e::pricing::v1::{GetProfileRequest, Offer, WatchRequest};
use holdover_e2e::{App, Asked, Messages, Pipe, Shape, Site, Streamed, Streams, full_quote};

use crate::{allocated, grown_since};

const READERS: usize = 20;
/// What is on its way or read ahead of one reader, at most: over HTTP/2 the window of its stream at the client, over
/// HTTP/1.1 some ten kB there, and the rest in the server and the pipe. A quote has about 10 kB.
const PER_READER: usize = 1 << 20;

pub(crate) async fn readers_stop_their_servers(site: &Site) {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = sent.clone();
    let endless = Streams(move |_: Asked, _requests: Messages| {
        let (sent, quote) = (counted.clone(), Bytes::from(full_quote().encode_to_vec()));
        let messages = futures_util::stream::repeat_with(move || {
            sent.fetch_add(1, SeqCst);
            Ok(quote.clone())
        });
        async move { Ok(Streamed::of(messages)) }
    });
    let (pipe, accepted) = Pipe::new(Shape { delay: Duration::from_millis(5), bytes_per_second: 1_000_000 });
    site.serve_in(accepted, None, endless);
    let app = App::through(site, &pipe);
    let before = allocated();

    let mut readers: Vec<_> =
        (0..READERS).map(|n| app.pricing.watch(WatchRequest { ride_id: format!("slow-{n}") })).collect();
    for reader in &mut readers {
        reader.next().await.unwrap().unwrap();
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    let (messages, grown) = (sent.load(SeqCst), grown_since(before));
    assert!(grown < READERS * PER_READER, "{site:?}: {grown} bytes for {messages} messages");
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(sent.load(SeqCst), messages, "{site:?}: nobody reads, and nothing more is sent");

    // Nobody else is held up: the server has no such method, and says so.
    let error = app.pricing.get_profile(GetProfileRequest {}).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Rejected, "{site:?}: {error}");

    // One that reads again gets more, and the others do not.
    let reader = &mut readers[0];
    for _ in 0..200 {
        reader.next().await.unwrap().unwrap();
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(sent.load(SeqCst) > messages, "{site:?}");
    let grown = grown_since(before);
    assert!(grown < READERS * PER_READER, "{site:?}: {grown} bytes");

    // Bidi streams need HTTP/2.
    if site.http_version() == http::Version::HTTP_2 {
        let mut haggle = app.pricing.haggle();
        haggle.send(&Offer::default()).await.unwrap();
        haggle.next().await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_secs(10)).await;
        let messages = sent.load(SeqCst);
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert_eq!(sent.load(SeqCst), messages, "{site:?}: pass-through streams are held back, too");
    }
    drop(readers);
    app.runtime.shutdown().await;
}
