//! A server that does as little as a server can, on a thread of its own.

use std::convert::Infallible;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Collected, Full, StreamBody};
use hyper::body::Frame;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use prost::Message as _;

use super::message::{Ride, RideRequest, answer};

pub(crate) struct Loopback {
    url: String,
}

impl Loopback {
    pub(crate) fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let executor = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            executor.block_on(serve(listener));
        });
        Self { url }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// Where the times in messages of [`every`] start, in nanoseconds.
pub(crate) static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

async fn serve(listener: std::net::TcpListener) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        tokio::spawn(async move {
            let connection =
                hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new());
            // A client that goes away is no concern of the bench.
            let _ = connection.serve_connection(TokioIo::new(stream), service_fn(answered)).await;
        });
    }
}

type Body = BoxBody<Bytes, Infallible>;

async fn answered(request: Request<hyper::body::Incoming>) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.map(Collected::to_bytes).unwrap_or_default();
    let method = path.rsplit('/').next().unwrap_or_default();
    let (content_type, body) = match method {
        "Feed" => ("application/connect+proto", burst(how_many(&body)).boxed()),
        "Follow" => ("application/connect+proto", every(Duration::from_millis(1), how_many(&body)).boxed()),
        "Watch" => match of_burst(&body) {
            Some(messages) => ("application/connect+proto", burst(messages).boxed()),
            None => ("application/connect+proto", open_for_ever().boxed()),
        },
        _ => ("application/proto", Full::new(Bytes::from(answer().encode_to_vec())).boxed()),
    };
    Ok(Response::builder().header("content-type", content_type).body(body).unwrap())
}

/// The ride that a streamed request is about, after its prefix.
fn ride(body: &Bytes) -> String {
    RideRequest::decode(body.get(5..).unwrap_or_default()).unwrap().ride_id
}

/// How many messages a request asks for.
fn how_many(body: &Bytes) -> usize {
    ride(body).parse().unwrap()
}

/// How many messages a ride has that is named for that: `2000-messages-7`.
fn of_burst(body: &Bytes) -> Option<usize> {
    let ride = ride(body);
    let (messages, _) = ride.split_once("-messages-")?;
    messages.parse().ok()
}

/// A message behind its prefix. <https://connectrpc.com/docs/protocol/#streaming-rpcs>
fn framed(flags: u8, message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flags], &length[..], message].concat().into()
}

fn streamed(
    messages: impl Stream<Item = Bytes> + Send + Sync + 'static,
) -> impl hyper::body::Body<Data = Bytes, Error = Infallible> + Send + Sync {
    StreamBody::new(messages.map(|message| Ok(Frame::data(message))))
}

fn end() -> stream::Once<std::future::Ready<Bytes>> {
    stream::once(std::future::ready(framed(2, b"{}")))
}

/// So many messages, as fast as they are taken.
fn burst(messages: usize) -> impl hyper::body::Body<Data = Bytes, Error = Infallible> + Send + Sync {
    let message = framed(0, &answer().encode_to_vec());
    streamed(stream::iter(std::iter::repeat_n(message, messages)).chain(end()))
}

/// So many messages, one by one, each with the time at which it was sent.
fn every(
    pause: Duration,
    messages: usize,
) -> impl hyper::body::Body<Data = Bytes, Error = Infallible> + Send + Sync {
    let next = move |_| async move {
        tokio::time::sleep(pause).await;
        let sent = i64::try_from(EPOCH.elapsed().as_nanos()).unwrap();
        framed(0, &Ride { cents: Some(sent), ..answer() }.encode_to_vec())
    };
    streamed(stream::iter(0..messages).then(next).chain(end()))
}

/// One message, and then silence.
fn open_for_ever() -> impl hyper::body::Body<Data = Bytes, Error = Infallible> + Send + Sync {
    let message = framed(0, &answer().encode_to_vec());
    streamed(stream::once(std::future::ready(message)).chain(stream::pending()))
}
