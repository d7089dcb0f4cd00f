//! DURATION_RANGE

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::{Kind, Method, Mode, Origin, Value, Written};

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("DURATION_RANGE"),
    group: Group::Cache,
    level: Level::Error,
    summary: "A duration that is missing, negative, too long, or zero where it must be positive",
    page: Page {
        means: "Durations are 0 to 365 days. `fresh_for`, a replay window, timeouts, backoffs, \
                `serve_stale.max_age` and an outbox's `expires_after` must be longer than 0. `nanos` is 0 to 999,999,999.",
        matters: "A negative or zero duration would switch off what it was meant to describe. A huge one is most often \
                  milliseconds where seconds were meant.",
        wrong: r#"
option (holdover.method).cache.fresh_for = { seconds: 0 };"#,
        right: r#"
option (holdover.method).cache.fresh_for = { seconds: 5 };"#,
    },
    check,
};

struct Said<'a> {
    name: &'static str,
    value: &'a Written,
    origin: &'a Origin,
    positive: bool,
}

impl<'a> Said<'a> {
    fn new(name: &'static str, value: &'a Value<Written>, positive: bool) -> Self {
        Self { name, value: &value.value, origin: &value.origin, positive }
    }
}

fn check(context: &Context<'_>, out: &mut Findings) {
    let mut seen = std::collections::BTreeSet::new();
    for method in context.ir.methods() {
        if let Some(replay) = replay(method).filter(|replay| replay.value.is_none()) {
            out.push(
                element(method),
                out.found(format!("`replay` of `{}` does not say its `window`", method.name))
                    .at_origin(&replay.origin, "for how long?")
                    .help("say `replay: { window: { seconds: 60 } }`"),
            );
        }
        for said in durations(method) {
            let problem = match said.value {
                Ok(duration) if said.positive && duration.is_zero() => "zero",
                Ok(_) => continue,
                Err(written) if written.nanos < 0 || written.seconds < 0 => "negative",
                Err(written) if written.nanos >= 1_000_000_000 => "no number of nanoseconds below a second",
                Err(_) => "longer than 365 days",
            };
            // What a service says is reported once and not for every method.
            if said.origin.span.is_some_and(|span| !seen.insert(span)) {
                continue;
            }
            let help = match problem {
                "zero" => {
                    "say how long, for example `{ seconds: 5 }`; to switch a block off, say `off: true`"
                }
                "negative" => "write `seconds` and `nanos` without a sign",
                "longer than 365 days" => "the unit is seconds: a year is `{ seconds: 31536000 }`",
                _ => "`nanos` is 0 to 999999999; write whole seconds in `seconds`",
            };
            let name = said.name;
            out.push(
                element(method),
                out.found(format!("`{name}` of `{}` is {problem}", method.name))
                    .at_origin(said.origin, problem)
                    .help(help),
            );
        }
    }
}

/// The replay window, where there can be one.
fn replay(method: &Method) -> Option<&Value<Option<Written>>> {
    method.cache.as_ref()?.replay.as_ref().filter(|_| method.kind == Kind::ServerStream)
}

fn durations(method: &Method) -> Vec<Said<'_>> {
    let mut said: Vec<Said<'_>> = Vec::new();
    // What does not belong to a method of its kind is reported as that, and its durations do not matter.
    if let Some(cache) = method.cache.as_ref().filter(|_| !method.is_streaming()) {
        said.extend(cache.fresh_for.iter().map(|value| Said::new("fresh_for", value, true)));
        said.push(Said::new("stale_while_revalidate", &cache.stale_while_revalidate, false));
        said.push(Said::new("stale_if_error", &cache.stale_if_error, false));
        said.extend(cache.stale_after.iter().map(|value| Said::new("stale_after", value, false)));
    }
    said.extend(replay(method).and_then(|replay| {
        let value = replay.value.as_ref()?;
        Some(Said { name: "replay.window", value, origin: &replay.origin, positive: true })
    }));
    let delivery = &method.delivery;
    said.extend(delivery.attempt_timeout.iter().map(|value| Said::new("attempt_timeout", value, true)));
    said.extend(delivery.total_timeout.iter().map(|value| Said::new("total_timeout", value, true)));
    if method.is_streaming() {
        return said;
    }
    said.extend(delivery.defer_at_most.iter().map(|value| Said::new("defer_at_most", value, false)));
    if let Some(retry) = method.retry() {
        // What is missing is ATTEMPTS_BOUNDS.
        said.extend(
            retry.initial_backoff.iter().map(|value| Said::new("retry.initial_backoff", value, true)),
        );
        said.extend(retry.max_backoff.iter().map(|value| Said::new("retry.max_backoff", value, true)));
    }
    if let Some(mode) = method.offline.as_ref().and_then(|offline| offline.mode.as_ref()) {
        let part = |name, value, positive| Said { name, value, origin: &mode.origin, positive };
        match &mode.value {
            Mode::ServeStale(max_age) => {
                said.extend(max_age.iter().map(|value| part("serve_stale.max_age", value, true)));
            }
            Mode::Outbox(outbox) => {
                said.extend(
                    outbox.expires_after.iter().map(|value| part("outbox.expires_after", value, true)),
                );
                said.extend(
                    outbox.key_retention.iter().map(|value| part("outbox.key_retention", value, true)),
                );
            }
            Mode::Wait | Mode::FailFast => {}
        }
    }
    said
}
