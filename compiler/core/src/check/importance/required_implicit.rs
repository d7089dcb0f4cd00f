//! REQUIRED_IMPLICIT

use super::said::{By, all, grouped, names};
use crate::check::context::At;
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Importance;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("REQUIRED_IMPLICIT"),
    group: Group::Importance,
    level: Level::Error,
    summary: "REQUIRED on a field whose presence cannot be seen",
    page: Page {
        means: "A proto3 scalar, string, bytes or enum without `optional` is REQUIRED.",
        matters: "On the wire such a field looks the same whether it is missing or zero. The check would either refuse \
                  honest zeros or never fail.",
        wrong: r#"
string quote_id = 1 [(holdover.field).importance = REQUIRED];"#,
        right: r#"
optional string quote_id = 1 [(holdover.field).importance = REQUIRED];"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    let required = all(context).into_iter().filter(|said| said.importance == Importance::Required);
    let implicit = required
        .filter(|said| !said.field.supports_presence() && !said.field.is_list() && !said.field.is_map());
    for (said, fields) in grouped(implicit) {
        let label = if said.by == By::Default { "makes them REQUIRED" } else { "its absence cannot be seen" };
        let diagnostic = out
            .found(format!(
                "{} cannot be REQUIRED: missing and zero look the same on the wire",
                names(&fields)
            ))
            .at_origin(&said.origin, label)
            .help("add `optional`, which changes nothing on the wire; or mark it KEPT");
        out.push(said.element, diagnostic);
    }
}
