//! Streams over HTTP/1.1 that nobody reads (rule G5). There is no window but that of the connection, so a caller that takes
//! nothing has to stop the reading itself.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod support;

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _};
use holdover_client::{CallRequest, Failure, Kind, Protocol, Received, Transport as _};
use holdover_transport_connect::{ConnectTransport, Dial, DialError, HyperService, Wire};
use http::Uri;
use support::loopback::call;
use support::{frame, stream_type};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

/// What a connection holds that was written and not read: more than the client takes at once.
const SOCKET: usize = 1 << 20;
/// What the client may hold of one answer: a buffer being filled, a chunk waiting to be taken, and what was taken from it.
const HELD: usize = 256 << 10;
const MESSAGE: usize = 10_000;
/// A message with its envelope and its chunk's length.
const AT_MOST: usize = MESSAGE + 5 + 8;

/// Where a body ends.
#[derive(Clone, Copy, Debug)]
enum Body {
    Chunked,
    /// With its connection.
    UntilClosed,
    /// After more bytes than will ever come.
    Long,
}

/// One connection to a server that sends messages without end, as fast as they are taken.
#[derive(Clone)]
struct Endless {
    server: Arc<Mutex<Option<(Protocol, Body)>>>,
    written: Arc<AtomicUsize>,
}

impl Endless {
    fn new(protocol: Protocol, body: Body) -> Self {
        Self { server: Arc::new(Mutex::new(Some((protocol, body)))), written: Arc::default() }
    }

    /// How much was written when nothing moves any more: paused time goes on only where nobody has anything to do.
    async fn written_at_rest(&self) -> usize {
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        self.written.load(SeqCst)
    }
}

impl Dial for Endless {
    fn dial(&self, _uri: &Uri) -> BoxFuture<'static, Result<Box<dyn Wire>, DialError>> {
        let (server, written) = (self.server.lock().unwrap().take(), self.written.clone());
        Box::pin(async move {
            let (protocol, body) = server.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionRefused))?;
            let (client, wire) = duplex(SOCKET);
            tokio::spawn(serve(wire, protocol, body, written));
            let client: Box<dyn Wire> = Box::new(client);
            Ok(client)
        })
    }
}

async fn serve(mut wire: DuplexStream, protocol: Protocol, body: Body, written: Arc<AtomicUsize>) {
    let mut request = Vec::new();
    while !request.ends_with(b"ask") {
        assert!(wire.read_buf(&mut request).await.unwrap() > 0, "the request ends in its message");
    }
    assert!(request.starts_with(b"POST /pricing.v1.Pricing/GetQuote HTTP/1.1\r\n"));
    let length = match body {
        Body::Chunked => "transfer-encoding: chunked\r\n",
        Body::UntilClosed => "connection: close\r\n",
        Body::Long => "content-length: 1000000000000\r\n",
    };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {}\r\n{length}\r\n", stream_type(protocol));
    wire.write_all(head.as_bytes()).await.unwrap();
    let message = frame(0, &[7; MESSAGE]);
    let piece = match body {
        Body::Chunked => [format!("{:x}\r\n", message.len()).as_bytes(), &message, b"\r\n"].concat(),
        Body::UntilClosed | Body::Long => message,
    };
    'sending: loop {
        let mut left = &piece[..];
        while !left.is_empty() {
            // The caller may have left.
            let Ok(taken) = wire.write(left).await else { break 'sending };
            left = &left[taken..];
            let written = written.fetch_add(taken, SeqCst);
            assert!(written < 100 * SOCKET, "{protocol:?}, {body:?}: nothing stops the server");
        }
    }
}

async fn read(stream: &mut BoxStream<'static, Result<Received, Failure>>, messages: usize) {
    let mut seen = 0;
    while seen < messages {
        if let Received::Message(message) = stream.next().await.unwrap().unwrap() {
            assert_eq!(message.len(), MESSAGE);
            seen += 1;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_nobody_reads_stops_its_server() {
    for protocol in [Protocol::Connect, Protocol::GrpcWeb] {
        for body in [Body::Chunked, Body::UntilClosed, Body::Long] {
            let endless = Endless::new(protocol, body);
            let transport =
                ConnectTransport::over(HyperService::builder().dial(endless.clone()).build().unwrap());
            let request = CallRequest {
                kind: Kind::ServerStream,
                timeout: None,
                ..call(protocol, ([127, 0, 0, 1], 1).into())
            };
            let mut stream = transport.stream(request, futures_util::stream::empty().boxed());
            let mut read_so_far = 0;
            for messages in [1, 1, 500, 1] {
                read(&mut stream, messages).await;
                read_so_far += messages;
                let written = endless.written_at_rest().await;
                let bound = read_so_far * AT_MOST + SOCKET + HELD;
                assert!(
                    (read_so_far * MESSAGE..bound).contains(&written),
                    "{protocol:?}, {body:?}: {written} bytes written for {read_so_far} messages"
                );
                assert_eq!(endless.written_at_rest().await, written, "{protocol:?}, {body:?}");
            }
        }
    }
}
