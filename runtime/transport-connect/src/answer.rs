//! Answers of enveloped messages, message by message: gRPC, gRPC-Web and Connect's streams.

use bytes::Bytes;
use holdover_client::{Failure, Kind, OnProgress, Progress, Response as Answered};
use holdover_wire::frame::Frame;
use http::{HeaderMap, Response, StatusCode};

use crate::bounds::Bounds;
use crate::encoding::Encoding;
use crate::envelope::{Piece, Pieces};
use crate::meter::Meter;
use crate::outcome::{cut_short, describe, intercepted, malformed, miscounted};
use crate::service::ResponseBody;
use crate::status::{self, GrpcStatus};
use crate::{Protocol, connect, metadata, trailers};

/// What comes of an answer.
#[derive(Debug)]
pub(crate) enum Item {
    Progress(Progress),
    /// Decompressed.
    Message(Bytes),
    /// The status was OK, and as many messages have come as the method's kind has.
    End(HeaderMap),
}

/// Reads the answer to one call. The head's content type has been checked: whoever sent this speaks the protocol, or
/// pretends to.
pub(crate) struct Answer {
    protocol: Protocol,
    status: StatusCode,
    headers: HeaderMap,
    /// Trailers-Only: the status is in the head, and nothing follows. Some servers say it in the head and again in the
    /// trailers, with the details there, so those are waited for.
    in_head: GrpcStatus,
    encoding: Encoding,
    pieces: Pieces,
    bounds: Bounds,
    messages: Messages,
}

/// How many messages there may be.
enum Messages {
    Many,
    /// One, which counts when the status is OK. It is opened then.
    One(Option<Frame>),
    /// It has been handed out.
    Over(HeaderMap),
}

impl Answer {
    pub(crate) fn new(
        protocol: Protocol,
        kind: Kind,
        response: Response<ResponseBody>,
        bounds: Bounds,
    ) -> Self {
        let (head, body) = response.into_parts();
        let mut headers = head.headers;
        let in_head =
            if protocol.is_connect() { GrpcStatus::Missing } else { status::take_grpc(&mut headers) };
        let meter = if kind == Kind::Unary { Meter::whole() } else { Meter::parts() };
        Self {
            protocol,
            status: head.status,
            encoding: Encoding::of(protocol, &headers),
            headers,
            in_head,
            pieces: Pieces::new(body, protocol, bounds, meter),
            bounds,
            messages: if kind.receives_many() { Messages::Many } else { Messages::One(None) },
        }
    }

    /// The next thing that comes of it. Nothing comes after the end or a failure.
    pub(crate) async fn next(&mut self) -> Result<Item, Failure> {
        if let Messages::Over(trailers) = &mut self.messages {
            return Ok(Item::End(std::mem::take(trailers)));
        }
        match self.read().await {
            Ok(item) => Ok(item),
            // A status in the head was the server's last word.
            Err(Failure::Transport { .. }) if matches!(self.in_head, GrpcStatus::Failed(_)) => {
                Err(self.refused())
            }
            // A proxy's error page under a gRPC content type: its HTTP status says more than its bytes.
            Err(failure @ Failure::Transport { .. }) if !self.status.is_success() => {
                Err(intercepted(self.status, &self.headers, describe(failure)))
            }
            Err(failure) => Err(failure),
        }
    }

    async fn read(&mut self) -> Result<Item, Failure> {
        loop {
            let trailers = match self.pieces.next().await? {
                Piece::Progress(progress) => return Ok(Item::Progress(progress)),
                Piece::Message(frame) => {
                    // A status in the head of an answer that has a body is nobody's: the real one is at the end.
                    self.in_head = GrpcStatus::Missing;
                    match &mut self.messages {
                        // What an error says in its body is none of the method's messages.
                        _ if !self.status.is_success() => continue,
                        Messages::Many => return self.open(frame).map(Item::Message),
                        Messages::One(only @ None) => {
                            *only = Some(frame);
                            continue;
                        }
                        Messages::One(Some(_)) | Messages::Over(_) => {
                            return Err(miscounted("a second message, where the method answers with one"));
                        }
                    }
                }
                Piece::Last(frame) => {
                    if self.protocol == Protocol::ConnectStream {
                        return self.end_connect(frame);
                    }
                    let limit = self.bounds.metadata_bytes;
                    trailers::parse(&self.encoding.open(frame, limit, "the trailer frame")?)?
                }
                Piece::End(_) if self.protocol == Protocol::ConnectStream => {
                    return Err(cut_short("the answer ends without the message that ends a stream"));
                }
                Piece::End(trailers) => trailers.unwrap_or_default(),
            };
            return self.end_grpc(trailers);
        }
    }

    fn open(&self, frame: Frame) -> Result<Bytes, Failure> {
        self.encoding.open(frame, self.bounds.message_bytes, "the message")
    }

    fn end_connect(&mut self, frame: Frame) -> Result<Item, Failure> {
        let limit = self.bounds.message_bytes.min(connect::ERROR_BYTES);
        let document = self.encoding.open(frame, limit, "the message that ends the stream")?;
        let Some(end) = status::parse_connect_end(&document) else {
            return Err(malformed("the message that ends the stream is not the JSON that it has to be"));
        };
        self.bounds.check_metadata(metadata::size(&end.trailers), "the response's trailers")?;
        match end.error {
            Some(failed) => Err(failed.with_metadata(&self.headers, &end.trailers)),
            None => self.complete(end.trailers),
        }
    }

    fn end_grpc(&mut self, mut trailers: HeaderMap) -> Result<Item, Failure> {
        self.bounds.check_metadata(metadata::size(&trailers), "the response's trailers")?;
        let said = match status::take_grpc(&mut trailers) {
            GrpcStatus::Missing => std::mem::replace(&mut self.in_head, GrpcStatus::Missing),
            said => said,
        };
        match said {
            GrpcStatus::Failed(failed) => Err(failed.with_metadata(&self.headers, &trailers)),
            _ if !self.status.is_success() => {
                Err(intercepted(self.status, &self.headers, "no grpc-status came with it"))
            }
            GrpcStatus::Missing => Err(cut_short("the answer ends without a grpc-status")),
            GrpcStatus::Malformed => Err(malformed("the grpc-status is not a number")),
            GrpcStatus::Ok => self.complete(trailers),
        }
    }

    fn complete(&mut self, trailers: HeaderMap) -> Result<Item, Failure> {
        match &mut self.messages {
            Messages::One(only) => {
                let frame = only.take();
                self.messages = Messages::Over(trailers);
                match frame {
                    Some(frame) => self.open(frame).map(Item::Message),
                    None => Err(miscounted("the status is OK, but there is no message")),
                }
            }
            Messages::Many | Messages::Over(_) => Ok(Item::End(trailers)),
        }
    }

    fn refused(&mut self) -> Failure {
        match std::mem::replace(&mut self.in_head, GrpcStatus::Missing) {
            GrpcStatus::Failed(failed) => failed.with_metadata(&self.headers, &HeaderMap::new()),
            _ => malformed("the head has no status"),
        }
    }

    /// The answer to a unary call.
    pub(crate) async fn only(mut self, on_progress: &mut OnProgress) -> Result<Answered, Failure> {
        let mut body = Bytes::new();
        let trailers = loop {
            match self.next().await? {
                Item::Progress(progress) => on_progress(progress),
                Item::Message(message) => body = message,
                Item::End(trailers) => break trailers,
            }
        };
        on_progress(self.pieces.meter.total());
        Ok(Answered {
            metadata: metadata::received(&self.headers),
            trailers: metadata::received(&trailers),
            body,
        })
    }
}
