//! Every decision is an event (rule J6). Events hold no payloads, keys, account ids or credentials.

mod label;

use std::time::Duration;

use crate::call::MethodId;
use crate::error::ErrorKind;
use crate::network::{Estimate, Quality};
use crate::session::{Endpoint, SessionId};
use crate::store::StoreFaultKind;

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// An answer was served from what is stored.
    Hit {
        /// Of which method.
        method: MethodId,
        /// By which row of the windows' table: 1 to 3, or 4 while offline.
        row: u8,
        /// How old it was.
        age: Duration,
    },
    /// Nothing that is stored could be served.
    Miss {
        /// Of which method.
        method: MethodId,
    },
    /// A call joined a flight instead of starting its own.
    Joined {
        /// Of which method.
        method: MethodId,
    },
    /// A stored entry is being renewed that is served or shown meanwhile.
    Refreshing {
        /// Of which method.
        method: MethodId,
    },
    /// A call stayed away from the cache and from other calls' flights.
    Bypassed {
        /// Of which method.
        method: MethodId,
        /// Why.
        reason: Bypass,
    },
    /// An attempt ended without an answer.
    AttemptFailed {
        /// Of which method.
        method: MethodId,
        /// The kind of error that it is.
        kind: ErrorKind,
    },
    /// A call is tried again by its method's policy.
    Retrying {
        /// Of which method.
        method: MethodId,
        /// Which attempt it will be; the first one is 1.
        attempt: u32,
        /// How long from now.
        after: Duration,
    },
    /// A call that its method's policy would retry is not, because too much fails at its endpoint.
    RetryThrottled {
        /// Of which method.
        method: MethodId,
    },
    /// A refresh failed: the next one of this entry comes no sooner than after this time.
    RefreshBackoff {
        /// Of which method.
        method: MethodId,
        /// How long.
        wait: Duration,
    },
    /// A refresh waits until others have ended.
    RefreshWaits {
        /// Of which method.
        method: MethodId,
    },
    /// A BACKGROUND call waits for a better network.
    Deferred {
        /// Of which method.
        method: MethodId,
        /// How long at most.
        at_most: Duration,
    },
    /// An endpoint is known to be offline.
    Offline {
        /// Which.
        endpoint: Endpoint,
    },
    /// An endpoint is not known to be offline any more.
    Online {
        /// Which.
        endpoint: Endpoint,
    },
    /// An endpoint in doubt is probed.
    ProbeSent {
        /// Which.
        endpoint: Endpoint,
    },
    /// A probe has found somebody at its endpoint.
    ProbeAnswered {
        /// Which.
        endpoint: Endpoint,
    },
    /// A probe has found nobody, or something that could be anybody.
    ProbeFailed {
        /// Which.
        endpoint: Endpoint,
        /// How long from now until the next one, if somebody still waits then.
        again: Duration,
    },
    /// An answer was not stored.
    NotStored {
        /// Of which method.
        method: MethodId,
        /// Why.
        reason: NotStored,
    },
    /// Stored answers were evicted because the server said PERMISSION_DENIED or NOT_FOUND.
    Evicted {
        /// Of which method.
        method: MethodId,
    },
    /// Entries were evicted to keep a budget (rule E4).
    MadeRoom {
        /// Where.
        tier: Tier,
        /// How many.
        entries: u32,
    },
    /// Memory was short, and entries that no flight was about to renew were dropped from it.
    MemoryDropped {
        /// How many.
        entries: u64,
        /// What they counted.
        bytes: u64,
    },
    /// Tags were invalidated.
    Invalidated {
        /// How many.
        tags: u32,
    },
    /// So many tags were invalidated that everything with tags was, of the account and of the device.
    EverythingInvalidated,
    /// A reduced value was delivered.
    Withheld {
        /// Of which method.
        method: MethodId,
    },
    /// The server says how much it left out of an answer.
    Trimmed {
        /// Of which method.
        method: MethodId,
        /// How many bytes of the encoded message.
        bytes: u64,
    },
    /// Reduced although nobody asked for it: the full answer is asked for once more.
    DetailRefetched {
        /// Of which method.
        method: MethodId,
    },
    /// A stream was sent, for the first time or again.
    StreamOpened {
        /// Of which method.
        method: MethodId,
    },
    /// A call joined a stream that ran already.
    StreamShared {
        /// Of which method.
        method: MethodId,
    },
    /// The kept last message of a stream was delivered.
    Replayed {
        /// Of which method.
        method: MethodId,
        /// How old it was.
        age: Duration,
    },
    /// A stream broke and will be opened again.
    StreamBroke {
        /// Of which method.
        method: MethodId,
        /// The kind of error that it is.
        kind: ErrorKind,
        /// How long from now; `None`: when the network is back.
        again: Option<Duration>,
    },
    /// An item was delivered that may have a gap before it.
    StreamGap {
        /// Of which method.
        method: MethodId,
    },
    /// A message was not delivered to a reader that lagged behind.
    StreamSkipped {
        /// Of which method.
        method: MethodId,
    },
    /// A stream was taken off the wire because the app is in the background or paused.
    StreamSuspended {
        /// Of which method.
        method: MethodId,
    },
    /// A reduced stream is opened in full because the network has recovered.
    StreamRestored {
        /// Of which method.
        method: MethodId,
    },
    /// The account of this session needs to sign in. Once per state.
    SignInRequired {
        /// The session whose call found out.
        session: SessionId,
    },
    /// The account of this session has credentials again.
    SignedIn {
        /// The session whose call or hint found out.
        session: SessionId,
    },
    /// The store failed; the runtime goes on in memory and tries again.
    StoreFailed {
        /// What is wrong.
        kind: StoreFaultKind,
        /// The store's words.
        message: String,
    },
    /// The store works again.
    StoreRecovered,
    /// A corrupt cache was given up and made anew.
    StoreRecreated,
    /// All stored answers were given up, because an earlier process ended before it could write which of them were
    /// outdated: the store did not work (rule D2).
    StoreDistrusted,
    /// What an account, or the device, had in the store was given up, because its key was lost, or because the store was
    /// written with a platform's key and opened without, or the reverse.
    PartitionLost,
    /// A stored record could not be read and was removed.
    RecordUnreadable {
        /// Of which method.
        method: MethodId,
    },
    /// A sign-out that was interrupted by the end of a process was finished.
    SignOutFinished,
    /// The wall clock went back by more than a minute or ahead by more than a year: entries of earlier boots count as
    /// invalidated.
    ClockDistrusted,
    /// The device has moved to another network: requests from now on go over new connections.
    PathChanged,
    /// The runtime is paused: nothing is on the wire, and the store is being closed.
    Paused,
    /// The runtime works again.
    Resumed,
    /// Parts of policies are turned off, or on again (rule J5).
    SwitchesChanged {
        /// How many switches there are now.
        switches: u32,
    },
    /// Some of the names that are turned off are of no method that is bound: a typing error, or a policy that is bound
    /// later (rule J5).
    SwitchesUnknown {
        /// How many names.
        names: u32,
        /// For people: which names, which there are, and what to do.
        message: String,
    },
    /// The class of the network that is in force has changed (rule H5).
    QualityChanged {
        /// What it was.
        from: Quality,
        /// What it is.
        to: Quality,
        /// What has made the difference.
        source: QualitySource,
        /// What has been measured, or the app's own estimate where there is one.
        estimate: Estimate,
        /// How many samples the engine keeps.
        samples: u32,
    },
}

/// What makes the class of the network another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QualitySource {
    /// The traffic of calls and streams.
    Measured,
    /// The platform's word on reachability, or another network: what is remembered or typical of its type.
    Platform,
    /// The app pins a class, or does not any more.
    Pin,
    /// The app has an estimate of its own, or has not any more.
    OwnEstimate,
}

/// The two places where answers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// The engine's memory.
    Memory,
    /// The store.
    Disk,
}

/// Why a call stayed away from the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bypass {
    /// It brought its own `authorization`.
    OwnAuthorization,
    /// Its request has fields that the policy does not know.
    UnknownFields,
    /// It brought metadata that the method does not key.
    CallMetadata,
    /// The method's cache is turned off (rule J5).
    TurnedOff,
}

/// Why an answer was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStored {
    /// A REQUIRED field is missing, or the message cannot be read.
    Unusable,
    /// It is over the size limit.
    TooLarge,
    /// Something it depends on was invalidated after its request was sent.
    OldGeneration,
    /// A later request has been answered already.
    Superseded,
    /// It is reduced by a plan that this policy does not have.
    UnknownPlan,
}
