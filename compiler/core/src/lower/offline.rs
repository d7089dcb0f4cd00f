//! The offline block of a method.

use super::inherit::{Layers, duration};
use super::method::Context;
use super::template;
use crate::ir::{Block, Cache, Kind, Mode, Offline, OnPark, Origin, Outbox, Skipped};
use holdover_annotations::annotations as vocabulary;
use vocabulary::offline::Mode as Written;

/// The block in force. `cache` is the method's effective cache block.
pub(super) fn lower(
    context: &Context<'_>,
    layers: &Layers<'_, vocabulary::Offline>,
    cache: Option<&Cache>,
    skipped: &mut Vec<Skipped>,
) -> Option<Offline> {
    if !layers.exists() {
        return None;
    }
    if let Some(off) = layers.pick("off", |block| block.off).filter(|off| off.value) {
        skipped.push(skip(off.origin, "it says `off: true`"));
        return None;
    }
    // The origin is that of the member that is set, so that it can be underlined.
    let mode = layers.layers.iter().find_map(|layer| {
        let mode = layer.block.mode.as_ref()?;
        let word = match mode {
            Written::ServeStale(_) => "serve_stale",
            Written::Outbox(_) => "outbox",
            Written::Wait(_) => "wait",
            Written::FailFast(_) => "fail_fast",
        };
        let origin = super::inherit::origin(layer.level, layer.site, &format!("offline.{word}"));
        Some(crate::ir::Value { value: mode, origin })
    });
    let offline = Offline {
        own: layers.own(),
        origin: layers.origin(),
        mode: mode.map(|mode| mode.map(|mode| lower_mode(context, mode))),
    };
    if offline.own {
        return Some(offline);
    }
    match offline.mode.as_ref().and_then(|mode| obstacle(context, &mode.value, cache)) {
        None => Some(offline),
        Some(reason) => {
            skipped.push(skip(offline.origin, reason));
            None
        }
    }
}

fn lower_mode(context: &Context<'_>, mode: &Written) -> Mode {
    match mode {
        Written::ServeStale(stale) => Mode::ServeStale(stale.max_age.as_ref().map(duration)),
        Written::Wait(_) => Mode::Wait,
        Written::FailFast(_) => Mode::FailFast,
        Written::Outbox(outbox) => {
            let parse = |text: &String| template::parse(text, &context.request, &context.response);
            Mode::Outbox(Box::new(Outbox {
                expires_after: outbox.expires_after.as_ref().map(duration),
                order_by: outbox.order_by.as_ref().map(parse),
                coalesce_key: outbox.coalesce.as_ref().map(|coalesce| {
                    // A path, not a template: "request.draft_id".
                    parse(&format!("{{{}}}", coalesce.key.as_deref().unwrap_or_default()))
                }),
                key_retention: outbox.key_retention.as_ref().map(duration),
                max_pending: outbox.max_pending.unwrap_or(0),
                on_park: match OnPark::try_from(outbox.on_park.unwrap_or(0)).unwrap_or_default() {
                    OnPark::Unspecified => OnPark::Hold,
                    other => other,
                },
                park_on: super::codes(outbox.park_on.iter().copied()),
                acknowledge_on: super::codes(outbox.acknowledge_on.iter().copied()),
                keep_metadata: outbox.keep_metadata.iter().map(|name| name.to_ascii_lowercase()).collect(),
            }))
        }
    }
}

/// Why an inherited mode cannot apply to a method.
fn obstacle(context: &Context<'_>, mode: &Mode, cache: Option<&Cache>) -> Option<&'static str> {
    match mode {
        _ if context.kind != Kind::Unary => Some("the method is a stream"),
        Mode::ServeStale(_) if cache.is_none() => {
            Some("the method is not cached, so there is nothing to serve")
        }
        Mode::ServeStale(Some(Ok(max_age)))
            if cache.and_then(Cache::error_window).is_some_and(|window| *max_age < window) =>
        {
            Some("its `fresh_for` and `stale_if_error` together are longer than `max_age`")
        }
        Mode::Outbox(_) if context.is_read() => Some("the method is a read"),
        Mode::Outbox(_) if !context.is_repeatable() && context.idempotency_key.is_none() => {
            Some("the method is not IDEMPOTENT, and its request has no `idempotency_key` field")
        }
        Mode::Outbox(outbox) => match (&outbox.order_by, &outbox.coalesce_key) {
            (Some(Err(_)), _) | (_, Some(Err(_))) => Some("its request lacks a field of the outbox block"),
            _ => None,
        },
        _ => None,
    }
}

fn skip(origin: Origin, reason: &str) -> Skipped {
    Skipped { block: Block::Offline, part: None, origin, reason: reason.to_owned() }
}
