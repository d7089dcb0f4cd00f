//! REQUIRED_REPEATED

use super::said::{By, all, grouped, names};
use crate::check::context::At;
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Importance;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("REQUIRED_REPEATED"),
    group: Group::Importance,
    level: Level::Error,
    summary: "REQUIRED on a list or a map",
    page: Page {
        means: "A `repeated` field or a map is REQUIRED.",
        matters: "An empty list and a missing one are the same on the wire. If an answer without items is not usable, that \
                  is for the app to say.",
        wrong: r#"
repeated Stop stops = 3 [(holdover.field).importance = REQUIRED];"#,
        right: r#"
repeated Stop stops = 3 [(holdover.field).importance = KEPT];"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    let required = all(context).into_iter().filter(|said| said.importance == Importance::Required);
    for (said, fields) in grouped(required.filter(|said| said.field.is_list() || said.field.is_map())) {
        let label = if said.by == By::Default { "makes them REQUIRED" } else { "its absence cannot be seen" };
        let diagnostic = out
            .found(format!(
                "{} cannot be REQUIRED: an empty list and a missing one look the same",
                names(&fields)
            ))
            .at_origin(&said.origin, label)
            .help("mark it KEPT, so that it survives trimming");
        out.push(said.element, diagnostic);
    }
}
