//! DROP_DEFAULT

use super::said::drops;
use crate::check::context::At;
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("DROP_DEFAULT"),
    group: Group::Importance,
    level: Level::Error,
    summary: "A dropped field would read as its proto2 default",
    page: Page {
        means: "A proto2 field with `[default = …]` is ENRICHING.",
        matters: "A field that was left out reads as its default: a value that nobody sent, and that looks right.",
        wrong: r#"
optional int32 seats = 3 [default = 4, (holdover.field).importance = ENRICHING];"#,
        right: r#"
optional int32 seats = 3 [default = 4];"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for said in drops(context) {
        let Some(default) = said.field.field_descriptor_proto().default_value.clone() else { continue };
        let name = said.field.name();
        let diagnostic = out
            .found(format!("`{name}` would read as {default:?} when it is dropped, its proto2 default"))
            .at_origin(&said.origin, said.by.words())
            .also_maybe(context.field_span(&said.field).filter(|_| !said.by.is_mark()), "has a default")
            .help(format!("keep `{name}`, or remove its default"));
        out.push(said.element, diagnostic);
    }
}
