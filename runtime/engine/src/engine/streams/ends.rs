//! Ends: how streams break and end, and what that changes (rules A4, C3, D1, G3).

use std::time::Duration;

use super::super::Engine;
use super::items::trimmed_unasked;
use super::starts::end_of;
use crate::call::OpId;
use crate::credentials::Slot;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::failure::{self, Class, Failed};
use crate::metadata::Metadata;
use crate::network::{AttemptId, Failure, Kind};
use crate::operation::Spec;
use crate::output::Delivered;
use crate::snapshot::{Detail, Snapshot};
use crate::stream::{Stream, StreamId, Unread};

/// How often a stream that brings messages is opened again without backoff because its credentials are refused.
const REPEAT_EVERY: Duration = Duration::from_secs(10);

impl Engine {
    /// A stream has ended with OK.
    pub(in crate::engine) fn stream_ended(&mut self, attempt: AttemptId, trailers: &Metadata) {
        if self.stream_attempts.contains_key(&attempt) {
            self.evidence_answered(attempt, trailers);
        }
        let Some((id, stream)) = self.stream_of(attempt) else { return };
        let spec = stream.spec.clone();
        if let Some(opening) = stream.opening_mut() {
            opening.live = true;
        }
        if spec.has_credentials() {
            self.signed_in(&spec);
        }
        if spec.method.kind == Kind::ClientStream {
            return self.answered(id);
        }
        self.end_stream(id, &Ok(()), true);
    }

    /// A method that answers once has ended with OK.
    fn answered(&mut self, id: StreamId) {
        let Some(stream) = self.retire(id, false) else { return };
        let spec = &stream.spec;
        let result = match stream.answer {
            None => Err(Failed::unusable("the server ended the call without an answer".into(), Vec::new())),
            Some((ref body, _)) => self.check_presence(&spec.method, body).map(|()| body.clone()),
        };
        let delivered = Delivered::Answer(Box::new(result.map_err(|failed| failed.error).map(|value| {
            let answer = crate::entry::Answer {
                value,
                sent: self.now,
                age_before: 0,
                tags: std::sync::Arc::new([]),
                sequence: 0,
                outdated: false,
                put: false,
                live: None,
            };
            let plan = stream.answer.as_ref().and_then(|(_, plan)| *plan);
            let error = (plan.is_some() && stream.want == Detail::Full).then(trimmed_unasked);
            self.network_snapshot(&answer, plan, None, error)
        })));
        let ends = stream.readers.iter().map(|op| (*op, delivered.clone())).collect();
        self.settle_ends(spec, stream.answer.as_ref().map(|(body, _)| &**body), ends, true);
    }

    /// An opening of a stream has failed.
    pub(in crate::engine) fn stream_failed(&mut self, attempt: AttemptId, failure: Failure) {
        let Some((id, stream)) = self.stream_of(attempt) else { return };
        let spec = stream.spec.clone();
        let is_repeatable =
            stream.reconnects() || !(stream.opening().is_some_and(|o| o.brought) || stream.sending.begun);
        self.evidence_failed(attempt, &failure);
        let mut failed = failure::understand(failure);
        self.event(Event::AttemptFailed { method: spec.method.id, kind: failed.error.kind });
        let Some(opening) = self.take_off_wire(id, false) else { return };
        if failed.class == Class::SignIn {
            if let Some(credentials) = opening.credentials {
                return self.stream_refused(
                    id,
                    &spec,
                    &credentials,
                    (is_repeatable, opening.brought),
                    failed,
                );
            }
            // There is nobody to ask: the server's word is passed on.
            failed.class = Class::Other;
            failed.error.kind = ErrorKind::Rejected;
        }
        self.stream_broke(id, failed);
    }

    /// The server refused the credentials of a stream: asks once with what was refused, and opens it once more, unless
    /// something of it has been delivered or sent that cannot be repeated (rule A4).
    fn stream_refused(
        &mut self,
        id: StreamId,
        spec: &Spec,
        refused: &Metadata,
        (is_repeatable, brought): (bool, bool),
        failed: Failed,
    ) {
        let slot: Slot = (spec.endpoint.clone(), spec.method.path.clone());
        self.credentials.entry(spec.account.clone()).or_default().reject(&slot, refused);
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if std::mem::replace(&mut stream.refused, true) {
            self.begin_sign_in_state(&spec.account, Some(spec.session));
            return self.stream_broke(id, failed);
        }
        if !is_repeatable {
            return self.stream_broke(id, failed);
        }
        let now = self.now.boot;
        let before = stream.repeated;
        if brought && before.is_some_and(|before| now.since(before) < REPEAT_EVERY) {
            // A server that takes credentials for one message each time would be asked without end.
            return self.await_reopening(id, failed.error);
        }
        stream.repeated = Some(now);
        if brought {
            self.mark_gap(id);
        }
        self.ask_for_stream(id, spec);
    }

    /// A stream is off the wire, or never got there: it is opened again, or ends.
    pub(in crate::engine) fn stream_broke(&mut self, id: StreamId, failed: Failed) {
        let Some(stream) = self.streams.get(&id) else { return };
        if failed.class == Class::Transient && stream.reconnects() {
            return self.await_reopening(id, failed.error);
        }
        if failed.class == Class::Evicting {
            self.evict_kept(id);
        }
        let harmless = failed.harmless;
        self.end_stream(id, &Err(failed.error), !harmless);
    }

    /// Ends a stream for everybody who reads it. `acted`: the server may have done what it does.
    fn end_stream(&mut self, id: StreamId, result: &Result<(), Error>, acted: bool) {
        let unread = self.unread_items(id);
        let Some(stream) = self.retire(id, false) else { return };
        let spec = &stream.spec;
        if !spec.method.invalidates.is_empty() {
            let end = |op: &OpId| (*op, end_of(&spec.method, result.clone()));
            return self.settle_ends(spec, None, stream.readers.iter().map(end).collect(), acted);
        }
        for (op, item) in unread {
            self.part(op, item, result.clone());
        }
    }

    /// What the readers of a stream have not read yet.
    fn unread_items(&self, id: StreamId) -> Vec<(OpId, Option<Snapshot>)> {
        let Some(Stream { readers, .. }) = self.streams.get(&id) else { return Vec::new() };
        let unread = |op: &OpId| {
            self.readers.get(op).filter(|reader| reader.unread == Unread::Message)?;
            self.unread_item(id, *op)
        };
        readers.iter().map(|op| (*op, unread(op))).collect()
    }

    /// Delivers the end of a call that changes something on the server: when its tags are durable (rule D1).
    fn settle_ends(
        &mut self,
        spec: &Spec,
        response: Option<&[u8]>,
        ends: Vec<(OpId, Delivered)>,
        acted: bool,
    ) {
        for (op, _) in &ends {
            if let Some(reader) = self.readers.get_mut(op) {
                reader.stream = None;
                reader.settling = true;
                let mut wait = reader.wait.take();
                self.timers.cancel(&mut wait);
            }
        }
        if acted && !spec.method.invalidates.is_empty() {
            self.invalidate_after(spec, response, ends);
        } else {
            self.settle_all(ends);
        }
    }
}
