//! STALE_WITHOUT_CACHE

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::{Kind, Mode};

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("STALE_WITHOUT_CACHE"),
    group: Group::Offline,
    level: Level::Error,
    summary: "Old answers are to be served offline by a method that keeps none",
    page: Page {
        means: "`offline.serve_stale` stands on a method without a `cache` block, or on a stream. A server stream keeps \
                its last message only with `cache.replay`, and shows it within the replay window, offline too.",
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
        let is_stream = method.kind != Kind::Unary;
        let Some(mode) = method.offline.as_ref().and_then(|offline| offline.mode.as_ref()) else { continue };
        if !matches!(mode.value, Mode::ServeStale(_)) || (method.cache.is_some() && !is_stream) {
            continue;
        }
        let (message, help) = match method.kind {
            Kind::ServerStream => (
                format!("`{}` is a server stream, of which no old answers are served", method.name),
                "say `cache.replay: { window: … }`: the last message is shown first within that time, offline too",
            ),
            Kind::ClientStream | Kind::BidiStream => (
                format!("`{}` takes a stream of requests, to which no answer can be kept", method.name),
                "remove `serve_stale`",
            ),
            Kind::Unary | Kind::Unspecified => (
                format!("`{}` is to serve old answers offline, but it keeps none", method.name),
                "add a `cache` block with `fresh_for`, or remove `serve_stale`",
            ),
        };
        out.push(
            element(method),
            out.found(message)
                .at_origin(&mode.origin, "nothing to serve")
                .also_maybe(context.method_span(method), "this method")
                .help(help),
        );
    }
}
