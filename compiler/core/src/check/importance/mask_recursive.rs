//! MASK_RECURSIVE

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Signal;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("MASK_RECURSIVE"),
    group: Group::Importance,
    level: Level::Error,
    summary: "A field mask cannot say what is dropped inside a recursive type",
    page: Page {
        means: "The `google_field_mask` or `read_mask` signal is used, and something is dropped inside a message type that \
                contains itself.",
        matters: "A field mask lists paths from the top. What is dropped at every depth would need a list without an end.",
        wrong: r#"
rpc GetComments(GetCommentsRequest) returns (Comment) {
  option (holdover.method).detail.google_field_mask = {};
}
message Comment {
  Photo photo = 1 [(holdover.field).importance = ENRICHING];
  repeated Comment replies = 2;
}"#,
        right: r#"
rpc GetComments(GetCommentsRequest) returns (Comment) {
  option (holdover.method).detail.header = {};
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let Some(detail) = &method.detail else { continue };
        let has_mask = detail.response.is_empty() || detail.response.mask.is_some();
        if detail.signal.value == Signal::Header || has_mask {
            continue;
        }
        out.push(
            element(method),
            out.found(format!("no field mask can say what is dropped from `{}`, which contains itself", method.response))
                .at_origin(&detail.signal.origin, "a field mask")
                .help("use the header signal, which names a plan instead of paths: `header {}`; or drop nothing inside the recursion"),
        );
    }
}
