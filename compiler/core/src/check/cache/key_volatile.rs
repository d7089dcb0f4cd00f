//! KEY_VOLATILE

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::lower::{key, message_of};

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("KEY_VOLATILE"),
    group: Group::Cache,
    level: Level::Warning,
    summary: "Something that is different in every call enters the key",
    page: Page {
        means: "The key of a cached method contains an idempotency key or a `google.protobuf.Timestamp`.",
        matters: "If the value is the current time or a random text, no request ever finds the answer to an earlier one: \
                  the cache fills and never hits.",
        wrong: r#"
message ListRidesRequest {
  string city = 1;
  google.protobuf.Timestamp now = 2;
}
// …
option (holdover.method).cache.fresh_for = { seconds: 5 };"#,
        right: r#"
option (holdover.method).cache = { fresh_for: { seconds: 5 } key_ignore: "now" };"#,
    },
    check,
};

const TIMESTAMP: &str = "google.protobuf.Timestamp";

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let Some(cache) = method.cache.as_ref().filter(|_| method.is_read()) else { continue };
        let Some(request) = context.message(&method.request) else { continue };
        let plan = key::plan(&request, &key::Paths::of(cache));
        let mut volatile: Vec<(String, &str)> = Vec::new();
        for node in &plan {
            for field in node.message.fields().filter(|field| node.fields.contains_key(&field.number())) {
                let path = match (node.route.as_str(), node.message.is_map_entry()) {
                    (route, true) => route.to_owned(),
                    ("", false) => field.name().to_owned(),
                    (route, false) => format!("{route}.{}", field.name()),
                };
                if node.route.is_empty() && Some(field.number()) == method.idempotency_key {
                    volatile.push((path, "an idempotency key"));
                } else if message_of(&field).is_some_and(|message| message.full_name() == TIMESTAMP) {
                    volatile.push((path, "a point in time"));
                }
            }
        }
        for (path, what) in volatile {
            let written =
                cache.key.iter().find(|key| key.value.as_ref().is_ok_and(|key| path.starts_with(&key.text)));
            let origin = written.map_or(&cache.origin, |key| &key.origin);
            out.push(
                element(method),
                out.found(format!("the key of `{}` contains `{path}`, {what}", method.name))
                    .at_origin(origin, if written.is_some() { "keyed here" } else { "keys the whole request" })
                    .note("if it is different in every call, no call ever finds an earlier answer")
                    .help(format!(
                        "add `key_ignore: \"{path}\"`; if its values do repeat, allow KEY_VOLATILE and say why"
                    )),
            );
        }
    }
}
