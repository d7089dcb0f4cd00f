//! How a stream starts: on its own, or by joining one that runs (rules G1, G4).

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use super::super::Engine;
use crate::call::{CacheMode, CallOptions, MethodId, OpId};
use crate::detail;
use crate::error::Error;
use crate::event::Event;
use crate::failure;
use crate::fault::{Fault, planted};
use crate::method::Method;
use crate::network::Kind;
use crate::operation::Spec;
use crate::output::{Delivered, Output};
use crate::partition::Waiter;
use crate::session::SessionId;
use crate::snapshot::Detail;
use crate::stream::{Kept, Phase, Promise, Reader, Sending, Stream, StreamId, Unread};
use crate::timer::Timer;

impl Engine {
    pub(in crate::engine) fn start_stream(
        &mut self,
        op: OpId,
        session: SessionId,
        method: MethodId,
        request: &Bytes,
        options: &CallOptions,
    ) {
        let method = match self.method(method) {
            Ok(method) => method,
            Err(error) => return self.deliver(op, Delivered::Ended(Err(error))),
        };
        match self.check_stream(session, &method, request, options) {
            Ok(spec) => self.begin_stream(op, &spec, options),
            Err(error) => {
                let delivered = end_of(&method, Err(error));
                self.deliver(op, delivered);
            }
        }
    }

    fn check_stream(
        &mut self,
        session: SessionId,
        method: &Arc<Method>,
        request: &Bytes,
        options: &CallOptions,
    ) -> Result<Arc<Spec>, Error> {
        let name = method.full_name();
        if method.kind == Kind::Unary {
            return Err(Error::misuse(format!(
                "{name} answers one request once: get it (or observe it, if it is cached) instead of opening a stream"
            )));
        }
        if options.cache == CacheMode::CacheOnly {
            return Err(Error::misuse(format!(
                "{name} is a stream, which cannot be served from the cache alone: open it with another cache mode"
            )));
        }
        if method.kind.sends_many() && !request.is_empty() {
            return Err(Error::misuse(format!(
                "{name} takes a sequence of messages: open it without a request, then send them one by one"
            )));
        }
        self.check_message(method, request, "request")?;
        let (spec, bypass) = self.spec(session, method, request, &options.metadata)?;
        if let Some(reason) = bypass {
            self.event(Event::Bypassed { method: method.id, reason });
        }
        Ok(Arc::new(spec))
    }

    fn begin_stream(&mut self, op: OpId, spec: &Arc<Spec>, options: &CallOptions) {
        if self.is_sign_in_required(spec) && spec.method.is_read() {
            let delivered = end_of(&spec.method, Err(failure::sign_in_required()));
            return self.deliver(op, delivered);
        }
        let timeout = options.timeout.or(spec.method.stream_timeout());
        let deadline = timeout.map(|timeout| self.now.boot.after(timeout));
        let wait = deadline.map(|deadline| self.timers.set(deadline, Timer::Deadline(op)));
        let reader = Reader {
            stream: None,
            spec: spec.clone(),
            mode: options.cache,
            detail: options.detail,
            priority: options.priority.unwrap_or(spec.method.priority),
            demand: 0,
            unread: Unread::Nothing,
            missed: false,
            gap: false,
            deadline,
            wait,
            settling: false,
            parting: None,
        };
        self.readers.insert(op, reader);
        if promise(spec) == Promise::Replay {
            return self.with_partition(&spec.owner, Waiter::Stream(op));
        }
        if !spec.method.invalidates.is_empty() {
            self.warm_partitions(&spec.account);
        }
        self.attach(op);
    }

    /// The partition is open, where one is needed: joins a stream, or starts one.
    pub(in crate::engine) fn attach(&mut self, op: OpId) {
        let network = self.network;
        let Some(reader) = self.readers.get_mut(&op) else { return };
        let spec = reader.spec.clone();
        let want = detail::wanted(&spec.method, reader.detail, spec.own_mask, network);
        let promise = promise(&spec);
        if promise == Promise::Replay {
            if reader.mode != CacheMode::NetworkOnly {
                reader.unread = Unread::Current;
            }
            let wants_reduced = want == Detail::Reduced;
            let has_other = spec
                .shared_key()
                .is_some_and(|key| self.shared_streams.contains_key(&(key.clone(), !wants_reduced)));
            let crosses = has_other && planted(Fault::StreamIsSharedAcrossDetail);
            let index = spec.shared_key().map(|key| (key.clone(), wants_reduced != crosses));
            if let Some(id) = index.and_then(|index| self.shared_streams.get(&index)).copied() {
                return self.join_stream(op, id);
            }
        }
        let id = StreamId(self.name());
        let Some(reader) = self.readers.get_mut(&op) else { return };
        reader.stream = Some(id);
        let stream = Stream {
            spec: spec.clone(),
            promise,
            priority: reader.priority,
            want,
            readers: BTreeSet::from([op]),
            phase: Phase::Looking,
            refused: false,
            repeated: None,
            refetched: false,
            failures: 0,
            hurried: None,
            moved: None,
            broken: false,
            error: None,
            sending: Sending::default(),
            answer: None,
            kept: (promise == Promise::Replay).then(Kept::default),
        };
        if let Some(key) = spec.shared_key().filter(|_| stream.kept.is_some()) {
            self.memory.pin(key);
        }
        self.reaches.interest.come(&stream.spec.endpoint);
        self.streams.insert(id, stream);
        self.mind_grace();
        self.list(id);
        if promise == Promise::Replay {
            self.look_up_kept(id);
        } else {
            self.open_stream(id);
        }
    }

    /// A reader joins a stream that runs: it gets the current message first (rule G4).
    fn join_stream(&mut self, op: OpId, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let Some(reader) = self.readers.get_mut(&op) else { return };
        reader.stream = Some(id);
        reader.gap = stream.broken;
        stream.readers.insert(op);
        let method = stream.spec.method.id;
        if reader.priority > stream.priority {
            stream.priority = reader.priority;
            if let Phase::Open(opening) = &stream.phase {
                let (attempt, priority) = (opening.id, stream.priority);
                self.outputs.push_back(Output::SetPriority { attempt, priority });
            }
        }
        self.event(Event::StreamShared { method });
        if self.is_behind(id) {
            // Who comes after an invalidation is not shown what came before it (rule D3).
            self.reopen_now(id);
        }
        self.settle_replay(id);
        let is_suspended =
            self.streams.get(&id).is_some_and(|stream| matches!(stream.phase, Phase::Suspended));
        if is_suspended {
            self.open_stream(id);
        }
        self.flush(op);
        self.top_up(id);
    }
}

/// What the policy promises of a call. One that is not shared has nothing kept of it (readings 12 and 13).
pub(super) fn promise(spec: &Spec) -> Promise {
    let window = spec.method.cache.as_ref().and_then(|cache| cache.replay_window);
    match window {
        Some(_) if spec.shared_key().is_some() => Promise::Replay,
        Some(_) => Promise::Reconnect,
        None if spec.method.reconnect => Promise::Reconnect,
        None => Promise::PassThrough,
    }
}

/// The end of a call, as its caller hears of it where it has no answer.
pub(super) fn end_of(method: &Method, result: Result<(), Error>) -> Delivered {
    match result {
        Err(error) if method.kind == Kind::ClientStream => Delivered::Answer(Box::new(Err(error))),
        result => Delivered::Ended(result),
    }
}
