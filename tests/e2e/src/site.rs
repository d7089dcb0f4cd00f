//! Every way in which a client and a server can meet.

use std::net::SocketAddr;
use std::sync::Arc;

use holdover_client::{Endpoint, Limits, Protocol};
use holdover_server::DetailLayer;
use holdover_transport_connect::{ConnectTransport, HyperService};

use crate::handler::Handler;
use crate::identity::Identity;
use crate::pipe::Accepted;
use crate::running::Server;
use crate::{connect, tonic_server};

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stack {
    /// tonic, with tonic-web.
    Tonic,
    /// connectrpc.
    Connectrpc,
}

/// A server of one stack, spoken to in one protocol, over one kind of connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// Whose server it is.
    pub stack: Stack,
    /// What is spoken.
    pub protocol: Protocol,
    /// TLS, with what the server offers by ALPN; `None`: plain text.
    pub tls: Option<&'static [&'static str]>,
    /// The server compresses for clients that accept it.
    pub gzip: bool,
}

const BOTH: &[&str] = &["h2", "http/1.1"];
const OLD: &[&str] = &["http/1.1"];

impl Site {
    /// One per stack, protocol and kind of connection that exists.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for gzip in [false, true] {
            for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
                // tonic offers HTTP/2 alone over TLS.
                for tls in [None, Some(BOTH)] {
                    all.push(Self { stack: Stack::Tonic, protocol, tls, gzip });
                }
            }
            for protocol in [Protocol::Connect, Protocol::Grpc, Protocol::GrpcWeb] {
                for tls in [None, Some(BOTH), Some(OLD)] {
                    if protocol != Protocol::Grpc || tls != Some(OLD) {
                        all.push(Self { stack: Stack::Connectrpc, protocol, tls, gzip });
                    }
                }
            }
        }
        all
    }

    /// One per stack and protocol, over plain text.
    pub fn plain() -> Vec<Self> {
        Self::all().into_iter().filter(|site| site.tls.is_none() && !site.gzip).collect()
    }

    /// The HTTP version in which client and server meet.
    pub fn http_version(&self) -> http::Version {
        let old = match self.tls {
            None => self.protocol != Protocol::Grpc,
            Some(alpn) => self.stack == Stack::Connectrpc && alpn == OLD,
        };
        if old { http::Version::HTTP_11 } else { http::Version::HTTP_2 }
    }

    /// Starts the server on a free port.
    pub fn serve(&self, handler: impl Handler) -> Server {
        self.start(None, Arc::new(handler), None)
    }

    /// Starts the server on the port of one that was stopped.
    pub fn serve_at(&self, address: SocketAddr, handler: impl Handler) -> Server {
        self.start(Some(address), Arc::new(handler), None)
    }

    /// Starts the server behind a layer that trims.
    pub fn serve_behind(&self, layer: &DetailLayer, handler: impl Handler) -> Server {
        self.start(None, Arc::new(handler), Some(layer.clone()))
    }

    /// As [`Site::serve_behind`], on the port of one that was stopped.
    pub fn serve_behind_at(&self, address: SocketAddr, layer: &DetailLayer, handler: impl Handler) -> Server {
        self.start(Some(address), Arc::new(handler), Some(layer.clone()))
    }

    /// Serves the connections of a pipe as a task of this executor, behind a layer that trims if there is one.
    pub fn serve_in(&self, accepted: Accepted, layer: Option<&DetailLayer>, handler: impl Handler) {
        let (handler, layer) = (Arc::new(handler), layer.cloned());
        match self.stack {
            Stack::Tonic => tonic_server::start_in(accepted, handler, layer),
            Stack::Connectrpc => connect::start_in(accepted, handler, layer),
        }
    }

    fn start(
        &self,
        address: Option<SocketAddr>,
        handler: Arc<dyn Handler>,
        layer: Option<DetailLayer>,
    ) -> Server {
        let identity = self.tls.map(|_| Identity::of("127.0.0.1"));
        match self.stack {
            Stack::Tonic => tonic_server::start(address, handler, identity.as_ref(), self.gzip, layer),
            Stack::Connectrpc => {
                let tls = identity.as_ref().zip(self.tls);
                connect::start(address, handler, tls, self.gzip, layer)
            }
        }
    }

    /// The endpoint to call `server` at.
    pub fn endpoint(&self, server: &Server) -> Endpoint {
        let plain = self.tls.is_none();
        Endpoint::parse("e2e", &server.url(), self.protocol, plain, Limits::default()).unwrap()
    }
}

/// A transport that trusts `server`.
pub fn transport(server: &Server) -> ConnectTransport<HyperService> {
    ConnectTransport::over(http(server))
}

/// Connections that trust `server`.
pub(crate) fn http(server: &Server) -> HyperService {
    match server.root_pem() {
        None => HyperService::new(),
        Some(pem) => HyperService::builder().trust_only_pem(pem.as_bytes()).build().unwrap(),
    }
}
