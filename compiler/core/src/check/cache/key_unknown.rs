//! KEY_UNKNOWN

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::PathError;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("KEY_UNKNOWN"),
    group: Group::Cache,
    level: Level::Error,
    summary: "`key` or `key_ignore` names a field that the request does not have",
    page: Page {
        means: "A path in `key` or `key_ignore` leads nowhere. Paths are field names as in the `.proto`, joined by dots, \
                and start at the request, without `request.`.",
        matters: "A key that misses a field gives two different requests the same answer.",
        wrong: r#"
option (holdover.method).cache = { fresh_for: { seconds: 5 } key: "rideid" };"#,
        right: r#"
option (holdover.method).cache = { fresh_for: { seconds: 5 } key: "ride_id" };"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let Some(cache) = &method.cache else { continue };
        for path in cache.key.iter().chain(&cache.key_ignore) {
            let Err(error) = &path.value else { continue };
            // Any has a rule of its own.
            if matches!(error, PathError::ThroughAny { .. }) {
                continue;
            }
            let (label, help) = crate::check::path::explain(context, error, &method.request);
            out.push(
                element(method),
                out.found(format!(
                    "a key of `{}` cannot be followed: {}",
                    method.name,
                    crate::check::path::what(error)
                ))
                .at_origin(&path.origin, label)
                .help(help),
            );
        }
    }
}
