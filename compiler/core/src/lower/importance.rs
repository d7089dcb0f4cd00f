//! How much a field matters, in one place of one message.
//!
//! Precedence: a `response` override, then a REQUIRED mark on the field or its oneof, then `keep`, then any other mark,
//! then the message's default, then KEPT. A path in `keep` keeps its subtree, except fields marked ENRICHING, and its
//! ancestors as containers. A oneof is kept or dropped whole, so whatever is said of one member holds for all.

use super::path::oneof;
use crate::annotation::{Annotated, Annotations};
use crate::ir::{Importance, Level, Origin, Reason};
use holdover_annotations::annotations::field_policy::Importance as Mark;
use prost_reflect::{FieldDescriptor, MessageDescriptor};

/// What is said about a path below the current place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Remaining {
    /// The fields that still lie on the way. At least one.
    pub(super) steps: Vec<u32>,
    pub(super) importance: Importance,
    /// Which override it is, by index.
    pub(super) index: usize,
}

/// Where the current place is in relation to the `keep` list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Keep {
    /// There is no list.
    None,
    /// On the way to kept paths: what remains of them. Everything else here is ENRICHING.
    Towards(Vec<Vec<u32>>),
    /// In a kept path.
    Inside,
}

/// A message type with everything that still applies below it: what a node of a plan is made for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct State {
    pub(super) message: String,
    pub(super) overrides: Vec<Remaining>,
    pub(super) keep: Keep,
}

impl State {
    /// What applies below a field that is kept.
    pub(super) fn below(&self, field: &FieldDescriptor, message: &MessageDescriptor) -> Self {
        let number = field.number();
        let overrides = self
            .overrides
            .iter()
            .filter(|remaining| remaining.steps.len() > 1 && remaining.steps[0] == number)
            .map(|remaining| Remaining { steps: remaining.steps[1..].to_vec(), ..remaining.clone() })
            .collect();
        let keep = match &self.keep {
            Keep::Towards(paths) => {
                let on: Vec<Vec<u32>> = paths
                    .iter()
                    .filter(|path| path.first() == Some(&number))
                    .map(|path| path[1..].to_vec())
                    .collect();
                // A field that is kept for another reason than the list is kept whole.
                if on.is_empty() || on.iter().any(Vec::is_empty) { Keep::Inside } else { Keep::Towards(on) }
            }
            other => other.clone(),
        };
        Self { message: message.full_name().to_owned(), overrides, keep }
    }
}

/// What decides about fields: the annotations of types, or only the overrides of a method.
#[derive(Clone, Copy)]
pub(super) enum Rules<'a> {
    /// A response: everything.
    Marks(&'a Annotations),
    /// A request: nothing but overrides.
    OverridesOnly,
}

/// A decision, and who made it.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    pub(super) importance: Importance,
    pub(super) reason: Reason,
    pub(super) origin: Origin,
}

impl Decision {
    fn new(importance: Importance, reason: Reason, origin: Origin) -> Self {
        Self { importance, reason, origin }
    }
}

/// Decides about a field. `override_origins` are those of the overrides, by index; `keep_origin` is that of the list.
pub(super) fn decide(
    rules: Rules<'_>,
    state: &State,
    field: &FieldDescriptor,
    override_origins: &[Origin],
    keep_origin: &Origin,
) -> Decision {
    let message = field.parent_message();
    if message.is_map_entry() {
        return Decision::new(Importance::Kept, Reason::Default, Origin::DEFAULT);
    }
    let group = oneof(field).map_or_else(|| vec![field.clone()], |oneof| oneof.fields().collect());
    let said = state
        .overrides
        .iter()
        .filter(|o| o.steps.len() == 1 && group.iter().any(|member| member.number() == o.steps[0]))
        .max_by_key(|o| o.importance);
    if let Some(said) = said {
        return Decision::new(said.importance, Reason::Override, override_origins[said.index].clone());
    }
    let Rules::Marks(annotations) = rules else {
        return Decision::new(Importance::Kept, Reason::Default, Origin::DEFAULT);
    };
    let mark = mark(annotations, field, &group);
    if let Some(mark) = mark.as_ref().filter(|mark| mark.importance == Importance::Required) {
        return mark.clone();
    }
    let enriching = mark.clone().filter(|mark| mark.importance == Importance::Enriching);
    match &state.keep {
        Keep::Towards(paths) => {
            let on =
                group.iter().any(|member| paths.iter().any(|path| path.first() == Some(&member.number())));
            let importance = if on { Importance::Kept } else { Importance::Enriching };
            Decision::new(importance, Reason::Keep, keep_origin.clone())
        }
        Keep::Inside => {
            enriching.unwrap_or_else(|| Decision::new(Importance::Kept, Reason::Keep, keep_origin.clone()))
        }
        Keep::None => mark
            .or_else(|| message_default(annotations, message))
            .unwrap_or_else(|| Decision::new(Importance::Kept, Reason::Default, Origin::DEFAULT)),
    }
}

/// Fields that the type does not have are dropped where everything unnamed is.
pub(super) fn drops_unknown(rules: Rules<'_>, state: &State, message: &MessageDescriptor) -> bool {
    let Rules::Marks(annotations) = rules else { return false };
    if message.is_map_entry() {
        return false;
    }
    match state.keep {
        Keep::Towards(_) => true,
        Keep::Inside => false,
        Keep::None => message_default(annotations, message)
            .is_some_and(|default| default.importance == Importance::Enriching),
    }
}

/// The mark of a field or, for a member of a oneof, of the oneof; else the strongest mark of its members.
fn mark(annotations: &Annotations, field: &FieldDescriptor, group: &[FieldDescriptor]) -> Option<Decision> {
    if let Some(oneof) = oneof(field) {
        let annotated = annotations.oneofs.get(oneof.full_name());
        let marked = annotated.and_then(|annotated| {
            let importance = importance(annotated.policy.importance)?;
            Some(Decision::new(importance, Reason::Oneof, type_origin(annotated, "importance")))
        });
        if marked.is_some() {
            return marked;
        }
    }
    group
        .iter()
        .filter_map(|member| {
            let annotated = annotations.fields.get(member.full_name())?;
            let importance = importance(annotated.policy.importance)?;
            Some(Decision::new(importance, Reason::Field, type_origin(annotated, "importance")))
        })
        .max_by_key(|decision| decision.importance)
}

fn message_default(annotations: &Annotations, message: &MessageDescriptor) -> Option<Decision> {
    let annotated = annotations.messages.get(message.full_name())?;
    let importance = importance(annotated.policy.default_importance)?;
    Some(Decision::new(importance, Reason::MessageDefault, type_origin(annotated, "default_importance")))
}

pub(crate) fn type_origin<P>(annotated: &Annotated<P>, path: &str) -> Origin {
    let span = annotated.site.span(path);
    Origin { level: Level::Type, overlay: annotated.site.is_overlay(path), span }
}

/// `None` for UNSPECIFIED, which says nothing.
pub(crate) fn importance(value: Option<i32>) -> Option<Importance> {
    match Mark::try_from(value?).ok()? {
        Mark::Unspecified => None,
        Mark::Required => Some(Importance::Required),
        Mark::Kept => Some(Importance::Kept),
        Mark::Enriching => Some(Importance::Enriching),
    }
}
