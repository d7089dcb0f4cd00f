//! STALE_WITHOUT_CACHE

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Mode;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("STALE_WITHOUT_CACHE"),
    group: Group::Offline,
    level: Level::Error,
    summary: "Old answers are to be served offline by a method that keeps none",
    page: Page {
        means: "`offline.serve_stale` stands on a method without a `cache` block.",
        matters: "Nothing is stored, so nothing could be served, and the method would look as if it worked offline.",
        wrong: r#"
rpc GetRide(GetRideRequest) returns (Ride) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).offline.serve_stale = {};
}"#,
        right: r#"
rpc GetRide(GetRideRequest) returns (Ride) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).cache.fresh_for = { seconds: 5 };
  option (holdover.method).offline.serve_stale = {};
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let Some(mode) = method.offline.as_ref().and_then(|offline| offline.mode.as_ref()) else { continue };
        // On streams it is STREAM_BLOCKS.
        if method.is_streaming() || method.cache.is_some() || !matches!(mode.value, Mode::ServeStale(_)) {
            continue;
        }
        out.push(
            element(method),
            out.found(format!("`{}` is to serve old answers offline, but it keeps none", method.name))
                .at_origin(&mode.origin, "nothing to serve")
                .also_maybe(context.method_span(method), "this method")
                .help("add a `cache` block with `fresh_for`, or remove `serve_stale`"),
        );
    }
}
