//! DROP_EVERYTHING

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::{Action, Detail, Method, PlanNode, Signal};

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("DROP_EVERYTHING"),
    group: Group::Importance,
    level: Level::Warning,
    summary: "A trimmed answer has nothing left",
    page: Page {
        means: "On a poor network every field of a method's response is dropped; or, where a field mask is the signal, every \
                field of a message that is itself kept, which no mask can ask for.",
        matters: "The call would be made, and would bring nothing. If nothing of the answer is needed, the app need not \
                  call.",
        wrong: r#"
message Banner {
  option (holdover.message).default_importance = ENRICHING;
  optional string headline = 1;
}
// …
rpc GetBanner(GetBannerRequest) returns (Banner) {
  option (holdover.method).detail = {};
}"#,
        right: r#"
message Banner {
  option (holdover.message).default_importance = ENRICHING;
  optional string headline = 1 [(holdover.field).importance = KEPT];
  optional string body = 2;
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let Some(detail) = &method.detail else { continue };
        if detail.signal.value != Signal::Header {
            emptied(context, method, detail, out);
        }
        let (Some(root), Some(response)) = (detail.response.nodes.first(), context.message(&method.response))
        else {
            continue;
        };
        if !is_empty(root, response.fields().len()) {
            continue;
        }
        let message = &method.response;
        out.push(
            element(method),
            out.found(format!("trimmed answers of `{}` are empty, because every field of `{message}` is dropped", method.name))
                .at_origin(&detail.origin, "leaves nothing")
                .help("mark the fields that a screen needs KEPT, or switch trimming off here: `detail: { off: true }`"),
        );
    }
}

fn is_empty(node: &PlanNode, fields: usize) -> bool {
    fields > 0 && node.fields.values().filter(|action| **action == Action::Drop).count() == fields
}

/// Messages that are kept without anything in them, which a field mask cannot say: it leaves them out.
fn emptied(context: &Context<'_>, method: &Method, detail: &Detail, out: &mut Findings) {
    for node in detail.response.nodes.iter().skip(1) {
        let fields = context.message(&node.message).map_or(0, |message| message.fields().len());
        if !is_empty(node, fields) {
            continue;
        }
        let route = &node.route;
        out.push(
            element(method),
            out.found(format!(
                "everything in `{route}` is dropped, so a field mask leaves `{route}` out, too"
            ))
            .at_origin(&detail.signal.origin, "a field mask cannot ask for an empty message")
            .help(format!(
                "mark `{route}` ENRICHING, or keep something in it; the header signal can say both"
            )),
        );
    }
}
