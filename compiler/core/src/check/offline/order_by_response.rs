//! ORDER_BY_RESPONSE

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::{FieldPath, Mode, Root, Template, TemplatePart};

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("ORDER_BY_RESPONSE"),
    group: Group::Offline,
    level: Level::Error,
    summary: "An order or a key of queued calls that the request does not give",
    page: Page {
        means: "`outbox.order_by` or `outbox.coalesce.key` names a part of the response, or a repeated field or a map of \
                the request.",
        matters: "Both are needed when the call is queued. There is no response yet, and a field with many values would \
                  put one call into many orders.",
        wrong: r#"
option (holdover.method).offline.outbox = {
  expires_after: { seconds: 604800 } order_by: "ride:{response.ride_id}"
};"#,
        right: r#"
option (holdover.method).offline.outbox = {
  expires_after: { seconds: 604800 } order_by: "ride:{request.ride_id}"
};"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let Some(mode) = method.offline.as_ref().and_then(|offline| offline.mode.as_ref()) else { continue };
        let Mode::Outbox(outbox) = &mode.value else { continue };
        let parts = [("order_by", &outbox.order_by), ("coalesce.key", &outbox.coalesce_key)];
        for (name, template) in parts {
            // What is no template is TAG_SYNTAX or TAG_UNRESOLVED.
            let Some(Ok(template)) = template else { continue };
            let Some((root, path)) = unfit(template) else { continue };
            let (why, help) = match root {
                Root::Response => {
                    ("but a queued call has no response yet", "name a field of the request: `{request.…}`")
                }
                Root::Request => (
                    "which has any number of values",
                    "name a field that is neither repeated nor inside a list or a map",
                ),
            };
            out.push(
                element(method),
                out.found(format!(
                    "`{name}` of `{}` names `{}.{}`, {why}",
                    method.name,
                    root.word(),
                    path.text
                ))
                .at_origin(&mode.origin, format!("`{name}` is needed when the call is queued"))
                .also_maybe(context.method_span(method), "this method")
                .help(help),
            );
        }
    }
}

/// The first part that has no single value when a call is queued.
fn unfit(template: &Template) -> Option<(Root, &FieldPath)> {
    template.parts.iter().find_map(|part| match part {
        TemplatePart::Value(root, path) if *root == Root::Response || path.repeated => Some((*root, path)),
        TemplatePart::Value(..) | TemplatePart::Literal(_) => None,
    })
}
