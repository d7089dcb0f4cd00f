//! Registered policies: what the engine knows of each method, checked once.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use holdover_annotations::policy;
use holdover_wire::{Keyer, Presence, Pruner, ReadMask, Schema, Template};
use prost::Message as _;

use crate::call::{MethodId, Priority};
use crate::error::Error;
use crate::network::{Kind, Quality};
use crate::retry::Retry;
use crate::snapshot::PlanHash;
use crate::window::Windows;

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
            &self.path[1..]
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

/// Reads an encoded policy; methods get ids from `first` on.
pub(crate) fn read(encoded: &Bytes, first: usize, sealed: bool) -> Result<Vec<Method>, Error> {
    let set = policy::PolicySet::decode(encoded.clone()).map_err(|error| {
        Error::misuse(format!(
            "the registered bytes are not a holdover.policy.v1.PolicySet ({error}): pass what the compiler wrote, unchanged"
        ))
    })?;
    if set.format_version > holdover_annotations::POLICY_FORMAT {
        return Err(Error::misuse(format!(
            "the policy has format {} and this runtime reads up to {}: update the runtime, or generate with its compiler",
            set.format_version,
            holdover_annotations::POLICY_FORMAT
        )));
    }
    for method in &set.methods {
        refuse_missing_features(method)?;
    }
    let schema = Schema::new(&set).map_err(|error| Error::misuse(error.to_string()))?;
    set.methods
        .iter()
        .zip(schema.methods())
        .enumerate()
        .map(|(index, (method, plans))| {
            let id = u32::try_from(first + index)
                .map_err(|_| Error::misuse("too many methods are registered: register each policy once"))?;
            read_method(method, plans, MethodId(id), sealed)
        })
        .collect()
}

fn read_method(
    method: &policy::Method,
    plans: &holdover_wire::Method,
    id: MethodId,
    sealed: bool,
) -> Result<Method, Error> {
    let broken = |problem: &dyn Display| {
        Error::misuse(format!(
            "the policy of {}/{} is broken ({problem}): generate it again",
            method.service, method.name
        ))
    };
    let kind = match method.kind() {
        policy::method::Kind::Unary => Kind::Unary,
        policy::method::Kind::ServerStream => Kind::ServerStream,
        policy::method::Kind::ClientStream => Kind::ClientStream,
        policy::method::Kind::BidiStream => Kind::BidiStream,
        policy::method::Kind::Unspecified => return Err(broken(&"it has no kind")),
    };
    let cache = match &method.cache {
        Some(cache) if kind == Kind::Unary || (kind == Kind::ServerStream && cache.replay_window > 0) => {
            Some(read_cache(method, cache, plans, sealed, &broken)?)
        }
        _ => None,
    };
    let detail = match &method.detail {
        Some(detail) => Some(read_detail(method, detail, plans, &broken)?),
        None => None,
    };
    let delivery = method.delivery.clone().unwrap_or_default();
    let priority = match delivery.priority() {
        policy::delivery::Priority::Background => Priority::Background,
        _ => Priority::Interactive,
    };
    let is_idempotent = method.idempotency() != policy::method::Idempotency::Unspecified;
    Ok(Method {
        id,
        path: plans.path().into(),
        kind,
        idempotency: method.idempotency(),
        cache,
        off: Off::default(),
        detail,
        presence: plans.presence().cloned(),
        invalidates: plans.invalidates().to_vec(),
        attempt_timeout: delivery.attempt_timeout.map(Duration::from_nanos),
        total_timeout: delivery.total_timeout.map(Duration::from_nanos),
        reconnect: delivery.reconnect && kind == Kind::ServerStream,
        priority,
        retry: delivery.retry.as_ref().filter(|_| is_idempotent).map(Retry::read),
        offline: read_offline(method.offline.as_ref()),
        defer_at_most: (delivery.defer_at_most > 0).then(|| Duration::from_nanos(delivery.defer_at_most)),
        is_annotated: is_annotated(method, &delivery),
    })
}

fn read_offline(offline: Option<&policy::Offline>) -> OfflineMode {
    use policy::offline::Mode;

    match offline.and_then(|offline| offline.mode.as_ref()) {
        Some(Mode::ServeStale(stale)) => {
            OfflineMode::ServeStale { max_age: stale.max_age.unwrap_or(u64::MAX) }
        }
        Some(Mode::Wait(_)) => OfflineMode::Wait,
        Some(Mode::FailFast(_)) => OfflineMode::FailFast,
        Some(Mode::Outbox(_)) | None => OfflineMode::Default,
    }
}

/// Whether anything in force is not what it would be without annotations.
fn is_annotated(method: &policy::Method, delivery: &policy::Delivery) -> bool {
    let plain = policy::Delivery { priority: delivery.priority, ..policy::Delivery::default() };
    method.cache.is_some()
        || method.offline.is_some()
        || method.detail.is_some()
        || !method.invalidates.is_empty()
        || delivery.priority() == policy::delivery::Priority::Background
        || *delivery != plain
}

fn read_cache(
    method: &policy::Method,
    cache: &policy::Cache,
    plans: &holdover_wire::Method,
    sealed: bool,
    broken: &dyn Fn(&dyn Display) -> Error,
) -> Result<Cache, Error> {
    if method.idempotency() != policy::method::Idempotency::NoSideEffects {
        return Err(broken(&"it is cached without being NO_SIDE_EFFECTS"));
    }
    let keyer = plans.key().cloned().ok_or_else(|| broken(&"it is cached without a key plan"))?;
    let mut epoch = Vec::new();
    for part in &method.epochs {
        crate::key::put(&mut epoch, part.r#type.as_bytes());
        epoch.extend_from_slice(&part.epoch.to_be_bytes());
    }
    let windows = Windows {
        fresh_for: cache.fresh_for,
        stale_while_revalidate: cache.stale_while_revalidate,
        stale_if_error: cache.stale_if_error,
    };
    let offline = match method.offline.as_ref().and_then(|offline| offline.mode.as_ref()) {
        // However old.
        Some(policy::offline::Mode::ServeStale(stale)) => stale.max_age.unwrap_or(u64::MAX),
        _ => 0,
    };
    Ok(Cache {
        windows,
        retention: windows.end().max(offline).max(cache.replay_window),
        stale_after: cache.stale_after.map(Duration::from_nanos),
        replay_window: Some(cache.replay_window).filter(|window| *window > 0),
        device: cache.scope() == policy::cache::Scope::Device,
        disk: cache.storage() != policy::cache::Storage::Memory && (sealed || !method.sensitive_response),
        keyer,
        key_metadata: cache.key_metadata.clone(),
        tags: plans.tags().to_vec(),
        response_tags: plans.tags().iter().any(Template::needs_response),
        epoch,
    })
}

fn read_detail(
    method: &policy::Method,
    detail: &policy::Detail,
    plans: &holdover_wire::Method,
    broken: &dyn Fn(&dyn Display) -> Error,
) -> Result<Detail, Error> {
    let is_read = method.idempotency() == policy::method::Idempotency::NoSideEffects;
    let response = plans.response_pruner().cloned().ok_or_else(|| broken(&"its detail block has no plan"))?;
    let signal = match (&detail.signal, plans.read_mask()) {
        (Some(policy::detail::Signal::GoogleFieldMask(_)), _) => Signal::GoogleFieldMask,
        (Some(policy::detail::Signal::ReadMask(_)), Some(mask)) => Signal::ReadMask(mask.clone()),
        _ => Signal::Header,
    };
    if !matches!(signal, Signal::Header) && response.mask_paths().is_empty() {
        return Err(broken(&"its detail is a field mask without paths"));
    }
    Ok(Detail {
        reduce_at: match detail.reduce_at() {
            Quality::Unspecified => Quality::Poor,
            quality => quality,
        },
        restore: detail.restore && is_read,
        signal,
        plan: response.hash().parse().map_err(|error| broken(&error))?,
        response,
        // Whatever the policy says: what a mutation does not send is not written.
        request: plans.request_pruner().filter(|_| is_read).cloned(),
    })
}

/// A runtime that cannot keep a promise refuses to make it.
fn refuse_missing_features(method: &policy::Method) -> Result<(), Error> {
    use policy::{Feature, offline::Mode};

    let is_kept = |feature: i32| {
        matches!(
            Feature::try_from(feature),
            Ok(Feature::Unspecified
                | Feature::Replay
                | Feature::OfflineMode
                | Feature::Retry
                | Feature::Defer
                | Feature::Reconnect)
        )
    };
    // The block itself counts too, should a policy not list what it needs.
    let mode = method.offline.as_ref().and_then(|offline| offline.mode.as_ref());
    let outbox = matches!(mode, Some(Mode::Outbox(_))).then_some(Feature::Outbox as i32);
    let Some(first) =
        method.required_features.iter().copied().chain(outbox).find(|feature| !is_kept(*feature))
    else {
        return Ok(());
    };
    let block = match Feature::try_from(first) {
        Ok(Feature::Outbox) => "offline.outbox".to_owned(),
        _ => format!("a feature that it does not know ({first})"),
    };
    Err(Error::misuse(format!(
        "{}/{} uses {block}, which this runtime does not support yet: remove the block, or use a runtime that does",
        method.service, method.name
    )))
}
