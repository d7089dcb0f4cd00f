//! A value and where it came from.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use prost::Message;

use crate::policy;
use crate::view::{LastKnown, View, Withheld};
use crate::{Detail, Error, Freshness, Source};

/// Where a value came from and how far it can be trusted (rule B1).
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// From the server or from the cache.
    pub source: Source,
    /// By the windows of the method's policy.
    pub freshness: Freshness,
    /// When the server gave it, by the wall clock.
    pub as_of: SystemTime,
    /// How long ago that was, by the boot clock, when the snapshot was made.
    pub age: Duration,
    /// Whether parts may have been left out to save bytes.
    pub detail: Detail,
    /// Whether a newer value is being fetched.
    pub refreshing: bool,
    /// Of a stream: messages may be missing before this one (rules G3, G5).
    pub gap: bool,
    /// Why the last attempt to fetch a newer one failed.
    pub error: Option<Error>,
}

impl Provenance {
    /// As if from the server, now.
    fn fresh(detail: Detail) -> Self {
        Self {
            source: Source::Network,
            freshness: Freshness::Fresh,
            as_of: SystemTime::now(),
            age: Duration::ZERO,
            detail,
            refreshing: false,
            gap: false,
            error: None,
        }
    }
}

/// An answer: the value, where it came from, and what was withheld from it.
pub struct Snapshot<T> {
    /// The answer.
    pub value: T,
    provenance: Provenance,
    withheld: Withheld<T>,
}

impl<T> Snapshot<T> {
    pub(crate) fn new(value: T, provenance: Provenance, withheld: Withheld<T>) -> Self {
        Self { value, provenance, withheld }
    }

    /// A fresh and complete answer, as if from the server: for fakes and previews.
    pub fn fresh(value: T) -> Self {
        Self::with_provenance(value, Provenance::fresh(Detail::Full))
    }

    /// An answer of any provenance, nothing of it withheld: for fakes and previews. See [`Snapshot::reduced`] for others.
    pub fn with_provenance(value: T, provenance: Provenance) -> Self {
        Self { value, provenance, withheld: Withheld::NOTHING }
    }

    /// The answer that a poor network gets instead of `full`, by what the annotations of the method say: for fakes and
    /// previews of what a screen shows without the parts that were left out. `last_known` is what was seen in full
    /// before, if anything was.
    ///
    /// The policy is the generated client's, the method's name as in fakes:
    ///
    /// ```ignore
    /// fake.get_quote.answer(|_| {
    ///     Snapshot::reduced(&quote(), PricingClient::POLICY, "pricing.v1.Pricing/GetQuote", None)
    /// });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) when the policy has no such method, the method has no `detail`, or
    /// `T` is not what it answers.
    pub fn reduced(full: &T, policy: &[u8], method: &str, last_known: Option<T>) -> Result<Self, Error>
    where
        T: Message + Default,
    {
        let (pruner, plan) = policy::reduction(policy, method)?;
        let other = |error: &dyn fmt::Display| {
            Error::misuse(format!(
                "{method}: the value cannot be reduced ({error}); give what the method answers"
            ))
        };
        let pruned = pruner
            .prune(&full.encode_to_vec().into(), &holdover_wire::Limits::default())
            .map_err(|error| other(&error))?;
        let decode = |bytes: &[u8]| T::decode(bytes);
        let value = decode(&pruned.message).map_err(|error| other(&error))?;
        let last_known = last_known.map(|last| Arc::new(LastKnown::new(last.encode_to_vec().into(), decode)));
        let withheld = Withheld { plan: Some(plan), last_known };
        Ok(Self::new(value, Provenance::fresh(Detail::Reduced), withheld))
    }

    /// Where the value came from and how far it can be trusted.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// From the server or from the cache.
    pub fn source(&self) -> Source {
        self.provenance.source
    }

    /// By the windows of the method's policy.
    pub fn freshness(&self) -> Freshness {
        self.provenance.freshness
    }

    /// When the server gave it, by the wall clock.
    pub fn as_of(&self) -> SystemTime {
        self.provenance.as_of
    }

    /// How old the value was when the snapshot was made.
    pub fn age(&self) -> Duration {
        self.provenance.age
    }

    /// Whether parts may have been left out to save bytes.
    pub fn detail(&self) -> Detail {
        self.provenance.detail
    }

    /// Whether a newer value is being fetched.
    pub fn is_refreshing(&self) -> bool {
        self.provenance.refreshing
    }

    /// Of a stream: whether messages may be missing before this one, because the stream broke and was opened again, or
    /// because its reader was slower than the server.
    pub fn gap(&self) -> bool {
        self.provenance.gap
    }

    /// Why the last attempt to fetch a newer value failed.
    pub fn error(&self) -> Option<&Error> {
        self.provenance.error.as_ref()
    }

    /// What generated accessors read the value with: `quote.value.enriched(quote.withheld())`.
    pub fn withheld(&self) -> View<'_, T> {
        self.withheld.view()
    }

    /// The fields that may have been left out, as paths such as `promo` or `stops.photo`; none of a full answer.
    pub fn withheld_paths(&self) -> &[String] {
        self.withheld.plan.as_deref().map_or(&[], |plan| plan.paths())
    }

    /// Makes what a screen shows out of the answer; provenance is kept. Accessors are used inside, with the view that
    /// is passed, because the result has no view of its own.
    pub fn map<U>(self, change: impl FnOnce(T, View<'_, T>) -> U) -> Snapshot<U> {
        let Self { value, provenance, withheld } = self;
        let value = change(value, withheld.view());
        Snapshot { value, provenance, withheld: Withheld::NOTHING }
    }
}

impl<T: Clone> Clone for Snapshot<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            provenance: self.provenance.clone(),
            withheld: self.withheld.clone(),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Snapshot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("value", &self.value)
            .field("provenance", &self.provenance)
            .finish_non_exhaustive()
    }
}

/// Equal value and provenance.
impl<T: PartialEq> PartialEq for Snapshot<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value && self.provenance == other.provenance
    }
}
