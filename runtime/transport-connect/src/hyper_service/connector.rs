//! Makes connections, and measures how long that takes.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{DefaultServerNameResolver, HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tower_service::Service;

use super::tls::Tls;
use crate::service::ConnectTimings;

/// A connection is made for whoever needs it first, and goes on when that call has been given up, but not for ever.
const LONGEST: Duration = Duration::from_secs(20);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Making a connection took longer than anybody waits.
#[derive(Debug, thiserror::Error)]
#[error("no connection within {} s", LONGEST.as_secs())]
pub(super) struct TooSlow;

/// Name lookup, TCP with `TCP_NODELAY`, and TLS where the scheme asks for it.
#[derive(Clone)]
pub(crate) struct Connector {
    tcp: HttpConnector,
    tls: Tls,
}

impl Connector {
    pub(crate) fn new(tls: Tls) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Self { tcp, tls }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<Timed>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let tls = self.tls.clone();
        // The clone has not been asked whether it is ready; the connector that was goes with this call.
        let ready = self.tcp.clone();
        let mut tcp = TimedTcp(std::mem::replace(&mut self.tcp, ready));
        Box::pin(async move {
            let connecting: BoxFuture<'static, Result<_, BoxError>> =
                if uri.scheme() == Some(&http::uri::Scheme::HTTP) {
                    Box::pin(async move { Ok(MaybeHttpsStream::Http(tcp.call(uri).await?)) })
                } else {
                    let names = Arc::new(DefaultServerNameResolver::default());
                    HttpsConnector::new(tcp, tls.config()?, true, names).call(uri)
                };
            tokio::time::timeout(LONGEST, connecting).await.map_err(|_| TooSlow)?
        })
    }
}

/// Notes when TCP was done.
#[derive(Clone)]
struct TimedTcp(HttpConnector);

impl Service<Uri> for TimedTcp {
    type Response = Timed;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Timed, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let started = Instant::now();
        let connecting = self.0.call(uri);
        Box::pin(async move {
            let io = connecting.await?;
            Ok(Timed { io, tcp: started.elapsed(), tcp_done: Instant::now() })
        })
    }
}

/// A TCP stream that knows how it came about.
pub(crate) struct Timed {
    io: TokioIo<TcpStream>,
    tcp: Duration,
    tcp_done: Instant,
}

impl Connection for Timed {
    /// Called when the connection is ready for use, TLS included.
    fn connected(&self) -> Connected {
        let timings = ConnectTimings { tcp: self.tcp, tls: self.tcp_done.elapsed() };
        self.io.connected().extra(FirstUse(Arc::new(Mutex::new(Some(timings)))))
    }
}

/// The timings of a connection, for the first response that comes by it.
#[derive(Clone)]
pub(super) struct FirstUse(Arc<Mutex<Option<ConnectTimings>>>);

impl FirstUse {
    pub(super) fn take(&self) -> Option<ConnectTimings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether a response has come by the connection.
    pub(super) fn is_over(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

impl Read for Timed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl Write for Timed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, slices)
    }
}
