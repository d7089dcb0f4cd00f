//! RECONNECT_NOT_SERVER_STREAM

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Kind;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("RECONNECT_NOT_SERVER_STREAM"),
    group: Group::Delivery,
    level: Level::Error,
    summary: "`reconnect` on a method that is no server stream",
    page: Page {
        means: "`delivery.reconnect` opens a server stream again with the same request when it breaks. A unary method is \
                tried again by `delivery.retry`; a stream of requests cannot be sent again, because what was sent is not \
                kept.",
        matters: "It would do nothing, and the method would look as if it came back by itself.",
        wrong: r#"
rpc Chat(stream Line) returns (stream Line) {
  option (holdover.method).delivery.reconnect = true;
}"#,
        right: r#"
rpc WatchChat(WatchChatRequest) returns (stream Line) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).delivery.reconnect = true;
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods().filter(|method| method.kind != Kind::ServerStream) {
        let reconnect = &method.delivery.reconnect;
        if !reconnect.value {
            continue;
        }
        let (what, help) = match method.kind {
            Kind::Unary | Kind::Unspecified => ("is unary", "say `delivery.retry`, or remove `reconnect`"),
            _ => {
                ("takes a stream of requests", "remove `reconnect`: the app knows what has to be sent again")
            }
        };
        out.push(
            element(method),
            out.found(format!("`{}` {what}, so it cannot be opened again by itself", method.name))
                .at_origin(&reconnect.origin, "for server streams only")
                .also_maybe(context.method_span(method), "this method")
                .help(help),
        );
    }
}
