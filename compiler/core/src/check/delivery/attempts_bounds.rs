//! ATTEMPTS_BOUNDS

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("ATTEMPTS_BOUNDS"),
    group: Group::Delivery,
    level: Level::Error,
    summary: "A retry policy that is incomplete, or outside of gRPC's limits",
    page: Page {
        means: "`max_attempts` counts all attempts, the first one included, and is 2 to 5. `backoff_multiplier` is greater \
                than 0. Nothing may be left out. These are the rules of gRPC's service config.",
        matters: "One attempt is no retry, and many attempts make a server that is down stay down.",
        wrong: r#"
option (holdover.method).delivery.retry.max_attempts = 10;"#,
        right: r#"
option (holdover.method).delivery.retry.max_attempts = 3;"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let Some(retry) = method.retry() else { continue };
        let mut missing = retry.missing();
        if !missing.is_empty() {
            if retry.retryable_status_codes.value.is_empty() {
                missing.push("retryable_status_codes");
            }
            let missing: Vec<String> = missing.iter().map(|part| format!("`{part}`")).collect();
            out.push(
                element(method),
                out.found(format!(
                    "the retry policy of `{}` does not say {}",
                    method.name,
                    missing.join(", ")
                ))
                .at_origin(&retry.origin, "has no defaults, as in gRPC")
                .help(
                    "write all of it, for example `retry: { max_attempts: 3 initial_backoff: { seconds: 1 } max_backoff: \
                     { seconds: 10 } backoff_multiplier: 2 retryable_status_codes: UNAVAILABLE }`, or remove `retry` for a \
                     single attempt",
                ),
            );
        }
        if let Some(attempts) = retry.max_attempts.as_ref().filter(|said| !(2..=5).contains(&said.value)) {
            let written = match attempts.value {
                0 => "has no attempts".to_owned(),
                1 => "has one attempt, which is no retry".to_owned(),
                many => format!("has {many} attempts"),
            };
            out.push(
                element(method),
                out.found(format!("the retry policy of `{}` {written}", method.name))
                    .at_origin(&attempts.origin, "2 to 5, the first attempt included")
                    .help("say `max_attempts: 3`, or remove `retry` for a single attempt"),
            );
        }
        let growth = retry.backoff_multiplier.as_ref();
        if let Some(growth) = growth.filter(|said| !(said.value.is_finite() && said.value > 0.0)) {
            out.push(
                element(method),
                out.found(format!(
                    "the waits between the attempts of `{}` do not grow by a positive factor",
                    method.name
                ))
                .at_origin(&growth.origin, "`backoff_multiplier` is not greater than 0")
                .help("say `backoff_multiplier: 2`"),
            );
        }
    }
}
