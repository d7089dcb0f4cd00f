//! Who speaks, and how what follows the head is framed.

use holdover_client::Failure;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, Response, StatusCode};

use crate::Protocol;
use crate::outcome::{intercepted, malformed, other_protocol};
use crate::service::ResponseBody;

/// What the head of a response says about the rest.
pub(crate) enum Framing {
    /// The only message of a Connect answer.
    Bare,
    /// Enveloped messages, and how they end.
    Enveloped(Protocol),
    /// JSON that may be a Connect error.
    ConnectError,
}

impl Framing {
    /// Anything that the service itself would not have sent is INTERCEPTED (rule C4): a redirect, HTML, a success that
    /// is not 200, a missing or different content type. A portal's empty 200 or 204 would otherwise pass for an empty
    /// message, which every protobuf parser accepts. No portal speaks gRPC: that is the server, and the endpoint's
    /// configuration is wrong.
    pub(crate) fn of(protocol: Protocol, response: &Response<ResponseBody>) -> Result<Self, Failure> {
        let (status, headers) = (response.status(), response.headers());
        if status.is_redirection() {
            return Err(intercepted(status, headers, "a redirect, which is not followed"));
        }
        let content_type = headers.get(CONTENT_TYPE);
        let text = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        if protocol.frames(text) {
            match protocol {
                Protocol::Grpc | Protocol::GrpcWeb => return Ok(Self::Enveloped(protocol)),
                // Connect has no other status for answers that carry messages.
                Protocol::ConnectStream if status == StatusCode::OK => return Ok(Self::Enveloped(protocol)),
                Protocol::Connect if status == StatusCode::OK => return Ok(Self::Bare),
                Protocol::Connect | Protocol::ConnectStream => {}
            }
        }
        let heard = [Protocol::Grpc, Protocol::GrpcWeb].into_iter().find(|heard| heard.frames(text));
        if let Some(heard) = heard.filter(|heard| *heard != protocol) {
            // tonic answers in gRPC's own type where a layer around gRPC-Web refuses a call, such as for its deadline.
            if (protocol, heard) == (Protocol::GrpcWeb, Protocol::Grpc) && headers.contains_key("grpc-status")
            {
                return Ok(Self::Enveloped(heard));
            }
            return Err(other_protocol(protocol, heard));
        }
        // Only an RPC server has such types: it is the right one, and answers in another codec than it was asked in.
        if let Some(codec) = protocol.other_codec(text) {
            return Err(malformed(format!("the answer is encoded as {codec}, where protobuf was asked for")));
        }
        let essence = text.split(';').next().unwrap_or_default().trim();
        if !status.is_success() && essence.eq_ignore_ascii_case("application/json") {
            return Ok(Self::ConnectError);
        }
        if !protocol.is_connect() && wants_connect(status, headers) {
            return Err(other_protocol(protocol, Protocol::Connect));
        }
        let found = match content_type {
            Some(value) => format!("its content type is {value:?}"),
            None => "it has no content type".to_owned(),
        };
        Err(intercepted(status, headers, format_args!("{found}, where {protocol} was expected")))
    }
}

/// A server that does not know the request's content type may list those that it knows (RFC 9110, section 15.5.16, and
/// `Accept-Post` of the Linked Data Platform, section 7.1). Connect's own names are nobody else's.
fn wants_connect(status: StatusCode, headers: &HeaderMap) -> bool {
    let listed = headers.get_all("accept-post").iter().chain(headers.get_all(ACCEPT));
    status == StatusCode::UNSUPPORTED_MEDIA_TYPE
        && listed
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|listed| [Protocol::Connect, Protocol::ConnectStream].iter().any(|of| of.frames(listed)))
}
