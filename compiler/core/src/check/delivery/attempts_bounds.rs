//! ATTEMPTS_BOUNDS

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("ATTEMPTS_BOUNDS"),
    group: Group::Delivery,
    level: Level::Error,
    summary: "A retry policy outside of gRPC's limits",
    page: Page {
        means: "`max_attempts` counts all attempts, the first one included, and is 2 to 5. `backoff_multiplier` is greater \
                than 0. These are the limits of gRPC's service config.",
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
        let Some(retry) = &method.delivery.retry else { continue };
        let attempts = &retry.max_attempts;
        if !(2..=5).contains(&attempts.value) {
            let written = match attempts.value {
                0 => "does not say `max_attempts`".to_owned(),
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
        let growth = &retry.backoff_multiplier;
        if !(growth.value.is_finite() && growth.value > 0.0) {
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
