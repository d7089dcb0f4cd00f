//! What the host borrows: hits, and buffers that the core made.
#![allow(unsafe_code, reason = "writes to where the caller of the C ABI points")]

use bytes::Bytes;
use holdover_client::host::{Method, RawSnapshot};
use holdover_client::{Detail, Freshness, Source};

use crate::abi::{
    HOLDOVER_DETAIL_FULL, HOLDOVER_DETAIL_REDUCED, HOLDOVER_EXPIRED, HOLDOVER_FRESH, HOLDOVER_SNAPSHOT_GAP,
    HOLDOVER_SNAPSHOT_LAST_KNOWN, HOLDOVER_SNAPSHOT_REFRESHING, HOLDOVER_SNAPSHOT_WITHHELD,
    HOLDOVER_SOURCE_CACHE, HOLDOVER_SOURCE_NETWORK, HOLDOVER_SOURCE_REPLAY, HOLDOVER_STALE, HoldoverBuffer,
    HoldoverBytes, HoldoverSnapshot,
};
use crate::guard::Refusal;
use crate::message;
use crate::table::{Kind, Table};

/// What is lent, until it is released.
#[allow(dead_code, reason = "held for the bytes that the host reads")]
enum Loan {
    Buffer(Bytes),
    Hit(Box<Hit>),
}

static LOANS: Table<Loan> = Table::of(Kind::Loan);

/// A snapshot as hosts read it.
pub(crate) struct Hit {
    pub(crate) snapshot: RawSnapshot,
    /// The plan that the value was reduced by is the method's.
    withheld: bool,
    /// Encoded.
    error: Bytes,
}

impl Hit {
    pub(crate) fn new(snapshot: RawSnapshot, method: Option<&Method>) -> Self {
        let withheld = snapshot
            .withheld
            .as_ref()
            .is_some_and(|withheld| method.is_some_and(|method| method.is_reduced_by(withheld.plan)));
        let error = snapshot.error.as_ref().map(|error| message::error(error).into()).unwrap_or_default();
        Self { snapshot, withheld, error }
    }

    /// Encoded; empty where there is none.
    #[cfg_attr(not(feature = "jni"), allow(dead_code, reason = "for the JVM"))]
    pub(crate) fn error(&self) -> &Bytes {
        &self.error
    }

    pub(crate) fn last_known(&self) -> Option<&Bytes> {
        let withheld = self.snapshot.withheld.as_ref().filter(|_| self.withheld);
        withheld.and_then(|withheld| withheld.last_known.as_ref())
    }

    /// Valid for as long as the hit is, wherever that is moved to.
    pub(crate) fn view(&self) -> HoldoverSnapshot {
        let flag = |set, flag| if set { flag } else { 0 };
        let snapshot = &self.snapshot;
        HoldoverSnapshot {
            value: HoldoverBytes::of(&snapshot.value),
            last_known: self.last_known().map_or(HoldoverBytes::EMPTY, |bytes| HoldoverBytes::of(bytes)),
            error: HoldoverBytes::of(&self.error),
            as_of_ms: snapshot.as_of_ms,
            age_ns: u64::try_from(snapshot.age.as_nanos()).unwrap_or(u64::MAX),
            source: match snapshot.source {
                Source::Network => HOLDOVER_SOURCE_NETWORK,
                Source::Cache => HOLDOVER_SOURCE_CACHE,
                Source::Replay => HOLDOVER_SOURCE_REPLAY,
            },
            freshness: match snapshot.freshness {
                Freshness::Fresh => HOLDOVER_FRESH,
                Freshness::Stale => HOLDOVER_STALE,
                Freshness::Expired => HOLDOVER_EXPIRED,
            },
            detail: match snapshot.detail {
                Detail::Full => HOLDOVER_DETAIL_FULL,
                Detail::Reduced => HOLDOVER_DETAIL_REDUCED,
            },
            flags: flag(snapshot.refreshing, HOLDOVER_SNAPSHOT_REFRESHING)
                | flag(snapshot.gap, HOLDOVER_SNAPSHOT_GAP)
                | flag(self.withheld, HOLDOVER_SNAPSHOT_WITHHELD)
                | flag(self.last_known().is_some(), HOLDOVER_SNAPSHOT_LAST_KNOWN),
        }
    }
}

/// Hands out bytes, to be released.
///
/// # Safety
///
/// `to` is null, or aligned and writable.
pub(crate) unsafe fn give(bytes: impl Into<Bytes>, to: *mut HoldoverBuffer) -> Result<(), Refusal> {
    let bytes = bytes.into();
    if to.is_null() {
        return Err(Refusal::misuse("there is no buffer to write to: pass a pointer to one"));
    }
    let view = HoldoverBytes::of(&bytes);
    let owner = if bytes.is_empty() { 0 } else { LOANS.insert(Loan::Buffer(bytes))? };
    // SAFETY: it is not null, and the caller promises that it is writable.
    unsafe { to.write(HoldoverBuffer { bytes: view, owner }) };
    Ok(())
}

/// Hands out a hit, to be released.
///
/// # Safety
///
/// `to` is null, or aligned and writable.
pub(crate) unsafe fn lend(hit: Hit, to: *mut HoldoverSnapshot) -> Result<u64, Refusal> {
    if to.is_null() {
        return Err(Refusal::misuse("there is no snapshot to write to: pass a pointer to one"));
    }
    let view = hit.view();
    let owner = LOANS.insert(Loan::Hit(Box::new(hit)))?;
    // SAFETY: it is not null, and the caller promises that it is writable.
    unsafe { to.write(view) };
    Ok(owner)
}

/// Takes back what was handed out.
pub(crate) fn release(owner: u64) -> Result<(), Refusal> {
    if owner != 0 {
        drop(LOANS.remove(owner)?);
    }
    Ok(())
}
