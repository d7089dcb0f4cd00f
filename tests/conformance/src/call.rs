//! One call.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _};
use holdover_client::{
    CallRequest, Code, Endpoint, Failure, Head, Kind, Limits, Priority, Progress, Protocol, Received,
    Transport as _,
};
use holdover_transport_connect::{
    ConnectTransport, HttpFailure, HttpService, HyperService, RequestBody, ResponseBody,
};
use http::{Request, Response, Version};

use crate::header;
use crate::outcome::Collected;
use crate::proto::client_compat_request::cancel::CancelTiming;
use crate::proto::{
    ClientCompatRequest, ClientResponseResult, Codec, Compression, HttpVersion, Protocol as Spoken,
    StreamType,
};
use crate::sender::{Plan, Sent, sending};

/// Asks for the HTTP version of a case, where the transport would take what it gets.
struct Versioned(HyperService, Version);

impl HttpService for Versioned {
    fn send(
        &self,
        mut request: Request<RequestBody>,
    ) -> BoxFuture<'static, Result<Response<ResponseBody>, HttpFailure>> {
        if self.1 == Version::HTTP_2 {
            *request.version_mut() = Version::HTTP_2;
        }
        self.0.send(request)
    }
}

/// Makes the call of a case. An error says why it could not even be tried.
pub(crate) async fn run(case: ClientCompatRequest) -> Result<ClientResponseResult, String> {
    if case.codec() != Codec::Proto {
        return Err("only the proto codec is spoken".to_owned());
    }
    if case.use_get_http_method {
        return Err("requests are always posted".to_owned());
    }
    let transport = ConnectTransport::over(service(&case)?);
    let transport = match case.compression() {
        Compression::Identity | Compression::Unspecified => transport,
        Compression::Gzip => transport.compress_requests_from(0),
        other => return Err(format!("{other:?} is not spoken")),
    };
    let kind = kind(&case)?;
    let messages: Vec<Bytes> = case.request_messages.iter().map(|any| any.value.clone().into()).collect();
    let body = if kind.sends_many() {
        Bytes::new()
    } else {
        let [only] = &messages[..] else { return Err("the call has not one message".to_owned()) };
        only.clone()
    };
    let service = case.service.as_deref().unwrap_or("connectrpc.conformance.v1.ConformanceService");
    let request = CallRequest {
        kind,
        endpoint: endpoint(&case)?,
        path: format!("/{service}/{}", case.method()).into(),
        metadata: header::sent(&case.request_headers)?,
        body,
        timeout: case.timeout_ms.map(|millis| Duration::from_millis(millis.into())),
        priority: Priority::Interactive,
        idempotent: false,
        no_side_effects: false,
    };
    let delay = Duration::from_millis(case.request_delay_ms.into());
    if !kind.sends_many() {
        tokio::time::sleep(delay).await;
    }
    let cancel = case.cancel.map(|cancel| cancel.cancel_timing.unwrap_or(CancelTiming::AfterCloseSendMs(0)));
    let plan = Plan {
        messages: if kind.sends_many() { messages } else { Vec::new() },
        delay,
        take_turns: case.stream_type() == StreamType::FullDuplexBidiStream,
        stays_open: matches!(cancel, Some(CancelTiming::BeforeCloseSend(()))),
    };
    let (sequence, sent) = sending(plan);
    if !kind.sends_many() {
        sent.done.notify_one();
    }
    let timeout = request.timeout;
    let answer = open(&transport, request, sequence);
    Run { answer, cancel, timeout, sent, collected: Collected::default() }.finish().await
}

/// A call under way.
struct Run {
    answer: BoxStream<'static, Result<Received, Failure>>,
    cancel: Option<CancelTiming>,
    timeout: Option<Duration>,
    sent: Arc<Sent>,
    collected: Collected,
}

impl Run {
    async fn finish(mut self) -> Result<ClientResponseResult, String> {
        let sent = self.sent.clone();
        let cancelled = cancelled(self.cancel, &sent);
        let late = async {
            match self.timeout {
                Some(timeout) => tokio::time::sleep(timeout).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(cancelled, late);
        loop {
            let item = tokio::select! {
                biased;
                () = &mut cancelled => {
                    self.collected.given_up(Code::Cancelled);
                    break;
                }
                () = &mut late => {
                    self.collected.given_up(Code::DeadlineExceeded);
                    break;
                }
                item = self.answer.next() => item,
            };
            match item.ok_or("the stream did not say how it ended")? {
                Ok(Received::Progress(Progress::Head(Head { metadata, .. }))) => {
                    self.collected.head(metadata);
                }
                Ok(Received::Progress(_)) => {}
                Ok(Received::Message(message)) => {
                    self.collected.message(message)?;
                    sent.answered();
                    let enough = match self.cancel {
                        Some(CancelTiming::AfterNumResponses(after)) => usize::try_from(after).ok(),
                        _ => None,
                    };
                    if enough == Some(self.collected.messages()) {
                        self.collected.given_up(Code::Cancelled);
                        break;
                    }
                }
                Ok(Received::End { trailers }) => {
                    self.collected.trailers(&trailers);
                    break;
                }
                Err(failure) => {
                    self.collected.failed(&failure);
                    break;
                }
            }
        }
        drop(self.answer);
        Ok(self.collected.finish(sent.unsent()))
    }
}

/// When the case wants the call to be cancelled, as far as that is a matter of what was sent.
async fn cancelled(cancel: Option<CancelTiming>, sent: &Sent) {
    match cancel {
        Some(CancelTiming::BeforeCloseSend(())) => sent.done.notified().await,
        Some(CancelTiming::AfterCloseSendMs(millis)) => {
            sent.done.notified().await;
            tokio::time::sleep(Duration::from_millis(millis.into())).await;
        }
        Some(CancelTiming::AfterNumResponses(_)) | None => std::future::pending().await,
    }
}

/// The answer of a call of any kind, as a stream.
fn open(
    transport: &ConnectTransport<Versioned>,
    request: CallRequest,
    sequence: BoxStream<'static, Bytes>,
) -> BoxStream<'static, Result<Received, Failure>> {
    if request.kind != Kind::Unary {
        return transport.stream(request, sequence);
    }
    let head = Arc::new(Mutex::new(None));
    let seen = head.clone();
    let on_progress = Box::new(move |progress| {
        if let Progress::Head(head) = progress {
            *seen.lock().expect("nobody panics holding it") = Some(head);
        }
    });
    let answer = transport.unary(request, on_progress);
    futures_util::stream::once(answer)
        .flat_map(move |answer| {
            let head = head.lock().expect("nobody panics holding it").take();
            let mut items: Vec<_> =
                head.map(|head| Ok(Received::Progress(Progress::Head(head)))).into_iter().collect();
            match answer {
                Ok(response) => items.extend([
                    Ok(Received::Message(response.body)),
                    Ok(Received::End { trailers: response.trailers }),
                ]),
                Err(failure) => items.push(Err(failure)),
            }
            futures_util::stream::iter(items)
        })
        .boxed()
}

fn service(case: &ClientCompatRequest) -> Result<Versioned, String> {
    let version = match case.http_version() {
        HttpVersion::HttpVersion1 => Version::HTTP_11,
        HttpVersion::HttpVersion2 => Version::HTTP_2,
        other => return Err(format!("{other:?} is not spoken")),
    };
    let service = if case.server_tls_cert.is_empty() {
        HyperService::new()
    } else {
        HyperService::builder()
            .trust_only_pem(&case.server_tls_cert)
            .build()
            .map_err(|error| error.to_string())?
    };
    Ok(Versioned(service, version))
}

fn endpoint(case: &ClientCompatRequest) -> Result<Endpoint, String> {
    let protocol = match case.protocol() {
        Spoken::Connect => Protocol::Connect,
        Spoken::Grpc => Protocol::Grpc,
        Spoken::GrpcWeb => Protocol::GrpcWeb,
        Spoken::Unspecified => return Err("the case names no protocol".to_owned()),
    };
    let mut limits = Limits::default();
    if case.message_receive_limit > 0 {
        limits.message_bytes =
            usize::try_from(case.message_receive_limit).map_err(|error| error.to_string())?;
    }
    let plain = case.server_tls_cert.is_empty();
    let scheme = if plain { "http" } else { "https" };
    let url = format!("{scheme}://{}:{}", case.host, case.port);
    Endpoint::parse("reference", &url, protocol, plain, limits).map_err(|error| error.to_string())
}

fn kind(case: &ClientCompatRequest) -> Result<Kind, String> {
    Ok(match case.stream_type() {
        StreamType::Unary => Kind::Unary,
        StreamType::ServerStream => Kind::ServerStream,
        StreamType::ClientStream => Kind::ClientStream,
        StreamType::HalfDuplexBidiStream | StreamType::FullDuplexBidiStream => Kind::BidiStream,
        StreamType::Unspecified => return Err("the case names no kind of stream".to_owned()),
    })
}
