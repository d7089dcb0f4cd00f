//! DROP_STRUCTURAL

use super::said::dropped_at;
use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::{Action, Method, Plan, Root, TemplatePart};

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("DROP_STRUCTURAL"),
    group: Group::Importance,
    level: Level::Error,
    summary: "A field that a tag or the next page needs is dropped",
    page: Page {
        means: "Trimming a method's answers drops a field that feeds a `response.` tag of the same method, or a page token \
                (`next_page_token`).",
        matters: "Without the field a trimmed answer has fewer tags, so that an invalidation misses it; and without a page \
                  token a list ends too early.",
        wrong: r#"
rpc GetRide(GetRideRequest) returns (Ride) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).cache = { fresh_for: { seconds: 5 } tags: "driver:{response.driver.id}" };
  option (holdover.method).detail = {};
}
message Ride {
  Driver driver = 2 [(holdover.field).importance = ENRICHING];
}"#,
        right: r#"
message Ride {
  Driver driver = 2;
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let Some(plan) = method.detail.as_ref().map(|detail| &detail.response) else { continue };
        tags(method, plan, out);
        page_tokens(context, method, plan, out);
    }
}

fn tags(method: &Method, plan: &Plan, out: &mut Findings) {
    let tags = method.cache.iter().flat_map(|cache| &cache.tags).chain(&method.invalidates);
    for tag in tags {
        for part in tag.value.iter().flat_map(|template| &template.parts) {
            let TemplatePart::Value(Root::Response, path) = part else { continue };
            let Some((step, _, origin)) = dropped_at(plan, &path.numbers()) else { continue };
            let lost = path.steps.get(step).map_or(path.text.as_str(), |step| step.name.as_str());
            out.push(
                element(method),
                out.found(format!("trimmed answers of `{}` lack `{lost}`, which the tag needs", method.name))
                    .at_origin(&tag.origin, format!("needs `response.{}`", path.text))
                    .also_maybe(origin.span, "dropped because of this")
                    .help(format!("mark `{lost}` KEPT, or make the tag of something that is kept")),
            );
        }
    }
}

fn page_tokens(context: &Context<'_>, method: &Method, plan: &Plan, out: &mut Findings) {
    let (Some(root), Some(response)) = (plan.nodes.first(), context.message(&method.response)) else {
        return;
    };
    for (number, action) in &root.fields {
        let Some(field) = response.get_field(*number) else { continue };
        if *action != Action::Drop || !field.name().ends_with("page_token") {
            continue;
        }
        let origin = root.reasons.get(number).and_then(|(_, origin)| origin.span);
        out.push(
            element(method),
            out.found(format!(
                "trimmed answers of `{}` lack `{}`, so the list ends too early",
                method.name,
                field.name()
            ))
            .at_maybe(origin, "dropped because of this")
            .help(format!("keep `{}`", field.name())),
        );
    }
}
