//! DROP_REPEATED

use super::said::{drops, grouped, names};
use crate::check::context::At;
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("DROP_REPEATED"),
    group: Group::Importance,
    level: Level::Warning,
    summary: "A dropped list or map would read as empty",
    page: Page {
        means: "A `repeated` field or a map is ENRICHING.",
        matters: "Lists have no way to say that they are missing. Code that does not ask whether the list was withheld \
                  shows an empty one: \"no drivers nearby\" instead of \"not loaded\".",
        wrong: r#"
message Quote {
  repeated Car cars = 5 [(holdover.field).importance = ENRICHING];
}"#,
        right: r#"
message Quote {
  Cars cars = 5 [(holdover.field).importance = ENRICHING];
}
message Cars {
  repeated Car cars = 1;
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for (said, fields) in grouped(drops(context).filter(|said| said.field.is_list() || said.field.is_map())) {
        let (them, reads) = if fields.len() == 1 { ("it is", "reads") } else { ("they are", "read") };
        let diagnostic = out
            .found(format!("{} {reads} as empty when {them} dropped", names(&fields)))
            .at_origin(&said.origin, said.by.words())
            .help(
                "put the list into a message of its own and mark that; if readers can do with an empty list, or ask \
                 whether it was withheld, allow DROP_REPEATED and say so",
            );
        out.push(said.element, diagnostic);
    }
}
