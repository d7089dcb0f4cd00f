//! Calls: their ids and options (rule B7).

use std::time::Duration;

use crate::metadata::Metadata;

/// Names one operation: a get, an observer, a prefetch, a sign-out. The driver chooses it before the start and never
/// reuses it, so that cancelling needs no answer first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId(pub u64);

/// A method of a registered policy. Only [`crate::Registered`] hands it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MethodId(pub(crate) u32);

/// What a call wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One answer: ends with [`crate::Delivered::Answer`]. Mutations have this form too.
    Get,
    /// The state of an entry until cancelled: [`crate::Delivered::Observed`], and an end only by SIGNED_OUT.
    Observe,
    /// A stream: [`crate::Delivered::Item`] as demanded, then [`crate::Delivered::Ended`]. A method that takes a sequence and
    /// answers once ends with [`crate::Delivered::Answer`]. The request of a method that takes a sequence is empty.
    Stream,
    /// A warm entry, at BACKGROUND priority: ends with [`crate::Delivered::Done`].
    Prefetch,
}

/// How a call uses the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CacheMode {
    /// As the method's policy says.
    #[default]
    Default,
    /// Never touches the network; serves what is stored and has not expired.
    CacheOnly,
    /// Never reads what is stored, but stores the answer.
    NetworkOnly,
    /// Entries that are older than this are refreshed even if they are fresh by policy.
    MaxAge(Duration),
}

/// How much of an answer a call wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DetailMode {
    /// Reduced on poor networks, as the method's policy says.
    #[default]
    Default,
    /// All of it, whatever the network.
    Full,
}

/// Who gets the network first when it is scarce. Not the state of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Nobody is waiting.
    Background,
    /// Somebody is.
    Interactive,
}

/// The options of one call: a closed set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    /// How long the caller waits. Unset: the method's total timeout. It never cuts a flight that others wait for. Of a
    /// stream: how long it lasts at most, over all its openings; unset: as long as the method's policy says, if it does.
    pub timeout: Option<Duration>,
    /// Metadata for this call alone. Names that the method does not key (trace ids excepted) keep the answer out of the
    /// cache; `authorization` keeps the call away from everything shared.
    pub metadata: Metadata,
    /// How the cache is used.
    pub cache: CacheMode,
    /// How much is wanted.
    pub detail: DetailMode,
    /// Unset: as the method's policy says.
    pub priority: Option<Priority>,
}
