//! Items: what a stream brings, and who gets it (rules E2, F5, G2, G5).

use std::sync::Arc;

use bytes::Bytes;

use super::super::Engine;
use crate::call::OpId;
use crate::detail;
use crate::entry::Answer;
use crate::error::{Error, ErrorKind};
use crate::event::{Event, NotStored};
use crate::failure::{Class, Failed};
use crate::fault::{Fault, planted};
use crate::network::{AttemptId, Head, Kind, Response};
use crate::output::Delivered;
use crate::snapshot::{Detail, PlanHash, Snapshot, Source};
use crate::stream::{Newest, Phase, Stream, StreamId, Unread};

impl Engine {
    /// A message has arrived.
    pub(in crate::engine) fn stream_message(&mut self, attempt: AttemptId, message: Bytes) {
        let Some((id, stream)) = self.stream_of(attempt) else { return };
        let is_live = stream.is_live();
        let (spec, want) = (stream.spec.clone(), stream.want);
        let Some(opening) = stream.opening_mut() else { return };
        let mut head = opening.head.take();
        let (first, said, pulled) = (!opening.brought, opening.said, opening.pulled);
        opening.live = true;
        opening.pulled = pulled.saturating_sub(1);
        self.timers.cancel(&mut head);
        if is_live {
            self.evidence_bytes(attempt);
        } else {
            self.evidence_head(attempt, &Head::default());
        }
        if pulled == 0 {
            // Nobody asked the wire for it: there is no place for it.
            return self.skip(id);
        }
        if let Err(error) = self.check_message(&spec.method, &message, "message") {
            return self.spoil(id, Failed { error, class: Class::Other, harmless: false });
        }
        if first && spec.has_credentials() {
            self.signed_in(&spec);
        }
        if spec.method.kind == Kind::ClientStream {
            // What cannot be read is UNUSABLE at the end.
            let plan = detail::plan_of(&spec.method, want, said, &message, &self.limits).unwrap_or_default();
            return self.take_answer(id, message, plan);
        }
        let plan = self.check_presence(&spec.method, &message).and_then(|()| {
            detail::plan_of(&spec.method, want, said, &message, &self.limits)
                .map_err(|error| Failed::unusable(format!("the message cannot be read: {error}"), Vec::new()))
        });
        let plan = match plan {
            Ok(plan) => plan,
            Err(failed) => {
                self.event(Event::NotStored { method: spec.method.id, reason: NotStored::Unusable });
                return self.spoil(id, failed);
            }
        };
        self.bring(id, message, plan);
    }

    /// A usable message: tells everybody who takes one, and keeps it.
    fn bring(&mut self, id: StreamId, value: Bytes, plan: Option<PlanHash>) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.failures = 0;
        stream.broken = false;
        stream.refused = false;
        stream.error = None;
        let spec = stream.spec.clone();
        let error = (plan.is_some() && stream.want == Detail::Full).then(trimmed_unasked);
        let readers: Vec<OpId> = stream.readers.iter().copied().collect();
        let answer = Answer {
            value,
            sent: self.now,
            age_before: 0,
            tags: Arc::new([]),
            // A stream tells what is true when it tells it, not when it was opened.
            sequence: self.sequence(&spec),
            outdated: false,
            put: false,
            live: None,
        };
        let mut newest = Newest { answer, plan, error };
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if let Some(opening) = stream.opening_mut() {
            opening.brought = true;
        }
        if stream.kept.is_some() {
            self.keep_message(id, &mut newest);
        }
        let snapshot = self.live_snapshot(id, &newest);
        for op in readers {
            let Some(reader) = self.readers.get_mut(&op) else { continue };
            if reader.demand > 0 || planted(Fault::DemandIsIgnored) {
                self.deliver_item(op, snapshot.clone());
            } else {
                let skipped = reader.unread == Unread::Message;
                reader.unread = Unread::Message;
                // The gap lies before this message, whatever becomes of the stream until it is taken.
                reader.missed |= std::mem::take(&mut reader.gap);
                reader.missed |= skipped && !planted(Fault::SkippingIsNotMarked);
                if skipped {
                    self.event(Event::StreamSkipped { method: spec.method.id });
                }
            }
        }
        self.top_up(id);
    }

    /// A message that cannot be used ends the opening.
    fn spoil(&mut self, id: StreamId, failed: Failed) {
        let method = self.streams.get(&id).map(|stream| stream.spec.method.id);
        self.take_off_wire(id, true);
        if let Some(method) = method {
            self.event(Event::AttemptFailed { method, kind: failed.error.kind });
        }
        self.stream_broke(id, failed);
    }

    /// A message is dropped: whoever reads the stream is told with the next one.
    fn skip(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get(&id) else { return };
        let method = stream.spec.method.id;
        self.mark_gap(id);
        self.event(Event::StreamSkipped { method });
    }

    /// The answer of a method that answers once. A second one is none.
    fn take_answer(&mut self, id: StreamId, message: Bytes, plan: Option<PlanHash>) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if stream.answer.is_none() {
            stream.answer = Some((message, plan));
            return;
        }
        let message = "the server answered more than once: the method is another one on the server";
        self.spoil(id, Failed { error: Error::misuse(message), class: Class::Other, harmless: false });
    }

    /// The answer of a method that answers once, with its end.
    pub(in crate::engine) fn stream_response(&mut self, attempt: AttemptId, response: Response) {
        let Some((_, stream)) = self.stream_of(attempt) else { return };
        if stream.spec.method.kind == Kind::ClientStream {
            self.stream_message(attempt, response.body);
            self.stream_ended(attempt, &response.trailers);
        }
    }

    /// A live message, as a reader gets it that has missed nothing.
    fn live_snapshot(&self, id: StreamId, newest: &Newest) -> Snapshot {
        let stream = self.streams.get(&id);
        let last_known = stream.filter(|_| newest.plan.is_some()).and_then(|stream| self.last_full(stream));
        self.network_snapshot(&newest.answer, newest.plan, last_known, newest.error.clone())
    }

    /// What a reader that takes an item has not read yet, if it may be told.
    pub(super) fn unread_item(&self, id: StreamId, op: OpId) -> Option<Snapshot> {
        let stream = self.streams.get(&id)?;
        let reader = self.readers.get(&op).filter(|reader| reader.unread != Unread::Nothing)?;
        match &stream.phase {
            Phase::Looking => None,
            Phase::Open(opening) if opening.newest.is_some() => {
                opening.newest.as_ref().map(|newest| self.live_snapshot(id, newest))
            }
            _ => self.replay(stream, reader.detail),
        }
    }

    /// Delivers an item, with what is to be said of the messages before it.
    pub(super) fn deliver_item(&mut self, op: OpId, item: Snapshot) {
        let Some(reader) = self.readers.get_mut(&op) else { return };
        let method = reader.spec.method.id;
        reader.demand = reader.demand.saturating_sub(1);
        reader.unread = Unread::Nothing;
        let mut gap = std::mem::take(&mut reader.missed);
        if item.source == Source::Network {
            gap |= std::mem::take(&mut reader.gap) && !planted(Fault::ReconnectionIsNotMarked);
        } else {
            self.event(Event::Replayed { method, age: item.age });
        }
        if gap {
            self.event(Event::StreamGap { method });
        }
        self.deliver(op, Delivered::Item(Box::new(Snapshot { gap, ..item })));
    }

    /// The full message that is still kept, for what a reduced one withholds (rule F9).
    pub(super) fn last_full(&self, stream: &Stream) -> Option<Bytes> {
        let kept = stream.kept.as_ref()?;
        let shared = stream.spec.shared_key().and_then(|key| self.memory.look(key));
        let full = shared.and_then(|entry| entry.full.as_ref()).or(kept.entry.full.as_ref());
        full.map(|answer| answer.value.clone())
    }
}

/// Why a reduced message is delivered to those who asked for all of it.
pub(super) fn trimmed_unasked() -> Error {
    Error::new(
        ErrorKind::Unusable,
        "the server sends less than it was asked for: it trims without being told to",
    )
}
