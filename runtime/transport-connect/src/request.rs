//! The HTTP request that carries a call.

use bytes::Bytes;
use holdover_client::{CallRequest, Failure, Kind};
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, Uri, Version};

use crate::bounds::Bounds;
use crate::outcome::misuse;
use crate::{Protocol, RequestBody, envelope, gzip, metadata, timeout};

/// A request of one message, which is there as a whole.
pub(crate) fn whole(
    protocol: Protocol,
    request: &CallRequest,
    bounds: Bounds,
    compress_from: Option<usize>,
) -> Result<Request<RequestBody>, Failure> {
    bounds.check_message(&request.body)?;
    let compress = compress_from.is_some_and(|least| request.body.len() >= least);
    let payload = if compress { gzip::gzip(&request.body) } else { request.body.clone() };
    let body = match protocol {
        Protocol::Connect => payload,
        Protocol::ConnectStream | Protocol::Grpc | Protocol::GrpcWeb => envelope::seal(&payload, compress)?,
    };
    with_body(protocol, request, bounds, compress, RequestBody::whole(body))
}

/// A request with any body. `compressed` says that its messages may be.
pub(crate) fn with_body(
    protocol: Protocol,
    request: &CallRequest,
    bounds: Bounds,
    compressed: bool,
    body: RequestBody,
) -> Result<Request<RequestBody>, Failure> {
    let mut http_request = Request::new(body);
    *http_request.method_mut() = Method::POST;
    *http_request.uri_mut() = target(request.endpoint.uri(), &request.path)?;
    // Over HTTP/1.1 a server may answer only when it has the whole request.
    if protocol.needs_http2() || request.kind == Kind::BidiStream {
        *http_request.version_mut() = Version::HTTP_2;
    }

    bounds.check_sent_metadata(request)?;
    let headers = http_request.headers_mut();
    metadata::append(headers, &request.metadata)?;
    headers
        .entry(USER_AGENT)
        .or_insert(HeaderValue::from_static(concat!("holdover/", env!("CARGO_PKG_VERSION"))));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(protocol.content_type()));
    headers.insert(protocol.accept_encoding_header(), HeaderValue::from_static("gzip"));
    if compressed {
        headers.insert(protocol.encoding_header(), HeaderValue::from_static("gzip"));
    }
    if let Some(timeout) = request.timeout {
        let value = timeout::header_value(protocol, timeout);
        headers.insert(protocol.timeout_header(), HeaderValue::try_from(value).expect("digits and a unit"));
    }
    match protocol {
        Protocol::Connect | Protocol::ConnectStream => {
            headers.insert("connect-protocol-version", HeaderValue::from_static("1"))
        }
        Protocol::Grpc => headers.insert("te", HeaderValue::from_static("trailers")),
        Protocol::GrpcWeb => {
            headers.insert("x-grpc-web", HeaderValue::from_static("1"));
            // Some servers answer in the text format to a client that does not say that it wants the binary one.
            headers.insert(ACCEPT, HeaderValue::from_static(protocol.content_type()))
        }
    };
    Ok(http_request)
}

/// The endpoint's own path, then the method's.
fn target(endpoint: &Uri, path: &str) -> Result<Uri, Failure> {
    let prefix = endpoint.path().trim_end_matches('/');
    let path = Bytes::from([prefix, path].concat());
    let mut parts = endpoint.clone().into_parts();
    parts.path_and_query = Some(
        PathAndQuery::from_maybe_shared(path)
            .map_err(|error| misuse(format!("the method's path is no URL path: {error}")))?,
    );
    Uri::from_parts(parts).map_err(|error| misuse(format!("the endpoint's url cannot carry calls: {error}")))
}
