//! One request of a story, between the client and a network that the story plays.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use holdover_client::{Failure, Head, Kind, Metadata, Progress, Received, Response};

use super::edges::{Device, Edges};
use crate::vector::{Abort, Out};

/// What comes to the client.
pub(super) enum Coming {
    Progress(Progress),
    Message(Bytes),
    Answer(Response),
    End(Metadata),
    Failure(Failure),
}

/// A request as the network holds it.
pub(super) struct Exchange {
    pub(super) process: u64,
    pub(super) kind: Kind,
    /// What the client has not taken. Nothing is taken of a stream that is not pulled: that is back pressure.
    coming: VecDeque<Coming>,
    has_head: bool,
    waker: Option<Waker>,
    over: bool,
    /// The client's sequence, and what it is known to hold.
    messages: Option<BoxStream<'static, Bytes>>,
    said: VecDeque<Bytes>,
}

impl Exchange {
    pub(super) fn new(process: u64, kind: Kind, messages: Option<BoxStream<'static, Bytes>>) -> Self {
        let (coming, said) = (VecDeque::new(), VecDeque::new());
        Self { process, kind, coming, has_head: false, waker: None, over: false, messages, said }
    }

    /// Something arrives. Whom to wake.
    pub(super) fn arrive(&mut self, coming: Coming) -> Option<Waker> {
        match coming {
            Coming::Progress(Progress::Head(_)) => {
                self.has_head = true;
                self.coming.push_back(coming);
            }
            // A method that sends or receives a sequence is answered by the parts of a stream.
            Coming::Answer(Response { metadata, body, trailers }) if self.kind != Kind::Unary => {
                if !self.has_head {
                    self.has_head = true;
                    let head = Head { metadata, after: None };
                    self.coming.push_back(Coming::Progress(Progress::Head(head)));
                }
                self.coming.extend([Coming::Message(body), Coming::End(trailers)]);
            }
            other => self.coming.push_back(other),
        }
        self.waker.take()
    }

    /// The client says something.
    pub(super) fn say(&mut self, message: Bytes) {
        self.said.push_back(message);
    }

    fn take(&mut self, context: &Context<'_>) -> Poll<Coming> {
        match self.coming.pop_front() {
            Some(coming) => Poll::Ready(coming),
            None => {
                self.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// The wire takes so many messages of the client's sequence, which must be what the client has said.
pub(super) fn write(edges: &Edges, request: usize, messages: u32) -> Result<(), String> {
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..messages {
        // Taking a message is told to the client, so not under the lock.
        let sequence = edges.device().requests[request].messages.take();
        let mut sequence = sequence.ok_or("the request has no sequence of the client's")?;
        let next = sequence.as_mut().poll_next(&mut context);
        let mut device = edges.device();
        let exchange = &mut device.requests[request];
        exchange.messages = Some(sequence);
        match (next, exchange.said.pop_front()) {
            (Poll::Ready(Some(taken)), Some(said)) if taken == said => {}
            (taken, said) => {
                return Err(format!("the wire took {taken:?} of the client's sequence, which said {said:?}"));
            }
        }
    }
    Ok(())
}

/// The client's side of a request. Dropping it before its end cancels.
pub(super) struct Underway {
    edges: Edges,
    request: usize,
}

impl Underway {
    pub(super) fn new(edges: Edges, request: usize) -> Self {
        Self { edges, request }
    }

    fn poll(&self, context: &Context<'_>) -> Poll<Coming> {
        let mut device = self.edges.device();
        device.requests[self.request].take(context)
    }

    fn end(&self) {
        self.edges.device().requests[self.request].over = true;
    }

    /// The answer to a unary request.
    pub(super) async fn answer(self, mut on_progress: impl FnMut(Progress)) -> Result<Response, Failure> {
        loop {
            match std::future::poll_fn(|context| self.poll(context)).await {
                Coming::Progress(progress) => on_progress(progress),
                Coming::Answer(response) => {
                    self.end();
                    return Ok(response);
                }
                Coming::Failure(failure) => {
                    self.end();
                    return Err(failure);
                }
                // The story is checked for the kind before.
                Coming::Message(_) | Coming::End(_) => {}
            }
        }
    }

    /// What comes of a stream.
    pub(super) fn poll_received(&self, context: &Context<'_>) -> Poll<Result<Received, Failure>> {
        let coming = std::task::ready!(self.poll(context));
        Poll::Ready(match coming {
            Coming::Progress(progress) => Ok(Received::Progress(progress)),
            Coming::Message(message) => Ok(Received::Message(message)),
            Coming::Answer(Response { body, .. }) => Ok(Received::Message(body)),
            Coming::End(trailers) => {
                self.end();
                Ok(Received::End { trailers })
            }
            Coming::Failure(failure) => {
                self.end();
                Err(failure)
            }
        })
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        let Some(mut device) = self.edges.alive() else { return };
        let exchange = &mut device.requests[self.request];
        let messages = exchange.messages.take();
        if !std::mem::replace(&mut exchange.over, true) {
            let n = self.request as u64 + 1;
            device.show(Out::Abort(Abort { n }));
        }
        drop(device);
        drop(messages);
    }
}

impl Device {
    /// The place of a request that is under way.
    pub(super) fn request(&self, n: u64) -> Result<usize, String> {
        let index = usize::try_from(n).ok().and_then(|n| n.checked_sub(1));
        let found = index.and_then(|index| Some((index, self.requests.get(index)?)));
        let (index, exchange) = found.ok_or_else(|| format!("request {n} was not sent"))?;
        if exchange.process != self.process {
            return Err(format!("request {n} was sent by a process that is gone"));
        }
        Ok(index)
    }
}
