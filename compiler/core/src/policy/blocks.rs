//! Blocks with nanoseconds for durations.

use super::plans;
use super::types::Types;
use crate::ir::{
    Cache, Code, Delivery, Detail, FieldPath, Method, Mode, Offline, OnPark, Outbox, Priority, Quality, Root,
    Scope, Signal, Storage, Template, TemplateError, TemplatePart, Value, Written,
};
use holdover_annotations::policy;
use prost_reflect::DescriptorPool;
use std::time::Duration;

/// How long a server remembers an idempotency key where nobody says it.
const KEY_RETENTION: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn cache(pool: &DescriptorPool, types: &Types, method: &Method, cache: &Cache) -> policy::Cache {
    policy::Cache {
        fresh_for: cache.fresh_for.as_ref().map_or(0, nanos),
        stale_while_revalidate: nanos(&cache.stale_while_revalidate),
        stale_if_error: nanos(&cache.stale_if_error),
        stale_after: cache.stale_after.as_ref().map(nanos),
        scope: match cache.scope.value {
            Scope::Device => policy::cache::Scope::Device,
            Scope::Account | Scope::Unspecified => policy::cache::Scope::Account,
        }
        .into(),
        storage: match cache.storage.value {
            Storage::Memory => policy::cache::Storage::Memory,
            Storage::Disk | Storage::Unspecified => policy::cache::Storage::Disk,
        }
        .into(),
        key: Some(plans::key(pool, types, method, cache)),
        key_metadata: cache.key_metadata.iter().map(|name| name.value.clone()).collect(),
        tags: templates(types, &cache.tags),
        replay_window: cache.replay.as_ref().and_then(|replay| replay.value.as_ref()).map_or(0, duration),
    }
}

pub(super) fn offline(types: &Types, offline: &Offline) -> policy::Offline {
    use policy::offline::Mode as Out;
    let mode = offline.mode.as_ref().map(|mode| match &mode.value {
        Mode::ServeStale(max_age) => {
            Out::ServeStale(policy::ServeStale { max_age: max_age.as_ref().map(duration) })
        }
        Mode::Outbox(outbox) => Out::Outbox(self::outbox(types, outbox)),
        Mode::Wait => Out::Wait(policy::Wait {}),
        Mode::FailFast => Out::FailFast(policy::FailFast {}),
    });
    policy::Offline { mode }
}

fn outbox(types: &Types, outbox: &Outbox) -> policy::Outbox {
    let parsed = |written: &Option<Result<Template, TemplateError>>| {
        written.as_ref().and_then(|written| written.as_ref().ok()).map(|parsed| template(types, parsed))
    };
    let retention = KEY_RETENTION.as_nanos();
    policy::Outbox {
        expires_after: outbox.expires_after.as_ref().map_or(0, duration),
        order_by: parsed(&outbox.order_by),
        coalesce_key: parsed(&outbox.coalesce_key),
        key_retention: outbox
            .key_retention
            .as_ref()
            .map_or_else(|| u64::try_from(retention).unwrap_or(u64::MAX), duration),
        max_pending: outbox.max_pending,
        on_park_continue: outbox.on_park == OnPark::Continue,
        park_on: codes(&outbox.park_on),
        acknowledge_on: codes(&outbox.acknowledge_on),
        keep_metadata: outbox.keep_metadata.clone(),
    }
}

pub(super) fn delivery(delivery: &Delivery) -> policy::Delivery {
    policy::Delivery {
        attempt_timeout: delivery.attempt_timeout.as_ref().map(nanos),
        total_timeout: delivery.total_timeout.as_ref().map(nanos),
        retry: delivery.retry.as_ref().map(|retry| policy::Retry {
            // What is missing is an error, and nothing is emitted then.
            max_attempts: retry.max_attempts.as_ref().map_or(0, |attempts| attempts.value),
            initial_backoff: retry.initial_backoff.as_ref().map_or(0, nanos),
            max_backoff: retry.max_backoff.as_ref().map_or(0, nanos),
            backoff_multiplier: retry.backoff_multiplier.as_ref().map_or(0.0, |growth| growth.value),
            retryable_status_codes: codes(&retry.retryable_status_codes.value),
        }),
        priority: match delivery.priority.value {
            Priority::Background => policy::delivery::Priority::Background,
            Priority::Interactive | Priority::Unspecified => policy::delivery::Priority::Interactive,
        }
        .into(),
        defer_at_most: delivery.defer_at_most.as_ref().map_or(0, nanos),
        reconnect: delivery.reconnect.value,
    }
}

/// `None` where neither the response nor the request loses anything, so that nobody need be asked to trim.
pub(super) fn detail(types: &Types, detail: &Detail) -> Option<policy::Detail> {
    use policy::detail::{GoogleFieldMask, Header, Signal as Out};
    let response = plans::prune(types, &detail.response);
    let request = plans::prune(types, &detail.request);
    if response.is_none() && request.is_none() {
        return None;
    }
    Some(policy::Detail {
        reduce_at: match detail.reduce_at.value {
            Quality::VeryPoor => policy::Quality::VeryPoor,
            Quality::Poor | Quality::Unspecified => policy::Quality::Poor,
            Quality::Moderate => policy::Quality::Moderate,
            Quality::Good => policy::Quality::Good,
        }
        .into(),
        restore: detail.restore.value,
        response,
        request,
        signal: Some(match &detail.signal.value {
            Signal::GoogleFieldMask => Out::GoogleFieldMask(GoogleFieldMask {}),
            Signal::ReadMask(Ok(mask)) => Out::ReadMask(path(types, mask)),
            Signal::Header | Signal::ReadMask(Err(_)) => Out::Header(Header {}),
        }),
    })
}

pub(super) fn templates(
    types: &Types,
    written: &[Value<Result<Template, TemplateError>>],
) -> Vec<policy::Template> {
    written.iter().filter_map(|tag| tag.value.as_ref().ok()).map(|tag| template(types, tag)).collect()
}

fn template(types: &Types, template: &Template) -> policy::Template {
    use policy::template::Part;
    use policy::template::part::Part as Out;
    let part = |part: &TemplatePart| Part {
        part: Some(match part {
            TemplatePart::Literal(text) => Out::Literal(text.clone()),
            TemplatePart::Value(Root::Request, value) => Out::Request(path(types, value)),
            TemplatePart::Value(Root::Response, value) => Out::Response(path(types, value)),
        }),
    };
    policy::Template { parts: template.parts.iter().map(part).collect(), text: template.text.clone() }
}

fn path(types: &Types, path: &FieldPath) -> policy::Path {
    policy::Path { r#type: types.index(&path.root), numbers: path.numbers(), text: path.text.clone() }
}

fn nanos(written: &Value<Written>) -> u64 {
    duration(&written.value)
}

/// Durations that are out of range are errors, and nothing is emitted then.
fn duration(written: &Written) -> u64 {
    written.as_ref().map_or(0, |duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}

fn codes(codes: &[Code]) -> Vec<u32> {
    codes.iter().map(|code| *code as u32).collect()
}
