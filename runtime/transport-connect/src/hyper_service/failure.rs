//! What hyper's errors mean to a caller who has to decide whether to send again.

use std::error::Error;
use std::io;

use hyper_util::client::legacy;

use super::connector::{FirstUse, TooSlow};
use super::tls::TlsError;
use crate::service::{HttpFailure, HttpFailureKind};

/// The request got no response head.
pub(super) fn of_request(error: &legacy::Error, needs_http2: bool) -> HttpFailure {
    if error.is_connect() {
        return of_connecting(error);
    }
    if needs_http2
        && error.connect_info().is_some_and(|connection| !connection.is_negotiated_h2())
        && find::<hyper::Error>(error).is_none()
    {
        // hyper-util looks at the negotiated protocol before it sends.
        return HttpFailure::unsent(
            HttpFailureKind::Unsupported,
            "the server does not speak HTTP/2, which bidi streams and all of gRPC need: let it, or use Connect or \
             gRPC-Web for this endpoint and no bidi streams",
        );
    }
    let reused = error.connect_info().is_some_and(|connection| {
        let mut extras = http::Extensions::new();
        connection.get_extras(&mut extras);
        extras.get::<FirstUse>().is_some_and(FirstUse::is_over)
    });
    let (kind, mut message) = (kind(error), describe(error));
    if !needs_http2 && kind != HttpFailureKind::TooLarge && may_be_http2(error, &message) {
        message.push_str("; if the server speaks only HTTP/2 (gRPC), say Protocol::Grpc for this endpoint");
    }
    HttpFailure { kind, unsent: is_unsent(error), reused, message }
}

/// Bytes came before anything was asked, or no HTTP/1: a server of HTTP/2 starts with its settings, unasked.
fn may_be_http2(error: &legacy::Error, described: &str) -> bool {
    // hyper has no method for the former; a test holds it to the text.
    described.contains("unexpected message")
        || find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse)
}

/// The body of a response broke off; the request had been acted upon.
pub(super) fn of_body(error: &hyper::Error) -> HttpFailure {
    HttpFailure::new(kind(error), describe(error))
}

/// No connection, so nothing was sent.
fn of_connecting(error: &legacy::Error) -> HttpFailure {
    use rustls::Error as Tls;

    let message = describe(error);
    let kind = match find::<Tls>(error) {
        Some(Tls::InvalidCertificate(_) | Tls::NoCertificatesPresented) => HttpFailureKind::Untrusted,
        Some(_) => HttpFailureKind::Tls,
        None if find::<TlsError>(error).is_some() => HttpFailureKind::Tls,
        None if find::<TooSlow>(error).is_some() => HttpFailureKind::Timeout,
        None => match io_kind(error) {
            Some(io::ErrorKind::ConnectionRefused) => HttpFailureKind::Refused,
            // Somebody was there, and hung up during the handshake.
            Some(
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof,
            ) => HttpFailureKind::Reset,
            // The name, the route, or the system's own timeout.
            _ => HttpFailureKind::Unreachable,
        },
    };
    HttpFailure::unsent(kind, message)
}

/// Proof that the request was not acted upon.
fn is_unsent(error: &(dyn Error + 'static)) -> bool {
    // hyper hands a request back, as cancelled, only if nothing of it was written.
    if find::<hyper::Error>(error).is_some_and(hyper::Error::is_canceled) {
        return true;
    }
    // RFC 9113: REFUSED_STREAM (section 8.7), and a GOAWAY for streams above its last stream id (6.8); for others h2
    // lets the stream go on.
    find::<h2::Error>(error).is_some_and(|error| {
        error.is_remote() && (error.is_go_away() || error.reason() == Some(h2::Reason::REFUSED_STREAM))
    })
}

fn kind(error: &(dyn Error + 'static)) -> HttpFailureKind {
    if let Some(error) = find::<hyper::Error>(error) {
        // hyper tells servers by a method and clients by the text alone; a test holds it to that.
        if error.is_parse() && error.to_string().contains("too large") {
            return HttpFailureKind::TooLarge;
        }
        if error.is_parse() || error.is_user() {
            return HttpFailureKind::Protocol;
        }
        if error.is_timeout() {
            return HttpFailureKind::Timeout;
        }
    }
    match find::<h2::Error>(error) {
        // h2 found fault with what the peer sent.
        Some(error) if error.is_library() => HttpFailureKind::Protocol,
        _ => HttpFailureKind::Reset,
    }
}

/// The first error of type `T` among `error` and what caused it.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// What the system says, however often it was wrapped.
fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let kinds = chain(error).filter_map(|error| error.downcast_ref().map(io::Error::kind));
    kinds.filter(|kind| *kind != io::ErrorKind::Other).last()
}

/// `error` and what caused it. An `io::Error` hides the error that it was made from: its `source` is already that error's
/// own source.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn Error + 'static) = *error;
        match error.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

/// The whole chain of causes, in one line.
fn describe(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.ends_with(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = error.source();
    }
    text
}
