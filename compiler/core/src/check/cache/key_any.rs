//! KEY_ANY

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::PathError;
use crate::lower::{ANY, key};

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("KEY_ANY"),
    group: Group::Cache,
    level: Level::Error,
    summary: "A google.protobuf.Any enters the key",
    page: Page {
        means: "The key of a cached method contains a `google.protobuf.Any`, by a path or because nothing says which \
                fields are keyed.",
        matters: "An Any holds the bytes of a message of any type. Protobuf gives one message many encodings, so two equal \
                  requests would have different keys, and a path into it cannot be checked.",
        wrong: r#"
message SearchRequest {
  string text = 1;
  google.protobuf.Any client_context = 2;
}
// …
option (holdover.method).cache.fresh_for = { seconds: 5 };"#,
        right: r#"
option (holdover.method).cache = { fresh_for: { seconds: 5 } key_ignore: "client_context" };"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let Some(cache) = method.cache.as_ref().filter(|_| method.is_read()) else { continue };
        for path in cache.key.iter().chain(&cache.key_ignore) {
            if let Err(PathError::ThroughAny { field }) = &path.value {
                out.push(
                    element(method),
                    out.found(format!(
                        "a key of `{}` goes through `{field}`, a google.protobuf.Any",
                        method.name
                    ))
                    .at_origin(&path.origin, "what is inside is not known")
                    .help("end the path at the Any in `key_ignore`, or key other fields"),
                );
            }
        }
        let Some(request) = context.message(&method.request) else { continue };
        let plan = key::plan(&request, &key::Paths::of(cache));
        let Some(any) = plan.iter().find(|node| node.message.full_name() == ANY) else { continue };
        let origin = cache.key.first().map_or(&cache.origin, |path| &path.origin);
        out.push(
            element(method),
            out.found(format!(
                "the key of `{}` contains `{}`, a google.protobuf.Any",
                method.name, any.route
            ))
            .at_origin(origin, if cache.key.is_empty() { "keys the whole request" } else { "keyed here" })
            .note("the bytes inside an Any have many encodings, so equal requests would have different keys")
            .help(format!("add `key_ignore: \"{}\"`, or name the keyed fields in `key`", any.route)),
        );
    }
}
