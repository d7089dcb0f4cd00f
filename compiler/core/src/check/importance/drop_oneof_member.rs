//! DROP_ONEOF_MEMBER

use super::said::{By, all, last_field};
use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Importance;
use crate::lower::oneof;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("DROP_ONEOF_MEMBER"),
    group: Group::Importance,
    level: Level::Error,
    summary: "One member of a oneof is dropped",
    page: Page {
        means: "A member of a oneof is ENRICHING. A oneof is kept or dropped whole, so the mark belongs on the oneof.",
        matters: "If the dropped member is the one that is set, the oneof reads as if nothing were set; or, where a \
                  message holds several members on the wire, as if an earlier one were.",
        wrong: r#"
oneof kind {
  Taxi taxi = 1;
  Bus bus = 2 [(holdover.field).importance = ENRICHING];
}"#,
        right: r#"
oneof kind {
  option (holdover.oneof).importance = ENRICHING;
  Taxi taxi = 1;
  Bus bus = 2;
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for said in all(context) {
        let marked = matches!(said.by, By::Mark | By::Overlay) && said.importance == Importance::Enriching;
        let Some(oneof) = oneof(&said.field).filter(|_| marked) else { continue };
        let diagnostic = out
            .found(format!(
                "`{}` is a member of the oneof `{}`, which is kept or dropped whole",
                said.field.name(),
                oneof.name()
            ))
            .at_origin(&said.origin, "on one member only")
            .help(format!(
                "mark the oneof: `option (holdover.oneof).importance = ENRICHING;` inside `oneof {}`",
                oneof.name()
            ));
        out.push(said.element, diagnostic);
    }
    for method in context.ir.methods() {
        let overrides =
            method.detail.iter().flat_map(|d| d.response_overrides.iter().chain(&d.request_overrides));
        for said in overrides.filter(|said| said.importance == Some(Importance::Enriching)) {
            let Some(path) = said.path.value.as_ref().ok().filter(|path| path.oneof.is_none()) else {
                continue;
            };
            let Some(oneof) = last_field(context, path).as_ref().and_then(oneof) else { continue };
            let whole = match path.text.rsplit_once('.') {
                Some((parent, _)) => format!("{parent}.{}", oneof.name()),
                None => oneof.name().to_owned(),
            };
            out.push(
                element(method),
                out.found(format!(
                    "`{}` is a member of the oneof `{}`, which is kept or dropped whole",
                    path.text,
                    oneof.name()
                ))
                .at_origin(&said.path.origin, "names one member only")
                .help(format!("name the oneof: `path: \"{whole}\"`")),
            );
        }
    }
}
