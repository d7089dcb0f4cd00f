//! UNSAFE_CACHE

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Idempotency;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("UNSAFE_CACHE"),
    group: Group::Cache,
    level: Level::Error,
    summary: "A method is cached, but calling it may change something",
    page: Page {
        means: "A `cache` block stands on a method that does not say NO_SIDE_EFFECTS. Only reads may be cached. The \
                native `idempotency_level` says so, or `(holdover.method).idempotency` where it cannot be set.",
        matters: "A cached answer takes the place of a call. If the call was to change something on the server, the \
                  change would silently not happen; and a refresh in the background would make it happen again.",
        wrong: r#"
rpc GetQuote(GetQuoteRequest) returns (Quote) {
  option (holdover.method).cache.fresh_for = { seconds: 5 };
}"#,
        right: r#"
rpc GetQuote(GetQuoteRequest) returns (Quote) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).cache.fresh_for = { seconds: 5 };
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    // Where the requests are a stream it is CACHE_CLIENT_STREAM, whatever the method does.
    for method in context.ir.methods().filter(|method| !method.is_read() && !method.sends_many()) {
        let Some(cache) = method.cache.as_ref().filter(|cache| cache.own) else { continue };
        let how = match method.idempotency.value {
            Idempotency::Idempotent => "is IDEMPOTENT, which is a write that may be repeated",
            _ => "does not say that it has no side effects",
        };
        out.push(
            element(method),
            out.found(format!("`{}` is cached, but it {how}", method.name))
                .at_origin(&cache.origin, "only reads may be cached")
                .also_maybe(context.method_span(method), "this method")
                .note("a cached answer takes the place of a call, so the call must change nothing on the server")
                .help("if it is a read, add `option idempotency_level = NO_SIDE_EFFECTS;` to the method; else remove the block"),
        );
    }
}
