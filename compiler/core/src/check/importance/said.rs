//! Everything that is said about the importance of fields, by whom.

use crate::annotation::Element;
use crate::check::Context;
use crate::check::context::element;
use crate::ir::{Action, Detail, FieldPath, Importance, Method, Origin, Plan, Reason};
use crate::lower::{importance, oneof, targets, type_origin};
use prost_reflect::FieldDescriptor;
use std::collections::BTreeMap;

/// How somebody came to say something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By {
    /// A mark on the field, in the `.proto`.
    Mark,
    /// A mark on the field, in an overlay.
    Overlay,
    /// A mark on its oneof.
    Oneof,
    /// The default of its message.
    Default,
    /// An override of a method.
    Override,
    /// The `keep` list of a method, which does not have it.
    Keep,
}

impl By {
    /// Somebody wrote it at the field itself, in a file that can be edited.
    pub(super) fn is_mark(self) -> bool {
        matches!(self, Self::Mark | Self::Oneof)
    }

    /// What says so, in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Mark | Self::Overlay => "marked ENRICHING here",
            Self::Oneof => "the oneof is ENRICHING",
            Self::Default => "everything unmarked is ENRICHING",
            Self::Override => "dropped by this override",
            Self::Keep => "everything else is dropped",
        }
    }
}

/// One field, and what is said about it.
pub(super) struct Said {
    pub(super) element: Element,
    pub(super) field: FieldDescriptor,
    pub(super) importance: Importance,
    pub(super) by: By,
    pub(super) origin: Origin,
}

/// Everything that is said of fields: by marks and defaults wherever they are, by methods for what they return.
pub(super) fn all(context: &Context<'_>) -> Vec<Said> {
    let mut all = marks(context);
    all.extend(defaults(context));
    for method in context.ir.methods() {
        let Some(detail) = &method.detail else { continue };
        for plan in [&detail.response, &detail.request] {
            all.extend(planned(context, method, plan));
        }
        all.extend(required_overrides(context, method, detail));
    }
    all
}

/// Only what drops something.
pub(super) fn drops(context: &Context<'_>) -> impl Iterator<Item = Said> {
    all(context).into_iter().filter(|said| said.importance == Importance::Enriching)
}

fn marks(context: &Context<'_>) -> Vec<Said> {
    let mut all = Vec::new();
    for (name, annotated) in &context.annotations.fields {
        let (Some(field), Some(importance)) = (context.field(name), importance(annotated.policy.importance))
        else {
            continue;
        };
        let origin = type_origin(annotated, "importance");
        let by = if origin.overlay { By::Overlay } else { By::Mark };
        all.push(Said { element: Element::Field(name.clone()), field, importance, by, origin });
    }
    for (name, annotated) in &context.annotations.oneofs {
        let Some(importance) = importance(annotated.policy.importance) else { continue };
        let oneof = name.rsplit_once('.').and_then(|(message, oneof)| {
            context.message(message)?.oneofs().find(|found| found.name() == oneof)
        });
        for field in oneof.iter().flat_map(prost_reflect::OneofDescriptor::fields) {
            let origin = type_origin(annotated, "importance");
            all.push(Said {
                element: Element::Oneof(name.clone()),
                field,
                importance,
                by: By::Oneof,
                origin,
            });
        }
    }
    all
}

/// The default of a message, for every field that says nothing itself.
fn defaults(context: &Context<'_>) -> Vec<Said> {
    let mut all = Vec::new();
    for (name, annotated) in &context.annotations.messages {
        let (Some(message), Some(importance)) =
            (context.message(name), importance(annotated.policy.default_importance))
        else {
            continue;
        };
        for field in message.fields().filter(|field| !is_marked(context, field)) {
            let origin = type_origin(annotated, "default_importance");
            all.push(Said {
                element: Element::Message(name.clone()),
                field,
                importance,
                by: By::Default,
                origin,
            });
        }
    }
    all
}

fn is_marked(context: &Context<'_>, field: &FieldDescriptor) -> bool {
    let marked = |field: &FieldDescriptor| {
        let annotated = context.annotations.fields.get(field.full_name());
        annotated.is_some_and(|annotated| importance(annotated.policy.importance).is_some())
    };
    match oneof(field) {
        None => marked(field),
        Some(oneof) => {
            let annotated = context.annotations.oneofs.get(oneof.full_name());
            annotated.is_some_and(|annotated| importance(annotated.policy.importance).is_some())
                || oneof.fields().any(|member| marked(&member))
        }
    }
}

/// What a method's plan drops for reasons of the method.
fn planned(context: &Context<'_>, method: &Method, plan: &Plan) -> Vec<Said> {
    let mut all = Vec::new();
    for node in &plan.nodes {
        for (number, (reason, origin)) in &node.reasons {
            let by = match reason {
                Reason::Override => By::Override,
                Reason::Keep => By::Keep,
                _ => continue,
            };
            let field = context.message(&node.message).and_then(|message| message.get_field(*number));
            let Some(field) = field else { continue };
            let origin = origin.clone();
            all.push(Said { element: element(method), field, importance: Importance::Enriching, by, origin });
        }
    }
    all
}

fn required_overrides(context: &Context<'_>, method: &Method, detail: &Detail) -> Vec<Said> {
    let mut all = Vec::new();
    for said in detail.response_overrides.iter().filter(|said| said.importance == Some(Importance::Required))
    {
        let Ok(path) = &said.path.value else { continue };
        if path.oneof.is_some() {
            continue;
        }
        if let Some(field) = last_field(context, path) {
            let origin = said.path.origin.clone();
            let importance = Importance::Required;
            all.push(Said { element: element(method), field, importance, by: By::Override, origin });
        }
    }
    all
}

/// The field that a path ends at.
pub(super) fn last_field(context: &Context<'_>, path: &FieldPath) -> Option<FieldDescriptor> {
    let step = path.steps.last()?;
    context.message(&step.message)?.get_field(step.number)
}

/// Findings about several fields of one statement are one finding: the statement, and the fields.
pub(super) fn grouped(said: impl Iterator<Item = Said>) -> Vec<(Said, Vec<FieldDescriptor>)> {
    let mut groups = BTreeMap::<_, (Said, Vec<FieldDescriptor>)>::new();
    for said in said {
        let key = (said.element.clone(), said.origin.span, said.by);
        let field = said.field.clone();
        let fields = &mut groups.entry(key).or_insert_with(|| (said, Vec::new())).1;
        if !fields.iter().any(|found| found.full_name() == field.full_name()) {
            fields.push(field);
        }
    }
    groups.into_values().collect()
}

/// "`a`, `b` and 3 more", by full name where the fields are of several messages.
pub(super) fn names(fields: &[FieldDescriptor]) -> String {
    const SHOWN: usize = 4;
    let one_message = fields.iter().all(|field| field.parent_message() == fields[0].parent_message());
    let name = |field: &FieldDescriptor| {
        if one_message {
            return format!("`{}`", field.name());
        }
        format!("`{}.{}`", field.parent_message().name(), field.name())
    };
    let shown: Vec<String> = fields.iter().take(SHOWN).map(name).collect();
    match fields.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// What becomes of a path under a plan: `None` if it survives, else the step that is dropped and why.
pub(super) fn dropped_at(plan: &Plan, numbers: &[u32]) -> Option<(usize, Reason, Origin)> {
    let mut node = plan.nodes.first()?;
    for (step, number) in numbers.iter().enumerate() {
        match node.fields.get(number)? {
            Action::Drop => {
                let (reason, origin) = node.reasons.get(number)?;
                return Some((step, *reason, origin.clone()));
            }
            Action::Descend(child) => node = plan.nodes.get(*child)?,
        }
    }
    None
}

/// The fields that a path of a method's response names.
pub(super) fn response_targets(context: &Context<'_>, method: &Method, path: &FieldPath) -> Vec<Vec<u32>> {
    context.message(&method.response).map(|response| targets(&response, path)).unwrap_or_default()
}
