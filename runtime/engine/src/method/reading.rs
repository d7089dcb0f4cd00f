//! Policies: methods are read from what the compiler wrote, and refused if they ask for what this runtime lacks.

use std::fmt::Display;
use std::time::Duration;

use bytes::Bytes;
use holdover_annotations::policy;
use holdover_wire::{Schema, Template};
use prost::Message as _;

use super::{Cache, Detail, Method, Off, OfflineMode, Signal};
use crate::call::{MethodId, Priority};
use crate::error::Error;
use crate::network::{Kind, Quality};
use crate::retry::Retry;
use crate::window::Windows;

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
