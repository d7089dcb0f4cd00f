//! TRIM_WRITEBACK

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Action;
use crate::lower::reach;
use std::collections::BTreeSet;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("TRIM_WRITEBACK"),
    group: Group::Importance,
    level: Level::Warning,
    summary: "A trimmed type is also what a mutation sends",
    page: Page {
        means: "Trimming drops fields of a message type that is also (in) the request of a method with side effects.",
        matters: "An app that reads such a message, changes it and sends it back erases on the server what was withheld \
                  from it.",
        wrong: r#"
rpc GetProfile(GetProfileRequest) returns (Profile) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).detail = {};
}
rpc UpdateProfile(Profile) returns (Profile);
message Profile {
  Photo photo = 4 [(holdover.field).importance = ENRICHING];
}"#,
        right: r#"
rpc UpdateProfile(UpdateProfileRequest) returns (Profile);
message UpdateProfileRequest {
  optional string name = 1;
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    let mutations: Vec<_> = context
        .ir
        .methods()
        .filter(|method| !method.is_read())
        .filter_map(|method| Some((method, reach::closure(&[context.message(&method.request)?]))))
        .collect();
    let mut seen = BTreeSet::new();
    for method in context.ir.methods() {
        let Some(detail) = &method.detail else { continue };
        for node in &detail.response.nodes {
            let dropped = node.fields.iter().find(|(_, action)| **action == Action::Drop);
            let Some((number, _)) = dropped else { continue };
            let Some((mutation, _)) = mutations.iter().find(|(_, types)| types.contains_key(&node.message))
            else {
                continue;
            };
            if !seen.insert(node.message.clone()) {
                continue;
            }
            let origin = node.reasons.get(number).and_then(|(_, origin)| origin.span);
            out.push(
                element(method),
                out.found(format!(
                    "`{}` is trimmed in answers of `{}`, and `{}` sends it",
                    node.message, method.name, mutation.name
                ))
                .at_origin(&detail.origin, "trims it")
                .also_maybe(origin, "drops a part of it")
                .also_maybe(context.method_span(mutation), "sends it")
                .note("an app that changes what it has read and sends it back erases what was withheld")
                .help(
                    "let the mutation have a request of its own with the fields that it changes; if a field mask or the \
                     server protects the others, allow TRIM_WRITEBACK and say so",
                ),
            );
        }
    }
}
