//! KEY_OMITS

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::{FieldPath, PathError, Value};

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("KEY_OMITS"),
    group: Group::Cache,
    level: Level::Warning,
    summary: "A request field is neither keyed nor ignored",
    page: Page {
        means: "`key` is set, and a field of the request is in neither `key` nor `key_ignore`.",
        matters: "Two requests that differ only in such a field get the same answer. If that is right, `key_ignore` says \
                  so; if the field was added later, somebody has to decide.",
        wrong: r#"
message GetQuoteRequest {
  string ride_id = 1;
  string currency = 2;
}
// …
option (holdover.method).cache = { fresh_for: { seconds: 5 } key: "ride_id" };"#,
        right: r#"
option (holdover.method).cache = { fresh_for: { seconds: 5 } key: "ride_id" key: "currency" };"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let Some(cache) = method.cache.as_ref().filter(|cache| !cache.key.is_empty()) else { continue };
        // A path that cannot be followed may have been meant for the field that is missing.
        if cache.key.iter().chain(&cache.key_ignore).any(|path| path.value.is_err()) {
            continue;
        }
        let Some(request) = context.message(&method.request) else { continue };
        let named = |paths: &[Value<Result<FieldPath, PathError>>], number: u32| {
            let paths = paths.iter().filter_map(|path| path.value.as_ref().ok());
            paths.into_iter().any(|path| path.steps.first().is_some_and(|step| step.number == number))
        };
        let omitted: Vec<String> = request
            .fields()
            .filter(|field| !named(&cache.key, field.number()) && !named(&cache.key_ignore, field.number()))
            // The runtime fills it after the key is made.
            .filter(|field| Some(field.number()) != method.idempotency_key)
            .map(|field| format!("`{}`", field.name()))
            .collect();
        if omitted.is_empty() {
            continue;
        }
        let (them, differ) = if omitted.len() == 1 { ("it", "in it") } else { ("them", "in them") };
        out.push(
            element(method),
            out.found(format!("the key of `{}` says nothing about {}", method.name, omitted.join(", ")))
                .at_origin(
                    &cache.key[0].origin,
                    format!("requests that differ only {differ} share an answer"),
                )
                .help(format!("add {them} to `key`, or to `key_ignore` if answers do not depend on {them}")),
        );
    }
}
