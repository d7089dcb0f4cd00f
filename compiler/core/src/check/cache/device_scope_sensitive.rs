//! DEVICE_SCOPE_SENSITIVE

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule, sensitive};
use crate::diagnostic::Code;
use crate::ir::{Method, Scope};

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("DEVICE_SCOPE_SENSITIVE"),
    group: Group::Cache,
    level: Level::Error,
    summary: "Sensitive data in entries that every account of the device sees",
    page: Page {
        means: "`scope: DEVICE` stands on a method whose request or response reaches a field or message that is marked \
                `sensitive` (or natively `debug_redact`).",
        matters: "Entries of the device belong to no account and survive sign-out. The next person who signs in would see \
                  them.",
        wrong: r#"
message Profile {
  option (holdover.message).sensitive = true;
}
// …
option (holdover.method).cache = { fresh_for: { seconds: 60 } scope: DEVICE };"#,
        right: r#"
option (holdover.method).cache = { fresh_for: { seconds: 60 } };"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    let sensitive = |method: &&Method| method.sensitive_request || method.sensitive_response;
    for method in context.ir.methods().filter(sensitive) {
        let Some(cache) = method.cache.as_ref().filter(|cache| cache.scope.value == Scope::Device) else {
            continue;
        };
        let Some(found) = sensitive::find(context, &[&method.request, &method.response]) else { continue };
        out.push(
            element(method),
            out.found(format!(
                "`{}` keeps `{}`, which is sensitive, for the whole device",
                method.name, found.name
            ))
            .at_origin(&cache.scope.origin, "every account of the device sees these entries")
            .also_maybe(found.span, "sensitive")
            .help("remove `scope: DEVICE`, so that entries belong to one account"),
        );
    }
}
