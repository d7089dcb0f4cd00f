//! Methods: what the engine knows of each, checked once.

mod reading;

use std::sync::Arc;
use std::time::Duration;

use holdover_annotations::policy;
use holdover_wire::{Keyer, Presence, Pruner, ReadMask, Template};

use crate::call::{MethodId, Priority};
use crate::error::Error;
use crate::network::{Kind, Quality};
use crate::retry::Retry;
use crate::snapshot::PlanHash;
use crate::window::Windows;

pub(crate) use reading::read;

/// One method of a registered policy.
#[derive(Clone, Debug)]
pub(crate) struct Method {
    pub(crate) id: MethodId,
    /// "/pricing.v1.Pricing/GetQuote"
    pub(crate) path: Arc<str>,
    pub(crate) kind: Kind,
    pub(crate) idempotency: policy::method::Idempotency,
    pub(crate) cache: Option<Cache>,
    /// What is turned off of it (rule J5).
    pub(crate) off: Off,
    pub(crate) detail: Option<Detail>,
    pub(crate) presence: Option<Presence>,
    pub(crate) invalidates: Vec<Template>,
    /// A stream that breaks is opened again (rule G3).
    pub(crate) reconnect: bool,
    attempt_timeout: Option<Duration>,
    total_timeout: Option<Duration>,
    pub(crate) priority: Priority,
    /// Only of methods that may be called twice.
    pub(crate) retry: Option<Retry>,
    pub(crate) offline: OfflineMode,
    /// How long a BACKGROUND call may wait for a better network.
    pub(crate) defer_at_most: Option<Duration>,
    /// Something is said about calling it. What is not annotated passes through even offline (rule G1).
    pub(crate) is_annotated: bool,
}

/// What a call does while its endpoint is known to be offline (rule I1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfflineMode {
    /// Rows 1 to 3, else OFFLINE.
    Default,
    /// Whatever is stored and younger than this, in nanoseconds.
    ServeStale { max_age: u64 },
    /// Wait for the network until the caller's deadline.
    Wait,
    /// OFFLINE, unless there is something fresh.
    FailFast,
}

/// Parts of a method that are turned off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Off {
    pub(crate) cache: bool,
    pub(crate) detail: bool,
    pub(crate) replay: bool,
}

/// How answers are kept.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    pub(crate) windows: Windows,
    /// The age, in nanoseconds, past which nobody is served an answer any more, offline neither: then it is expired.
    pub(crate) retention: u64,
    pub(crate) stale_after: Option<Duration>,
    /// Entries belong to the device and to no account.
    pub(crate) device: bool,
    /// Of a stream: how long after its end its last message may be replayed, in nanoseconds (rule G2).
    pub(crate) replay_window: Option<u64>,
    /// Entries may be on disk: sensitive ones only if they are sealed there (rule J4).
    pub(crate) disk: bool,
    pub(crate) keyer: Keyer,
    pub(crate) key_metadata: Vec<String>,
    pub(crate) tags: Vec<Template>,
    /// Some tag has a part of the response, so that the tags of a request are not known before its answer.
    pub(crate) response_tags: bool,
    /// The encoded schema epoch: length-prefixed (type, epoch) pairs.
    pub(crate) epoch: Vec<u8>,
}

/// How answers are trimmed.
#[derive(Clone, Debug)]
pub(crate) struct Detail {
    pub(crate) reduce_at: Quality,
    pub(crate) restore: bool,
    pub(crate) signal: Signal,
    pub(crate) plan: PlanHash,
    pub(crate) response: Pruner,
    pub(crate) request: Option<Pruner>,
}

/// How the server is asked.
#[derive(Clone, Debug)]
pub(crate) enum Signal {
    Header,
    GoogleFieldMask,
    ReadMask(ReadMask),
}

impl Method {
    /// Calling changes nothing on the server.
    pub(crate) fn is_read(&self) -> bool {
        self.idempotency == policy::method::Idempotency::NoSideEffects
    }

    /// Calling twice does no harm.
    pub(crate) fn is_idempotent(&self) -> bool {
        self.idempotency != policy::method::Idempotency::Unspecified
    }

    /// "pricing.v1.Pricing/GetQuote"
    pub(crate) fn full_name(&self) -> &str {
        &self.path[1..]
    }

    /// That the method answers one request once.
    pub(crate) fn check_unary(&self) -> Result<(), Error> {
        let Some(what) = (match self.kind {
            Kind::Unary => None,
            Kind::ServerStream => Some("answers by a stream: open it as a stream"),
            Kind::ClientStream => {
                Some("takes a sequence of messages: open it as a stream, send them, and it answers once")
            }
            Kind::BidiStream => {
                Some("takes a sequence of messages and answers by a stream: open it as a stream")
            }
        }) else {
            return Ok(());
        };
        Err(Error::misuse(format!(
            "{} {what}; it cannot be got, observed, prefetched or put",
            self.full_name()
        )))
    }

    /// The method without what is turned off. The rest of its cache block still says whose its answers are, and how long
    /// observers hold them for fresh.
    pub(crate) fn without(&self, off: Off) -> Self {
        let mut plain = Self { off, ..self.clone() };
        if off.detail {
            plain.detail = None;
        }
        if off.replay {
            plain.reconnect = false;
            if let Some(cache) = &mut plain.cache {
                cache.replay_window = None;
            }
        }
        plain
    }

    /// Whether calls carry the account's credentials (rule A5).
    pub(crate) fn has_account(&self) -> bool {
        !self.cache.as_ref().is_some_and(|cache| cache.device)
    }

    /// How long one attempt may take (rule C5).
    pub(crate) fn attempt_timeout(&self, priority: Priority) -> Duration {
        self.attempt_timeout.unwrap_or(match priority {
            Priority::Interactive => Duration::from_secs(10),
            Priority::Background => Duration::from_secs(30),
        })
    }

    /// How long the head of a stream may take (rule C5).
    pub(crate) fn head_timeout(&self) -> Duration {
        self.attempt_timeout.unwrap_or(Duration::from_secs(10))
    }

    /// How long a stream may take altogether, if the policy says so.
    pub(crate) fn stream_timeout(&self) -> Option<Duration> {
        self.total_timeout
    }

    /// How long all attempts together may take (rule C5).
    pub(crate) fn total_timeout(&self, priority: Priority) -> Duration {
        self.total_timeout.unwrap_or(match priority {
            Priority::Interactive => Duration::from_secs(30),
            Priority::Background => Duration::from_secs(120),
        })
    }
}
