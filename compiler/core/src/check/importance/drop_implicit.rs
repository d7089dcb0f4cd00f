//! DROP_IMPLICIT

use super::said::{By, drops, grouped, names};
use crate::check::context::At;
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use prost_reflect::{FieldDescriptor, Kind};

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("DROP_IMPLICIT"),
    group: Group::Importance,
    level: Level::ErrorOrWarning {
        warning: "where it comes from an overlay, an override, a `keep` list or a default",
    },
    summary: "A dropped field would read as zero",
    page: Page {
        means: "A field without presence is ENRICHING: a proto3 scalar, string, bytes or enum without `optional`. It is an \
                error where the field itself is marked, and a warning where an overlay, an override, a `keep` list or a \
                message's default says so, because the field may be one that cannot be edited.",
        matters: "Such a field has no way to say that it is missing. A price that was left out would read as 0, and code \
                  that does not ask whether it was withheld would show it.",
        wrong: r#"
message Quote {
  int64 tip_minor_units = 5 [(holdover.field).importance = ENRICHING];
}"#,
        right: r#"
message Quote {
  optional int64 tip_minor_units = 5 [(holdover.field).importance = ENRICHING];
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    let implicit =
        |field: &FieldDescriptor| !field.supports_presence() && !field.is_list() && !field.is_map();
    for (said, fields) in grouped(drops(context).filter(|said| implicit(&said.field))) {
        let reads = match fields.as_slice() {
            [field] => format!("{} would read as {} when it is dropped", names(&fields), zero(field)),
            _ => format!("{} would read as zero when they are dropped", names(&fields)),
        };
        let diagnostic = if said.by == By::Mark { out.found(reads) } else { out.milder(reads) };
        let help = match said.by {
            By::Mark => {
                "add `optional`, so that a reader can see that it is missing; on the wire nothing changes"
            }
            By::Default => "add `optional` to them, or mark them KEPT",
            By::Keep => {
                "add `optional` to them or to `keep`, or allow DROP_IMPLICIT and say why zero does no harm"
            }
            _ => "keep it, or allow DROP_IMPLICIT and say why zero does no harm",
        };
        let shown = fields.first().filter(|_| !said.by.is_mark()).and_then(|field| context.field_span(field));
        let diagnostic = diagnostic
            .at_origin(&said.origin, said.by.words())
            .also_maybe(shown, "has no presence")
            .help(help);
        out.push(said.element, diagnostic);
    }
}

fn zero(field: &FieldDescriptor) -> String {
    match field.kind() {
        Kind::String | Kind::Bytes => "empty".to_owned(),
        Kind::Bool => "false".to_owned(),
        Kind::Enum(values) => values.default_value().name().to_owned(),
        _ => "0".to_owned(),
    }
}
