//! Streams of every kind.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use holdover::prost::Message as _;
use holdover_client::{
    CallRequest, Code, Failure, Head, Kind, Metadata, Progress, Received, Transport as _, TransportFailure,
};
use holdover_e2e::pricing::v1::{Offer, Position, Quote, WatchRequest};
use holdover_e2e::{Messages, Refusal, Rides, Server, Site, Stack, Streamed, Streams, transport};

use crate::request;

/// A stream that is being read.
pub(crate) struct Open(BoxStream<'static, Result<Received, Failure>>);

/// Opens a stream of `method`. What it sends is the only request of a server stream, and the sequence of any other.
pub(crate) fn open(site: &Site, server: &Server, method: &str, metadata: Metadata, sent: Vec<Bytes>) -> Open {
    open_with(site, server, method, metadata, stream::iter(sent).boxed())
}

fn open_with(
    site: &Site,
    server: &Server,
    method: &str,
    metadata: Metadata,
    mut sent: BoxStream<'static, Bytes>,
) -> Open {
    let kind = match method {
        "Watch" => Kind::ServerStream,
        "Track" => Kind::ClientStream,
        "Haggle" => Kind::BidiStream,
        other => panic!("{other} is no stream"),
    };
    let mut body = Bytes::new();
    if kind == Kind::ServerStream {
        body = futures_util::FutureExt::now_or_never(sent.next()).flatten().expect("there is a request");
        sent = stream::empty().boxed();
    }
    let request = CallRequest {
        kind,
        path: format!("/pricing.v1.Pricing/{method}").into(),
        metadata,
        timeout: None,
        idempotent: false,
        no_side_effects: kind == Kind::ServerStream,
        ..request(site.endpoint(server), body)
    };
    Open(transport(server).stream(request, sent))
}

/// Watches the ride `r-1`.
pub(crate) fn watch(site: &Site, server: &Server, metadata: Metadata) -> Open {
    let request = WatchRequest { ride_id: "r-1".to_owned() };
    open(site, server, "Watch", metadata, vec![request.encode_to_vec().into()])
}

impl Open {
    /// What comes next, apart from measurements.
    pub(crate) async fn received(&mut self) -> Result<Received, Failure> {
        loop {
            let received = self.0.next().await.expect("an end comes before the end");
            match received? {
                Received::Progress(
                    Progress::Sent { .. } | Progress::Bytes | Progress::Transferred { .. },
                ) => {}
                other => return Ok(other),
            }
        }
    }

    /// The head, which comes before everything.
    pub(crate) async fn head(&mut self) -> Head {
        match self.received().await {
            Ok(Received::Progress(Progress::Head(head))) => head,
            other => panic!("a head was expected, not {other:?}"),
        }
    }

    /// The next message.
    pub(crate) async fn message(&mut self) -> Bytes {
        match self.received().await {
            Ok(Received::Message(message)) => message,
            other => panic!("a message was expected, not {other:?}"),
        }
    }

    /// The next message, decoded.
    pub(crate) async fn quote(&mut self) -> Quote {
        Quote::decode(self.message().await).unwrap()
    }

    /// How it ends, with what comes before that skipped.
    pub(crate) async fn end(&mut self) -> Result<Metadata, Failure> {
        loop {
            if let Received::End { trailers } = self.received().await? {
                return Ok(trailers);
            }
        }
    }
}

fn bytes(numbers: std::ops::Range<u8>) -> Vec<Bytes> {
    numbers.map(|n| Bytes::from(vec![n; usize::from(n) * 50])).collect()
}

/// Gives back what it gets, as it comes.
async fn echo(_: holdover_e2e::Asked, requests: Messages) -> Result<Streamed, Refusal> {
    let mut streamed = Streamed::of(requests);
    streamed.headers.append("x-head", http::HeaderValue::from_static("1"));
    Ok(streamed)
}

/// Whether both sides can send at once: not in HTTP/1.1.
pub(crate) fn full_duplex(site: &Site) -> bool {
    site.http_version() == http::Version::HTTP_2
}

#[tokio::test]
async fn messages_go_there_and_back_in_order() {
    for site in Site::all().into_iter().filter(full_duplex) {
        let server = site.serve(Streams(echo));
        let mut stream = open(&site, &server, "Haggle", Metadata::new(), bytes(0..20));
        assert_eq!(stream.head().await.metadata.text("x-head"), Some("1"), "{site:?}");
        for expected in bytes(0..20) {
            assert!(stream.message().await == expected, "{site:?}, {} bytes", expected.len());
        }
        stream.end().await.unwrap_or_else(|failure| panic!("{site:?}: {failure:?}"));
    }
}

#[tokio::test]
async fn messages_come_in_order() {
    for site in Site::all() {
        let messages = || stream::iter(bytes(0..20).into_iter().map(Ok));
        let server = site.serve(Streams(move |_, _| std::future::ready(Ok(Streamed::of(messages())))));
        let mut stream = watch(&site, &server, Metadata::new());
        stream.head().await;
        for expected in bytes(0..20) {
            assert!(stream.message().await == expected, "{site:?}, {} bytes", expected.len());
        }
        stream.end().await.unwrap_or_else(|failure| panic!("{site:?}: {failure:?}"));
    }
}

#[tokio::test]
async fn answers_come_while_the_client_still_sends() {
    for site in Site::all().into_iter().filter(full_duplex) {
        let server = site.serve(Rides::new());
        let (send, mut sent) = tokio::sync::mpsc::unbounded_channel();
        let sent = stream::poll_fn(move |cx| sent.poll_recv(cx)).boxed();
        let mut stream = open_with(&site, &server, "Haggle", Metadata::new(), sent);
        for minor_units in [900, 950, 1000] {
            let offer = Offer { ride_id: "r-1".to_owned(), minor_units };
            send.send(Bytes::from(offer.encode_to_vec())).unwrap();
            if minor_units == 900 {
                stream.head().await;
            }
            assert_eq!(stream.quote().await.total.unwrap().minor_units, minor_units, "{site:?}");
        }
        drop(send);
        stream.end().await.unwrap();
    }
}

#[tokio::test]
async fn a_client_stream_is_answered_once() {
    for site in Site::all() {
        let server = site.serve(Rides::new());
        let positions =
            (0..3).map(|n| Position { latitude: f64::from(n), longitude: 0.0 }.encode_to_vec().into());
        let mut stream = open(&site, &server, "Track", Metadata::new(), positions.collect());
        stream.head().await;
        assert_eq!(stream.quote().await.quote_id(), "q-1 of 3 positions", "{site:?}");
        stream.end().await.unwrap();
    }
}

#[tokio::test]
async fn a_server_stream_tells_of_every_change_until_it_ends() {
    for site in Site::all() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let mut stream = watch(&site, &server, Metadata::new());
        stream.head().await;
        assert_eq!(stream.quote().await.destination, "Airport", "{site:?}");
        rides.change_quote(|quote| quote.destination = "Zoo".to_owned());
        assert_eq!(stream.quote().await.destination, "Zoo", "{site:?}");
        rides.end_watches(None);
        stream.end().await.unwrap_or_else(|failure| panic!("{site:?}: {failure:?}"));

        let mut stream = watch(&site, &server, Metadata::new());
        stream.head().await;
        stream.message().await;
        rides.end_watches(Some(&Refusal::of(Code::ResourceExhausted, "no more cars")));
        match stream.end().await {
            Err(Failure::Status { code: Code::ResourceExhausted, message, .. }) => {
                assert_eq!(message, "no more cars", "{site:?}");
            }
            other => panic!("{site:?}: {other:?}"),
        }
        // Refused before it began.
        rides.refuse_next(Refusal::of(Code::PermissionDenied, "not your ride"));
        match watch(&site, &server, Metadata::new()).end().await {
            Err(Failure::Status { code: Code::PermissionDenied, .. }) => {}
            other => panic!("{site:?}: {other:?}"),
        }
    }
}

/// A head that waited for a message could wait for hours.
#[tokio::test]
async fn the_head_is_there_before_the_first_message() {
    for site in Site::all() {
        let server = site.serve(Streams(async |_, _| Ok(Streamed::of(stream::pending()))));
        watch(&site, &server, Metadata::new()).head().await;
    }
}

#[tokio::test]
async fn a_dropped_stream_ends_the_servers_work() {
    for site in Site::all() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let mut stream = watch(&site, &server, Metadata::new());
        stream.head().await;
        stream.message().await;
        assert_eq!(rides.watches(), 1);
        drop(stream);
        rides.abandoned(1).await;
        assert_eq!(rides.watches(), 0, "{site:?}");
    }
}

#[tokio::test]
async fn a_server_that_dies_breaks_its_streams_and_serves_again() {
    for site in Site::all() {
        let server = site.serve(Rides::new());
        let mut stream = watch(&site, &server, Metadata::new());
        stream.head().await;
        stream.message().await;
        let address = server.stop();
        match stream.end().await {
            Err(Failure::Transport { kind: TransportFailure::Reset, unsent: false, .. }) => {}
            other => panic!("{site:?}: {other:?}"),
        }
        let server = site.serve_at(address, Rides::new());
        let mut stream = watch(&site, &server, Metadata::new());
        stream.head().await;
        assert_eq!(stream.quote().await.quote_id(), "q-1 of r-1", "{site:?}");
    }
}

/// Who does not read is not sent more than what windows and sockets hold.
#[tokio::test]
async fn a_reader_that_stops_stops_the_server() {
    const SIZE: usize = 64 << 10;
    // Socket buffers grow to some megabytes, and windows are as large; nothing here comes near this.
    const HELD: usize = (64 << 20) / SIZE;
    for site in Site::plain() {
        let made = Arc::new(AtomicUsize::new(0));
        let counter = made.clone();
        let server = site.serve(Streams(move |_, _| {
            let counter = counter.clone();
            let message = Bytes::from(vec![7; SIZE]);
            let endless = stream::repeat_with(move || {
                counter.fetch_add(1, Ordering::SeqCst);
                Ok(message.clone())
            });
            std::future::ready(Ok(Streamed::of(endless)))
        }));
        let mut reading = watch(&site, &server, Metadata::new());
        let mut stalled = watch(&site, &server, Metadata::new());
        stalled.head().await;
        reading.head().await;
        // Meanwhile the other stream could have been sent gigabytes.
        for _ in 0..2000 {
            reading.message().await;
        }
        let made = made.load(Ordering::SeqCst);
        assert!(made < 2000 + 2 * HELD, "{site:?}: {made} messages were made");
    }
}

#[tokio::test]
async fn many_streams_at_once() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let mut streams: Vec<_> = (0..100).map(|_| watch(&site, &server, Metadata::new())).collect();
        for stream in &mut streams {
            stream.head().await;
            stream.message().await;
        }
        assert_eq!(rides.watches(), 100, "{site:?}");
        rides.change_quote(|quote| quote.destination = "Zoo".to_owned());
        for stream in &mut streams {
            assert_eq!(stream.quote().await.destination, "Zoo", "{site:?}");
        }
        // A storm of cancellations.
        drop(streams);
        rides.abandoned(100).await;
        assert_eq!(rides.watches(), 0);
        watch(&site, &server, Metadata::new()).head().await;
    }
}

#[tokio::test]
async fn trailers_come_at_the_end() {
    for site in Site::all().into_iter().filter(|site| site.stack == Stack::Connectrpc) {
        let server = site.serve(Streams(async |_, requests| {
            let mut streamed = Streamed::of(requests);
            streamed.trailers.append("x-cost", http::HeaderValue::from_static("7"));
            Ok(streamed)
        }));
        let mut stream = open(&site, &server, "Watch", Metadata::new(), bytes(1..2));
        stream.head().await;
        stream.message().await;
        assert_eq!(stream.end().await.unwrap().text("x-cost"), Some("7"), "{site:?}");
    }
}
