//! TAG_SYNTAX

use super::template::{broken, span};
use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::TemplateError;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("TAG_SYNTAX"),
    group: Group::Cache,
    level: Level::Error,
    summary: "A text that is no template",
    page: Page {
        means: "A template is text with values in braces: `ride:{request.ride_id}`. A value starts with `request.` or \
                `response.`; literal braces are written twice.",
        matters: "A tag that is taken literally by mistake is the same for all entries, or for none.",
        wrong: r#"
option (holdover.method).invalidates = "ride:{ride_id}";"#,
        right: r#"
option (holdover.method).invalidates = "ride:{request.ride_id}";"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        for broken in broken(method) {
            let TemplateError::Syntax { text, reason, at } = broken.error else { continue };
            let what = broken.what;
            out.push(
                element(method),
                out.found(if text.is_empty() {
                    format!("a {what} of `{}` is empty", method.name)
                } else {
                    format!("`{text}` is no {what}: {reason}")
                })
                .at_maybe(span(context, &broken, at), "here")
                .help("write text with values in braces, as in `ride:{request.ride_id}`"),
            );
        }
    }
}
