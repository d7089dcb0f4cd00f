//! What calls and observers get while their endpoint is known to be offline (rules I1, C2).

use std::time::Duration;

use super::Engine;
use super::serving::Standing;
use crate::call::{CacheMode, OpId};
use crate::error::{Error, ErrorKind};
use crate::failure::{Class, Failed};
use crate::fault::{Fault, planted};
use crate::flight::{FlightId, Held};
use crate::method::OfflineMode;
use crate::operation::{Role, Spec};
use crate::snapshot::{Observed, Snapshot};
use crate::window::Row;

impl Engine {
    /// Whether a call is to follow its offline mode. Methods without annotations have no such gate (rule G1).
    pub(super) fn is_offline(&self, spec: &Spec) -> bool {
        spec.method.is_annotated
            && self.is_known_offline(&spec.endpoint)
            && !planted(Fault::OfflineModeIsIgnored)
    }

    /// Whether an answer of any age may be served because nobody can be reached: row 4, by `serve_stale` only.
    pub(super) fn may_serve_expired(spec: &Spec, standing: &Standing) -> bool {
        matches!(spec.method.offline, OfflineMode::ServeStale { max_age } if standing.age < max_age || planted(Fault::ServeStaleOutlivesMaxAge))
    }

    /// What may be served while offline: rows 1 to 3, or by the mode.
    fn may_serve_offline(spec: &Spec, standing: &Standing) -> bool {
        match spec.method.offline {
            OfflineMode::Wait | OfflineMode::FailFast => {
                standing.row == Row::Fresh || (standing.row < Row::Expired && planted(Fault::WaitServesStale))
            }
            OfflineMode::Default | OfflineMode::ServeStale { .. } => {
                standing.row < Row::Expired || Self::may_serve_expired(spec, standing)
            }
        }
    }

    /// A call that row 1 does not serve follows its mode, at once. `begins`: it has not waited for a better network yet, and
    /// does so where it would end OFFLINE and its method may be deferred (reading 64).
    pub(super) fn decide_offline(&mut self, id: OpId, standing: Option<Standing>, begins: bool) {
        let Some(operation) = self.operations.get(&id) else { return };
        let spec = operation.spec.clone();
        let waits = spec.method.offline == OfflineMode::Wait
            || (begins && self.deferral_offline(&spec, operation.priority).is_some());
        match standing.filter(|standing| Self::may_serve_offline(&spec, standing)) {
            Some(standing) => {
                let error = Some(Box::new(known_offline()));
                self.serve(id, standing.row, Snapshot { error, ..standing.snapshot });
            }
            None if waits => {
                let renews = self.operations.get(&id).is_some_and(|operation| operation.known.is_some());
                self.ask_network(id, renews);
            }
            None => self.end(id, Err(self.offline(&spec, self.mode_of(id)))),
        }
    }

    /// What a call ends with that may be served nothing: who says that there is no network, and what would help.
    pub(super) fn offline(&self, spec: &Spec, mode: CacheMode) -> Error {
        let who = if self.pinned_quality().is_some() {
            "the app says that it is offline, by `set_quality`"
        } else if self.is_cut_off(&spec.endpoint) {
            "the platform says that there is no network"
        } else {
            "the server is known to be out of reach"
        };
        Error::new(ErrorKind::Offline, format!("{who}, and {}", remedy(spec, mode)))
    }

    fn mode_of(&self, id: OpId) -> CacheMode {
        self.operations.get(&id).map_or(CacheMode::Default, |operation| operation.mode)
    }

    /// A flight is not sent because its endpoint is known to be offline by now: those who wait for it follow their modes.
    pub(super) fn kept_off(&mut self, id: OpId) {
        let Some(operation) = self.operations.get(&id) else { return };
        match &operation.role {
            Role::Observe(_) => self.refetch(id),
            Role::Refresh => {
                let error = self.offline(&operation.spec, CacheMode::NetworkOnly);
                self.end(id, Err(error));
            }
            Role::Get | Role::Prefetch => {
                let reads = operation.mode != CacheMode::NetworkOnly;
                match self.standing(id).filter(|_| reads) {
                    Some(standing) if standing.row == Row::Fresh => {
                        self.serve(id, standing.row, standing.snapshot);
                    }
                    standing => self.decide_offline(id, standing, false),
                }
            }
        }
    }

    /// A flight waits until its endpoint can be reached. Its total begins then.
    pub(super) fn hold_until_online(&mut self, id: FlightId) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        self.timers.cancel(&mut flight.total);
        // Only row 1 is served meanwhile (rule C2).
        for waiter in &flight.waiters {
            if let Some(operation) = self.operations.get_mut(waiter) {
                self.timers.cancel(&mut operation.stale_after);
            }
        }
        self.hold(id, Held::Offline);
    }

    /// What waited for its endpoint has been sent: from now on those who wait for it may be served stale.
    pub(super) fn network_asked(&mut self, id: FlightId) {
        let Some(flight) = self.flights.get(&id).filter(|flight| flight.held.is_none()) else { return };
        for waiter in flight.waiters.clone() {
            let reads = self.operations.get(&waiter).is_some_and(|operation| {
                matches!(operation.role, Role::Get | Role::Prefetch)
                    && operation.mode != CacheMode::NetworkOnly
                    && operation.stale_after.is_none()
            });
            let standing = self.standing(waiter).filter(|_| reads);
            if standing.is_some_and(|standing| standing.row == Row::IfError && !standing.invalidated) {
                self.set_stale_after(waiter);
            }
        }
    }

    /// What a call or an observer may be served of row 4 whose flight was lost with the network: nobody is known to be
    /// offline better than who has just failed to reach anybody.
    pub(super) fn expired_fallback(&self, id: OpId, failed: &Failed) -> Option<Standing> {
        let spec = &self.operations.get(&id)?.spec;
        let is_lost = self.is_offline(spec) || (spec.method.is_annotated && self.is_suspect(&spec.endpoint));
        if failed.class != Class::Transient || !is_lost {
            return None;
        }
        self.standing(id).filter(|standing| Self::may_serve_expired(spec, standing))
    }

    /// What an observer shows while its endpoint is known to be offline. It is fetched when that can be reached again.
    pub(super) fn show_offline(&mut self, id: OpId, standing: Option<Standing>) {
        let Some(spec) = self.operations.get(&id).map(|operation| operation.spec.clone()) else { return };
        match standing.filter(|standing| Self::may_serve_offline(&spec, standing)) {
            Some(standing) if standing.row == Row::Fresh => {
                self.show_hit(id, standing.row, standing.snapshot);
                self.set_crossing(id, standing.age, false);
            }
            Some(standing) => {
                let error = Some(Box::new(Error { will_retry: true, ..known_offline() }));
                self.show_hit(id, standing.row, Snapshot { error, ..standing.snapshot });
            }
            None if spec.method.offline == OfflineMode::Wait => {
                self.show_first(id);
                self.fetch_waiting(id);
            }
            None => {
                let error = self.offline(&spec, self.mode_of(id));
                self.show(id, Observed::Failed(Error { will_retry: true, ..error }));
            }
        }
    }
}

/// What would help a call in this mode that may be served nothing.
fn remedy(spec: &Spec, mode: CacheMode) -> &'static str {
    let is_cached = spec.key.is_some();
    match spec.method.offline {
        _ if mode == CacheMode::NetworkOnly && is_cached => {
            "this call (`network_only`, or a refresh) wants the network's answer: try again when there is a network, or get what is stored by another mode"
        }
        OfflineMode::FailFast if is_cached => {
            "the method is `fail_fast`, and nothing fresh is stored: try again when there is a network, or prefetch it while there is one"
        }
        OfflineMode::FailFast => "the method is `fail_fast`: try again when there is a network",
        OfflineMode::ServeStale { max_age: u64::MAX } if is_cached => {
            "nothing is stored that `serve_stale` could serve: try again when there is a network, or prefetch it while there is one"
        }
        OfflineMode::ServeStale { .. } if is_cached => {
            "nothing is stored that is younger than the `max_age` of its `serve_stale`: try again when there is a network, or prefetch it while there is one"
        }
        OfflineMode::Default if is_cached => {
            "nothing is stored that has not expired: try again when there is a network, or let the API's owner annotate the method with `offline.serve_stale`, which serves what has expired, or with `offline.wait`"
        }
        OfflineMode::Default => {
            "nothing is stored for this call: try again when there is a network, or let the API's owner annotate the method with `offline.wait`, so that it waits for one"
        }
        OfflineMode::Wait | OfflineMode::ServeStale { .. } => {
            "nothing is stored for this call: try again when there is a network"
        }
    }
}

/// Why something is served that is not fresh.
pub(super) fn known_offline() -> Error {
    Error::new(ErrorKind::Offline, "the device is known to be offline: this is what was stored")
}

/// What a call ends with that has waited for a network.
pub(super) fn no_network_in_time(waited: Duration) -> Error {
    let message = format!(
        "the device was known to be offline for all of the {} s that the caller waits: try again when there is a network, or allow more time",
        waited.as_secs_f64()
    );
    Error::new(ErrorKind::Offline, message)
}
