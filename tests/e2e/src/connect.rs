//! The handler, served by connectrpc: all three protocols on one port.

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use connectrpc::dispatcher::{Dispatcher, MethodDescriptor, RequestStream, StreamingResult, UnaryResult};
use connectrpc::{
    CodecFormat, ConnectError, ConnectRpcService, EncodedBody, ErrorCode, ErrorDetail, Payload,
    RequestContext, Response,
};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use holdover_client::Code;
use holdover_server::DetailLayer;
use tokio_rustls::TlsAcceptor;
use tower_layer::Layer as _;

use crate::handler::{Asked, Handler, Messages, Refusal, Streamed};
use crate::identity::Identity;
use crate::pipe::Accepted;
use crate::running::{Server, serve, serve_connections};

/// Starts one. `tls`: by which identity, and what it offers by ALPN. `gzip`: answers are compressed for clients that
/// accept it.
pub(crate) fn start(
    address: Option<SocketAddr>,
    handler: Arc<dyn Handler>,
    tls: Option<(&Identity, &[&str])>,
    gzip: bool,
    layer: Option<DetailLayer>,
) -> Server {
    let acceptor = tls.map(|(identity, alpn)| TlsAcceptor::from(identity.rustls(alpn)));
    let root_pem = tls.map(|(identity, _)| identity.root_pem());
    let service = service(handler, gzip);
    match layer {
        None => Server::run(address, root_pem, |listener| serve(listener, acceptor, service)),
        Some(layer) => {
            Server::run(address, root_pem, |listener| serve(listener, acceptor, layer.layer(service)))
        }
    }
}

/// Serves the connections of a pipe, as a task of this executor.
pub(crate) fn start_in(accepted: Accepted, handler: Arc<dyn Handler>, layer: Option<DetailLayer>) {
    let service = service(handler, false);
    match layer {
        None => tokio::spawn(serve_connections(accepted, None, service)),
        Some(layer) => tokio::spawn(serve_connections(accepted, None, layer.layer(service))),
    };
}

fn service(handler: Arc<dyn Handler>, gzip: bool) -> ConnectRpcService<Undecoded> {
    let compression = if gzip {
        connectrpc::CompressionPolicy::default().with_min_size(0)
    } else {
        connectrpc::CompressionPolicy::disabled()
    };
    ConnectRpcService::new(Undecoded(handler)).with_compression_policy(compression)
}

/// What `connectrpc-build` generates for a service, for all of its methods at once and without decoding.
struct Undecoded(Arc<dyn Handler>);

impl Dispatcher for Undecoded {
    fn lookup(&self, path: &str) -> Option<MethodDescriptor> {
        let method = path.strip_prefix("pricing.v1.Pricing/")?;
        Some(match method {
            "Watch" => MethodDescriptor::server_streaming(),
            "Track" => MethodDescriptor::client_streaming(),
            "Haggle" => MethodDescriptor::bidi_streaming(),
            _ => MethodDescriptor::unary(false),
        })
    }

    fn call_unary(
        &self,
        path: &str,
        context: RequestContext,
        request: Payload,
        _format: CodecFormat,
    ) -> UnaryResult {
        let message = match request.encoded() {
            Ok(message) => message,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        let asked = Asked { path: format!("/{path}"), headers: context.headers().clone(), message };
        let outcome = self.0.handle(asked);
        Box::pin(async move {
            let answer = outcome.await.map_err(error)?;
            let mut response = Response::new(answer.message.into());
            response.headers = answer.headers;
            response.trailers = answer.trailers;
            Ok(response)
        })
    }

    fn call_server_streaming(
        &self,
        path: &str,
        context: RequestContext,
        request: Bytes,
        _format: CodecFormat,
    ) -> StreamingResult {
        let request = futures_util::stream::once(std::future::ready(Ok(request)));
        self.streamed(path, &context, request.boxed())
    }

    fn call_client_streaming(
        &self,
        path: &str,
        context: RequestContext,
        requests: RequestStream,
        _format: CodecFormat,
    ) -> UnaryResult {
        let outcome = self.stream(path, &context, messages(requests));
        Box::pin(async move {
            let mut streamed = outcome.await.map_err(error)?;
            let message = match (streamed.messages.next().await, streamed.messages.next().await) {
                (Some(Err(refusal)), _) => return Err(error(refusal)),
                (Some(Ok(only)), None) => only,
                _ => return Err(ConnectError::internal("a client stream is answered by one message")),
            };
            let mut response = Response::new(message.into());
            response.headers = streamed.headers;
            response.trailers = streamed.trailers;
            Ok(response)
        })
    }

    fn call_bidi_streaming(
        &self,
        path: &str,
        context: RequestContext,
        requests: RequestStream,
        _format: CodecFormat,
    ) -> StreamingResult {
        self.streamed(path, &context, messages(requests))
    }
}

impl Undecoded {
    fn stream(
        &self,
        path: &str,
        context: &RequestContext,
        requests: Messages,
    ) -> BoxFuture<'static, Result<Streamed, Refusal>> {
        let headers = context.headers().clone();
        self.0.stream(Asked { path: format!("/{path}"), headers, message: Bytes::new() }, requests)
    }

    fn streamed(&self, path: &str, context: &RequestContext, requests: Messages) -> StreamingResult {
        let outcome = self.stream(path, context, requests);
        Box::pin(async move {
            let streamed = outcome.await.map_err(error)?;
            let messages = streamed.messages.map(|item| item.map(EncodedBody::from).map_err(error));
            let mut response = Response::stream(messages);
            response.headers = streamed.headers;
            response.trailers = streamed.trailers;
            Ok(response)
        })
    }
}

fn messages(requests: RequestStream) -> Messages {
    requests.map(|item| item.map_err(|error| Refusal::of(Code::Cancelled, &error.to_string()))).boxed()
}

fn error(refusal: Refusal) -> ConnectError {
    let code = ErrorCode::from_grpc_code(refusal.code.number()).unwrap();
    let mut error = ConnectError::new(code, refusal.message).with_trailers(*refusal.metadata);
    error.details = refusal
        .details
        .into_iter()
        .map(|(name, value)| ErrorDetail {
            type_url: name,
            value: Some(STANDARD_NO_PAD.encode(value)),
            debug: None,
        })
        .collect();
    error
}
