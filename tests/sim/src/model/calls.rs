//! Calls: what they are served, and what they wait for.

use holdover_testkit::vector::{CacheMode, Call, ErrorOut, Event, Out, PartWord};

use super::entry::Want;
use super::flights::NewFlight;
use super::holds::Held;
use super::method::{Method, Offline};
use super::{Model, OpenSession, Partition, Skip, error};

/// A call that waits for a flight.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) op: String,
    pub(super) account: String,
    pub(super) endpoint: String,
    pub(super) method: &'static Method,
    pub(super) partition: Partition,
    /// Where it reads; unset for calls that have no entry.
    pub(super) key: Option<String>,
    pub(super) want: Want,
    pub(super) cache: CacheMode,
    pub(super) prefetch: bool,
    pub(super) flight: u64,
    pub(super) deadline: i128,
    pub(super) stale_at: Option<i128>,
}

/// Metadata that is traced and not keyed.
const TRACE: &str = "traceparent";

impl Model {
    pub(super) fn want(&self, method: &Method, call: &Call) -> Want {
        let strictly_full = call.detail.is_some();
        let is_off = self.is_off(PartWord::Detail, method);
        let trims =
            !is_off && method.detail.is_some_and(|detail| self.quality <= detail.reduce_at || self.save_data);
        let max_age = match call.cache {
            CacheMode::MaxAge(age) => Some(age.0),
            _ => None,
        };
        Want { reduced: trims && !strictly_full, strictly_full, max_age }
    }

    /// E1, as far as scripts vary it: endpoint, method, request, and ambient metadata that varies.
    pub(super) fn key(session: &OpenSession, method: &Method, request: &[u8]) -> String {
        let varies: Vec<Option<&String>> =
            session.config.varies.iter().map(|name| session.config.metadata.get(name)).collect();
        format!("{} {} {request:?} {varies:?}", session.config.endpoint(), method.name)
    }

    pub(super) fn partition(method: &Method, account: &str) -> Partition {
        match method.cache {
            Some(cache) if cache.device => Partition::Device,
            _ => Partition::Account(account.into()),
        }
    }

    pub(super) fn get(&mut self, call: &Call, prefetch: bool) -> Result<(), Skip> {
        let method = Method::named(&call.method);
        let session = self.session(call.session.as_ref());
        if session.signed_out {
            self.fail(&call.op, error("SIGNED_OUT"));
            return Ok(());
        }
        let background = Self::background(call, method, prefetch);
        let Some(cache) = method.cache else {
            if prefetch || call.cache == CacheMode::CacheOnly {
                self.fail(&call.op, error("MISUSE"));
            } else if method.read
                && !call.metadata.contains_key("authorization")
                && self.sign_in_required(&session.account)
            {
                self.fail(&call.op, error("SIGN_IN_REQUIRED"));
            } else if self.is_offline() && method.has_gate() {
                // I1; what has no annotations has no gate (G1).
                if call.metadata.contains_key("authorization") {
                    self.bypassed();
                }
                self.fail(&call.op, error("OFFLINE"));
            } else {
                if call.metadata.contains_key("authorization") {
                    self.bypassed();
                }
                self.wait(call, &session, None, false, prefetch, None)?;
            }
            return Ok(());
        };
        if call.metadata.contains_key("authorization") {
            self.bypassed();
            if call.cache == CacheMode::CacheOnly {
                return Err(Skip);
            }
            if self.is_offline() && !self.waits_offline(method, background) {
                self.fail(&call.op, error("OFFLINE"));
                return Ok(());
            }
            return self.wait(call, &session, None, false, prefetch, None);
        }
        if self.is_off(PartWord::Cache, method) {
            return self.get_uncached(call, &session, prefetch);
        }
        self.clock_is_clear()?;
        let key = Self::key(&session, method, &call.request.0);
        let partition = Self::partition(method, &session.account);
        self.detail_is_clear(&partition, &key, method)?;
        let shared = call.metadata.keys().all(|name| name == TRACE);
        let want = self.want(method, call);
        let reads = call.cache != CacheMode::NetworkOnly;
        if reads {
            self.look_at(&partition, &key);
        } else if self.may_be_on_disk_only(&partition, &key) {
            // Whether a call that reads nothing finds out that it renews an entry is nobody's business.
            return Err(Skip);
        }
        let best = if reads { self.best(&partition, &key, &cache, want) } else { None };
        let row = best.as_ref().map_or(4, |placed| placed.row);
        if row == 1 {
            self.serve(&call.op, prefetch, &best.expect("row 1 is an entry"), false, None);
            return Ok(());
        }
        if partition != Partition::Device && self.sign_in_required(&session.account) {
            self.fail(&call.op, error("SIGN_IN_REQUIRED"));
            return Ok(());
        }
        let serves_stale = matches!(method.offline, Offline::ServeStale(_));
        if serves_stale && row == 4 && call.cache == CacheMode::CacheOnly {
            // Whether cache_only is given what has expired while the network is there is not said.
            return Err(Skip);
        }
        match (best, row) {
            (Some(placed), 4) if self.is_offline() && serves_stale => {
                self.serve_expired(call, prefetch, &placed);
            }
            (Some(placed), 2 | 3) if call.cache == CacheMode::CacheOnly => {
                self.serve(&call.op, prefetch, &placed, false, None);
            }
            _ if call.cache == CacheMode::CacheOnly => self.fail(&call.op, error("OFFLINE")),
            _ if self.is_offline() && method.offline == Offline::Wait => {
                return self.wait(call, &session, Some(key), shared, prefetch, None);
            }
            (Some(placed), 2 | 3) if self.is_offline() && method.offline != Offline::FailFast => {
                self.serve(&call.op, prefetch, &placed, false, Some(error("OFFLINE")));
            }
            _ if self.is_offline() && !self.waits_offline(method, background) => {
                self.fail(&call.op, error("OFFLINE"));
            }
            (Some(placed), 2) => {
                let (refreshing, failure) = self.refresh(call, &session, &key, prefetch, want)?;
                self.serve(&call.op, prefetch, &placed, refreshing, failure);
            }
            (Some(placed), 3) => {
                let serves = !matches!(method.offline, Offline::FailFast | Offline::Wait);
                let backoff = self.backoff(&partition, &key)?.filter(|backoff| backoff.transient && serves);
                if let Some(backoff) = backoff {
                    self.serve(&call.op, prefetch, &placed, false, Some(backoff.error));
                    return Ok(());
                }
                let total = method.total(background);
                let remaining = call.timeout.map_or(total, |timeout| timeout.0);
                let stale_at = (!placed.invalidated).then_some(self.now + cache.stale_after(remaining));
                self.wait(call, &session, Some(key), shared, prefetch, stale_at)?;
            }
            _ => self.wait(call, &session, Some(key), shared, prefetch, None)?,
        }
        Ok(())
    }

    /// A process that restarted has not looked yet, or what it has got is a part of what may be there.
    pub(super) fn may_be_on_disk_only(&self, partition: &Partition, key: &str) -> bool {
        let found = self.entries.iter().filter(|entry| entry.key == *key && entry.partition == *partition);
        found.clone().any(|entry| entry.unseen) || found.map(|entry| entry.reduced).eq([true])
    }

    /// A5: a call with its own authorization says so.
    pub(super) fn bypassed(&mut self) {
        let fields = [("reason".to_owned(), "OWN_AUTHORIZATION".into())].into();
        self.outs.push(Out::Event(Event { name: "bypassed".into(), fields }));
    }

    pub(super) fn background(call: &Call, method: &Method, prefetch: bool) -> bool {
        match call.priority.as_deref() {
            Some(priority) => priority == "BACKGROUND",
            None => prefetch || method.background,
        }
    }

    pub(super) fn new_flight(
        call: &Call,
        session: &OpenSession,
        (key, reads): (Option<String>, Option<String>),
        background: bool,
        reduced: bool,
    ) -> NewFlight {
        let method = Method::named(&call.method);
        let mut metadata = session.config.metadata.clone();
        metadata.extend(call.metadata.clone());
        NewFlight {
            account: session.account.clone(),
            endpoint: session.config.endpoint().into(),
            partition: Self::partition(method, &session.account),
            method,
            request: call.request.0.clone(),
            metadata,
            own_authorization: call.metadata.contains_key("authorization"),
            key,
            reads,
            reduced,
            background,
            refresh: false,
            insists: false,
        }
    }

    /// Row 2's unawaited refresh.
    pub(super) fn refresh(
        &mut self,
        call: &Call,
        session: &OpenSession,
        key: &str,
        prefetch: bool,
        want: Want,
    ) -> Result<(bool, Option<ErrorOut>), Skip> {
        let background = Self::background(call, Method::named(&call.method), prefetch);
        let plain = Call {
            metadata: call
                .metadata
                .iter()
                .filter(|(name, _)| *name == TRACE)
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect(),
            ..call.clone()
        };
        let plain = if plain.metadata.len() == call.metadata.len() {
            plain
        } else {
            Call { metadata: [].into(), ..plain }
        };
        let key = Some(key.to_owned());
        let flight = Self::new_flight(&plain, session, (key.clone(), key), background, want.reduced);
        self.refresh_behind(NewFlight { refresh: true, ..flight })
    }

    /// Joins or starts the flight that the call waits for. `shared`: the answer is stored, and others may wait for it.
    pub(super) fn wait(
        &mut self,
        call: &Call,
        session: &OpenSession,
        key: Option<String>,
        shared: bool,
        prefetch: bool,
        stale_at: Option<i128>,
    ) -> Result<(), Skip> {
        let method = Method::named(&call.method);
        let background = Self::background(call, method, prefetch);
        let want = self.want(method, call);
        let flight = Self::new_flight(
            call,
            session,
            (key.clone().filter(|_| shared), key.clone()),
            background,
            want.reduced,
        );
        // Reading 64.
        let total = method.total(background) + self.deferral(method, background).unwrap_or(0);
        let wait = call.timeout.map_or(total, |timeout| timeout.0);
        // The call is there before its flight: the flight may end at once.
        self.names += 1;
        let waiting = Waiting {
            op: call.op.clone(),
            account: session.account.clone(),
            endpoint: session.config.endpoint().into(),
            partition: Self::partition(method, &session.account),
            method,
            want,
            cache: call.cache,
            prefetch,
            flight: 0,
            deadline: self.now + wait,
            stale_at,
            key,
        };
        self.calls.push(waiting);
        self.fly(flight, Some(&call.op), call.cache == CacheMode::NetworkOnly)
    }

    pub(super) fn cancel(&mut self, op: &str) -> Result<(), Skip> {
        if self.observer(op).is_some() {
            self.nobody_waits_unseen()?;
        }
        self.stop_observing(op);
        self.leave(op);
        Ok(())
    }

    /// C8, for whatever reason the call leaves.
    pub(super) fn leave(&mut self, op: &str) {
        let Some(index) = self.calls.iter().position(|call| call.op == op) else { return };
        let flight = self.calls.remove(index).flight;
        self.left(flight, op);
    }

    /// The caller's wait is over.
    pub(super) fn wait_over(&mut self, op: &str) {
        let call = self.calls.iter().find(|call| call.op == op).expect("its timer has just fired");
        let held = self.flights.iter().find(|flight| flight.id == call.flight).and_then(|flight| flight.held);
        let kind = match held {
            Some(Held::Offline) => "OFFLINE",
            Some(Held::Deferred(_)) if self.is_offline() => "OFFLINE",
            Some(Held::Deferred(_) | Held::Turn) | None => "TIMEOUT",
        };
        self.fail(op, error(kind));
        self.leave(op);
    }
}
