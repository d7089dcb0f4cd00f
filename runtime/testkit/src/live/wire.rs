//! The network of a story: requests and probes are outputs, and whatever comes back is an input.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _};
use holdover_client::{CallRequest, Endpoint, Failure, Kind, OnProgress, Received, Response, Transport};

use super::edges::{Awaited, Edges};
use super::exchange::{Exchange, Underway};
use crate::vector::{GiveUp, Message, NewPath, Out, Probe, Send, Span};
use crate::world::show;

impl Edges {
    /// A request goes out.
    fn send(&self, request: &CallRequest, messages: Option<BoxStream<'static, Bytes>>) -> Option<Underway> {
        let mut device = self.alive()?;
        let method = request.path.rsplit('/').next().unwrap_or_default().to_owned();
        let out = Send {
            n: device.requests.len() as u64 + 1,
            kind: show::kind(request.kind).map(str::to_owned),
            body: Message(request.body.to_vec()),
            metadata: show::metadata(&device.api, &method, &request.metadata),
            endpoint: request.endpoint.name().to_owned(),
            priority: Some(show::priority(request.priority).into()),
            timeout: request.timeout.map(|timeout| Span(timeout.as_nanos().cast_signed())),
            method,
        };
        device.show(Out::Send(out));
        device.requests.push(Exchange::new(self.process, request.kind, messages));
        Some(Underway::new(self.clone(), device.requests.len() - 1))
    }
}

impl Transport for Edges {
    fn unary(
        &self,
        request: CallRequest,
        on_progress: OnProgress,
    ) -> BoxFuture<'static, Result<Response, Failure>> {
        match self.send(&request, None) {
            Some(underway) => Box::pin(underway.answer(on_progress)),
            None => Box::pin(std::future::pending()),
        }
    }

    fn stream(
        &self,
        request: CallRequest,
        messages: BoxStream<'static, Bytes>,
    ) -> BoxStream<'static, Result<Received, Failure>> {
        let many = matches!(request.kind, Kind::ClientStream | Kind::BidiStream);
        match self.send(&request, many.then_some(messages)) {
            Some(underway) => {
                futures_util::stream::poll_fn(move |context| underway.poll_received(context).map(Some))
                    .boxed()
            }
            None => futures_util::stream::pending().boxed(),
        }
    }

    fn probe(&self, endpoint: Endpoint) -> BoxFuture<'static, Result<(), Failure>> {
        let Some(mut device) = self.alive() else { return Box::pin(std::future::pending()) };
        let n = device.probes.len() as u64 + 1;
        device.show(Out::Probe(Probe { n, endpoint: endpoint.name().to_owned() }));
        device.probes.push(Awaited::by(self.process));
        let probing = Probing { edges: self.clone(), probe: device.probes.len() - 1 };
        Box::pin(std::future::poll_fn(move |context| {
            probing.edges.device().probes[probing.probe].poll(context)
        }))
    }

    fn path_changed(&self) {
        if let Some(mut device) = self.alive() {
            device.show(Out::NewPath(NewPath { yes: true }));
        }
    }
}

/// A probe under way. Dropping it before its end gives it up.
struct Probing {
    edges: Edges,
    probe: usize,
}

impl Drop for Probing {
    fn drop(&mut self) {
        let Some(mut device) = self.edges.alive() else { return };
        if device.probes[self.probe].give_up() {
            let n = self.probe as u64 + 1;
            device.show(Out::GiveUp(GiveUp { n }));
        }
    }
}
