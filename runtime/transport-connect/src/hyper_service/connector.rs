//! Makes connections, and measures how long that takes.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{DefaultServerNameResolver, HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::time::Instant;
use tower_service::Service;

use super::dial::{Dial, DialError, Wire};
use super::tls::Tls;
use crate::service::ConnectTimings;

/// A connection is made for whoever needs it first, and goes on when that call has been given up, but not for ever.
const LONGEST: Duration = Duration::from_secs(20);

/// Making a connection took longer than anybody waits.
#[derive(Debug, thiserror::Error)]
#[error("no connection within {} s", LONGEST.as_secs())]
pub(super) struct TooSlow;

/// A wire, and TLS over it where the scheme asks for it.
#[derive(Clone)]
pub(crate) struct Connector {
    wires: Wires,
    tls: Tls,
}

impl Connector {
    pub(crate) fn new(dial: Arc<dyn Dial>, tls: Tls) -> Self {
        Self { wires: Wires(dial), tls }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<Timed>;
    type Error = DialError;
    type Future = BoxFuture<'static, Result<Self::Response, DialError>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { mut wires, tls } = self.clone();
        Box::pin(async move {
            let connecting: BoxFuture<'static, Result<_, DialError>> =
                if uri.scheme() == Some(&http::uri::Scheme::HTTP) {
                    Box::pin(async move { Ok(MaybeHttpsStream::Http(wires.call(uri).await?)) })
                } else {
                    let names = Arc::new(DefaultServerNameResolver::default());
                    HttpsConnector::new(wires, tls.config()?, true, names).call(uri)
                };
            tokio::time::timeout(LONGEST, connecting).await.map_err(|_| TooSlow)?
        })
    }
}

/// Makes wires, and notes how long that took.
#[derive(Clone)]
struct Wires(Arc<dyn Dial>);

impl Service<Uri> for Wires {
    type Response = Timed;
    type Error = DialError;
    type Future = BoxFuture<'static, Result<Timed, DialError>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let started = Instant::now();
        let dialing = self.0.dial(&uri);
        Box::pin(async move {
            let io = TokioIo::new(dialing.await?);
            Ok(Timed { io, tcp: started.elapsed(), tcp_done: Instant::now() })
        })
    }
}

/// A wire that knows how it came about.
pub(crate) struct Timed {
    io: TokioIo<Box<dyn Wire>>,
    tcp: Duration,
    tcp_done: Instant,
}

impl Connection for Timed {
    /// Called when the connection is ready for use, TLS included.
    fn connected(&self) -> Connected {
        let timings = ConnectTimings { tcp: self.tcp, tls: self.tcp_done.elapsed() };
        Connected::new().extra(FirstUse(Arc::new(Mutex::new(Some(timings)))))
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
