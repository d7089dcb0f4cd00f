//! Openings: one attempt of a stream, from the question for credentials to the head (rules A3, C5, F3, F5).

use std::time::Duration;

use super::super::Engine;
use crate::call::DetailMode;
use crate::credentials::{Asker, Slot};
use crate::detail::{self, Applied};
use crate::error::Error;
use crate::event::Event;
use crate::failure::{Class, Failed};
use crate::metadata::Metadata;
use crate::network::{AttemptId, Head, Kind, Request};
use crate::operation::Spec;
use crate::output::Output;
use crate::snapshot::Detail;
use crate::stream::{Opening, Phase, StreamId};
use crate::timer::Timer;

/// What a method that answers once is pulled for: its answer, and the end behind it.
const ANSWER_AND_END: u32 = 2;

impl Engine {
    /// Opens a stream, for the first time or again: decides its detail, then sends it when its credentials are there.
    pub(super) fn open_stream(&mut self, id: StreamId) {
        if self.holds_stream(id) || !self.settle_detail(id) {
            return;
        }
        let Some(stream) = self.streams.get(&id) else { return };
        let spec = stream.spec.clone();
        if stream.reconnects() && self.is_offline(&spec) {
            return self.await_network(id);
        }
        if self.is_sign_in_required(&spec) && spec.method.is_read() {
            return self.stream_broke(id, Failed::sign_in_required());
        }
        self.ask_for_stream(id, &spec);
    }

    /// Sends a stream if its credentials are kept, else asks for them.
    pub(super) fn ask_for_stream(&mut self, id: StreamId, spec: &Spec) {
        if !spec.has_credentials() {
            return self.send_stream(id, None);
        }
        let slot: Slot = (spec.endpoint.clone(), spec.method.path.clone());
        let wall_ms = self.now.wall_ms;
        let account = self.credentials.entry(spec.account.clone()).or_default();
        if let Some(kept) = account.kept(&slot, wall_ms).cloned() {
            return self.send_stream(id, Some(kept));
        }
        account.wait(slot, Asker::Stream(id));
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.phase = Phase::Asking;
        }
        self.ask_next(&spec.account);
    }

    /// The detail of an opening: what the network calls for, unless one of the readers wants all. `false`: there is a
    /// stream of that detail already, and the readers have moved to it.
    fn settle_detail(&mut self, id: StreamId) -> bool {
        let Some(stream) = self.streams.get(&id) else { return false };
        let spec = stream.spec.clone();
        let wants_all = |op| self.readers.get(op).is_some_and(|reader| reader.detail == DetailMode::Full);
        let mode = if stream.readers.iter().any(wants_all) { DetailMode::Full } else { DetailMode::Default };
        let want = detail::wanted(&spec.method, mode, spec.own_mask, self.network);
        if want == stream.want {
            return true;
        }
        if stream.kept.is_some()
            && let Some(key) = spec.shared_key()
            && let Some(other) = self.shared_streams.get(&(key.clone(), want == Detail::Reduced)).copied()
        {
            self.merge(id, other);
            return false;
        }
        let Some(mut stream) = self.streams.remove(&id) else { return false };
        self.unlist(id, &stream);
        stream.want = want;
        self.streams.insert(id, stream);
        self.list(id);
        true
    }

    /// Whether the runtime is paused: the stream is opened when it works again (rule J1).
    fn holds_stream(&mut self, id: StreamId) -> bool {
        if self.is_paused()
            && let Some(stream) = self.streams.get_mut(&id)
        {
            stream.phase = Phase::Suspended;
        }
        self.is_paused()
    }

    pub(in crate::engine) fn send_stream(&mut self, id: StreamId, credentials: Option<Metadata>) {
        if self.holds_stream(id) {
            return;
        }
        let Some(stream) = self.streams.get(&id) else { return };
        let (spec, want, priority) = (stream.spec.clone(), stream.want, stream.priority);
        let timeout = self.time_left(id);
        let method = &spec.method;
        let mut metadata = spec.metadata.clone();
        if let Some(credentials) = &credentials {
            metadata.overlay(credentials);
        }
        let body = match detail::shape(method, want, &spec.request, &mut metadata, &self.limits) {
            Ok(body) => body,
            Err(error) => {
                let message = format!("the request of {} cannot be trimmed: {error}", method.full_name());
                return self.lose_stream(id, Error::misuse(message));
            }
        };
        if metadata.size() > self.config.max_metadata_bytes {
            let error = self.metadata_too_large(method, metadata.size());
            return self.lose_stream(id, error);
        }
        let attempt = AttemptId(self.name());
        // Where the client sends a sequence, the server may wait for its end: so does the clock.
        let waits_for_head = !method.kind.sends_many();
        let head = waits_for_head
            .then(|| self.timers.set(self.now.boot.after(method.head_timeout()), Timer::StreamHead(id)));
        self.stream_attempts.insert(attempt, id);
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.phase = Phase::Open(Box::new(Opening {
                id: attempt,
                credentials,
                head,
                live: false,
                said: None,
                pulled: 0,
                newest: None,
                brought: false,
            }));
        }
        self.event(Event::StreamOpened { method: method.id });
        self.evidence_sent(attempt, method.kind, &spec.endpoint);
        self.outputs.push_back(Output::Send(Box::new(Request {
            attempt,
            kind: method.kind,
            endpoint: spec.endpoint.clone(),
            path: method.path.clone(),
            metadata,
            body,
            timeout,
            priority,
            idempotent: method.is_idempotent(),
            no_side_effects: method.is_read(),
        })));
        self.resume_sequence(id);
        if method.kind == Kind::ClientStream {
            self.pull(id, ANSWER_AND_END);
        } else {
            self.top_up(id);
        }
    }

    /// How long an opening may take: as long as its only reader waits. A shared one has no end of its own.
    fn time_left(&self, id: StreamId) -> Option<Duration> {
        let stream = self.streams.get(&id).filter(|stream| stream.kept.is_none())?;
        let reader = stream.readers.first().and_then(|op| self.readers.get(op))?;
        reader.deadline.map(|deadline| deadline.since(self.now.boot))
    }

    /// A stream cannot be sent, whatever the network is like.
    fn lose_stream(&mut self, id: StreamId, error: Error) {
        self.broken.push_back((id, Failed { error, class: Class::Other, harmless: true }));
    }

    pub(in crate::engine) fn stream_head(&mut self, attempt: AttemptId, head: &Head) {
        self.evidence_head(attempt, head);
        let Some((id, stream)) = self.stream_of(attempt) else { return };
        let (want, refetched) = (stream.want, stream.refetched);
        let spec = stream.spec.clone();
        let Some(opening) = stream.opening_mut().filter(|opening| !opening.live) else { return };
        opening.live = true;
        opening.said = detail::said(&head.metadata);
        let trims_unasked = want == Detail::Full && matches!(opening.said, Some(Applied::Reduced(_)));
        let mut timer = opening.head.take();
        self.timers.cancel(&mut timer);
        if trims_unasked && !refetched && spec.method.is_read() && !spec.method.kind.sends_many() {
            // Nothing of it has been delivered: it is asked for in full once more (rule F5).
            self.event(Event::DetailRefetched { method: spec.method.id });
            if let Some(stream) = self.streams.get_mut(&id) {
                stream.refetched = true;
                if let Some(opening) = stream.opening_mut() {
                    opening.live = false;
                }
            }
            let credentials = self.take_off_wire(id, true).and_then(|opening| opening.credentials);
            return self.send_stream(id, credentials);
        }
        self.begin_keeping(id);
    }

    /// The head of a stream is late.
    pub(in crate::engine) fn stream_head_timeout(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let method = stream.spec.method.clone();
        let Some(opening) = stream.opening_mut() else { return };
        opening.head = None;
        let attempt = opening.id;
        self.evidence_timeout(attempt);
        self.take_off_wire(id, true);
        let failed = Failed::timeout("the head of the stream", method.head_timeout(), false);
        self.event(Event::AttemptFailed { method: method.id, kind: failed.error.kind });
        self.stream_broke(id, failed);
    }

    /// Asks the wire for more messages.
    pub(super) fn pull(&mut self, id: StreamId, messages: u32) {
        let Some(opening) = self.streams.get_mut(&id).and_then(|stream| stream.opening_mut()) else { return };
        if messages > 0 {
            opening.pulled = opening.pulled.saturating_add(messages);
            self.outputs.push_back(Output::Pull { attempt: opening.id, messages });
        }
    }

    /// Asks the wire for as many messages as the reader takes who takes the most (rule G5).
    pub(super) fn top_up(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get(&id) else { return };
        let Some(opening) = stream.opening().filter(|_| stream.spec.method.kind != Kind::ClientStream) else {
            return;
        };
        let demand = stream.readers.iter().filter_map(|op| self.readers.get(op)).map(|reader| reader.demand);
        let wanted = demand.max().unwrap_or(0).saturating_sub(opening.pulled);
        self.pull(id, wanted);
    }
}
