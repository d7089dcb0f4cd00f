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
                let renews = self.operations.get(&id).is_some_and(|operation| operation.held.is_some());
                self.ask_network(id, renews);
            }
            None => self.end(id, Err(offline())),
        }
    }

    /// A flight is not sent because its endpoint is known to be offline by now: those who wait for it follow their modes.
    pub(super) fn kept_off(&mut self, id: OpId) {
        let Some(operation) = self.operations.get(&id) else { return };
        match &operation.role {
            Role::Observe(_) => self.refetch(id),
            Role::Refresh => self.end(id, Err(offline())),
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

    /// The same for an observer, which is fetched when the endpoint can be reached again.
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
            None => self.show(id, Observed::Failed(Error { will_retry: true, ..offline() })),
        }
    }
}

/// Why something is served that is not fresh.
pub(super) fn known_offline() -> Error {
    Error::new(ErrorKind::Offline, "the device is known to be offline: this is what was stored")
}

/// What calls end with that may be served nothing.
pub(super) fn offline() -> Error {
    Error::new(
        ErrorKind::Offline,
        "the device is known to be offline, and nothing that is stored may be served: try again when there is a network, or annotate the method with `offline.wait` or `offline.serve_stale`",
    )
}

/// What a call ends with that has waited for a network.
pub(super) fn no_network_in_time(waited: Duration) -> Error {
    let message = format!(
        "the device was known to be offline for all of the {} s that the caller waits: try again when there is a network, or allow more time",
        waited.as_secs_f64()
    );
    Error::new(ErrorKind::Offline, message)
}
