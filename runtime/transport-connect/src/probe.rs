//! Whether an endpoint can be reached (rule H4).

use bytes::Bytes;
use holdover_client::{Endpoint, Failure};
use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode};

use crate::outcome::{from_http, intercepted};
use crate::service::{HttpService, RequestBody};

/// Asks for the head of the endpoint's base path, by a connection of its own.
///
/// Behind TLS whoever answers has the server's certificate, so that any answer is contact, an error too. Over plain text a
/// captive portal may answer in the server's place: with a redirect, a page, or the status that it has for that. An RPC
/// server has no pages.
pub(crate) async fn probe<S: HttpService>(service: &S, endpoint: &Endpoint) -> Result<(), Failure> {
    let mut request = Request::new(RequestBody::whole(Bytes::new()));
    *request.method_mut() = Method::HEAD;
    *request.uri_mut() = endpoint.uri().clone();
    if endpoint.protocol() == holdover_client::Protocol::Grpc {
        *request.version_mut() = http::Version::HTTP_2;
    }
    let response = service.probe(request).await.map_err(from_http)?;
    if !endpoint.is_plain_text() {
        return Ok(());
    }
    let (status, headers) = (response.status(), response.headers());
    let page = headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if status.is_redirection() || status == StatusCode::NETWORK_AUTHENTICATION_REQUIRED || page {
        return Err(intercepted(status, headers, "a redirect or a page, which RPC servers do not have"));
    }
    Ok(())
}
