//! The values of blocks, in words.

use super::{Block, Line, Places};
use crate::duration::in_words;
use crate::ir::{
    Cache, Code, Delivery, Detail, Kind, Method, Mode, OnPark, Origin, Outbox, Signal, Template,
    TemplateError, Value, Written,
};

pub(super) fn kind(method: &Method) -> &'static str {
    match method.kind {
        Kind::Unary | Kind::Unspecified => "unary",
        Kind::ServerStream => "server stream",
        Kind::ClientStream => "client stream",
        Kind::BidiStream => "bidirectional stream",
    }
}

pub(super) fn all(places: &Places<'_>, method: &Method) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(block) = &method.cache {
        blocks.push(Block { name: "cache", lines: cache(places, method, block) });
    }
    let lines = offline(places, method);
    if !lines.is_empty() {
        blocks.push(Block { name: "offline", lines });
    }
    blocks.push(Block { name: "delivery", lines: delivery(places, method, &method.delivery) });
    if let Some(block) = &method.detail {
        blocks.push(Block { name: "detail", lines: detail(places, block) });
    }
    if !method.invalidates.is_empty() {
        blocks.push(Block { name: "invalidates", lines: templates(places, "tag", &method.invalidates) });
    }
    blocks
}

fn cache(places: &Places<'_>, method: &Method, cache: &Cache) -> Vec<Line> {
    let mut lines = Vec::new();
    let windows = [
        ("fresh_for", cache.fresh_for.as_ref()),
        ("stale_while_revalidate", Some(&cache.stale_while_revalidate)),
        ("stale_if_error", Some(&cache.stale_if_error)),
    ];
    if method.kind == Kind::Unary {
        for (name, window) in windows {
            lines.extend(window.map(|window| places.line(name, duration(&window.value), &window.origin)));
        }
        lines.push(match &cache.stale_after {
            Some(after) => places.line("stale_after", duration(&after.value), &after.origin),
            None => {
                let text = "1 s, at most half of the caller's remaining wait";
                places.line("stale_after", text, &Origin::DEFAULT)
            }
        });
    }
    lines.extend(cache.replay.iter().map(|replay| {
        let window = replay.value.as_ref().map_or_else(|| "missing".to_owned(), duration);
        places.line("replay.window", window, &replay.origin)
    }));
    lines.push(places.line("scope", cache.scope.value.as_str_name(), &cache.scope.origin));
    lines.push(places.line("storage", cache.storage.value.as_str_name(), &cache.storage.origin));
    lines.extend(templates(places, "tag", &cache.tags));
    lines
}

fn templates(
    places: &Places<'_>,
    name: &str,
    templates: &[Value<Result<Template, TemplateError>>],
) -> Vec<Line> {
    let text = |template: &Result<Template, TemplateError>| match template {
        Ok(template) => template.text.clone(),
        Err(error) => error.text().to_owned(),
    };
    templates.iter().map(|template| places.line(name, text(&template.value), &template.origin)).collect()
}

/// Nothing for methods that know no difference between being offline and any other failure.
fn offline(places: &Places<'_>, method: &Method) -> Vec<Line> {
    let Some(mode) = method.offline.as_ref().and_then(|offline| offline.mode.as_ref()) else {
        let default = match (&method.cache, &method.offline) {
            _ if method.is_streaming() => return Vec::new(),
            (None, None) => return Vec::new(),
            (Some(_), _) => "stored answers within their windows, then OFFLINE",
            (None, Some(_)) => "OFFLINE",
        };
        return vec![places.line("mode", default, &Origin::DEFAULT)];
    };
    match &mode.value {
        Mode::ServeStale(max_age) => {
            let age = max_age
                .as_ref()
                .map_or_else(|| "of any age".to_owned(), |age| format!("up to {}", duration(age)));
            vec![places.line("serve_stale", age, &mode.origin)]
        }
        Mode::Wait => vec![places.line("wait", "until the caller's deadline", &mode.origin)],
        Mode::FailFast => vec![places.line("fail_fast", "OFFLINE at once", &mode.origin)],
        Mode::Outbox(outbox) => self::outbox(places, outbox, &mode.origin),
    }
}

fn outbox(places: &Places<'_>, outbox: &Outbox, origin: &Origin) -> Vec<Line> {
    let text = |template: &Result<Template, TemplateError>| match template {
        Ok(template) => template.text.clone(),
        Err(error) => error.text().to_owned(),
    };
    let mut lines = Vec::new();
    let mut line = |name: &str, value: Option<String>, default: &str| {
        lines.push(match value {
            Some(value) => places.line(format!("outbox.{name}"), value, origin),
            None => places.line(format!("outbox.{name}"), default, &Origin::DEFAULT),
        });
    };
    line("expires_after", outbox.expires_after.as_ref().map(duration), "not said");
    line("order_by", outbox.order_by.as_ref().map(text), "the method");
    line("coalesce.key", outbox.coalesce_key.as_ref().map(text), "calls are never replaced");
    line("key_retention", outbox.key_retention.as_ref().map(duration), "24 h");
    line("on_park", (outbox.on_park == OnPark::Continue).then(|| "CONTINUE".to_owned()), "HOLD");
    line("park_on", (!outbox.park_on.is_empty()).then(|| codes(&outbox.park_on)), "no further codes");
    line(
        "acknowledge_on",
        (!outbox.acknowledge_on.is_empty()).then(|| codes(&outbox.acknowledge_on)),
        "no further codes",
    );
    let pending = (outbox.max_pending != 0).then(|| outbox.max_pending.to_string());
    line("max_pending", pending, "the runtime's limit");
    let kept = (!outbox.keep_metadata.is_empty()).then(|| outbox.keep_metadata.join(", "));
    line("keep_metadata", kept, "none");
    lines
}

fn delivery(places: &Places<'_>, method: &Method, delivery: &Delivery) -> Vec<Line> {
    let mut lines = Vec::new();
    let (attempt, total) = match method.kind {
        Kind::Unary | Kind::Unspecified => {
            ("10 s, at BACKGROUND priority 30 s", "30 s, at BACKGROUND priority 2 min")
        }
        Kind::ServerStream => ("10 s until its head", "as long as it likes"),
        Kind::ClientStream | Kind::BidiStream => {
            ("10 s from the end of its requests until its head", "as long as it likes")
        }
    };
    let timeouts = [
        ("attempt_timeout", &delivery.attempt_timeout, attempt),
        ("total_timeout", &delivery.total_timeout, total),
    ];
    for (name, timeout, default) in timeouts {
        lines.push(match timeout {
            Some(timeout) => places.line(name, duration(&timeout.value), &timeout.origin),
            None => places.line(name, default, &Origin::DEFAULT),
        });
    }
    match &delivery.retry {
        None if method.is_streaming() => {}
        None => lines.push(places.line("retry", "one attempt", &Origin::DEFAULT)),
        Some(retry) => {
            let mut line = |name, value: Option<(String, &Origin)>| {
                let (value, origin) = value.unwrap_or_else(|| ("missing".to_owned(), &retry.origin));
                lines.push(places.line(name, value, origin));
            };
            let attempts = retry.max_attempts.as_ref();
            line("retry.max_attempts", attempts.map(|said| (said.value.to_string(), &said.origin)));
            for (name, backoff) in
                [("retry.initial_backoff", &retry.initial_backoff), ("retry.max_backoff", &retry.max_backoff)]
            {
                line(name, backoff.as_ref().map(|said| (duration(&said.value), &said.origin)));
            }
            let growth = retry.backoff_multiplier.as_ref();
            line("retry.backoff_multiplier", growth.map(|said| (said.value.to_string(), &said.origin)));
            let retried = &retry.retryable_status_codes;
            lines.push(places.line("retry.retryable_status_codes", codes(&retried.value), &retried.origin));
        }
    }
    lines.push(places.line("priority", delivery.priority.value.as_str_name(), &delivery.priority.origin));
    lines.extend(
        delivery.defer_at_most.iter().map(|d| places.line("defer_at_most", duration(&d.value), &d.origin)),
    );
    if method.kind == Kind::ServerStream {
        let reconnect = &delivery.reconnect;
        lines.push(match method.cache.as_ref().and_then(|cache| cache.replay.as_ref()) {
            Some(replay) => places.line("reconnect", "true, as with every `replay`", &replay.origin),
            None => places.line("reconnect", reconnect.value.to_string(), &reconnect.origin),
        });
    }
    lines
}

fn detail(places: &Places<'_>, detail: &Detail) -> Vec<Line> {
    let signal = match &detail.signal.value {
        Signal::Header => "header holdover-detail".to_owned(),
        Signal::GoogleFieldMask => "header x-goog-fieldmask".to_owned(),
        Signal::ReadMask(Ok(path)) => format!("request field {}", path.text),
        Signal::ReadMask(Err(_)) => "a request field that does not exist".to_owned(),
    };
    let mut lines = vec![
        places.line(
            "reduce_at",
            format!("{} or worse", detail.reduce_at.value.as_str_name()),
            &detail.reduce_at.origin,
        ),
        places.line("restore", detail.restore.value.to_string(), &detail.restore.origin),
        places.line("signal", signal, &detail.signal.origin),
    ];
    for path in &detail.keep {
        lines.extend(path.value.iter().map(|kept| places.line("keep", &kept.text, &path.origin)));
    }
    for (name, said) in [("response", &detail.response_overrides), ("request", &detail.request_overrides)] {
        for said in said {
            let importance = said.importance.map_or("UNSPECIFIED", crate::ir::Importance::word);
            lines.push(places.line(name, format!("{} is {importance}", said.text), &said.path.origin));
        }
    }
    if !detail.response.is_empty() {
        lines.push(places.line("plan", &detail.response.hash, &Origin::DEFAULT));
    }
    lines
}

fn codes(codes: &[Code]) -> String {
    codes.iter().map(Code::as_str_name).collect::<Vec<_>>().join(", ")
}

fn duration(written: &Written) -> String {
    written.as_ref().map_or_else(|_| "out of range".to_owned(), |duration| in_words(*duration))
}
