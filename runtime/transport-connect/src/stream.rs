//! Calls in which one side sends a sequence of messages, or both do.

mod upload;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _, unfold};
use holdover_client::{CallRequest, Failure, Progress, Received};

use crate::answer::{Answer, Item};
use crate::bounds::Bounds;
use crate::exchange::{Begun, Patience, exchange};
use crate::framing::Framing;
use crate::outcome::malformed;
use crate::service::{HttpService, RequestBody};
use crate::{Protocol, connect, metadata, request};
use upload::Upload;

/// Carries one call. Nothing is sent before it is polled, and nothing is read but when it is polled.
pub(crate) fn open<S: HttpService>(
    service: Arc<S>,
    request: CallRequest,
    messages: BoxStream<'static, Bytes>,
    compress_from: Option<usize>,
) -> BoxStream<'static, Result<Received, Failure>> {
    let start = async move { Call::start(service, request, messages, compress_from) };
    futures_util::stream::once(start)
        .flat_map(|started| match started {
            Ok(call) => unfold(call, |mut call| async move {
                let item = call.next().await?;
                Some((item, call))
            })
            .left_stream(),
            Err(failure) => futures_util::stream::once(std::future::ready(Err(failure))).right_stream(),
        })
        .fuse()
        .boxed()
}

/// A call under way.
struct Call {
    phase: Phase,
    /// The client's half, where that is a sequence. Dropping it ends the request's body, finished or not.
    upload: Option<Upload>,
    /// What has come and was not handed out yet: little, and never messages.
    news: VecDeque<Progress>,
    protocol: Protocol,
    request: CallRequest,
    bounds: Bounds,
}

enum Phase {
    /// Waiting for the head.
    Opening(BoxFuture<'static, Result<Begun, Failure>>),
    Reading(Box<Answer>),
    /// Reading an error.
    Refused(BoxFuture<'static, Failure>),
    Ended,
}

/// What a phase came to.
enum Step {
    Begun(Box<Begun>),
    Item(Item),
}

impl Call {
    fn start<S: HttpService>(
        service: Arc<S>,
        request: CallRequest,
        messages: BoxStream<'static, Bytes>,
        compress_from: Option<usize>,
    ) -> Result<Self, Failure> {
        let protocol = Protocol::of(request.endpoint.protocol(), request.kind)?;
        let bounds = Bounds::from(request.endpoint.limits());
        let (first, upload) = if request.kind.sends_many() {
            let (upload, chunks) = Upload::of(messages, bounds, compress_from);
            let body = RequestBody::streamed(chunks);
            (request::with_body(protocol, &request, bounds, compress_from.is_some(), body)?, Some(upload))
        } else {
            (request::whole(protocol, &request, bounds, compress_from)?, None)
        };
        let mut news = VecDeque::new();
        if let Some(bytes) = first.body().bytes() {
            news.push_back(Progress::Sent { bytes: bytes.len() as u64 });
        }
        // A sequence cannot be had a second time.
        let again = (request.idempotent && upload.is_none()).then(|| {
            let request = request.clone();
            move || request::whole(protocol, &request, bounds, compress_from)
        });
        let patience = request.timeout.unwrap_or(Duration::MAX);
        let opening = Box::pin(async move {
            let mut patience = Patience::start(service.clone(), patience);
            let begun = exchange(&*service, protocol, bounds, first, again).await;
            patience.end();
            begun
        });
        Ok(Self { phase: Phase::Opening(opening), upload, news, protocol, request, bounds })
    }

    async fn next(&mut self) -> Option<Result<Received, Failure>> {
        loop {
            let opening = matches!(self.phase, Phase::Opening(_));
            // Nothing of the request is known to have left before the answer begins, unless it is a sequence.
            if let Some(news) = (!opening || self.upload.is_some()).then(|| self.news.pop_front()).flatten() {
                return Some(Ok(Received::Progress(news)));
            }
            if matches!(self.phase, Phase::Ended) {
                return None;
            }
            let (phase, upload) = (&mut self.phase, &self.upload);
            let step = tokio::select! {
                biased;
                sent = sent(upload) => match sent {
                    Ok(bytes) => return Some(Ok(Received::Progress(Progress::Sent { bytes }))),
                    Err(failure) => Err(failure),
                },
                step = phase.step() => step,
            };
            match step {
                Ok(Step::Begun(begun)) => self.begin(*begun),
                Ok(Step::Item(Item::Progress(progress))) => return Some(Ok(Received::Progress(progress))),
                Ok(Step::Item(Item::Message(message))) => return Some(Ok(Received::Message(message))),
                Ok(Step::Item(Item::End(trailers))) => {
                    self.end();
                    return Some(Ok(Received::End { trailers: metadata::received(&trailers) }));
                }
                Err(failure) => {
                    self.end();
                    return Some(Err(failure));
                }
            }
        }
    }

    fn begin(&mut self, begun: Begun) {
        let Begun { head, framing, response } = begun;
        self.news.push_back(Progress::Head(head));
        let (protocol, bounds) = (self.protocol, self.bounds);
        self.phase = match framing {
            Framing::Enveloped(protocol) => {
                Phase::Reading(Box::new(Answer::new(protocol, self.request.kind, response, bounds)))
            }
            Framing::ConnectError => {
                Phase::Refused(Box::pin(connect::read_error(protocol, response, bounds)))
            }
            Framing::Bare => Phase::Refused(Box::pin(std::future::ready(malformed(
                "the answer of a unary call, where the method is a stream",
            )))),
        };
    }

    fn end(&mut self) {
        self.phase = Phase::Ended;
        self.upload = None;
        self.news.clear();
    }
}

impl Phase {
    /// Waits for what comes next. Dropping the future loses nothing.
    async fn step(&mut self) -> Result<Step, Failure> {
        match self {
            Self::Opening(opening) => opening.await.map(|begun| Step::Begun(Box::new(begun))),
            Self::Reading(answer) => answer.next().await.map(Step::Item),
            Self::Refused(reading) => Err(reading.await),
            Self::Ended => std::future::pending().await,
        }
    }
}

/// What has become of the client's half.
async fn sent(upload: &Option<Upload>) -> Result<u64, Failure> {
    match upload {
        Some(upload) => poll_fn(|cx| upload.poll_news(cx)).await,
        None => poll_fn(|_| Poll::Pending).await,
    }
}
