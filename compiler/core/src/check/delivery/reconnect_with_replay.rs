//! RECONNECT_WITH_REPLAY

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Level as From;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("RECONNECT_WITH_REPLAY"),
    group: Group::Delivery,
    level: Level::Error,
    summary: "`reconnect` beside `replay`, which reconnects anyway",
    page: Page {
        means: "A method with `cache.replay` also says `delivery.reconnect`, true or false. A stream with `replay` always \
                opens again by itself.",
        matters: "`true` says nothing new, and `false` would not be followed.",
        wrong: r#"
rpc WatchPrice(GetPriceRequest) returns (stream Price) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).cache.replay.window = { seconds: 60 };
  option (holdover.method).delivery.reconnect = true;
}"#,
        right: r#"
rpc WatchPrice(GetPriceRequest) returns (stream Price) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).cache.replay.window = { seconds: 60 };
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let Some(replay) = method.cache.as_ref().and_then(|cache| cache.replay.as_ref()) else { continue };
        let reconnect = &method.delivery.reconnect;
        // What a service says for all of its streams is skipped on those that do not need it.
        if reconnect.origin.level != From::Method {
            continue;
        }
        let label = if reconnect.value { "says nothing new" } else { "would not be followed" };
        out.push(
            element(method),
            out.found(format!(
                "`{}` has `replay`, with which a stream always opens again by itself",
                method.name
            ))
            .at_origin(&reconnect.origin, label)
            .also_maybe(replay.origin.span, "opens again by itself")
            .help(if reconnect.value {
                "remove `reconnect`"
            } else {
                "remove `reconnect`; to have the stream end when it breaks, remove `replay`"
            }),
        );
    }
}
