//! Whom the default HTTP service trusts, and what it makes of those it does not.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod support;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use holdover_client::{
    CallRequest, Endpoint, Failure, Limits, Protocol, Response, Transport as _, TransportFailure,
};
use holdover_transport_connect::{ConnectTransport, HyperService, TlsError};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use support::{PROTOCOLS, request};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A certificate that is its own root, made for this test.
struct Identity {
    pem: String,
    server: Arc<rustls::ServerConfig>,
}

fn identity(name: &str, alpn: &[&str]) -> Identity {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    server.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Identity { pem: made.cert.pem(), server: Arc::new(server) }
}

/// Answers every request with an empty Connect message, and the HTTP version in a header.
async fn serve(identity: &Identity) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(identity.server.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = hyper::service::service_fn(|request: http::Request<hyper::body::Incoming>| {
                    let response = http::Response::builder()
                        .header("content-type", &request.headers()["content-type"])
                        .header("x-version", format!("{:?}", request.version()))
                        .header("grpc-status", "12")
                        .body(Full::<Bytes>::default());
                    async move { Ok::<_, Infallible>(response.unwrap()) }
                });
                let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}

fn call(protocol: Protocol, host: &str, address: SocketAddr) -> CallRequest {
    let url = format!("https://{host}:{}", address.port());
    CallRequest {
        endpoint: Endpoint::parse("local", &url, protocol, false, Limits::default()).unwrap(),
        ..request(protocol, b"ask")
    }
}

async fn send(service: &HyperService, request: CallRequest) -> Result<Response, Failure> {
    ConnectTransport::over(service.clone()).unary(request, Box::new(|_| {})).await
}

fn trusting(identity: &Identity) -> HyperService {
    HyperService::builder().trust_only_pem(identity.pem.as_bytes()).build().unwrap()
}

#[tokio::test]
async fn the_http_version_is_negotiated() {
    for (alpn, version) in
        [(&["h2", "http/1.1"][..], "HTTP/2.0"), (&["http/1.1"], "HTTP/1.1"), (&[], "HTTP/1.1")]
    {
        let identity = identity("localhost", alpn);
        let address = serve(&identity).await;
        let response =
            send(&trusting(&identity), call(Protocol::Connect, "localhost", address)).await.unwrap();
        assert_eq!(response.metadata.text("x-version"), Some(version));
    }
}

#[tokio::test]
async fn grpc_takes_http2_and_nothing_else() {
    let modern = identity("localhost", &["h2", "http/1.1"]);
    let address = serve(&modern).await;
    let failure = send(&trusting(&modern), call(Protocol::Grpc, "localhost", address)).await.unwrap_err();
    let Failure::Status { metadata, .. } = failure else { panic!("gRPC was spoken: {failure:?}") };
    assert_eq!(metadata.text("x-version"), Some("HTTP/2.0"));

    let old = identity("localhost", &["http/1.1"]);
    let address = serve(&old).await;
    let failure = send(&trusting(&old), call(Protocol::Grpc, "localhost", address)).await.unwrap_err();
    let Failure::Transport { kind, unsent, message } = failure else { panic!("{failure:?}") };
    assert_eq!((kind, unsent), (TransportFailure::Misuse, true), "{message}");
    assert!(message.contains("use Connect or gRPC-Web"), "{message}");
}

#[tokio::test]
async fn somebody_who_hangs_up_during_the_handshake_is_contact_without_a_request() {
    let identity = identity("localhost", &["h2"]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let hangs_up = async { drop(listener.accept().await.unwrap()) };
    let service = trusting(&identity);
    let (failure, ()) = tokio::join!(send(&service, call(Protocol::Grpc, "localhost", address)), hangs_up);
    let Err(Failure::Transport { kind, unsent, message }) = failure else { panic!("{failure:?}") };
    assert_eq!((kind, unsent), (TransportFailure::Reset, true), "{message}");
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_an_interception() {
    let portal = identity("localhost", &["h2", "http/1.1"]);
    let server = identity("localhost", &["h2", "http/1.1"]);
    let elsewhere = identity("elsewhere.example", &["h2", "http/1.1"]);
    for (at_the_door, trusted) in
        [(&portal, trusting(&server)), (&elsewhere, trusting(&elsewhere)), (&portal, HyperService::new())]
    {
        let address = serve(at_the_door).await;
        for protocol in PROTOCOLS {
            let failure = send(&trusted, call(protocol, "localhost", address)).await.unwrap_err();
            assert!(
                matches!(failure, Failure::Intercepted { http_status: None, .. }),
                "{protocol:?}: {failure:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_system_does_not_trust_a_stranger() {
    let stranger = identity("localhost", &[]);
    let address = serve(&stranger).await;
    match send(&HyperService::new(), call(Protocol::Connect, "localhost", address)).await {
        Err(Failure::Intercepted { http_status: None, .. }) => {}
        // A system without any roots says what to install.
        Err(Failure::Transport { kind: TransportFailure::Tls, unsent: true, message }) => {
            assert!(message.contains("ca-certificates"), "{message}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_peer_without_tls_is_a_tls_failure_and_proves_that_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = [0; 16];
        stream.read_exact(&mut hello).await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    let service = trusting(&identity("localhost", &[]));
    let failure = send(&service, call(Protocol::Connect, "localhost", address)).await.unwrap_err();
    let Failure::Transport { kind, unsent, message } = failure else { panic!("{failure:?}") };
    assert_eq!((kind, unsent), (TransportFailure::Tls, true), "{message}");
}

/// Virtual time runs on when nothing else can happen: the handshake's bytes have been read, and nobody answers.
#[tokio::test(start_paused = true)]
async fn a_handshake_that_is_never_answered_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let silent = tokio::spawn(async move {
        let _held = listener.accept().await.unwrap();
        std::future::pending::<()>().await;
    });
    let service = trusting(&identity("127.0.0.1", &[]));
    let call = send(&service, call(Protocol::Connect, "127.0.0.1", address));
    let failure = tokio::time::timeout(Duration::from_secs(3600), call).await.unwrap().unwrap_err();
    let Failure::Transport { kind, unsent, message } = failure else { panic!("{failure:?}") };
    assert_eq!((kind, unsent), (TransportFailure::Timeout, true), "{message}");
    silent.abort();
}

#[test]
fn roots_must_be_certificates() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for pem in ["", "not a certificate", broken] {
        let error = HyperService::builder().trust_only_pem(pem.as_bytes()).build().unwrap_err();
        assert!(matches!(error, TlsError::Roots(_)), "{error}");
    }
}
