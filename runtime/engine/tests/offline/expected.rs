//! What a call is to get, and what it got in the same words.

use holdover_engine::{Error, ErrorKind, Freshness, Snapshot};

/// What a call is to get.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Expected {
    Fresh,
    /// With the error OFFLINE.
    Stale,
    /// Without an error.
    StaleSilently,
    Expired,
    Offline,
    Waits,
}

pub(crate) fn of_snapshot(snapshot: &Snapshot) -> Expected {
    let kind = snapshot.error.as_ref().map(|error| error.kind);
    assert!(!snapshot.refreshing, "nothing is refreshed while offline");
    match (snapshot.freshness, kind) {
        (Freshness::Fresh, None) => Expected::Fresh,
        (Freshness::Stale, Some(ErrorKind::Offline)) => Expected::Stale,
        (Freshness::Stale, None) => Expected::StaleSilently,
        (Freshness::Expired, Some(ErrorKind::Offline)) => Expected::Expired,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn of_result(result: Option<Result<Snapshot, Error>>) -> Expected {
    match result {
        None => Expected::Waits,
        Some(Ok(snapshot)) => of_snapshot(&snapshot),
        Some(Err(error)) => {
            assert_eq!(error.kind, ErrorKind::Offline);
            Expected::Offline
        }
    }
}
