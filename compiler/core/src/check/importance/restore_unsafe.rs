//! RESTORE_UNSAFE

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("RESTORE_UNSAFE"),
    group: Group::Importance,
    level: Level::Error,
    summary: "`restore` on a method that must not be called again by itself",
    page: Page {
        means: "`detail.restore` calls a method again by itself when the network has recovered. The method does not say \
                NO_SIDE_EFFECTS, or its requests are a stream.",
        matters: "The second call would do again whatever the first one did; and of a stream of requests nothing is kept \
                  that could be sent again.",
        wrong: r#"
rpc BookRide(BookRideRequest) returns (Ride) {
  option (holdover.method).detail.restore = true;
}"#,
        right: r#"
rpc GetRide(GetRideRequest) returns (Ride) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).detail.restore = true;
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let sends_many = method.sends_many();
        let restore = method.detail.as_ref().map(|detail| &detail.restore);
        let Some(restore) = restore.filter(|restore| restore.value && (sends_many || !method.is_read()))
        else {
            continue;
        };
        let (message, label, help) = if sends_many {
            (
                format!("the requests of `{}` are a stream, which cannot be sent again", method.name),
                "this method",
                "remove `restore`",
            )
        } else {
            (
                format!("`{}` may change something, so it must not be called again by itself", method.name),
                "does not say NO_SIDE_EFFECTS",
                "remove `restore`; if the method is a read, add `option idempotency_level = NO_SIDE_EFFECTS;`",
            )
        };
        out.push(
            element(method),
            out.found(message)
                .at_origin(&restore.origin, "calls again when the network has recovered")
                .also_maybe(context.method_span(method), label)
                .help(help),
        );
    }
}
