//! OVERLAY_NAME

use crate::check::{Group, Level, Page, Rule};
use crate::diagnostic::Code;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("OVERLAY_NAME"),
    group: Group::Schema,
    level: Level::Error,
    summary: "An overlay annotates something that does not exist",
    page: Page {
        means: "An entry of an overlay names a file, service, method, message, field or oneof that is not in the files that \
                are compiled, nor in what they import. Methods are written with a slash before their own name, like \
                `pricing.v1.Pricing/GetQuote`.",
        matters: "The API has moved on, or the name is misspelt. Either way the annotation would be lost without a word.",
        wrong: r#"
# pricing.holdover.txtpb
field { name: "pricing.v1.Quote.promotion" policy { importance: ENRICHING } }"#,
        right: r#"
# pricing.holdover.txtpb
field { name: "pricing.v1.Quote.promo" policy { importance: ENRICHING } }"#,
    },
    // Found when an overlay is merged into the annotations: see `annotation::overlay`.
    check: |_, _| {},
};
