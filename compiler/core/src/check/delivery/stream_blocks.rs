//! STREAM_BLOCKS

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::{Method, Mode, Origin};

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("STREAM_BLOCKS"),
    group: Group::Delivery,
    level: Level::Error,
    summary: "What only a call with one answer can do is said of a stream",
    page: Page {
        means: "`offline.serve_stale`, `offline.wait`, `offline.fail_fast`, `delivery.retry` and `delivery.defer_at_most` are \
                for unary methods.",
        matters: "A server stream with `cache.replay` or `delivery.reconnect` opens again by itself, as soon as there is a \
                  network; with `replay` its last message is shown meanwhile. A stream of requests passes through: nothing \
                  of it is kept that could be sent again.",
        wrong: r#"
rpc WatchRide(WatchRideRequest) returns (stream Ride) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).offline.wait = {};
}"#,
        right: r#"
rpc WatchRide(WatchRideRequest) returns (stream Ride) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).delivery.reconnect = true;
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods().filter(|method| method.is_streaming()) {
        for (block, origin) in misplaced(method) {
            let help = match (block, method.sends_many()) {
                (_, true) => format!("remove `{block}`: the app knows what has to be sent again, and when"),
                ("offline.serve_stale", false) => {
                    "say `cache.replay: { window: … }`: the last message is shown first within that time, offline too".to_owned()
                }
                ("offline.wait" | "delivery.retry", false) => {
                    format!("say `delivery.reconnect: true` instead of `{block}`, or `cache.replay` to show the last message meanwhile")
                }
                (_, false) => format!("remove `{block}`"),
            };
            let what = if method.sends_many() { "takes a stream of requests" } else { "is a server stream" };
            out.push(
                element(method),
                out.found(format!("`{}` {what}, for which there is no `{block}`", method.name))
                    .at_origin(origin, "not for streams")
                    .also_maybe(context.method_span(method), "this method")
                    .help(help),
            );
        }
    }
}

/// What a method says itself; what its service or file says is skipped on streams.
fn misplaced(method: &Method) -> Vec<(&'static str, &Origin)> {
    let delivery = &method.delivery;
    let mode = method.offline.as_ref().and_then(|offline| offline.mode.as_ref());
    let mode = mode.and_then(|mode| {
        let block = match mode.value {
            Mode::ServeStale(_) => "offline.serve_stale",
            Mode::Wait => "offline.wait",
            Mode::FailFast => "offline.fail_fast",
            // OUTBOX_STREAM
            Mode::Outbox(_) => return None,
        };
        Some((block, &mode.origin))
    });
    let parts = [
        delivery.retry.as_ref().map(|retry| ("delivery.retry", &retry.origin)),
        delivery.deferral().map(|defer| ("delivery.defer_at_most", &defer.origin)),
    ];
    mode.into_iter().chain(parts.into_iter().flatten()).collect()
}
