//! DROP_PROTO2_REQUIRED

use super::said::{By, drops};
use crate::check::context::At;
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("DROP_PROTO2_REQUIRED"),
    group: Group::Importance,
    level: Level::Error,
    summary: "A proto2 `required` field is dropped",
    page: Page {
        means: "A field that proto2 declares `required` is ENRICHING, by a mark, a default, an override or a `keep` list.",
        matters: "Parsers refuse a message in which a `required` field is missing, so on a poor network every answer would \
                  fail.",
        wrong: r#"
required string headline = 1 [(holdover.field).importance = ENRICHING];"#,
        right: r#"
required string headline = 1;"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for said in drops(context).filter(|said| said.field.is_required()) {
        let name = said.field.name();
        let help = match said.by {
            By::Default => format!("mark `{name}` KEPT"),
            By::Keep => format!("add `{name}` to `keep`"),
            _ => format!("keep `{name}`, or drop the whole message that it is in"),
        };
        let diagnostic = out
            .found(format!("`{name}` is `required` in proto2, so a message without it cannot be read"))
            .at_origin(&said.origin, said.by.words())
            .also_maybe(context.field_span(&said.field).filter(|_| !said.by.is_mark()), "required")
            .help(help);
        out.push(said.element, diagnostic);
    }
}
