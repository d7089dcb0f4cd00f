//! REPLAY_NOT_SERVER_STREAM

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Kind;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("REPLAY_NOT_SERVER_STREAM"),
    group: Group::Cache,
    level: Level::Error,
    summary: "`replay` on a method that is no server stream",
    page: Page {
        means: "`cache.replay` keeps the last message of a server stream and shows it first when the stream is opened \
                again. A unary method has one answer; its windows are `fresh_for`, `stale_while_revalidate` and \
                `stale_if_error`.",
        matters: "It would do nothing, and the method would look as if it were cached.",
        wrong: r#"
rpc GetPrice(GetPriceRequest) returns (Price) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).cache.replay.window = { seconds: 60 };
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
    for method in context.ir.methods().filter(|method| method.kind == Kind::Unary) {
        let replay = method.cache.as_ref().and_then(|cache| cache.replay.as_ref());
        let Some(replay) = replay else { continue };
        out.push(
            element(method),
            out.found(format!("`{}` is unary, so there is no stream to replay", method.name))
                .at_origin(&replay.origin, "for server streams only")
                .also_maybe(context.method_span(method), "this method")
                .help(
                    "say `fresh_for`, and `stale_while_revalidate` or `stale_if_error`, instead of `replay`",
                ),
        );
    }
}
