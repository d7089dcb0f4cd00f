//! DROP_EVERYTHING

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Action;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("DROP_EVERYTHING"),
    group: Group::Importance,
    level: Level::Warning,
    summary: "A trimmed answer has nothing left",
    page: Page {
        means: "On a poor network every field of a method's response is dropped.",
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
        let (Some(root), Some(response)) = (detail.response.nodes.first(), context.message(&method.response))
        else {
            continue;
        };
        let fields = response.fields().len();
        let dropped = root.fields.values().filter(|action| **action == Action::Drop).count();
        if fields == 0 || dropped < fields {
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
