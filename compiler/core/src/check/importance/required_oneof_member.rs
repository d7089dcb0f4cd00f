//! REQUIRED_ONEOF_MEMBER

use super::said::{By, all};
use crate::check::context::At;
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Importance;
use crate::lower::oneof;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("REQUIRED_ONEOF_MEMBER"),
    group: Group::Importance,
    level: Level::Error,
    summary: "REQUIRED on one member of a oneof",
    page: Page {
        means: "A member of a oneof is REQUIRED. On the oneof, REQUIRED says that one of the members must be set.",
        matters: "At most one member is set, so every answer that has another one would be refused.",
        wrong: r#"
oneof kind {
  Taxi taxi = 1 [(holdover.field).importance = REQUIRED];
  Bus bus = 2;
}"#,
        right: r#"
oneof kind {
  option (holdover.oneof).importance = REQUIRED;
  Taxi taxi = 1;
  Bus bus = 2;
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for said in all(context) {
        let on_member = matches!(said.by, By::Mark | By::Overlay | By::Override);
        let Some(oneof) = oneof(&said.field).filter(|_| on_member && said.importance == Importance::Required)
        else {
            continue;
        };
        let help = match said.by {
            By::Override => {
                format!("name the oneof `{}` instead: one of its members must be set then", oneof.name())
            }
            _ => format!(
                "mark the oneof: `option (holdover.oneof).importance = REQUIRED;` inside `oneof {}`",
                oneof.name()
            ),
        };
        let diagnostic = out
            .found(format!(
                "`{}` cannot be REQUIRED, because the oneof `{}` may hold another member",
                said.field.name(),
                oneof.name()
            ))
            .at_origin(&said.origin, "on one member only")
            .help(help);
        out.push(said.element, diagnostic);
    }
}
