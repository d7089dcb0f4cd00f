//! The three protocols, and what they call things.

use holdover_client::{Failure, Kind};
use holdover_wire::frame;

use crate::outcome::misuse;

/// How calls are framed. There are three protocols, and Connect frames unary calls otherwise than streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// [Connect](https://connectrpc.com/docs/protocol/#unary-rpcs): unary calls are plain HTTP requests, over HTTP/1.1
    /// or 2.
    Connect,
    /// [Connect's streams](https://connectrpc.com/docs/protocol/#streaming-rpcs): enveloped messages, the last of which
    /// is JSON that has the status and the trailers.
    ConnectStream,
    /// [gRPC](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md): HTTP/2 only, the status is in trailers.
    Grpc,
    /// [gRPC-Web](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md): gRPC's framing with the trailers in
    /// the body, so that it passes through what drops HTTP trailers. HTTP/1.1 or 2.
    GrpcWeb,
}

impl Protocol {
    /// How calls of `kind` are framed at an endpoint that speaks `protocol`.
    pub(crate) fn of(protocol: holdover_client::Protocol, kind: Kind) -> Result<Self, Failure> {
        match protocol {
            holdover_client::Protocol::Connect if kind == Kind::Unary => Ok(Self::Connect),
            holdover_client::Protocol::Connect => Ok(Self::ConnectStream),
            holdover_client::Protocol::Grpc => Ok(Self::Grpc),
            holdover_client::Protocol::GrpcWeb => Ok(Self::GrpcWeb),
            other => {
                Err(misuse(format!("this transport does not speak {other:?}: give the endpoint another")))
            }
        }
    }

    /// The content type of requests, and of answers that carry a message.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Connect => "application/proto",
            Self::ConnectStream => "application/connect+proto",
            Self::Grpc => "application/grpc+proto",
            Self::GrpcWeb => "application/grpc-web+proto",
        }
    }

    /// Whether `content_type` is one that an answer in this protocol's framing may have. Parameters are ignored, and
    /// gRPC's types may leave the `+proto` out: protobuf is their default.
    pub(crate) fn frames(self, content_type: &str) -> bool {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        let short = match self {
            Self::Connect | Self::ConnectStream => self.content_type(),
            Self::Grpc => "application/grpc",
            Self::GrpcWeb => "application/grpc-web",
        };
        essence.eq_ignore_ascii_case(short) || essence.eq_ignore_ascii_case(self.content_type())
    }

    /// The codec that `content_type` names, if it is of this protocol's and the codec is not protobuf. Connect's unary
    /// types are HTTP's common ones, and say nothing.
    pub(crate) fn other_codec(self, content_type: &str) -> Option<&str> {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        let (family, codec) = essence.split_once('+')?;
        let ours = match self {
            Self::Connect => return None,
            Self::ConnectStream => "application/connect",
            Self::Grpc => "application/grpc",
            Self::GrpcWeb => "application/grpc-web",
        };
        (family.eq_ignore_ascii_case(ours) && !codec.eq_ignore_ascii_case("proto")).then_some(codec)
    }

    /// Whether it is Connect, of unary calls or of streams.
    pub(crate) fn is_connect(self) -> bool {
        matches!(self, Self::Connect | Self::ConnectStream)
    }

    /// The header in which a head says how its messages are compressed.
    pub(crate) fn encoding_header(self) -> &'static str {
        match self {
            Self::Connect => "content-encoding",
            Self::ConnectStream => "connect-content-encoding",
            Self::Grpc | Self::GrpcWeb => "grpc-encoding",
        }
    }

    /// The header in which a request says which compression it can read.
    pub(crate) fn accept_encoding_header(self) -> &'static str {
        match self {
            Self::Connect => "accept-encoding",
            Self::ConnectStream => "connect-accept-encoding",
            Self::Grpc | Self::GrpcWeb => "grpc-accept-encoding",
        }
    }

    /// The flag of the frame that ends a body, where there is such a frame.
    pub(crate) fn last_frame(self) -> Option<u8> {
        match self {
            Self::Connect | Self::Grpc => None,
            Self::ConnectStream => Some(frame::CONNECT_END),
            Self::GrpcWeb => Some(frame::WEB_TRAILERS),
        }
    }

    /// The header in which a request says how long the caller will wait.
    pub(crate) fn timeout_header(self) -> &'static str {
        match self {
            Self::Connect | Self::ConnectStream => "connect-timeout-ms",
            Self::Grpc | Self::GrpcWeb => "grpc-timeout",
        }
    }

    /// Whether the protocol needs HTTP/2 to work at all.
    pub(crate) fn needs_http2(self) -> bool {
        self == Self::Grpc
    }
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect | Self::ConnectStream => "Connect",
            Self::Grpc => "gRPC",
            Self::GrpcWeb => "gRPC-Web",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Protocol;

    #[test]
    fn content_types_of_other_protocols_are_not_ours() {
        assert!(Protocol::Grpc.frames("application/grpc"));
        assert!(Protocol::Grpc.frames("application/grpc+proto; charset=utf-8"));
        assert!(!Protocol::Grpc.frames("application/grpc-web"));
        assert!(!Protocol::Grpc.frames("application/grpc+json"));
        assert!(!Protocol::Grpc.frames("application/grpcx"));
        assert!(Protocol::GrpcWeb.frames("application/grpc-web"));
        assert!(Protocol::GrpcWeb.frames("Application/gRPC-Web+Proto"));
        assert!(!Protocol::GrpcWeb.frames("application/grpc-web-text+proto"));
        assert!(!Protocol::GrpcWeb.frames("application/grpc"));
        assert!(Protocol::Connect.frames("application/proto"));
        assert!(!Protocol::Connect.frames("application/connect+proto"));
        assert!(Protocol::ConnectStream.frames("application/connect+proto"));
        assert!(!Protocol::ConnectStream.frames("application/proto"));
        assert!(!Protocol::ConnectStream.frames("application/connect+json"));
        assert!(!Protocol::Connect.frames("application/protobuf"));
        assert!(!Protocol::Connect.frames("text/html"));
        assert!(!Protocol::Connect.frames(""));
    }
}
