//! The body of a response that went through the layer.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::stream::StreamTrimmer;

pin_project! {
    /// The service's own body, or what became of it. The frames of a body that was not trimmed pass one by one, as they are.
    pub struct DetailBody<B: Body> {
        #[pin]
        inner: Inner<B>,
    }
}

pin_project! {
    #[project = InnerProjection]
    enum Inner<B: Body> {
        Passed {
            #[pin]
            body: B,
        },
        // Frames that were read in vain, then the rest.
        Resumed {
            read: VecDeque<Frame<Bytes>>,
            failed: Option<B::Error>,
            rest: Option<Pin<Box<B>>>,
        },
        Trimmed {
            data: Option<Bytes>,
            trailers: Option<HeaderMap>,
        },
        Streamed {
            #[pin]
            body: B,
            trimmer: Box<StreamTrimmer>,
            // What comes after the trimmer's rest.
            last: Option<Result<Frame<Bytes>, B::Error>>,
            ended: bool,
        },
    }
}

impl<B: Body> DetailBody<B> {
    pub(crate) fn passed(body: B) -> Self {
        Self { inner: Inner::Passed { body } }
    }

    pub(crate) fn trimmed(data: Bytes, trailers: Option<HeaderMap>) -> Self {
        let data = Some(data).filter(|data| !data.is_empty());
        Self { inner: Inner::Trimmed { data, trailers } }
    }

    pub(crate) fn streamed(body: B, trimmer: StreamTrimmer) -> Self {
        Self { inner: Inner::Streamed { body, trimmer: Box::new(trimmer), last: None, ended: false } }
    }

    pub(crate) fn resumed(
        read: VecDeque<Frame<Bytes>>,
        failed: Option<B::Error>,
        rest: Option<Pin<Box<B>>>,
    ) -> Self {
        Self { inner: Inner::Resumed { read, failed, rest } }
    }
}

/// The same frame, with its data as `Bytes`: free where it already is.
pub(crate) fn into_bytes<D: bytes::Buf>(frame: Frame<D>) -> Frame<Bytes> {
    frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))
}

impl<B: Body> Body for DetailBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().inner.project() {
            InnerProjection::Passed { body } => body.poll_frame(cx).map_ok(into_bytes),
            InnerProjection::Resumed { read, failed, rest } => {
                if let Some(frame) = read.pop_front() {
                    return Poll::Ready(Some(Ok(frame)));
                }
                if let Some(error) = failed.take() {
                    return Poll::Ready(Some(Err(error)));
                }
                match rest {
                    Some(rest) => rest.as_mut().poll_frame(cx).map_ok(into_bytes),
                    None => Poll::Ready(None),
                }
            }
            InnerProjection::Trimmed { data, trailers } => Poll::Ready(
                data.take().map(Frame::data).or_else(|| trailers.take().map(Frame::trailers)).map(Ok),
            ),
            InnerProjection::Streamed { mut body, trimmer, last, ended } => loop {
                // The service is asked for more only when all that came of its last chunk is gone.
                if let Some(chunk) = trimmer.next_chunk() {
                    return Poll::Ready(Some(Ok(Frame::data(chunk))));
                }
                if let Some(last) = last.take() {
                    return Poll::Ready(Some(last));
                }
                if *ended {
                    return Poll::Ready(None);
                }
                let frame = match ready!(body.as_mut().poll_frame(cx)) {
                    Some(Ok(frame)) => match into_bytes(frame).into_data() {
                        Ok(chunk) => {
                            trimmer.push(chunk);
                            continue;
                        }
                        Err(trailers) => Some(Ok(trailers)),
                    },
                    Some(Err(error)) => Some(Err(error)),
                    None => {
                        *ended = true;
                        None
                    }
                };
                // A body that ends inside a message ends there for the client, too.
                match trimmer.take_rest() {
                    Some(rest) => {
                        *last = frame;
                        return Poll::Ready(Some(Ok(Frame::data(rest))));
                    }
                    None => return Poll::Ready(frame),
                }
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Passed { body } => body.is_end_stream(),
            Inner::Resumed { read, failed, rest } => {
                read.is_empty()
                    && failed.is_none()
                    && rest.as_ref().is_none_or(|rest| Body::is_end_stream(&**rest))
            }
            Inner::Trimmed { data, trailers } => data.is_none() && trailers.is_none(),
            Inner::Streamed { body, trimmer, last, ended } => {
                trimmer.is_empty() && last.is_none() && (*ended || body.is_end_stream())
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        let bytes = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        match &self.inner {
            Inner::Passed { body } => body.size_hint(),
            Inner::Resumed { read, rest, .. } => {
                let read = read.iter().filter_map(Frame::data_ref).map(|data| bytes(data.len())).sum::<u64>();
                let rest =
                    rest.as_ref().map_or_else(|| SizeHint::with_exact(0), |rest| Body::size_hint(&**rest));
                let mut hint = SizeHint::new();
                hint.set_lower(rest.lower().saturating_add(read));
                if let Some(upper) = rest.upper().and_then(|upper| upper.checked_add(read)) {
                    hint.set_upper(upper);
                }
                hint
            }
            Inner::Trimmed { data, .. } => {
                SizeHint::with_exact(data.as_ref().map_or(0, |data| bytes(data.len())))
            }
            Inner::Streamed { .. } => SizeHint::new(),
        }
    }
}
