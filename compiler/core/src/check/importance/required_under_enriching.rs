//! REQUIRED_UNDER_ENRICHING

use super::said::{By, Said, all, dropped_at, response_targets};
use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::{Action, Importance, Method, Plan, Reason};
use crate::lower::{message_of, reach};
use prost_reflect::MessageDescriptor;
use std::collections::BTreeSet;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("REQUIRED_UNDER_ENRICHING"),
    group: Group::Importance,
    level: Level::Warning,
    summary: "A REQUIRED field goes when its parent is dropped",
    page: Page {
        means: "A field is REQUIRED, but a method's trimmed answers can never have it, because every way to it leads \
                through something that is dropped. REQUIRED binds where the parent is there, so this is allowed.",
        matters: "Whoever wrote REQUIRED may expect that the field is always there.",
        wrong: r#"
message Quote {
  Breakdown breakdown = 4 [(holdover.field).importance = ENRICHING];
}
message Breakdown {
  Money base = 1 [(holdover.field).importance = REQUIRED];
}"#,
        right: r#"
message Quote {
  Breakdown breakdown = 4 [(holdover.field).importance = ENRICHING];
}
message Breakdown {
  Money base = 1;
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    let trimmed = context.ir.methods().filter_map(|method| Some((method, &method.detail.as_ref()?.response)));
    let trimmed: Vec<Trimmed<'_>> = trimmed
        .filter(|(_, plan)| !plan.is_empty())
        .filter_map(|(method, plan)| Trimmed::new(context, method, plan))
        .collect();
    let mut seen = BTreeSet::new();
    for said in all(context).into_iter().filter(|said| said.importance == Importance::Required) {
        if !matches!(said.by, By::Mark | By::Overlay | By::Oneof) || !seen.insert(said.element.clone()) {
            continue;
        }
        let message = said.field.parent_message().full_name().to_owned();
        let lost = trimmed.iter().find(|t| t.reached.contains(&message) && !t.kept.contains(&message));
        if let Some(lost) = lost {
            let path = lost.way(context, &message);
            report(out, said, lost.method, &path);
        }
    }
    for Trimmed { method, plan, .. } in &trimmed {
        let overrides = method.detail.iter().flat_map(|detail| &detail.response_overrides);
        for said in overrides.filter(|said| said.importance == Some(Importance::Required)) {
            let Ok(path) = &said.path.value else { continue };
            let targets = response_targets(context, method, path);
            let Some((step, ..)) = targets.iter().find_map(|target| dropped_at(plan, target)) else {
                continue;
            };
            let parent = path.steps.get(step).map_or("", |step| step.name.as_str());
            out.push(
                element(method),
                out.found(format!(
                    "`{}` is REQUIRED, but trimmed answers of `{}` lack `{parent}`",
                    path.text, method.name
                ))
                .at_origin(&said.path.origin, "binds only where its parent is there")
                .help(format!("keep `{parent}`, or remove the override")),
            );
        }
    }
}

fn report(out: &mut Findings, said: Said, method: &Method, way: &str) {
    let name = match said.by {
        By::Oneof => said.element.name().rsplit('.').next().unwrap_or_default(),
        _ => said.field.name(),
    };
    let diagnostic = out
        .found(format!(
            "`{name}` is REQUIRED, but trimmed answers of `{}` lack `{way}`, which it is in",
            method.name
        ))
        .at_origin(&said.origin, "binds only where its parent is there")
        .help(format!(
            "keep `{way}` if answers are not usable without `{name}`; mark `{name}` KEPT if they are; \
             or allow REQUIRED_UNDER_ENRICHING and say why"
        ));
    out.push(said.element, diagnostic);
}

/// A method whose answers are trimmed.
struct Trimmed<'a> {
    method: &'a Method,
    plan: &'a Plan,
    /// The types of full answers.
    reached: BTreeSet<String>,
    /// The types of trimmed answers.
    kept: BTreeSet<String>,
}

impl<'a> Trimmed<'a> {
    fn new(context: &Context<'_>, method: &'a Method, plan: &'a Plan) -> Option<Self> {
        let response = context.message(&method.response)?;
        let reached = reach::closure(std::slice::from_ref(&response)).into_keys().collect();
        let mut kept = BTreeSet::new();
        let mut whole: Vec<MessageDescriptor> = Vec::new();
        for node in &plan.nodes {
            kept.insert(node.message.clone());
            let message = context.message(&node.message)?;
            let fields = message.fields().filter(|field| !node.fields.contains_key(&field.number()));
            whole.extend(fields.filter_map(|field| message_of(&field)));
        }
        kept.extend(reach::closure(&whole).into_keys());
        Some(Self { method, plan, reached, kept })
    }

    /// A dropped field that leads to a type.
    fn way(&self, context: &Context<'_>, to: &str) -> String {
        for node in &self.plan.nodes {
            let Some(message) = context.message(&node.message) else { continue };
            for (number, action) in &node.fields {
                let Some(field) = message.get_field(*number).filter(|_| *action == Action::Drop) else {
                    continue;
                };
                let reason = node.reasons.get(number).map(|(reason, _)| *reason);
                let leads = message_of(&field).is_some_and(|inner| reach::closure(&[inner]).contains_key(to));
                if leads && reason != Some(Reason::Default) {
                    return match node.route.as_str() {
                        "" => field.name().to_owned(),
                        route => format!("{route}.{}", field.name()),
                    };
                }
            }
        }
        to.to_owned()
    }
}
