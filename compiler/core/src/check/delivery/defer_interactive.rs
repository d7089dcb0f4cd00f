//! DEFER_INTERACTIVE

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Priority;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("DEFER_INTERACTIVE"),
    group: Group::Delivery,
    level: Level::Error,
    summary: "A call that somebody waits for is put off",
    page: Page {
        means: "`delivery.defer_at_most` stands on a method whose priority is not BACKGROUND.",
        matters: "A deferred call waits for a better network. Somebody who looks at the screen would wait with it.",
        wrong: r#"
option (holdover.method).delivery.defer_at_most = { seconds: 600 };"#,
        right: r#"
option (holdover.method).delivery = { priority: BACKGROUND defer_at_most: { seconds: 600 } };"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        // On streams it is STREAM_BLOCKS.
        if method.is_streaming() || method.delivery.priority.value == Priority::Background {
            continue;
        }
        let Some(defer) = method.delivery.deferral() else { continue };
        let priority = &method.delivery.priority;
        out.push(
            element(method),
            out.found(format!("`{}` may be deferred, but its priority is INTERACTIVE", method.name))
                .at_origin(&defer.origin, "somebody waits for the answer")
                .also_maybe(priority.origin.span.or_else(|| context.method_span(method)), "INTERACTIVE")
                .help("say `priority: BACKGROUND` if nobody waits for the answer, or remove `defer_at_most`"),
        );
    }
}
