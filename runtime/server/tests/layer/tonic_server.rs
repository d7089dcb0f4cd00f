//! The layer in a real tonic server, seen over a loopback socket by a plain HTTP/2 client.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use holdover_server::DetailLayer;
use holdover_wire::frame;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message as _;
use tokio::net::{TcpListener, TcpStream};
use tonic::codec::CompressionEncoding;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_prost::ProstCodec;

use crate::support::{ASK, Message, gunzip, layer};

/// `t.Service/Get`: answers with the rich message, or with NOT_FOUND to an `id` of "none".
#[derive(Clone)]
struct Service;

impl NamedService for Service {
    const NAME: &'static str = "t.Service";
}

impl tower::Service<Request<tonic::body::Body>> for Service {
    type Response = Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<tonic::body::Body>) -> Self::Future {
        Box::pin(async move {
            let codec = ProstCodec::<Message, Message>::default();
            let mut grpc = Grpc::new(codec).send_compressed(CompressionEncoding::Gzip);
            Ok(grpc.unary(Get, request).await)
        })
    }
}

struct Get;

impl UnaryService<Message> for Get {
    type Response = Message;
    type Future = std::future::Ready<Result<tonic::Response<Message>, tonic::Status>>;

    fn call(&mut self, request: tonic::Request<Message>) -> Self::Future {
        std::future::ready(match request.into_inner().id.as_deref() {
            Some("none") => Err(tonic::Status::not_found("there is none")),
            _ => Ok(tonic::Response::new(Message::rich())),
        })
    }
}

/// Starts the server, with the layer or without, and says where.
async fn serve(layer: Option<DetailLayer>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let incoming = TcpIncoming::from(listener);
    match layer {
        Some(layer) => {
            let server = Server::builder().layer(layer).add_service(Service);
            tokio::spawn(server.serve_with_incoming(incoming));
        }
        None => {
            let server = Server::builder().add_service(Service);
            tokio::spawn(server.serve_with_incoming(incoming));
        }
    }
    address
}

/// What came over the wire.
struct Seen {
    headers: HeaderMap,
    body: Bytes,
    trailers: Option<HeaderMap>,
}

async fn get(address: SocketAddr, id: &str, headers: &[(&str, &str)]) -> Seen {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let message = Message { id: Some(id.into()), ..Message::default() }.encode_to_vec();
    let mut request = Request::post(format!("http://{address}/t.Service/Get"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(frame::encode(0, &message).unwrap())).unwrap();
    let (head, body) = client.send_request(request).await.unwrap().into_parts();
    assert_eq!(head.status, 200);
    let collected = body.collect().await.unwrap();
    let trailers = collected.trailers().cloned();
    Seen { headers: head.headers, body: collected.to_bytes(), trailers }
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(test)
}

#[test]
fn whoever_asks_gets_less_compressed_or_not() {
    run(async {
        let (layer, metrics) = layer();
        let address = serve(Some(layer)).await;
        let reduced = Message::rich().reduced().encode_to_vec();

        let plain = get(address, "some", &[("holdover-detail", ASK)]).await;
        assert_eq!(plain.body, frame::encode(0, &reduced).unwrap());
        let dropped = Message::rich().encode_to_vec().len() - reduced.len();
        assert_eq!(plain.headers["holdover-detail-applied"], format!("{ASK}; dropped={dropped}"));
        assert_eq!(plain.headers["vary"], "holdover-detail");
        assert_eq!(plain.trailers.unwrap()["grpc-status"], "0");

        let asked = [("holdover-detail", ASK), ("grpc-accept-encoding", "gzip")];
        let compressed = get(address, "some", &asked).await;
        assert_eq!(compressed.headers["grpc-encoding"], "gzip");
        assert_eq!(compressed.body[0], frame::COMPRESSED);
        assert_eq!(gunzip(&compressed.body[frame::HEAD_LEN..]), reduced);

        let counts = metrics.counts();
        assert_eq!((counts.responses, counts.trimmed), (2, 2));
        assert_eq!(counts.bytes_out, (plain.body.len() + compressed.body.len()) as u64);
    });
}

#[test]
fn nobody_else_sees_a_difference() {
    run(async {
        let (layer, metrics) = layer();
        let (with, without) = (serve(Some(layer)).await, serve(None).await);
        for (id, encoding) in [("some", "identity"), ("some", "gzip"), ("none", "identity")] {
            let headers = [("grpc-accept-encoding", encoding)];
            let mut with = get(with, id, &headers).await;
            let without = get(without, id, &headers).await;
            assert_eq!(with.headers.remove("vary").unwrap(), "holdover-detail");
            let mut expected = without.headers;
            for headers in [&mut with.headers, &mut expected] {
                headers.remove("date");
            }
            assert_eq!((with.headers, with.trailers, with.body), (expected, without.trailers, without.body));
        }
        assert_eq!(metrics.counts().passed_unasked, 3);
    });
}

#[test]
fn a_failed_call_passes() {
    run(async {
        let (layer, metrics) = layer();
        let (with, without) = (serve(Some(layer)).await, serve(None).await);
        let failed = get(with, "none", &[("holdover-detail", ASK)]).await;
        let expected = get(without, "none", &[]).await;
        assert_eq!(failed.headers["grpc-status"], "5");
        assert_eq!(failed.headers["grpc-message"], expected.headers["grpc-message"]);
        assert!(!failed.headers.contains_key("holdover-detail-applied"));
        assert_eq!((failed.body, failed.trailers), (expected.body, expected.trailers));
        assert_eq!(metrics.counts().passed_failed, 1);
    });
}
