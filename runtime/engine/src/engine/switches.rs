//! The kill switch: parts of policies, turned off live and for later processes (rule J5).

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use super::Engine;
use super::disk::{Need, Pending};
use super::observers::Urgency;
use crate::call::OpId;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::fault::{Fault, planted};
use crate::method::{Method, Off};
use crate::operation::{Role, Spec};
use crate::output::Delivered;
use crate::snapshot::Detail;
use crate::store::{StoreCommand, StoreFaultKind};
use crate::stream::{Promise, StreamId};
use crate::switches::{self, Switch};

/// What is turned off, and who waits until that is durable.
#[derive(Default)]
pub(super) struct Switchboard {
    switches: Vec<Switch>,
    encoded: Bytes,
    /// It is known what is off: by the app's word, or by what was kept of it.
    known: bool,
    /// The store has something else.
    unsaved: bool,
    waiting: Vec<OpId>,
}

impl Switchboard {
    /// The method without what is turned off.
    pub(super) fn apply(&self, method: &Arc<Method>) -> Arc<Method> {
        let off = switches::off(&self.switches, method);
        if off == Off::default() { method.clone() } else { Arc::new(method.without(off)) }
    }

    pub(super) fn is_waited_for(&self) -> bool {
        !self.waiting.is_empty()
    }
}

impl Engine {
    /// Turns parts of policies off, and everything else on.
    pub(super) fn disable(&mut self, op: OpId, switches: Vec<Switch>) {
        let encoded = match switches::encode(&switches) {
            Ok(encoded) => encoded,
            Err(error) => return self.deliver(op, Delivered::Done(Err(error))),
        };
        self.switchboard.known = true;
        self.switchboard.unsaved = true;
        self.switchboard.encoded = encoded;
        self.switchboard.waiting.push(op);
        self.turn(switches);
        if !self.registered.is_empty() {
            self.tell_unknown_switches(|_| true);
        }
        match self.need_disk() {
            Need::Ready => self.save_switches_late(),
            Need::Wait => {}
            Need::Absent if self.disk.exists() => self.fail_switches("it does not work at the moment"),
            Need::Absent => {
                self.switchboard.unsaved = false;
                let waiting = std::mem::take(&mut self.switchboard.waiting);
                self.switches_saved(waiting, None);
            }
        }
    }

    /// Tells of names that are turned off and that no method has, of services that match.
    fn tell_unknown_switches(&mut self, wanted: impl Fn(&str) -> bool) {
        let known: BTreeSet<&str> = self.registered.iter().map(|method| method.full_name()).collect();
        let mut unknown = switches::unknown(&self.switchboard.switches, |name| known.contains(name));
        unknown.retain(|name| name.split_once('/').is_some_and(|(service, _)| wanted(service)));
        if unknown.is_empty() {
            return;
        }
        let message = switches::tell_unknown(&unknown, &known.into_iter().collect::<Vec<&str>>());
        let names = u32::try_from(unknown.len()).unwrap_or(u32::MAX);
        self.event(Event::SwitchesUnknown { names, message });
    }

    /// Methods of a policy have been registered, those from this one on. A name of one of its services that is turned off
    /// was to be one of them.
    pub(super) fn switches_meet_policy(&mut self, first: usize) {
        let methods = self.registered.iter().skip(first);
        let services: BTreeSet<String> =
            methods.filter_map(|method| Some(method.full_name().split_once('/')?.0.to_owned())).collect();
        self.tell_unknown_switches(|service| services.contains(service));
    }

    /// Nobody waits for it any more. It is in force, and is saved.
    pub(super) fn forget_disable(&mut self, op: OpId) {
        self.switchboard.waiting.retain(|waiting| *waiting != op);
        self.disk.forget_switches(op);
    }

    /// The store says what an earlier process has turned off.
    pub(super) fn switches_read(&mut self, bytes: &[u8]) {
        if self.switchboard.known {
            self.switchboard.unsaved |= *bytes != *self.switchboard.encoded;
            return;
        }
        self.switchboard.known = true;
        self.switchboard.encoded = Bytes::copy_from_slice(bytes);
        match switches::decode(bytes) {
            Some(switches) if switches.is_empty() || planted(Fault::KillSwitchIsForgotten) => {}
            Some(switches) => self.turn(switches),
            None => {
                let message = "what was turned off cannot be read, and is on: turn it off again".to_owned();
                self.event(Event::StoreFailed { kind: StoreFaultKind::Corrupt, message });
            }
        }
    }

    /// Saves what the store does not have.
    pub(super) fn save_switches_late(&mut self) {
        if std::mem::take(&mut self.switchboard.unsaved) {
            let waiting = std::mem::take(&mut self.switchboard.waiting);
            let command = StoreCommand::SaveSwitches(self.switchboard.encoded.clone());
            self.command(command, Pending::Switches(waiting));
        } else {
            let waiting = std::mem::take(&mut self.switchboard.waiting);
            self.switches_saved(waiting, None);
        }
    }

    /// The store has what is turned off, or could not take it.
    pub(super) fn switches_saved(&mut self, ops: Vec<OpId>, problem: Option<&str>) {
        self.switchboard.unsaved |= problem.is_some();
        for op in ops {
            let result = problem.map_or(Ok(()), |problem| {
                let message = format!(
                    "what was turned off is off, but a later process may not know ({problem}): it is saved when the store works again, so keep the process running or turn it off once more"
                );
                Err(Error::new(ErrorKind::Storage, message))
            });
            self.deliver(op, Delivered::Done(result));
        }
    }

    /// The store does not work.
    pub(super) fn fail_switches(&mut self, problem: &str) {
        let waiting = std::mem::take(&mut self.switchboard.waiting);
        if !waiting.is_empty() {
            self.switches_saved(waiting, Some(problem));
        }
    }

    /// Whether the cache of a call's method has been turned off, if not before the call started then since.
    pub(super) fn is_cache_off(&self, spec: &Spec) -> bool {
        self.current(spec).is_some_and(|method| method.off.cache)
    }

    /// A call's method as it is now.
    fn current(&self, spec: &Spec) -> Option<&Arc<Method>> {
        self.methods.get(usize::try_from(spec.method.id.0).ok()?)
    }

    /// What is off is off from now on, for what is running too.
    fn turn(&mut self, switches: Vec<Switch>) {
        let count = u32::try_from(switches.len()).unwrap_or(u32::MAX);
        self.switchboard.switches = switches;
        for (current, registered) in self.methods.iter_mut().zip(&self.registered) {
            let turned = self.switchboard.apply(registered);
            if turned.off != current.off {
                *current = turned;
            }
        }
        self.event(Event::SwitchesChanged { switches: count });
        let operations: Vec<OpId> = self.operations.keys().copied().collect();
        for id in operations {
            self.turn_operation(id);
        }
        let streams: Vec<StreamId> = self.streams.keys().copied().collect();
        for id in streams {
            self.turn_stream(id);
        }
    }

    /// Lets a running stream follow its method.
    fn turn_stream(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get(&id) else { return };
        let Some(off) = self.current(&stream.spec).map(|method| method.off) else { return };
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if off.detail && stream.spec.method.detail.is_some() && stream.reconnects() {
            let method = stream.spec.method.without(Off { detail: true, ..stream.spec.method.off });
            stream.spec = Arc::new(Spec { method: Arc::new(method), ..(*stream.spec).clone() });
            if stream.want == Detail::Reduced && stream.opening().is_some() {
                self.reopen_now(id);
            }
        }
        if off.replay
            && let Some(stream) = self.streams.get_mut(&id)
        {
            // It runs on, and when it breaks it has ended.
            stream.promise = Promise::PassThrough;
        }
    }

    /// Whether what a stream brings may be kept for later ones, as its method is now.
    pub(super) fn keeps(&self, spec: &Spec) -> bool {
        self.current(spec).is_none_or(|method| !method.off.cache && !method.off.replay)
    }

    /// Lets a running call follow its method.
    fn turn_operation(&mut self, id: OpId) {
        let Some(operation) = self.operations.get(&id) else { return };
        let Some(method) = self.current(&operation.spec).cloned() else { return };
        if method.off == operation.spec.method.off {
            return;
        }
        let Some(operation) = self.operations.get_mut(&id) else { return };
        let before = operation.spec.key.clone();
        let is_one = Arc::ptr_eq(&operation.spec, &operation.refresh);
        operation.spec = Arc::new(operation.spec.under(method.clone()));
        operation.refresh =
            if is_one { operation.spec.clone() } else { Arc::new(operation.refresh.under(method)) };
        let after = operation.spec.key.clone();
        let shows_reduced = match &operation.role {
            Role::Observe(observer) => observer.shows_reduced(),
            Role::Get | Role::Prefetch | Role::Refresh => {
                if after.is_none() {
                    operation.known = None;
                }
                false
            }
        };
        let trims = operation.spec.method.detail.is_some();
        if before != after {
            if let Some(key) = before
                && let Some(interested) = self.interested.get_mut(&key)
            {
                interested.remove(&id);
                if interested.is_empty() {
                    self.interested.remove(&key);
                }
            }
            if let Some(key) = after {
                self.interested.entry(key).or_default().insert(id);
            }
        }
        if shows_reduced && !trims {
            self.refetch_with(id, Urgency::Restore);
        }
    }
}
