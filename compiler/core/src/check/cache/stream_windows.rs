//! STREAM_WINDOWS

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::{Kind, Level as From};

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("STREAM_WINDOWS"),
    group: Group::Cache,
    level: Level::Error,
    summary: "`fresh_for` or a stale window on a server stream",
    page: Page {
        means: "A server stream says `fresh_for`, `stale_while_revalidate`, `stale_if_error` or `stale_after`. Streams \
                have `replay` instead: how long after the stream was last live its last message is still worth showing.",
        matters: "A stream brings its messages by itself, so nothing about it is ever refreshed; the windows would do \
                  nothing.",
        wrong: r#"
rpc WatchPrice(GetPriceRequest) returns (stream Price) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).cache.fresh_for = { seconds: 5 };
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
    for method in context.ir.methods().filter(|method| method.kind == Kind::ServerStream) {
        let Some(cache) = &method.cache else { continue };
        let windows = [
            ("fresh_for", cache.fresh_for.as_ref()),
            ("stale_while_revalidate", Some(&cache.stale_while_revalidate)),
            ("stale_if_error", Some(&cache.stale_if_error)),
            ("stale_after", cache.stale_after.as_ref()),
        ];
        for (name, window) in windows {
            let Some(window) = window.filter(|window| window.origin.level == From::Method) else { continue };
            out.push(
                element(method),
                out.found(format!("`{}` is a server stream, which has no `{name}`", method.name))
                    .at_origin(&window.origin, "for unary methods only")
                    .also_maybe(context.method_span(method), "this method")
                    .help("say `replay: { window: … }` to show the last message first when the stream is opened again"),
            );
        }
        if cache.own && cache.replay.is_none() && cache.fresh_for.is_none() {
            out.push(
                element(method),
                out.found(format!(
                    "`{}` is a server stream with a `cache` block that does not say `replay`",
                    method.name
                ))
                .at_origin(&cache.origin, "keeps nothing")
                .help("say `replay: { window: … }`, or remove the block"),
            );
        }
    }
}
