//! The handler, served by tonic: gRPC, and gRPC-Web by tonic-web.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf as _, BufMut as _, Bytes};
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, Stream, StreamExt as _};
use holdover_client::Code;
use holdover_server::DetailLayer;
use prost::Message as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::server::{Grpc, NamedService, StreamingService, UnaryService};
use tonic::transport::server::{Connected, TcpIncoming};
use tonic::transport::{Identity as TonicIdentity, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};
use tower_service::Service;

use crate::handler::{Asked, Handler, Refusal};
use crate::identity::Identity;
use crate::pipe::Accepted;
use crate::running::Server;

/// Starts one. `gzip`: answers are compressed for clients that accept it.
pub(crate) fn start(
    address: Option<SocketAddr>,
    handler: Arc<dyn Handler>,
    identity: Option<&Identity>,
    gzip: bool,
    layer: Option<DetailLayer>,
) -> Server {
    let root_pem = identity.map(Identity::root_pem);
    let tls = identity.map(|identity| {
        ServerTlsConfig::new().identity(TonicIdentity::from_pem(identity.root_pem(), identity.key_pem()))
    });
    Server::run(address, root_pem, move |listener| {
        serve(TcpIncoming::from(listener), handler, tls, gzip, layer)
    })
}

/// Serves the connections of a pipe, as a task of this executor.
pub(crate) fn start_in(accepted: Accepted, handler: Arc<dyn Handler>, layer: Option<DetailLayer>) {
    tokio::spawn(serve(accepted, handler, None, false, layer));
}

async fn serve<I, IO, E>(
    incoming: I,
    handler: Arc<dyn Handler>,
    tls: Option<ServerTlsConfig>,
    gzip: bool,
    layer: Option<DetailLayer>,
) where
    I: Stream<Item = Result<IO, E>>,
    IO: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut builder = tonic::transport::Server::builder().accept_http1(true);
    if let Some(tls) = tls {
        builder = builder.tls_config(tls).unwrap();
    }
    let (web, service) = (tonic_web::GrpcWebLayer::new(), Pricing { handler, gzip });
    let served = match layer {
        None => builder.layer(web).add_service(service).serve_with_incoming(incoming).await,
        Some(layer) => {
            builder.layer(layer).layer(web).add_service(service).serve_with_incoming(incoming).await
        }
    };
    served.unwrap();
}

/// What `tonic-build` generates for a service, for all of its methods at once and without decoding.
#[derive(Clone)]
struct Pricing {
    handler: Arc<dyn Handler>,
    gzip: bool,
}

impl NamedService for Pricing {
    const NAME: &'static str = "pricing.v1.Pricing";
}

impl Service<http::Request<tonic::body::Body>> for Pricing {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        let method = Method { handler: self.handler.clone(), path: request.uri().path().to_owned() };
        let mut grpc = Grpc::new(Undecoded).accept_compressed(CompressionEncoding::Gzip);
        if self.gzip {
            grpc = grpc.send_compressed(CompressionEncoding::Gzip);
        }
        Box::pin(async move {
            Ok(match method.path.as_str() {
                // To tonic's framing, server and client streams are bidi streams of which one side has one message.
                "/pricing.v1.Pricing/Watch" | "/pricing.v1.Pricing/Track" | "/pricing.v1.Pricing/Haggle" => {
                    grpc.streaming(method, request).await
                }
                _ => grpc.unary(method, request).await,
            })
        })
    }
}

struct Method {
    handler: Arc<dyn Handler>,
    path: String,
}

impl UnaryService<Bytes> for Method {
    type Response = Bytes;
    type Future = BoxFuture<'static, Result<Response<Bytes>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let (metadata, _, message) = request.into_parts();
        let asked = Asked { path: self.path.clone(), headers: metadata.into_headers(), message };
        let outcome = self.handler.handle(asked);
        Box::pin(async move {
            let answer = outcome.await.map_err(status)?;
            let metadata = MetadataMap::from_headers(answer.headers);
            Ok(Response::from_parts(metadata, answer.message, http::Extensions::new()))
        })
    }
}

impl StreamingService<Bytes> for Method {
    type Response = Bytes;
    type ResponseStream = BoxStream<'static, Result<Bytes, Status>>;
    type Future = BoxFuture<'static, Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        let (metadata, _, requests) = request.into_parts();
        let asked =
            Asked { path: self.path.clone(), headers: metadata.into_headers(), message: Bytes::new() };
        let broken = |status: Status| Refusal::of(Code::Cancelled, &status.to_string());
        let requests = requests.map(move |item| item.map_err(broken)).boxed();
        let outcome = self.handler.stream(asked, requests);
        Box::pin(async move {
            let streamed = outcome.await.map_err(status)?;
            let metadata = MetadataMap::from_headers(streamed.headers);
            let messages = streamed.messages.map(|item| item.map_err(status)).boxed();
            Ok(Response::from_parts(metadata, messages, http::Extensions::new()))
        })
    }
}

fn status(refusal: Refusal) -> Status {
    let code = i32::try_from(refusal.code.number()).unwrap();
    let metadata = MetadataMap::from_headers(*refusal.metadata);
    let details = if refusal.details.is_empty() {
        Bytes::new()
    } else {
        let details = refusal.details.into_iter().map(|(name, value)| Any {
            type_url: format!("type.googleapis.com/{name}"),
            value: value.to_vec(),
        });
        let details = details.collect();
        RpcStatus { code, message: refusal.message.clone(), details }.encode_to_vec().into()
    };
    Status::with_details_and_metadata(code.into(), refusal.message, details, metadata)
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// Messages as they are.
#[derive(Clone, Copy)]
struct Undecoded;

impl Codec for Undecoded {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Undecoded {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Undecoded {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(bytes.copy_to_bytes(bytes.remaining())))
    }
}
