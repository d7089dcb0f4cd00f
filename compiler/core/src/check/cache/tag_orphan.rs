//! TAG_ORPHAN

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::{Method, Template, TemplatePart, Value};
use std::collections::BTreeMap;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("TAG_ORPHAN"),
    group: Group::Cache,
    level: Level::Warning,
    summary: "A tag that nothing invalidates, or an invalidation that no entry has",
    page: Page {
        means: "A method attaches a tag that no method of the compiled files invalidates, or invalidates one that none \
                attaches. Tags are compared by their literal parts: `ride:{request.ride_id}` and \
                `ride:{response.ride.id}` are the same tag.",
        matters: "Most often one of the two is misspelt, and old answers are shown after a change.",
        wrong: r#"
rpc GetQuote(GetQuoteRequest) returns (Quote) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).cache = { fresh_for: { seconds: 5 } tags: "ride:{request.ride_id}" };
}
rpc UpdateDestination(UpdateDestinationRequest) returns (UpdateDestinationResponse) {
  option (holdover.method).invalidates = "rides:{request.ride_id}";
}"#,
        right: r#"
rpc GetQuote(GetQuoteRequest) returns (Quote) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).cache = { fresh_for: { seconds: 5 } tags: "ride:{request.ride_id}" };
}
rpc UpdateDestination(UpdateDestinationRequest) returns (UpdateDestinationResponse) {
  option (holdover.method).invalidates = "ride:{request.ride_id}";
}"#,
    },
    check,
};

/// The literals of a tag, `None` for a value.
type Shape = Vec<Option<String>>;

fn check(context: &Context<'_>, out: &mut Findings) {
    let attached = by_shape(context, |method| method.cache.iter().flat_map(|cache| &cache.tags).collect());
    let invalidated = by_shape(context, |method| method.invalidates.iter().collect());
    report(out, &attached, &invalidated, "nothing invalidates", "attached here", "invalidates");
    report(out, &invalidated, &attached, "no cached answer has", "invalidated here", "tags");
}

type Tags<'a> = BTreeMap<Shape, Vec<(&'a Method, &'a Template, &'a crate::ir::Origin)>>;

fn by_shape<'a>(
    context: &Context<'a>,
    tags: impl Fn(&'a Method) -> Vec<&'a Value<Result<Template, crate::ir::TemplateError>>>,
) -> Tags<'a> {
    let mut all: Tags<'a> = BTreeMap::new();
    for method in context.ir.methods() {
        for tag in tags(method) {
            if let Ok(template) = &tag.value {
                all.entry(shape(template)).or_default().push((method, template, &tag.origin));
            }
        }
    }
    all
}

fn shape(template: &Template) -> Shape {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Literal(text) => Some(text.clone()),
        TemplatePart::Value(..) => None,
    };
    template.parts.iter().map(part).collect()
}

fn report(out: &mut Findings, tags: &Tags<'_>, others: &Tags<'_>, what: &str, label: &str, other: &str) {
    for (_, uses) in tags.iter().filter(|(shape, _)| !others.contains_key(*shape)) {
        let Some((method, template, origin)) = uses.first() else { continue };
        let names: Vec<&str> =
            others.values().flatten().map(|(_, template, _)| template.text.as_str()).collect();
        let help = match crate::load::closest(&template.text, names) {
            Some(similar) => format!("did you mean `{similar}`?"),
            None if other == "tags" => {
                "attach the tag to the cached methods that it concerns (`cache.tags`), or remove it".to_owned()
            }
            None => {
                "say `invalidates` on the methods that change it; if the app invalidates it itself, allow TAG_ORPHAN"
                    .to_owned()
            }
        };
        out.push(
            element(method),
            out.found(format!("{what} the tag `{}`", template.text)).at_origin(origin, label).help(help),
        );
    }
}
