//! UNREACHABLE

use super::said::{By, all, dropped_at, response_targets};
use crate::annotation::Element;
use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::{Importance, Method};
use crate::lower::reach;
use std::collections::BTreeSet;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("UNREACHABLE"),
    group: Group::Importance,
    level: Level::Warning,
    summary: "Something about importance that changes nothing",
    page: Page {
        means: "A mark stands on a type that no response holds, or is ENRICHING although no method that returns it has a \
                `detail` block; or a path of a `detail` block lies below something that is dropped anyway, or says no \
                importance; or a `detail` block has nothing to drop.",
        matters: "Whoever wrote it expects an effect that it does not have. Importance speaks of responses, and trimming \
                  happens only for methods with a `detail` block.",
        wrong: r#"
rpc GetQuote(GetQuoteRequest) returns (Quote) {
  option idempotency_level = NO_SIDE_EFFECTS;
}
message Quote {
  Banner promo = 9 [(holdover.field).importance = ENRICHING];
}"#,
        right: r#"
rpc GetQuote(GetQuoteRequest) returns (Quote) {
  option idempotency_level = NO_SIDE_EFFECTS;
  option (holdover.method).detail = { reduce_at: POOR };
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    // Files with types alone are for others to use.
    if context.ir.methods().next().is_some() {
        marks(context, out);
    }
    for method in context.ir.methods() {
        blocks(context, method, out);
    }
}

fn marks(context: &Context<'_>, out: &mut Findings) {
    let responses: Vec<_> = context
        .pool()
        .services()
        .flat_map(|service| service.methods().map(|method| method.output()).collect::<Vec<_>>())
        .collect();
    let reached = reach::closure(&responses);
    let own: Vec<_> = context.ir.methods().filter_map(|method| context.message(&method.response)).collect();
    let own = reach::closure(&own);
    let trimmed = context.ir.methods().filter(|method| method.detail.is_some());
    let trimmed: Vec<_> = trimmed.filter_map(|method| context.message(&method.response)).collect();
    let trimmed = reach::closure(&trimmed);
    let mut seen = BTreeSet::new();
    for said in all(context) {
        if matches!(said.by, By::Override | By::Keep) || !seen.insert(said.element.clone()) {
            continue;
        }
        let message = said.field.parent_message().full_name();
        let name = match &said.element {
            Element::Message(_) => "the default",
            _ => "the mark",
        };
        let diagnostic = if !reached.contains_key(message) {
            out.found(format!("{name} has no effect: no response holds `{message}`"))
                .at_origin(&said.origin, "importance speaks of responses")
                .help("remove it; whether a request needs a field is for `google.api.field_behavior` or a validator to say")
        } else if said.importance == Importance::Enriching
            && own.contains_key(message)
            && !trimmed.contains_key(message)
        {
            out.found(format!("{name} has no effect: no method that returns `{message}` has a `detail` block in force"))
                .at_origin(&said.origin, "is never dropped")
                .help("add `option (holdover.method).detail = {};` to the methods that return it, or to their service")
        } else {
            continue;
        };
        out.push(said.element, diagnostic);
    }
}

fn blocks(context: &Context<'_>, method: &Method, out: &mut Findings) {
    let Some(detail) = &method.detail else { return };
    for said in detail.response_overrides.iter().chain(&detail.request_overrides) {
        if said.importance.is_none() {
            out.push(
                element(method),
                out.found(format!(
                    "the override of `{}` says no importance, so it changes nothing",
                    said.text
                ))
                .at_origin(&said.path.origin, "no importance")
                .help("add `importance: ENRICHING`, `KEPT` or `REQUIRED`"),
            );
        }
    }
    // A REQUIRED override below something dropped is REQUIRED_UNDER_ENRICHING.
    let overrides =
        detail.response_overrides.iter().filter(|said| said.importance != Some(Importance::Required));
    for said in overrides {
        let Ok(path) = &said.path.value else { continue };
        for target in response_targets(context, method, path).iter().take(1) {
            let Some((step, _, origin)) = dropped_at(&detail.response, target) else { continue };
            if step + 1 >= target.len() {
                continue;
            }
            let parent = path.steps.get(step).map_or("", |step| step.name.as_str());
            out.push(
                element(method),
                out.found(format!(
                    "the override of `{}` has no effect: `{parent}` above it is dropped",
                    path.text
                ))
                .at_origin(&said.path.origin, "never reached")
                .also_maybe(origin.span, "drops what is above it")
                .help(format!("keep `{parent}`, or remove the override")),
            );
        }
    }
    for kept in &detail.keep {
        let Ok(path) = &kept.value else { continue };
        let targets = response_targets(context, method, path);
        let Some((step, _, origin)) = targets.iter().find_map(|target| dropped_at(&detail.response, target))
        else {
            continue;
        };
        let lost = path.steps.get(step).map_or(path.text.as_str(), |step| step.name.as_str());
        out.push(
            element(method),
            out.found(format!("`{}` is in `keep`, but `{lost}` is dropped", path.text))
                .at_origin(&kept.origin, "not kept")
                .also_maybe(origin.span, "drops it")
                .help("remove one of the two: overrides come before `keep`"),
        );
    }
    let broken = super::path_unknown::paths(method).iter().any(|path| path.error().is_err());
    if detail.own && detail.response.is_empty() && detail.request.is_empty() && !broken {
        out.push(
            element(method),
            out.found(format!("nothing in `{}` is ENRICHING, so `{}` has nothing to trim", method.response, method.name))
                .at_origin(&detail.origin, "does nothing")
                .help("mark what a screen can do without: `[(holdover.field).importance = ENRICHING]`; or remove the block"),
        );
    }
}
