//! INVALIDATES_ON_READ

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("INVALIDATES_ON_READ"),
    group: Group::Cache,
    level: Level::Error,
    summary: "A method without side effects says that it makes answers outdated",
    page: Page {
        means: "`invalidates` stands on a method that says NO_SIDE_EFFECTS.",
        matters: "A read changes nothing, so nothing is outdated after it. If the two are both meant, refreshing one answer \
                  would invalidate others, which are refreshed and invalidate again.",
        wrong: r#"
rpc GetQuote(GetQuoteRequest) returns (Quote) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).invalidates = "ride:{request.ride_id}";
}"#,
        right: r#"
rpc UpdateDestination(UpdateDestinationRequest) returns (UpdateDestinationResponse) {
  option (holdover.method).invalidates = "ride:{request.ride_id}";
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods().filter(|method| method.is_read()) {
        let Some(first) = method.invalidates.first() else { continue };
        out.push(
            element(method),
            out.found(format!("`{}` has no side effects, so it makes no answer outdated", method.name))
                .at_origin(&first.origin, "on a read")
                .help("move `invalidates` to the methods that change something; to attach a tag, say `cache.tags`"),
        );
    }
}
