//! UNKNOWN_OPTION

use crate::check::context::At;
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("UNKNOWN_OPTION"),
    group: Group::Schema,
    level: Level::Error,
    summary: "There is no such option, or no such part of it",
    page: Page {
        means: "A name in an annotation is misspelt, or it is from a newer version of Holdover than this compiler. The \
                vocabulary is closed: what this compiler does not know, it refuses.",
        matters: "An annotation that is ignored looks like a promise and is none.",
        wrong: r#"
option (holdover.method).cache = { fresh_fro: { seconds: 5 } };"#,
        right: r#"
option (holdover.method).cache = { fresh_for: { seconds: 5 } };"#,
    },
    check,
};

/// Names in sources are the loader's business, because values cannot be read before they are known. What is left are
/// descriptor sets that another version has written.
fn check(context: &Context<'_>, out: &mut Findings) {
    for (element, what) in &context.annotations.unknown {
        out.push(
            element.clone(),
            out.found(format!("the annotation of {} `{element}` holds {what}", element.noun()))
                .at_maybe(context.site(element).and_then(|site| site.element), "annotated here")
                .note("it was written with a newer `holdover/annotations.proto` than this compiler carries")
                .help("use a newer compiler, or annotate with the vocabulary of this one: `holdover proto --out DIR`"),
        );
    }
}
