//! TRIM_MUTATION

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Importance;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("TRIM_MUTATION"),
    group: Group::Importance,
    level: Level::Error,
    summary: "The request of a mutation is trimmed",
    page: Page {
        means: "`detail.request` drops a field from the request of a method that does not say NO_SIDE_EFFECTS, or from a \
                stream of requests.",
        matters: "What a mutation does not send is not written. On a poor network the server would store less than the \
                  user entered, and nobody would notice.",
        wrong: r#"
rpc UpdateProfile(UpdateProfileRequest) returns (Profile) {
  option (holdover.method).detail.request = { path: "profile.photo" importance: ENRICHING };
}"#,
        right: r#"
rpc Search(SearchRequest) returns (Results) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).detail.request = { path: "debug_context" importance: ENRICHING };
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let sends_many = method.sends_many();
        if method.is_read() && !sends_many {
            continue;
        }
        let overrides = method.detail.iter().flat_map(|detail| &detail.request_overrides);
        for said in overrides.filter(|said| said.importance == Some(Importance::Enriching)) {
            let (message, label, help) = if sends_many {
                (
                    format!(
                        "the requests of `{}` are a stream, which must arrive as it was sent",
                        method.name
                    ),
                    "this method",
                    "remove the override",
                )
            } else {
                (
                    format!("`{}` may change something, so its request must arrive whole", method.name),
                    "does not say NO_SIDE_EFFECTS",
                    "remove the override; if the method is a read, add `option idempotency_level = NO_SIDE_EFFECTS;`",
                )
            };
            out.push(
                element(method),
                out.found(message)
                    .at_origin(&said.path.origin, "would not be written on a poor network")
                    .also_maybe(context.method_span(method), label)
                    .help(help),
            );
        }
    }
}
