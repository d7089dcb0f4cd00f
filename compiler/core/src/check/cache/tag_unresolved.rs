//! TAG_UNRESOLVED

use super::template::{broken, span};
use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule, path};
use crate::diagnostic::Code;
use crate::ir::{Method, Root, TemplateError, TemplatePart};

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("TAG_UNRESOLVED"),
    group: Group::Cache,
    level: Level::Error,
    summary: "A template names a field that does not exist or has no spelling",
    page: Page {
        means: "`{request.path}` or `{response.path}` in a tag leads nowhere, or ends at a message or a floating-point \
                number; or a method that says `invalidates` has a stream of such messages.",
        matters: "The tag would never be the one that is invalidated, and old answers would be shown as if nothing had \
                  changed. Floating-point numbers are left out because equal numbers have several spellings, and nothing \
                  says which message of a stream is meant.",
        wrong: r#"
option (holdover.method).invalidates = "ride:{request.rideid}";"#,
        right: r#"
option (holdover.method).invalidates = "ride:{request.ride_id}";"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        of_streams(context, method, out);
        for broken in broken(method) {
            let (at, message, label, help) = match broken.error {
                TemplateError::Syntax { .. } => continue,
                TemplateError::Path { root, error, at, .. } => {
                    let message = match root {
                        Root::Request => &method.request,
                        Root::Response => &method.response,
                    };
                    let (label, help) = path::explain(context, error, message);
                    (at, path::what(error), label, help)
                }
                TemplateError::Kind { root, path, found, at, .. } => (
                    at,
                    format!("`{}.{path}` is {found}", root.word()),
                    "has no spelling".to_owned(),
                    "name a string, an integer, a bool or an enum".to_owned(),
                ),
            };
            out.push(
                element(method),
                out.found(format!("a {} of `{}` cannot be filled in: {message}", broken.what, method.name))
                    .at_maybe(span(context, &broken, at), label)
                    .help(help),
            );
        }
    }
}

/// What a call invalidates is named by its request and its response, if it has one of each.
fn of_streams(context: &Context<'_>, method: &Method, out: &mut Findings) {
    let many = |root: Root| match root {
        Root::Request => method.sends_many(),
        Root::Response => method.receives_many(),
    };
    for tag in &method.invalidates {
        let parts = tag.value.iter().flat_map(|template| &template.parts);
        let named = parts.filter_map(|part| match part {
            TemplatePart::Value(root, path) if many(*root) => Some((root, path)),
            _ => None,
        });
        for (root, path) in named.take(1) {
            out.push(
                element(method),
                out.found(format!(
                    "a tag of `{}` cannot be filled in: its {}s are a stream, so there is no `{}.{}`",
                    method.name,
                    root.word(),
                    root.word(),
                    path.text
                ))
                .at_origin(&tag.origin, "of which message?")
                .also_maybe(context.method_span(method), "this method")
                .help("name no part of a stream: invalidate a tag without it, or let the app invalidate by itself"),
            );
        }
    }
}
