//! CACHE_CLIENT_STREAM

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("CACHE_CLIENT_STREAM"),
    group: Group::Cache,
    level: Level::Error,
    summary: "A method whose requests are a stream is cached",
    page: Page {
        means: "A `cache` block stands on a method with `stream` before its request type.",
        matters: "An answer is found again by its request. A stream of requests is not known when the call starts, so it \
                  has no key.",
        wrong: r#"
rpc Upload(stream Chunk) returns (Summary) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).cache.fresh_for = { seconds: 5 };
}"#,
        right: r#"
rpc Upload(stream Chunk) returns (Summary);"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods().filter(|method| method.sends_many()) {
        let Some(cache) = method.cache.as_ref().filter(|cache| cache.own) else { continue };
        out.push(
            element(method),
            out.found(format!("`{}` is cached, but its requests are a stream", method.name))
                .at_origin(&cache.origin, "nothing to find an answer by")
                .also_maybe(context.method_span(method), "this method")
                .help("remove the `cache` block, or make the request a single message"),
        );
    }
}
