//! A server that does as little as a server can, on a thread of its own.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use prost::Message as _;

use crate::message::answer;

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

async fn serve(listener: std::net::TcpListener) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let body = Bytes::from(answer().encode_to_vec());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let body = body.clone();
        let service = service_fn(move |request: Request<hyper::body::Incoming>| {
            let body = body.clone();
            async move {
                // A client that goes away is no concern of the bench.
                let _ = request.into_body().collect().await;
                let response = Response::builder().header("content-type", "application/proto");
                Ok::<_, Infallible>(response.body(Full::new(body)).unwrap())
            }
        });
        tokio::spawn(async move {
            let connection =
                hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new());
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
