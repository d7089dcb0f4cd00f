//! Snapshots: a value and where it comes from (rule B1).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;

use crate::error::Error;

/// A usable answer with its provenance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The encoded response message.
    pub value: Bytes,
    /// Where the value came from this time.
    pub source: Source,
    /// Whether it is within its windows.
    pub freshness: Freshness,
    /// Wall time, in milliseconds since 1970, at which the answer was current.
    pub as_of_ms: i64,
    /// How old the answer was when this snapshot was made.
    pub age: Duration,
    /// Whether the value is all of the answer.
    pub detail: Detail,
    /// What a reduced value lacks. Set exactly when `detail` is [`Detail::Reduced`].
    pub withheld: Option<Withheld>,
    /// A newer answer is being fetched.
    pub refreshing: bool,
    /// Of a stream: messages may be missing before this one (rules G3, G5).
    pub gap: bool,
    /// Why the last refresh failed, if it did.
    pub error: Option<Box<Error>>,
}

impl Snapshot {
    /// Whether a reader would see no difference: everything but the age, which passes by itself.
    pub(crate) fn same_state(&self, other: &Self) -> bool {
        self.value == other.value
            && self.source == other.source
            && self.freshness == other.freshness
            && self.as_of_ms == other.as_of_ms
            && self.detail == other.detail
            && self.withheld == other.withheld
            && self.refreshing == other.refreshing
            && self.gap == other.gap
            && self.error == other.error
    }
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The answer to a request that this delivery waited for.
    Network,
    /// Memory or disk.
    Cache,
    /// The kept last message of a stream.
    Replay,
}

/// Where an answer is in its windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Younger than `fresh_for`.
    Fresh,
    /// Older, or known to be outdated, but still worth showing.
    Stale,
    /// Past every window.
    Expired,
}

/// How much of an answer a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// All of it.
    Full,
    /// What the method's prune plan keeps.
    Reduced,
}

/// What a reduced value lacks: the fields that the plan drops and that are absent are withheld, not absent (rule F5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// The plan that the value was reduced by.
    pub plan: PlanHash,
    /// The last full answer that is still stored, encoded: the source of last known values (rule F9).
    pub last_known: Option<Bytes>,
}

/// Names a prune plan: the first half of a SHA-256, written as 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlanHash(pub [u8; 16]);

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 32 lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a plan hash is 32 lower-case hex digits")]
pub struct NotAPlanHash;

impl FromStr for PlanHash {
    type Err = NotAPlanHash;

    fn from_str(text: &str) -> Result<Self, NotAPlanHash> {
        let digits = text.as_bytes();
        if digits.len() != 32 {
            return Err(NotAPlanHash);
        }
        let digit = |b: u8| match b {
            b'0'..=b'9' => Ok(b - b'0'),
            b'a'..=b'f' => Ok(b - b'a' + 10),
            _ => Err(NotAPlanHash),
        };
        let mut hash = [0; 16];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(hash))
    }
}

/// The state of an observed entry (rule B3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// Nothing may be shown yet.
    Loading,
    /// The newest value that may be shown.
    Value(Snapshot),
    /// Nothing may be shown, and this is why. The observer lives on.
    Failed(Error),
}

impl Observed {
    /// Whether a reader would see no difference.
    pub(crate) fn same_state(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Value(a), Self::Value(b)) => a.same_state(b),
            (a, b) => a == b,
        }
    }
}
