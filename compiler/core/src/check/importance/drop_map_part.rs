//! DROP_MAP_PART

use super::path_unknown::paths;
use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::PathError;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("DROP_MAP_PART"),
    group: Group::Importance,
    level: Level::Error,
    summary: "A path names the key or the value of a map",
    page: Page {
        means: "A path of `keep`, `response` or `request` names the `key` or the `value` of a map's entries. Maps are gone \
                through without being written: `labels.text` is the field `text` of the values of `labels`.",
        matters: "A map entry without its key or its value is still an entry: it would read as \"\" or as an empty value.",
        wrong: r#"
option (holdover.method).detail.response = { path: "labels.value" importance: ENRICHING };"#,
        right: r#"
option (holdover.method).detail.response = { path: "labels" importance: ENRICHING };"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        for path in paths(method) {
            let Err(PathError::MapPart { field, part }) = path.error() else { continue };
            out.push(
                element(method),
                out.found(format!(
                    "`{part}` is a part of the entries of the map `{field}`, and cannot be named alone"
                ))
                .at_origin(path.origin, "a part of a map entry")
                .help("name the map as a whole, or a field of its values"),
            );
        }
    }
}
