//! WINDOW_WITHOUT_FRESH

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Kind;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("WINDOW_WITHOUT_FRESH"),
    group: Group::Cache,
    level: Level::Error,
    summary: "A `cache` block without `fresh_for`",
    page: Page {
        means: "A unary method has a `cache` block, and neither it nor its service says `fresh_for`. The stale windows \
                start where `fresh_for` ends.",
        matters: "Without a start there are no windows: nobody could tell when an answer becomes stale. A short \
                  `fresh_for` is fine; even one second stops a screen from asking twice.",
        wrong: r#"
option (holdover.method).cache.stale_if_error = { seconds: 600 };"#,
        right: r#"
option (holdover.method).cache = { fresh_for: { seconds: 5 } stale_if_error: { seconds: 600 } };"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods().filter(|method| method.kind == Kind::Unary) {
        let Some(cache) = method.cache.as_ref().filter(|cache| cache.own && cache.fresh_for.is_none()) else {
            continue;
        };
        // A replay on a unary method has a rule of its own.
        if cache.replay.is_some() {
            continue;
        }
        let windows = [&cache.stale_while_revalidate, &cache.stale_if_error];
        let window = windows.into_iter().find(|window| !window.is_default());
        out.push(
            element(method),
            out.found(format!("the cache block of `{}` does not say `fresh_for`", method.name))
                .at_origin(window.map_or(&cache.origin, |window| &window.origin), "starts where `fresh_for` ends")
                .help("add `fresh_for: { seconds: … }`: up to this age an answer is served without asking the network"),
        );
    }
}
