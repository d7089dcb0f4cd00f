//! OUTBOX_NO_KEY

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::{Idempotency, Mode};

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("OUTBOX_NO_KEY"),
    group: Group::Offline,
    level: Level::Error,
    summary: "A queued call that the server could not recognise when it comes twice",
    page: Page {
        means: "`offline.outbox` stands on a method that does not say IDEMPOTENT, and whose request has no field marked \
                `idempotency_key`.",
        matters: "A queued call is sent until the server has acknowledged it. If the acknowledgement is lost it is sent \
                  again, and the server has to know that it is the same call.",
        wrong: r#"
rpc RateRide(RateRideRequest) returns (RateRideResponse) {
  option (holdover.method).offline.outbox.expires_after = { seconds: 604800 };
}
message RateRideRequest {
  string ride_id = 1;
}"#,
        right: r#"
message RateRideRequest {
  string ride_id = 1;
  string request_id = 2 [(holdover.field).idempotency_key = true];
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let Some(mode) = method.offline.as_ref().and_then(|offline| offline.mode.as_ref()) else { continue };
        let recognised =
            method.idempotency.value != Idempotency::Unspecified || method.idempotency_key.is_some();
        if recognised || !matches!(mode.value, Mode::Outbox(_)) {
            continue;
        }
        out.push(
            element(method),
            out.found(format!("`{}` is queued, but the server could not tell a repetition", method.name))
                .at_origin(&mode.origin, "may be sent twice")
                .also_maybe(context.method_span(method), "this method")
                .help(format!(
                    "add a field `string request_id = … [(holdover.field).idempotency_key = true];` to `{}`; or, if repeating \
                     the call has the same effect, `option idempotency_level = IDEMPOTENT;`",
                    method.request
                )),
        );
    }
}
