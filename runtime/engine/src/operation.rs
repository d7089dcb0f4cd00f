//! Calls in progress, as their callers see them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::call::{CacheMode, DetailMode, Priority};
use crate::entry::{Entry, Wish};
use crate::fault::{Fault, planted};
use crate::flight::FlightId;
use crate::key::{Key, Owner};
use crate::metadata::Metadata;
use crate::method::Method;
use crate::session::{Account, Endpoint, SessionId};
use crate::snapshot::{Detail, Observed, Snapshot};
use crate::time::{Instant, nanos};
use crate::timer::TimerId;

/// What is called: everything that does not change while the call runs.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) session: SessionId,
    pub(crate) account: Account,
    pub(crate) endpoint: Endpoint,
    pub(crate) method: Arc<Method>,
    pub(crate) request: Bytes,
    /// Ambient and per call; without credentials.
    pub(crate) metadata: Metadata,
    /// Where the answer is stored. `None`: the method is not cached, or this call bypasses the cache.
    pub(crate) key: Option<Key>,
    pub(crate) owner: Owner,
    /// Others may join its flight, and the answer may be stored.
    pub(crate) shared: bool,
    /// It brought its own `authorization`.
    pub(crate) own_authorization: bool,
    /// It says itself which fields it wants.
    pub(crate) own_mask: bool,
    /// The key, and whether it is shared, while the cache is turned off (rule J5).
    pub(crate) latent: Option<(Key, bool)>,
}

impl Spec {
    /// The same call of the method as it is now.
    pub(crate) fn under(&self, method: Arc<Method>) -> Self {
        let mut spec = Self { method, ..self.clone() };
        if spec.method.off.cache {
            if let Some(key) = spec.key.take() {
                spec.latent = Some((key, std::mem::take(&mut spec.shared)));
            }
        } else if let Some((key, shared)) = spec.latent.take() {
            (spec.key, spec.shared) = (Some(key), shared);
        }
        spec
    }

    /// Whether the account's credentials go with it (rules A3, A5).
    pub(crate) fn has_credentials(&self) -> bool {
        (self.method.has_account() || planted(Fault::DeviceCarriesCredentials)) && !self.own_authorization
    }

    /// Whether its method's answers may go to the store.
    pub(crate) fn may_be_on_disk(&self) -> bool {
        self.method.cache.as_ref().is_some_and(|cache| cache.disk)
    }

    /// The key, if the answer is stored there and others may share it.
    pub(crate) fn shared_key(&self) -> Option<&Key> {
        self.key.as_ref().filter(|_| self.shared)
    }
}

/// A call in progress.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) spec: Arc<Spec>,
    /// The same call without what keeps its answer out of the cache: what a refresh of the entry sends.
    pub(crate) refresh: Arc<Spec>,
    pub(crate) role: Role,
    pub(crate) mode: CacheMode,
    pub(crate) detail: DetailMode,
    /// The detail of the request that it would send now.
    pub(crate) want: Detail,
    pub(crate) priority: Priority,
    pub(crate) started: Instant,
    pub(crate) timeout: Duration,
    /// When the caller's wait is over.
    pub(crate) wait: Option<TimerId>,
    /// When row 3 is served.
    pub(crate) stale_after: Option<TimerId>,
    /// What it waits for.
    pub(crate) flight: Option<FlightId>,
    /// The stored answers as this call knows them, whatever memory has dropped since.
    pub(crate) known: Option<Entry>,
    /// It has its answer, and waits until tags are durable.
    pub(crate) settling: bool,
}

/// What becomes of the answer.
#[derive(Debug)]
pub(crate) enum Role {
    Get,
    Prefetch,
    /// Pull to refresh.
    Refresh,
    Observe(Observer),
}

/// What an observer has been told.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    pub(crate) shown: Option<Observed>,
    /// When the shown answer is not fresh any more.
    pub(crate) crossing: Option<TimerId>,
    /// When it fetches again after a failed refresh, or because it was too early.
    pub(crate) refetch: Option<TimerId>,
    /// How many of its fetches have failed in a row.
    pub(crate) failures: u32,
    /// When a change of network last cut its own backoff short.
    pub(crate) hurried: Option<Instant>,
}

impl Observer {
    /// The value that is shown.
    pub(crate) fn value(&self) -> Option<&Snapshot> {
        match &self.shown {
            Some(Observed::Value(shown)) => Some(shown),
            Some(Observed::Loading | Observed::Failed(_)) | None => None,
        }
    }

    pub(crate) fn shows_reduced(&self) -> bool {
        self.value().is_some_and(|shown| shown.detail == Detail::Reduced)
    }
}

impl Operation {
    pub(crate) fn is_observer(&self) -> bool {
        matches!(self.role, Role::Observe(_))
    }

    /// Whether it is a call that knows all that is stored under its key, and waits for a flight.
    pub(crate) fn has_looked_up(&self) -> bool {
        matches!(self.role, Role::Get | Role::Prefetch)
            && self.mode != CacheMode::NetworkOnly
            && self.flight.is_some()
    }

    /// Whether it is an observer that knows all that is stored under its key: it is told of every change.
    pub(crate) fn has_seen_all(&self) -> bool {
        matches!(&self.role, Role::Observe(observer) if observer.shown.is_some())
            && !matches!(self.mode, CacheMode::NetworkOnly)
    }

    /// What it wants of an entry.
    pub(crate) fn wish(&self) -> Wish {
        wish(self.mode, self.detail, self.want)
    }
}

/// What a call with these options wants of an entry, asking for `detail`.
pub(crate) fn wish(mode: CacheMode, detail_mode: DetailMode, detail: Detail) -> Wish {
    Wish {
        detail,
        full_only: detail_mode == DetailMode::Full,
        max_age: match mode {
            CacheMode::MaxAge(age) => Some(nanos(age)),
            _ => None,
        },
    }
}
