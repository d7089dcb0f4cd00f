//! STALE_MAX_AGE

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::{Mode, Value, Written};
use std::time::Duration;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("STALE_MAX_AGE"),
    group: Group::Offline,
    level: Level::Error,
    summary: "An answer that is served when the network fails would be too old offline",
    page: Page {
        means: "`serve_stale.max_age` is shorter than `fresh_for` and `stale_if_error` together. It is the whole age of an \
                answer, counted from when it was fetched.",
        matters: "Up to `fresh_for` + `stale_if_error` an answer is good enough when the network fails. Being offline is \
                  the same failure, known sooner, so it must not show less.",
        wrong: r#"
option (holdover.method).cache = { fresh_for: { seconds: 5 } stale_if_error: { seconds: 600 } };
option (holdover.method).offline.serve_stale.max_age = { seconds: 60 };"#,
        right: r#"
option (holdover.method).cache = { fresh_for: { seconds: 5 } stale_if_error: { seconds: 600 } };
option (holdover.method).offline.serve_stale.max_age = { seconds: 86400 };"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let Some(mode) = method.offline.as_ref().and_then(|offline| offline.mode.as_ref()) else { continue };
        let (Mode::ServeStale(Some(Ok(max_age))), Some(cache)) = (&mode.value, &method.cache) else {
            continue;
        };
        // What is out of range is DURATION_RANGE.
        let (Some(window), false) = (cache.error_window(), max_age.is_zero()) else { continue };
        if *max_age >= window {
            continue;
        }
        let seconds = |duration: Duration| format!("{} s", duration.as_secs_f64());
        let longer: Option<&Value<Written>> = match &cache.stale_if_error {
            error if error.value.is_ok_and(|error| !error.is_zero()) => Some(error),
            _ => cache.fresh_for.as_ref(),
        };
        out.push(
            element(method),
            out.found(format!(
                "offline, answers of `{}` are served up to an age of {}, but when the network fails up to {}",
                method.name,
                seconds(*max_age),
                seconds(window)
            ))
            .at_origin(&mode.origin, "shorter than `fresh_for` and `stale_if_error` together")
            .also_maybe(
                longer.and_then(|longer| longer.origin.span),
                "served this long when the network fails",
            )
            .help(format!(
                "say `max_age: {{ seconds: {} }}` or more, or leave `max_age` out for any age",
                window.as_secs_f64().ceil()
            )),
        );
    }
}
