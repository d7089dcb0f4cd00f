//! TIMEOUT_BUDGET

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::{Method, Priority, Value, Written};
use std::time::Duration;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("TIMEOUT_BUDGET"),
    group: Group::Delivery,
    level: Level::Warning,
    summary: "Timeouts that do not fit into each other",
    page: Page {
        means: "`attempt_timeout` is longer than `total_timeout`; or the method is retried, and it is as long. Where one is \
                not said, its default counts: 10 s and 30 s, at BACKGROUND priority 30 s and 120 s.",
        matters: "The total ends the attempt before its own timeout does, and there is no time left for a second one.",
        wrong: r#"
option (holdover.method).delivery = { attempt_timeout: { seconds: 20 } total_timeout: { seconds: 15 } };"#,
        right: r#"
option (holdover.method).delivery = { attempt_timeout: { seconds: 5 } total_timeout: { seconds: 15 } };"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let delivery = &method.delivery;
        let Some(((attempt, said), (total, total_said))) = timeouts(method) else { continue };
        let fits = match (method.retry(), said) {
            (Some(_), _) => attempt < total,
            (None, Some(_)) => attempt <= total,
            // A short total with one attempt is all that needs to be said.
            (None, None) => true,
        };
        let Some(said) = said.or(total_said).filter(|_| !fits) else { continue };
        let shown = |duration: Duration| format!("{} s", duration.as_secs_f64());
        out.push(
            element(method),
            out.found(format!(
                "an attempt of `{}` may take {}, and all attempts together {}",
                method.name,
                shown(attempt),
                shown(total)
            ))
            .at_origin(&said.origin, "leaves no time for another attempt")
            .also_maybe(
                total_said.filter(|_| delivery.attempt_timeout.is_some()).and_then(|t| t.origin.span),
                "the total",
            )
            .help("make `attempt_timeout` shorter, or `total_timeout` longer"),
        );
    }
}

type Timeout<'a> = (Duration, Option<&'a Value<Written>>);

/// The timeouts in force; `None` where one is zero or out of range, which is DURATION_RANGE.
fn timeouts(method: &Method) -> Option<(Timeout<'_>, Timeout<'_>)> {
    let delivery = &method.delivery;
    // A stream goes on, unless somebody says for how long.
    if method.is_streaming() && delivery.total_timeout.is_none() {
        return None;
    }
    let (attempt, total) = match delivery.priority.value {
        Priority::Background => (30, 120),
        Priority::Interactive | Priority::Unspecified => (10, 30),
    };
    let of = |said: &'_ Option<Value<Written>>, default: u64| match said {
        Some(said) => said.value.ok().filter(|duration| !duration.is_zero()),
        None => Some(Duration::from_secs(default)),
    };
    let attempt = (of(&delivery.attempt_timeout, attempt)?, delivery.attempt_timeout.as_ref());
    Some((attempt, (of(&delivery.total_timeout, total)?, delivery.total_timeout.as_ref())))
}
