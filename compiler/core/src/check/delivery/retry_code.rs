//! RETRY_CODE

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Code as Status;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("RETRY_CODE"),
    group: Group::Delivery,
    level: Level::Error,
    summary: "A status is retried that does not pass by itself",
    page: Page {
        means: "`retryable_status_codes` is empty, or names a status that is no transient failure. Transient are \
                UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, INTERNAL, UNKNOWN and ABORTED.",
        matters: "A call that was refused once is refused again; trying again costs battery and brings the same answer. \
                  UNAUTHENTICATED is repeated once by itself, with new credentials.",
        wrong: r#"
option (holdover.method).delivery.retry.retryable_status_codes = NOT_FOUND;"#,
        right: r#"
option (holdover.method).delivery.retry.retryable_status_codes = UNAVAILABLE;"#,
    },
    check,
};

const TRANSIENT: [Status; 6] = [
    Status::Unavailable,
    Status::DeadlineExceeded,
    Status::ResourceExhausted,
    Status::Internal,
    Status::Unknown,
    Status::Aborted,
];

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let Some(retry) = method.retry() else { continue };
        let codes = &retry.retryable_status_codes;
        // Where more is missing, ATTEMPTS_BOUNDS says all that is.
        if codes.value.is_empty() && !retry.missing().is_empty() {
            continue;
        }
        let wrong: Vec<&str> =
            codes.value.iter().filter(|code| !TRANSIENT.contains(code)).map(Status::as_str_name).collect();
        let (message, label) = if codes.value.is_empty() {
            (
                format!("the retry policy of `{}` does not say which codes are retried", method.name),
                "no codes",
            )
        } else if wrong.is_empty() {
            continue;
        } else {
            (
                format!(
                    "`{}` is retried after {}, which does not pass by itself",
                    method.name,
                    wrong.join(", ")
                ),
                "not transient",
            )
        };
        let names: Vec<&str> = TRANSIENT.iter().map(Status::as_str_name).collect();
        out.push(
            element(method),
            out.found(message)
                .at_origin(&codes.origin, label)
                .help(format!("name some of {}; UNAVAILABLE is the usual one", names.join(", "))),
        );
    }
}
