//! The delivery block of a method.

use super::inherit::{Layers, specified};
use super::method::Context;
use crate::ir::{Block, Cache, Delivery, Kind, Level, Origin, Priority, Retry, Skipped, Value};
use holdover_annotations::annotations as vocabulary;

/// The block in force. It always is: what nobody says is left to the runtime. `cache` is the method's effective cache
/// block.
pub(super) fn lower(
    context: &Context<'_>,
    layers: &Layers<'_, vocabulary::Delivery>,
    cache: Option<&Cache>,
    skipped: &mut Vec<Skipped>,
) -> Delivery {
    if let Some(off) = layers.pick("off", |block| block.off).filter(|off| off.value) {
        skipped.push(skip(None, off.origin, "it says `off: true`"));
        return silent();
    }
    if !layers.exists() {
        return silent();
    }
    let priority = layers
        .pick("priority", |b| b.priority)
        .map(|said| {
            said.map(|said| {
                specified(Priority::try_from(said).ok(), Priority::Unspecified, Priority::Interactive)
            })
        })
        .unwrap_or_else(|| Value::default(Priority::Interactive));
    let mut inherited = |part: &'static str, origin: &Origin, obstacle: Option<&str>| match obstacle {
        Some(reason) if origin.level != Level::Method => {
            skipped.push(skip(Some(part), origin.clone(), reason));
            false
        }
        _ => true,
    };
    let stream = (context.kind != Kind::Unary).then_some("the method is a stream");
    let unsafe_to_repeat = stream.or_else(|| {
        (!context.is_repeatable()).then_some(
            "the method may not be repeated: its idempotency is neither NO_SIDE_EFFECTS nor IDEMPOTENT",
        )
    });
    let retry = retry(layers).filter(|retry| inherited("retry", &retry.origin, unsafe_to_repeat));
    let interactive = stream
        .or_else(|| (priority.value != Priority::Background).then_some("its priority is not BACKGROUND"));
    let defer_at_most = layers
        .duration("defer_at_most", |b| b.defer_at_most.as_ref())
        .filter(|defer| inherited("defer_at_most", &defer.origin, interactive));
    let needless = if context.kind == Kind::ServerStream {
        cache.and_then(|cache| cache.replay.as_ref()).map(|_| "with `replay` a stream opens again anyway")
    } else {
        Some("the method is not a server stream")
    };
    let reconnect = layers
        .pick("reconnect", |b| b.reconnect)
        .filter(|reconnect| !reconnect.value || inherited("reconnect", &reconnect.origin, needless))
        .unwrap_or_else(|| Value::default(false));
    // What is meant for calls with one answer would cut every stream off.
    let endless = stream.map(|_| "the method is a stream, which goes on");
    let total_timeout = layers
        .duration("total_timeout", |b| b.total_timeout.as_ref())
        .filter(|total| inherited("total_timeout", &total.origin, endless));
    Delivery {
        own: layers.own(),
        origin: layers.origin(),
        attempt_timeout: layers.duration("attempt_timeout", |b| b.attempt_timeout.as_ref()),
        total_timeout,
        retry,
        priority,
        defer_at_most,
        reconnect,
    }
}

fn silent() -> Delivery {
    Delivery {
        own: false,
        origin: Origin::DEFAULT,
        attempt_timeout: None,
        total_timeout: None,
        retry: None,
        priority: Value::default(Priority::Interactive),
        defer_at_most: None,
        reconnect: Value::default(false),
    }
}

fn retry(layers: &Layers<'_, vocabulary::Delivery>) -> Option<Retry> {
    let origin = layers.pick("retry", |b| b.retry.as_ref().map(|_| ()))?.origin;
    let duration = |part: &str, get: fn(&vocabulary::Retry) -> Option<&prost_types::Duration>| {
        layers.duration(part, |b| b.retry.as_ref().and_then(get))
    };
    let codes = layers.list("retry.retryable_status_codes", |b| {
        b.retry.as_ref().map_or(&[], |retry| retry.retryable_status_codes.as_slice())
    });
    let codes_origin = codes.first().map_or_else(|| origin.clone(), |code| code.origin.clone());
    Some(Retry {
        max_attempts: layers.pick("retry.max_attempts", |b| b.retry.as_ref()?.max_attempts),
        initial_backoff: duration("retry.initial_backoff", |retry| retry.initial_backoff.as_ref()),
        max_backoff: duration("retry.max_backoff", |retry| retry.max_backoff.as_ref()),
        backoff_multiplier: layers.pick("retry.backoff_multiplier", |b| b.retry.as_ref()?.backoff_multiplier),
        retryable_status_codes: Value {
            value: super::codes(codes.iter().map(|code| *code.value)),
            origin: codes_origin,
        },
        origin,
    })
}

fn skip(part: Option<&'static str>, origin: Origin, reason: &str) -> Skipped {
    Skipped { block: Block::Delivery, part, origin, reason: reason.to_owned() }
}
