//! RETRY_UNSAFE

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Idempotency;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("RETRY_UNSAFE"),
    group: Group::Delivery,
    level: Level::Error,
    summary: "A method is retried that must not be called twice",
    page: Page {
        means: "`delivery.retry` stands on a method that says neither NO_SIDE_EFFECTS nor IDEMPOTENT.",
        matters: "When an attempt fails, nobody knows whether the server has done what it asked for. A second attempt \
                  could book a second ride.",
        wrong: r#"
rpc BookRide(BookRideRequest) returns (Ride) {
  option (holdover.method).delivery.retry = {
    max_attempts: 3 initial_backoff: { seconds: 1 } max_backoff: { seconds: 10 } backoff_multiplier: 2
    retryable_status_codes: UNAVAILABLE
  };
}"#,
        right: r#"
rpc BookRide(BookRideRequest) returns (Ride) {
  option idempotency_level = IDEMPOTENT;    // the server recognises a repetition
  option (holdover.method).delivery.retry = {
    max_attempts: 3 initial_backoff: { seconds: 1 } max_backoff: { seconds: 10 } backoff_multiplier: 2
    retryable_status_codes: UNAVAILABLE
  };
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let repeatable =
            matches!(method.idempotency.value, Idempotency::NoSideEffects | Idempotency::Idempotent);
        let Some(retry) = method.retry().filter(|_| !repeatable) else { continue };
        out.push(
            element(method),
            out.found(format!("`{}` is retried, but nothing says that it may be called twice", method.name))
                .at_origin(&retry.origin, "may do it again")
                .also_maybe(context.method_span(method), "this method")
                .note("when an attempt fails, nobody knows whether the server has done what it asked for")
                .help(
                    "if it is a read, add `option idempotency_level = NO_SIDE_EFFECTS;`; if repeating it has the same \
                     effect, IDEMPOTENT; else remove `retry`",
                ),
        );
    }
}
