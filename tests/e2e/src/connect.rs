//! The handler, served by connectrpc: all three protocols on one port.

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use connectrpc::dispatcher::{Dispatcher, MethodDescriptor, RequestStream, StreamingResult, UnaryResult};
use connectrpc::{
    CodecFormat, ConnectError, ConnectRpcService, ErrorCode, ErrorDetail, Payload, RequestContext, Response,
};
use holdover_server::DetailLayer;
use tokio_rustls::TlsAcceptor;
use tower_layer::Layer as _;

use crate::handler::{Asked, Handler, Refusal};
use crate::identity::Identity;
use crate::running::{Server, serve};

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
    let compression = if gzip {
        connectrpc::CompressionPolicy::default().with_min_size(0)
    } else {
        connectrpc::CompressionPolicy::disabled()
    };
    let service = ConnectRpcService::new(Undecoded(handler)).with_compression_policy(compression);
    match layer {
        None => Server::run(address, root_pem, |listener| serve(listener, acceptor, service)),
        Some(layer) => {
            Server::run(address, root_pem, |listener| serve(listener, acceptor, layer.layer(service)))
        }
    }
}

/// What `connectrpc-build` generates for a service, for all of its methods at once and without decoding.
struct Undecoded(Arc<dyn Handler>);

impl Dispatcher for Undecoded {
    fn lookup(&self, path: &str) -> Option<MethodDescriptor> {
        path.starts_with("pricing.v1.Pricing/").then_some(MethodDescriptor::unary(false))
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
        _context: RequestContext,
        _request: Bytes,
        _format: CodecFormat,
    ) -> StreamingResult {
        unary_only(path)
    }

    fn call_client_streaming(
        &self,
        path: &str,
        _context: RequestContext,
        _requests: RequestStream,
        _format: CodecFormat,
    ) -> UnaryResult {
        let error = ConnectError::unimplemented(format!("{path} is unary"));
        Box::pin(std::future::ready(Err(error)))
    }

    fn call_bidi_streaming(
        &self,
        path: &str,
        _context: RequestContext,
        _requests: RequestStream,
        _format: CodecFormat,
    ) -> StreamingResult {
        unary_only(path)
    }
}

fn unary_only(path: &str) -> StreamingResult {
    let error = ConnectError::unimplemented(format!("{path} is unary"));
    Box::pin(std::future::ready(Err(error)))
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
