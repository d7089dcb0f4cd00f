//! A server on threads of its own.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt as _};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::TcpListenerStream;

/// A server that is up until it is stopped or dropped.
pub struct Server {
    runtime: Option<Runtime>,
    address: SocketAddr,
    /// The root to trust, if it speaks TLS.
    root_pem: Option<String>,
}

impl Server {
    /// Runs what `serve` makes of a listener on a free port, or on that of a server that was stopped.
    pub(crate) fn run<F, Fut>(address: Option<SocketAddr>, root_pem: Option<String>, serve: F) -> Self
    where
        F: FnOnce(TcpListener) -> Fut,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let address = address.unwrap_or_else(|| "127.0.0.1:0".parse().unwrap());
        let listener = StdListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        {
            let _inside = runtime.enter();
            runtime.spawn(serve(TcpListener::from_std(listener).unwrap()));
        }
        Self { runtime: Some(runtime), address, root_pem }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// For endpoints: TLS if the server speaks it.
    pub fn url(&self) -> String {
        let scheme = if self.root_pem.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The root to trust, if it speaks TLS.
    pub fn root_pem(&self) -> Option<&str> {
        self.root_pem.as_deref()
    }

    /// Takes it down at once, as a crash does: every connection ends, wherever its call is. Returns when it is down.
    pub fn stop(mut self) -> SocketAddr {
        self.take_down();
        self.address
    }

    fn take_down(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A runtime must not be waited for on a thread that runs another one.
            std::thread::spawn(move || runtime.shutdown_timeout(Duration::from_secs(30))).join().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.take_down();
    }
}

/// Serves a tower service over HTTP/1.1 and 2, by TLS if there is an acceptor.
pub(crate) async fn serve<S, B>(listener: TcpListener, tls: Option<TlsAcceptor>, service: S)
where
    S: tower_service::Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: http_body_util::BodyExt<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    serve_connections(TcpListenerStream::new(listener), tls, service).await;
}

/// As [`serve`], over connections of any kind.
pub(crate) async fn serve_connections<IO, S, B>(
    mut incoming: impl Stream<Item = io::Result<IO>> + Unpin,
    tls: Option<TlsAcceptor>,
    service: S,
) where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: tower_service::Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: http_body_util::BodyExt<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    while let Some(Ok(stream)) = incoming.next().await {
        let (tls, service) = (tls.clone(), service.clone());
        tokio::spawn(async move {
            match tls {
                None => connection(stream, service).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        connection(stream, service).await;
                    }
                }
            }
        });
    }
}

async fn connection<IO, S, B>(stream: IO, service: S)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: tower_service::Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: http_body_util::BodyExt<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let service = hyper_util::service::TowerToHyperService::new(service);
    let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    // A client that leaves is no concern of the server's.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

/// What stands between: a captive portal, a firewall, a proxy. Answers every request of HTTP/1.1 or 2 by `answer`.
pub fn portal(
    address: Option<SocketAddr>,
    answer: impl Fn(&Request<Incoming>) -> Response<Full<Bytes>> + Send + Sync + 'static,
) -> Server {
    let answer = Arc::new(answer);
    Server::run(address, None, move |listener| {
        let service = tower::service_fn(move |request: Request<Incoming>| {
            let response = answer(&request);
            async move { Ok::<_, Infallible>(response) }
        });
        serve(listener, None, service)
    })
}
