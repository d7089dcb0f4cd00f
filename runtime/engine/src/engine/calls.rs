//! Calls: how they start, wait and end.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::Engine;
use super::offline::no_network_in_time;
use super::specs::Specs;
use super::states::shown_freshness;
use crate::call::{CacheMode, CallOptions, Form, MethodId, OpId, Priority};
use crate::detail;
use crate::entry::Entry;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::failure::{self, Class, Failed};
use crate::fault::{Fault, planted};
use crate::flight::{Held, Ticket};
use crate::method::Method;
use crate::operation::{Observer, Operation, Role};
use crate::output::Delivered;
use crate::partition::Waiter;
use crate::session::SessionId;
use crate::snapshot::{Observed, Snapshot};
use crate::time::nanos;
use crate::timer::Timer;
use crate::window::Row;

impl Engine {
    pub(super) fn start_call(
        &mut self,
        id: OpId,
        session: SessionId,
        method: MethodId,
        request: &Bytes,
        options: &CallOptions,
        form: Form,
    ) {
        if form == Form::Stream {
            return self.start_stream(id, session, method, request, options);
        }
        match self.check_call(session, method, request, options, form) {
            Ok((method, specs)) => self.begin(id, &method, specs, options, form),
            Err(error) => self.refuse(id, form, error),
        }
    }

    fn check_call(
        &mut self,
        session: SessionId,
        method: MethodId,
        request: &Bytes,
        options: &CallOptions,
        form: Form,
    ) -> Result<(Arc<Method>, Specs), Error> {
        let method = self.method(method)?;
        self.session(session)?;
        method.check_unary()?;
        let needs_cache = form != Form::Get || options.cache == CacheMode::CacheOnly;
        if needs_cache && method.cache.is_none() {
            return Err(Error::misuse(format!(
                "{} is not cached, so it cannot be observed, prefetched or served from the cache alone: get it, or annotate it with `cache`",
                method.full_name()
            )));
        }
        let specs = self.specs(session, &method, request, &options.metadata)?;
        Ok((method, specs))
    }

    fn begin(&mut self, id: OpId, method: &Method, specs: Specs, options: &CallOptions, form: Form) {
        let priority = options.priority.unwrap_or(match form {
            Form::Prefetch => Priority::Background,
            Form::Get | Form::Observe | Form::Stream => method.priority,
        });
        let deferral = self.deferral(&specs.call, priority).unwrap_or_default();
        let total = method.total_timeout(priority).saturating_add(deferral);
        let timeout = options.timeout.unwrap_or(total);
        let role = match form {
            Form::Get | Form::Stream => Role::Get,
            Form::Prefetch => Role::Prefetch,
            Form::Observe => Role::Observe(Observer::default()),
        };
        let wait =
            (form != Form::Observe).then(|| self.timers.set(self.now.boot.after(timeout), Timer::Wait(id)));
        let want = detail::wanted(method, options.detail, specs.call.own_mask, self.network);
        let operation = Operation {
            spec: specs.call,
            refresh: specs.refresh,
            role,
            mode: options.cache,
            detail: options.detail,
            want,
            priority,
            started: self.now.boot,
            timeout,
            wait,
            stale_after: None,
            flight: None,
            known: None,
            settling: false,
        };
        self.enter(id, operation);
    }

    /// Takes a new operation in and sets it on its way.
    pub(super) fn enter(&mut self, id: OpId, operation: Operation) {
        let spec = operation.spec.clone();
        if let Some(key) = &spec.key {
            self.interested.entry(key.clone()).or_default().insert(id);
        }
        self.operations.insert(id, operation);
        self.reaches.interest.come(&spec.endpoint);
        self.mind_grace();
        if spec.key.is_some() {
            self.with_partition(&spec.owner, Waiter::Call(id));
        } else {
            if !spec.method.invalidates.is_empty() {
                self.warm_partitions(&spec.account);
            }
            self.decide(id);
        }
    }

    /// The partition is open: looks for the entry in memory, then on disk.
    pub(super) fn read(&mut self, id: OpId) {
        let Some(operation) = self.operations.get_mut(&id) else { return };
        let is_read = !matches!(operation.mode, CacheMode::NetworkOnly);
        let spec = operation.spec.clone();
        if let Some(key) = spec.key.as_ref().filter(|_| is_read) {
            if let Some(entry) = self.memory.get(key) {
                operation.known = Some(entry.clone());
            } else if self.wait_for_store(id, &spec) || self.load(id, &spec) {
                return;
            }
        }
        self.decide(id);
    }

    /// The disk has answered.
    pub(super) fn loaded(&mut self, id: OpId, entry: Option<&Entry>) {
        let Some(operation) = self.operations.get_mut(&id) else { return };
        let mut found = entry.cloned();
        if let Some(shown) = operation.known.take() {
            // An observer has been given an answer meanwhile.
            found.get_or_insert_default().accept_all(shown);
        }
        operation.known = found;
        self.decide(id);
    }

    /// Everything that is stored is known: serves it, or asks the network, by the table of section C.
    fn decide(&mut self, id: OpId) {
        let Some(operation) = self.operations.get(&id) else { return };
        if operation.is_observer() {
            return self.decide_observer(id);
        }
        let (mode, spec) = (operation.mode, operation.spec.clone());
        if matches!(operation.role, Role::Prefetch) && self.is_cache_off(&spec) {
            // There is nothing to be warmed, which may have become known while it waited for the store (rule J5).
            self.deliver(id, Delivered::Done(Ok(())));
            return self.remove_operation(id);
        }
        let standing = if mode == CacheMode::NetworkOnly { None } else { self.standing(id) };
        let row = standing.as_ref().map_or(Row::Expired, |standing| standing.row);
        if let Some(standing) = &standing
            && row == Row::Fresh
        {
            return self.serve(id, row, standing.snapshot.clone());
        }
        if self.is_sign_in_required(&spec) && spec.method.is_read() {
            return self.end(id, Err(failure::sign_in_required()));
        }
        match (standing, row, mode) {
            (Some(standing), Row::Revalidate | Row::IfError, CacheMode::CacheOnly) => {
                self.serve(id, row, standing.snapshot);
            }
            (Some(standing), _, CacheMode::CacheOnly)
                if self.is_offline(&spec) && Self::may_serve_expired(&spec, &standing) =>
            {
                self.decide_offline(id, Some(standing), false);
            }
            (_, _, CacheMode::CacheOnly) => self.end(id, Err(not_stored())),
            (standing, _, _) if self.is_offline(&spec) => self.decide_offline(id, standing, true),
            (Some(standing), Row::Revalidate, _) => {
                let snapshot = self.refresh_behind_call(id, standing.snapshot);
                self.serve(id, row, snapshot);
            }
            (Some(standing), Row::IfError, _) => {
                if let Some(error) = self.backoff_serves(&spec) {
                    let error = Some(Box::new(error));
                    return self.serve(id, row, Snapshot { error, ..standing.snapshot });
                }
                if !standing.invalidated {
                    self.set_stale_after(id);
                }
                self.ask_network(id, true);
            }
            _ => {
                if spec.key.is_some() && mode != CacheMode::NetworkOnly {
                    self.event(Event::Miss { method: spec.method.id });
                }
                let renews = self.operations.get(&id).is_some_and(|operation| operation.known.is_some());
                self.ask_network(id, renews);
            }
        }
    }

    /// Starts or joins the flight that the call waits for.
    pub(super) fn ask_network(&mut self, id: OpId, renews: bool) {
        let Some(operation) = self.operations.get(&id) else { return };
        let (spec, want, priority) = (operation.spec.clone(), operation.want, operation.priority);
        let unsent_only = operation.mode == CacheMode::NetworkOnly;
        let renews = renews || spec.key.as_ref().is_some_and(|key| self.memory.look(key).is_some());
        let ticket =
            Ticket { want, priority, waiter: Some(id), unsent_only, renews, refresh: false, insists: false };
        let flight = self.fly(&spec, &ticket);
        if let Some(operation) = self.operations.get_mut(&id) {
            operation.flight = Some(flight);
        }
    }

    /// Row 2: what is served, while a refresh that nobody waits for is on its way, if it may be.
    fn refresh_behind_call(&mut self, id: OpId, snapshot: Snapshot) -> Snapshot {
        let Some(operation) = self.operations.get(&id) else { return snapshot };
        let (spec, want, priority) = (operation.refresh.clone(), operation.want, operation.priority);
        self.refresh_behind(&spec, want, priority, snapshot)
    }

    pub(super) fn set_stale_after(&mut self, id: OpId) {
        let Some(operation) = self.operations.get_mut(&id) else { return };
        let deadline = operation.started.after(operation.timeout);
        let remaining = nanos(deadline.since(self.now.boot));
        let given = operation.spec.method.cache.as_ref().and_then(|cache| cache.stale_after).map(nanos);
        let wait = match given {
            Some(given) if given < remaining => given,
            Some(_) => remaining / 2,
            None => (remaining / 2).min(1_000_000_000),
        };
        let at = self.now.boot.after(Duration::from_nanos(wait));
        operation.stale_after = Some(self.timers.set(at, Timer::StaleAfter(id)));
    }

    /// Row 3 has waited long enough for the network.
    pub(super) fn stale_after(&mut self, id: OpId) {
        let Some(operation) = self.operations.get_mut(&id) else { return };
        operation.stale_after = None;
        let Some(standing) = self.standing(id) else { return };
        let may_serve = !standing.invalidated && standing.row <= Row::IfError;
        if may_serve && !planted(Fault::StaleAfterIsIgnored) {
            self.serve(id, standing.row, Snapshot { refreshing: true, ..standing.snapshot });
        }
    }

    /// The caller's wait is over.
    pub(super) fn wait_over(&mut self, id: OpId) {
        let Some(operation) = self.operations.get_mut(&id) else { return };
        operation.wait = None;
        if operation.settling {
            return;
        }
        let mut stale_after = operation.stale_after.take();
        if stale_after.is_some() {
            self.timers.cancel(&mut stale_after);
            // Due at the same instant: whoever does not wait at all is served all the same (reading 2).
            self.stale_after(id);
        }
        let Some(operation) = self.operations.get(&id) else { return };
        let waits = operation.flight.and_then(|flight| self.flights.get(&flight));
        if waits.is_some_and(|flight| flight.held == Some(Held::Offline)) {
            return self.end(id, Err(no_network_in_time(operation.timeout)));
        }
        let is_deferred = waits.is_some_and(|flight| matches!(flight.held, Some(Held::Deferred(_))));
        if is_deferred && self.is_offline(&operation.spec) {
            let error = self.offline(&operation.spec, operation.mode);
            return self.end(id, Err(error));
        }
        let message = format!(
            "no answer within the {} s that the caller waits: allow more time, or let the method serve stale answers",
            operation.timeout.as_secs_f64()
        );
        self.end(id, Err(Error::new(ErrorKind::Timeout, message)));
    }

    pub(super) fn cancel(&mut self, id: OpId) {
        self.chores.remove(&id);
        self.leave_stream(id, None);
        self.forget_pause(id);
        self.forget_disable(id);
        self.remove_operation(id);
    }

    /// The flight that a call waits for has failed.
    pub(super) fn call_failed(&mut self, id: OpId, failed: &Failed) {
        let Some(operation) = self.operations.get_mut(&id) else { return };
        operation.flight = None;
        if failed.error.kind == ErrorKind::Offline {
            return self.kept_off(id);
        }
        let may_serve = operation.mode != CacheMode::NetworkOnly && failed.class == Class::Transient;
        match &operation.role {
            Role::Observe(_) => return self.observer_failed(id, failed),
            Role::Get | Role::Prefetch if may_serve => {
                if let Some(standing) = self.fallback(id) {
                    let error = Some(Box::new(failed.error.clone()));
                    let freshness = shown_freshness(standing.row);
                    return self.serve(id, standing.row, Snapshot { error, freshness, ..standing.snapshot });
                }
                if let Some(standing) = self.expired_fallback(id, failed) {
                    let error = Some(Box::new(failed.error.clone()));
                    return self.serve(id, standing.row, Snapshot { error, ..standing.snapshot });
                }
            }
            Role::Get | Role::Prefetch | Role::Refresh => {}
        }
        self.end(id, Err(failed.error.clone()));
    }

    /// Ends a call with what is stored.
    pub(super) fn serve(&mut self, id: OpId, row: Row, snapshot: Snapshot) {
        if let Some(operation) = self.operations.get(&id) {
            let method = operation.spec.method.id;
            self.hit(method, row, snapshot.age);
        }
        self.end(id, Ok(snapshot));
    }

    /// Ends a call: tells its caller, and leaves its flight.
    pub(super) fn end(&mut self, id: OpId, result: Result<Snapshot, Error>) {
        let Some(operation) = self.operations.get(&id) else { return };
        let delivered = match &operation.role {
            Role::Get | Role::Refresh => Delivered::Answer(Box::new(result)),
            Role::Prefetch => Delivered::Done(result.map(drop)),
            Role::Observe(_) => {
                let failed = match result {
                    Ok(snapshot) => Observed::Value(snapshot),
                    Err(error) => Observed::Failed(error),
                };
                Delivered::Observed(Box::new(failed))
            }
        };
        self.deliver(id, delivered);
        self.remove_operation(id);
    }

    /// Delivers what waited until tags were durable.
    pub(super) fn end_settled(&mut self, id: OpId, delivered: Delivered) {
        if self.operations.contains_key(&id) {
            self.deliver(id, delivered);
            self.remove_operation(id);
        } else if self.settle_reader(id, &delivered) {
            // A stream has heard of its end.
        } else if self.chores.remove(&id).is_some() {
            self.deliver(id, delivered);
        }
    }

    /// Forgets a call; its flight may be cancelled by that (rule C8).
    pub(super) fn remove_operation(&mut self, id: OpId) {
        let Some(mut operation) = self.operations.remove(&id) else { return };
        self.reaches.interest.go(&operation.spec.endpoint);
        self.forget_postponed(id);
        self.timers.cancel(&mut operation.wait);
        self.timers.cancel(&mut operation.stale_after);
        if let Role::Observe(observer) = &mut operation.role {
            self.timers.cancel(&mut observer.crossing);
            self.timers.cancel(&mut observer.refetch);
        }
        if let Some(key) = &operation.spec.key
            && let Some(interested) = self.interested.get_mut(key)
        {
            interested.remove(&id);
            if interested.is_empty() {
                self.interested.remove(key);
            }
        }
        if let Some(flight) = operation.flight {
            self.leave(id, flight);
        }
    }

    /// Tells a caller that its call cannot even start.
    fn refuse(&mut self, id: OpId, form: Form, error: Error) {
        let delivered = match form {
            Form::Get => Delivered::Answer(Box::new(Err(error))),
            Form::Prefetch => Delivered::Done(Err(error)),
            // It cannot become another: nothing follows.
            Form::Observe | Form::Stream => Delivered::Ended(Err(error)),
        };
        self.deliver(id, delivered);
    }
}

/// What `cache_only` ends with when there is nothing to serve.
pub(super) fn not_stored() -> Error {
    Error::new(
        ErrorKind::Offline,
        "nothing usable is cached, and cache_only keeps the call off the network: use another mode to fetch it",
    )
}
