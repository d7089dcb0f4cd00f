//! ALLOW_UNUSED

use crate::check::{Group, Level, Page, Rule};
use crate::diagnostic::Code;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("ALLOW_UNUSED"),
    group: Group::Schema,
    level: Level::Warning,
    summary: "An `allow` silences a warning that is not there",
    page: Page {
        means: "An `allow` names a warning that nothing here gives any more.",
        matters: "Allowances that outlive their reason hide the next warning of the same kind, and make readers look for \
                  a problem that is gone.",
        wrong: r#"
message Quote {
  // `promo` is a message: dropping it is no DROP_REPEATED.
  Banner promo = 9 [(holdover.field) = {
    importance: ENRICHING
    allow: { code: "DROP_REPEATED" reason: "an empty list is fine" }
  }];
}"#,
        right: r#"
message Quote {
  Banner promo = 9 [(holdover.field).importance = ENRICHING];
}"#,
    },
    // Known only when all other rules have been checked: see `allow::apply`.
    check: |_, _| {},
};
