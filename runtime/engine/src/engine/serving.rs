//! What is stored, as a call or an observer gets it.

use std::time::Duration;

use bytes::Bytes;
use holdover_wire::KeyOutcome;

use super::Engine;
use super::offline::known_offline;
use super::specs::is_shareable;
use crate::call::{CacheMode, CallOptions, MethodId, OpId};
use crate::clock::Stamp;
use crate::detail;
use crate::entry::{Choice, Entry, Judge};
use crate::event::Event;
use crate::key;
use crate::method::OfflineMode;
use crate::network::Kind;
use crate::operation::{Operation, Spec, wish};
use crate::session::SessionId;
use crate::snapshot::Snapshot;
use crate::window::Row;

/// The best stored answer for a call.
pub(super) struct Standing {
    pub(super) row: Row,
    /// In nanoseconds.
    pub(super) age: u64,
    pub(super) invalidated: bool,
    /// When its request was sent.
    pub(super) sent: Stamp,
    /// As it would be served, without a refresh or an error.
    pub(super) snapshot: Snapshot,
}

impl From<Choice<'_>> for Standing {
    fn from(choice: Choice<'_>) -> Self {
        Self {
            row: choice.row,
            age: choice.age,
            invalidated: choice.invalidated,
            sent: choice.answer.sent,
            snapshot: choice.snapshot(),
        }
    }
}

impl Engine {
    /// The best stored answer for a call, of whatever row.
    pub(super) fn standing(&self, id: OpId) -> Option<Standing> {
        let operation = self.operations.get(&id)?;
        let entry = self.entry(operation)?;
        self.judge(&operation.spec)?.choose(entry, &operation.wish()).map(Standing::from)
    }

    /// What a call is served whose flight has failed: rows 1 to 3, reduced if there is nothing else.
    pub(super) fn fallback(&self, id: OpId) -> Option<Standing> {
        let operation = self.operations.get(&id)?;
        let entry = self.entry(operation)?;
        self.judge(&operation.spec)?.fallback(entry, &operation.wish()).map(Standing::from)
    }

    /// The stored answers of a call. An observer keeps its own, and is told of every change.
    fn entry<'a>(&'a self, operation: &'a Operation) -> Option<&'a Entry> {
        let known = operation.known.as_ref();
        if operation.is_observer() {
            return known;
        }
        operation.spec.key.as_ref().and_then(|key| self.memory.look(key)).or(known)
    }

    /// By what the entry of a call is judged; `None` for calls that have no entry.
    pub(super) fn judge<'a>(&'a self, spec: &'a Spec) -> Option<Judge<'a>> {
        Some(Judge {
            windows: &spec.method.cache.as_ref()?.windows,
            plan: spec.method.detail.as_ref().map(|detail| detail.plan),
            clock: &self.clock,
            ledger: &self.partitions.get(&spec.owner)?.ledger,
            now: &self.now,
        })
    }

    /// See [`Engine::peek`]. The path that has to be cheap: no allocation, one look-up.
    pub(super) fn serve_from_memory(
        &mut self,
        session_id: SessionId,
        method: MethodId,
        request: &Bytes,
        options: &CallOptions,
    ) -> Option<Snapshot> {
        let session = self.sessions.get(&session_id).filter(|session| !session.signed_out)?;
        let method = self.methods.get(usize::try_from(method.0).ok()?)?;
        let cache = method.cache.as_ref().filter(|_| method.kind == Kind::Unary && !method.off.cache)?;
        let config = &session.config;
        let reads = options.cache != CacheMode::NetworkOnly;
        let is_own = options.metadata.get("authorization").or(config.metadata.get("authorization")).is_some();
        if !reads || is_own {
            return None;
        }
        let outcome = key::write(
            &mut self.scratch,
            config,
            &method.path,
            cache,
            request,
            &options.metadata,
            &self.limits,
        );
        if outcome != KeyOutcome::Keyed {
            return None;
        }
        let entry = self.memory.get(&self.scratch)?;
        let owner = if cache.device { &key::Owner::Device } else { &session.owner };
        let judge = Judge {
            windows: &cache.windows,
            plan: method.detail.as_ref().map(|detail| detail.plan),
            clock: &self.clock,
            ledger: &self.partitions.get(owner).filter(|partition| partition.is_open())?.ledger,
            now: &self.now,
        };
        let own_mask = method.detail.is_some()
            && (detail::has_own_mask(method, request, &options.metadata, &self.limits)
                || detail::has_own_mask(method, request, &config.metadata, &self.limits));
        let want = detail::wanted(method, options.detail, own_mask, self.network);
        let choice = judge.choose(entry, &wish(options.cache, options.detail, want))?;
        match choice.row {
            Row::Fresh => {
                let snapshot = choice.snapshot();
                self.count_hit(Row::Fresh);
                Some(snapshot)
            }
            Row::Revalidate => {
                let is_blocked = method.has_account()
                    && self.credentials.get(&config.account).is_some_and(|account| account.sign_in_required);
                if is_blocked {
                    return None;
                }
                let snapshot = choice.snapshot();
                let reads_only = options.cache == CacheMode::CacheOnly;
                let is_offline =
                    !reads_only && method.is_annotated && self.is_known_offline(&config.endpoint);
                if is_offline && matches!(method.offline, OfflineMode::Wait | OfflineMode::FailFast) {
                    return None;
                }
                if is_offline {
                    self.hit(method.id, Row::Revalidate, snapshot.age);
                    return Some(Snapshot { error: Some(Box::new(known_offline())), ..snapshot });
                }
                if !reads_only {
                    let priority = options.priority.unwrap_or(method.priority);
                    let shareable = is_shareable(&options.metadata, cache, config);
                    let method = method.clone();
                    let id = method.id;
                    let spec = if shareable {
                        self.spec(session_id, &method, request, &options.metadata).ok()?.0.into()
                    } else {
                        self.specs(session_id, &method, request, &options.metadata).ok()?.refresh
                    };
                    self.hit(id, Row::Revalidate, snapshot.age);
                    return Some(self.refresh_behind(&spec, want, priority, snapshot));
                }
                self.hit(method.id, Row::Revalidate, snapshot.age);
                Some(snapshot)
            }
            // As the get that would be served them at once: nobody else can be (rule I1).
            row @ (Row::IfError | Row::Expired) => {
                let serves_expired =
                    matches!(method.offline, OfflineMode::ServeStale { max_age } if choice.age < max_age);
                if !serves_expired {
                    return None;
                }
                let snapshot = choice.snapshot();
                let is_blocked = method.has_account()
                    && self.credentials.get(&config.account).is_some_and(|account| account.sign_in_required);
                let is_offline = method.is_annotated && self.is_known_offline(&config.endpoint);
                if is_blocked || !is_offline {
                    return None;
                }
                self.hit(method.id, row, snapshot.age);
                Some(Snapshot { error: Some(Box::new(known_offline())), ..snapshot })
            }
        }
    }

    /// Something stored is served, and told of.
    pub(super) fn hit(&mut self, method: MethodId, row: Row, age: Duration) {
        self.count_hit(row);
        self.event(Event::Hit { method, row: row as u8, age });
    }

    fn count_hit(&mut self, row: Row) {
        if let Some(count) = self.counts.hits.get_mut(row as usize - 1) {
            *count += 1;
        }
    }
}
