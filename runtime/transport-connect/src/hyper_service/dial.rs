//! Where connections come from: the system's TCP, or what a host has in its place.

use futures_util::future::BoxFuture;
use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service as _;

/// Why there is no connection.
pub type DialError = Box<dyn std::error::Error + Send + Sync>;

/// A connection that bytes travel by, both ways.
pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Wire for T {}

/// Makes connections in place of the system's TCP: through a tunnel, by sockets that a host has to make itself, or inside
/// a process. TLS and HTTP are spoken over them as over any other.
pub trait Dial: Send + Sync + 'static {
    /// Connects to the host and port of `uri`; the scheme says which port it is where there is none.
    ///
    /// # Errors
    ///
    /// Nothing was sent then. An [`std::io::Error`] in the chain of causes tells which failure it was: what refuses
    /// connections is there, and everything else cannot be reached.
    fn dial(&self, uri: &Uri) -> BoxFuture<'static, Result<Box<dyn Wire>, DialError>>;
}

/// Name lookup by the system, and TCP with `TCP_NODELAY`.
pub(super) struct Tcp(HttpConnector);

impl Tcp {
    pub(super) fn new() -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Self(tcp)
    }
}

impl Dial for Tcp {
    fn dial(&self, uri: &Uri) -> BoxFuture<'static, Result<Box<dyn Wire>, DialError>> {
        // The connector asks its resolver by itself whether it is ready.
        let connecting = self.0.clone().call(uri.clone());
        Box::pin(async move {
            let wire: Box<dyn Wire> = Box::new(connecting.await?.into_inner());
            Ok(wire)
        })
    }
}
