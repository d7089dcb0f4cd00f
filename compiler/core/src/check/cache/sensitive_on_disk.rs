//! SENSITIVE_ON_DISK

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule, sensitive};
use crate::diagnostic::Code;
use crate::ir::Storage;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("SENSITIVE_ON_DISK"),
    group: Group::Cache,
    level: Level::Warning,
    summary: "A cached answer with sensitive data may be kept on disk",
    page: Page {
        means: "A method whose response reaches something `sensitive` (or natively `debug_redact`) is cached with \
                `storage: DISK`, which is the default.",
        matters: "Sensitive messages are only ever written sealed, with a key from the platform. Where the platform gives \
                  none they stay in memory, so what you test on one device differs from another. `storage: MEMORY` is \
                  the same everywhere.",
        wrong: r#"
rpc GetProfile(GetProfileRequest) returns (Profile) {            // Profile is sensitive
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).cache.fresh_for = { seconds: 60 };
}"#,
        right: r#"
rpc GetProfile(GetProfileRequest) returns (Profile) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).cache = { fresh_for: { seconds: 60 } storage: MEMORY };
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods().filter(|method| method.is_read() && method.sensitive_response) {
        let Some(cache) = method.cache.as_ref().filter(|cache| cache.storage.value == Storage::Disk) else {
            continue;
        };
        let Some(found) = sensitive::find(context, &[&method.response]) else { continue };
        let origin = if cache.storage.is_default() { &cache.origin } else { &cache.storage.origin };
        out.push(
            element(method),
            out.found(format!("answers of `{}` hold `{}`, which is sensitive, and may go to disk", method.name, found.name))
                .at_origin(origin, if cache.storage.is_default() { "stored on disk by default" } else { "stored on disk" })
                .also_maybe(found.span, "sensitive")
                .help("say `storage: MEMORY`; if sealed entries on disk are wanted, allow SENSITIVE_ON_DISK and say why"),
        );
    }
}
