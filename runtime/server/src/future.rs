//! From the service's response to the one that goes out.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, ETAG, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Response, response};
use http_body::{Body, Frame};
use pin_project_lite::pin_project;

use crate::body::into_bytes;
use crate::format::Format;
use crate::message::Trimming;
use crate::metrics::Passed;
use crate::request::Asked;
use crate::stream::StreamTrimmer;
use crate::trim::trim;
use crate::{DETAIL, DETAIL_APPLIED, DetailBody, DetailMetrics};

/// What a request to a prunable method asks for, and what it takes to do it.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) asked: Asked,
    pub(crate) streams: bool,
    pub(crate) trimming: Trimming,
    pub(crate) metrics: DetailMetrics,
}

pin_project! {
    /// The response of a [`DetailService`](crate::DetailService). Where trimming of a unary answer was asked for and looks
    /// possible it is there when the whole body is, because its head says whether it was trimmed. A stream's head is there
    /// as soon as the service gives it.
    pub struct DetailFuture<F, B: Body> {
        #[pin]
        inner: F,
        ask: Option<Ask>,
        collecting: Option<Collecting<B>>,
    }
}

impl<F, B: Body> DetailFuture<F, B> {
    pub(crate) fn new(inner: F, ask: Option<Ask>) -> Self {
        Self { inner, ask, collecting: None }
    }
}

impl<F, B, E> Future for DetailFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<DetailBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if this.collecting.is_none() {
            let response = match ready!(this.inner.as_mut().poll(cx)) {
                Ok(response) => response,
                Err(error) => return Poll::Ready(Err(error)),
            };
            let Some(ask) = this.ask.take() else {
                return Poll::Ready(Ok(response.map(DetailBody::passed)));
            };
            let (mut head, body) = response.into_parts();
            vary(&mut head.headers);
            match ask.decide(&head, &body) {
                Ok(format) if ask.streams => {
                    ask.metrics.stream();
                    // The head goes out before the first message: what will be left out is not known yet.
                    rewrite(&mut head.headers, None, ask.trimming.plan.hash());
                    let trimmer = StreamTrimmer::new(ask.trimming, format, ask.metrics);
                    return Poll::Ready(Ok(Response::from_parts(head, DetailBody::streamed(body, trimmer))));
                }
                Ok(format) => {
                    *this.collecting = Some(Collecting::new(ask, format, head, body));
                }
                Err(why) => {
                    ask.pass(&mut head, why);
                    return Poll::Ready(Ok(Response::from_parts(head, DetailBody::passed(body))));
                }
            }
        }
        let Some(collecting) = this.collecting else { return Poll::Pending };
        ready!(collecting.poll(cx));
        match this.collecting.take() {
            Some(collecting) => Poll::Ready(Ok(collecting.finish())),
            None => Poll::Pending,
        }
    }
}

impl Ask {
    /// Whether to trim, as far as the head can tell.
    fn decide(&self, head: &response::Parts, body: &impl Body) -> Result<Format, Passed> {
        match self.asked {
            Asked::Nothing => return Err(Passed::Unasked),
            Asked::Other => return Err(Passed::OtherPlan),
            Asked::Reduced => {}
        }
        let format = Format::of(head, self.streams)?;
        if !self.streams && body.size_hint().lower() > self.limit() {
            return Err(Passed::TooLarge);
        }
        Ok(format)
    }

    /// The longest body of a unary answer that is read, in bytes.
    fn limit(&self) -> u64 {
        u64::try_from(self.trimming.limits.max_bytes).unwrap_or(u64::MAX).saturating_add(ENVELOPES)
    }

    /// Marks a response that passes as it is. Failed calls have no detail to speak of.
    fn pass(&self, head: &mut response::Parts, why: Passed) {
        self.metrics.passed(why);
        if !matches!(why, Passed::Unasked | Passed::Failed) {
            tracing::debug!(?why, "passed a response that was asked for in reduced detail");
            head.headers.insert(DETAIL_APPLIED, HeaderValue::from_static("full"));
        }
    }
}

/// What a body may have beyond its message: the heads of two envelopes, and gRPC-Web's trailers.
const ENVELOPES: u64 = 16 << 10;

/// How many frames a body may come in. HTTP/2 frames have 16 kB, so this is far above what honest bodies need.
const MAX_FRAMES: usize = 1 << 14;

/// A response whose body is being read.
struct Collecting<B: Body> {
    ask: Ask,
    format: Format,
    head: response::Parts,
    body: Option<Pin<Box<B>>>,
    frames: VecDeque<Frame<Bytes>>,
    size: u64,
    failed: Option<B::Error>,
}

impl<B: Body> Collecting<B> {
    fn new(ask: Ask, format: Format, head: response::Parts, body: B) -> Self {
        let body = Some(Box::pin(body));
        Self { ask, format, head, body, frames: VecDeque::new(), size: 0, failed: None }
    }

    /// Reads on until the body has ended or failed, or is too large.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let limit = self.ask.limit();
        while let Some(body) = &mut self.body {
            match ready!(body.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let frame = into_bytes(frame);
                    let length = frame.data_ref().map_or(0, Bytes::len);
                    self.size = self.size.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
                    self.frames.push_back(frame);
                    if self.size > limit || self.frames.len() > MAX_FRAMES {
                        return Poll::Ready(());
                    }
                }
                Some(Err(error)) => {
                    self.failed = Some(error);
                    return Poll::Ready(());
                }
                None => self.body = None,
            }
        }
        Poll::Ready(())
    }

    fn finish(mut self) -> Response<DetailBody<B>> {
        match self.trim() {
            Ok((data, dropped, trailers)) => {
                self.ask.metrics.trimmed(usize::try_from(self.size).unwrap_or(usize::MAX), data.len());
                let lengths = Lengths { body: data.len(), dropped };
                rewrite(&mut self.head.headers, Some(&lengths), self.ask.trimming.plan.hash());
                Response::from_parts(self.head, DetailBody::trimmed(data, trailers))
            }
            Err(why) => {
                self.ask.pass(&mut self.head, why);
                let body = DetailBody::resumed(self.frames, self.failed, self.body);
                Response::from_parts(self.head, body)
            }
        }
    }

    fn trim(&self) -> Result<(Bytes, usize, Option<HeaderMap>), Passed> {
        if self.failed.is_some() {
            return Err(Passed::Failed);
        }
        if self.body.is_some() {
            return Err(Passed::TooLarge);
        }
        let mut trailers: Option<&HeaderMap> = None;
        let mut parts = Vec::new();
        for frame in &self.frames {
            match (frame.data_ref(), frame.trailers_ref(), trailers) {
                (Some(data), _, None) => parts.push(data),
                (_, Some(map), None) => trailers = Some(map),
                // Something after the trailers.
                _ => return Err(Passed::Malformed),
            }
        }
        let body = match parts.as_slice() {
            [one] => Bytes::clone(one),
            many => {
                let mut joined = BytesMut::with_capacity(many.iter().map(|part| part.len()).sum());
                many.iter().for_each(|part| joined.extend_from_slice(part));
                joined.freeze()
            }
        };
        let (trimmed, dropped) = trim(self.format, &body, trailers, &self.ask.trimming)?;
        Ok((trimmed, dropped, trailers.cloned()))
    }
}

/// Says that the response depends on what was asked, beside what is said already.
fn vary(headers: &mut HeaderMap) {
    let said = headers.get_all(VARY).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').map(str::trim).any(|name| name == "*" || name.eq_ignore_ascii_case(DETAIL.as_str()))
    });
    if !said {
        headers.append(VARY, HeaderValue::from_name(DETAIL));
    }
}

/// What is known of a unary answer when its head goes out, in bytes.
struct Lengths {
    body: usize,
    /// What was left out of the message itself, uncompressed.
    dropped: usize,
}

/// Corrects what the head says about the body. Lengths that are not known yet are not said.
fn rewrite(headers: &mut HeaderMap, lengths: Option<&Lengths>, plan: &str) {
    let had_length = headers.remove(CONTENT_LENGTH).is_some();
    let mut applied = format!("reduced; plan={plan}");
    if let Some(Lengths { body, dropped }) = lengths {
        applied.push_str(&format!("; dropped={dropped}"));
        if had_length {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(*body));
        }
    }
    // They speak of the bytes that were not sent (RFC 9110, RFC 9530, RFC 1864).
    const OF_THE_ORIGINAL: [HeaderName; 6] = [
        ETAG,
        ACCEPT_RANGES,
        HeaderName::from_static("content-digest"),
        HeaderName::from_static("repr-digest"),
        HeaderName::from_static("digest"),
        HeaderName::from_static("content-md5"),
    ];
    for name in OF_THE_ORIGINAL {
        headers.remove(name);
    }
    let applied = HeaderValue::try_from(applied);
    headers.insert(DETAIL_APPLIED, applied.expect("a hash of hex digits and a number are a header value"));
}
