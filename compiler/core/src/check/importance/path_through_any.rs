//! PATH_THROUGH_ANY

use super::path_unknown::paths;
use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::PathError;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("PATH_THROUGH_ANY"),
    group: Group::Importance,
    level: Level::Error,
    summary: "A path goes into a google.protobuf.Any",
    page: Page {
        means: "A path of a `detail` block goes on below a `google.protobuf.Any`.",
        matters: "What an Any holds is known only when it arrives. It can be dropped or kept as a whole, not in parts.",
        wrong: r#"
option (holdover.method).detail.response = { path: "details.text" importance: ENRICHING };   // details is an Any"#,
        right: r#"
option (holdover.method).detail.response = { path: "details" importance: ENRICHING };"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        for path in paths(method) {
            let Err(PathError::ThroughAny { field }) = path.error() else { continue };
            out.push(
                element(method),
                out.found(format!(
                    "a path of `{}` goes through `{field}`, a google.protobuf.Any",
                    method.name
                ))
                .at_origin(path.origin, "what is inside is not known")
                .help("end the path at the Any"),
            );
        }
    }
}
