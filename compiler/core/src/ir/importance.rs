//! What a trimmed message lacks, and what a usable one has.

use super::Origin;
use std::collections::BTreeMap;

/// How much a response needs a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Importance {
    /// Dropped on poor networks with all that is below it.
    Enriching,
    /// Survives trimming; absence is tolerated.
    Kept,
    /// Survives trimming and must be present.
    Required,
}

impl Importance {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enriching => "ENRICHING",
            Self::Kept => "KEPT",
            Self::Required => "REQUIRED",
        }
    }
}

/// What a plan does with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Leave it out.
    Drop,
    /// Keep it, and leave something out below it: an index into [`Plan::nodes`].
    Descend(usize),
}

/// Which rule of precedence decided about a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A `response` or `request` override.
    Override,
    /// A mark on the field.
    Field,
    /// A mark on the oneof that the field is a member of.
    Oneof,
    /// A `keep` list that does not have it.
    Keep,
    /// The `default_importance` of the message.
    MessageDefault,
    /// Nobody said anything.
    Default,
}

/// What to leave out of a message. Node 0 is the message itself. Without nodes nothing is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order in which a walk from the root first meets them, fields by number.
    pub nodes: Vec<PlanNode>,
    /// The kept paths as a field mask says them, sorted; `None` where the type is recursive, so that no mask can.
    pub mask: Option<Vec<String>>,
    /// 32 lower-case hex digits; see [`crate::lower`].
    pub hash: String,
}

impl Plan {
    /// Nothing is left out.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

/// A message type with the overrides that still apply below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanNode {
    /// Full name of the type.
    pub message: String,
    /// By number. A field that is not here is kept whole.
    pub fields: BTreeMap<u32, Action>,
    /// Drop fields that the type does not have.
    pub drop_unknown: bool,
    /// Why the dropped fields are dropped.
    pub reasons: BTreeMap<u32, (Reason, Origin)>,
    /// A path that leads here, for messages: `route.legs`; empty for the root.
    pub route: String,
}

/// What a usable response has. Node 0 is the response. Without nodes nothing is required.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    /// In the order in which a walk from the root first meets them.
    pub nodes: Vec<PresenceNode>,
}

/// A message type with the overrides that still apply below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceNode {
    /// Full name of the type.
    pub message: String,
    /// Numbers of the fields that must be present. Sorted.
    pub required: Vec<u32>,
    /// Names of the oneofs of which a member must be present. Sorted.
    pub required_oneofs: Vec<String>,
    /// Where to look further, if it is there: an index into [`Presence::nodes`].
    pub fields: BTreeMap<u32, usize>,
}
