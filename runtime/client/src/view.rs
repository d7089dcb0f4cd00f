//! What was withheld from one message of an answer, as generated accessors see it.
//!
//! A [`View`] goes with a message: it knows the node of the prune plan that was in force there, and the same message as
//! it was last seen in full. [`Snapshot::withheld`](crate::Snapshot::withheld) is the view of the answer itself; the
//! views of messages inside it come from their parent's accessors.
//!
//! Generated code passes field numbers and closures that pick the field of the last known message, nothing else:
//!
//! | the field is | the accessor returns | and calls |
//! | --- | --- | --- |
//! | droppable, a leaf | `Enriching<&'a V>` or `Enriching<V>` | [`View::field`] |
//! | droppable, a oneof | `Enriching<&'a Oneof>` | [`View::oneof`] |
//! | droppable, a message with accessors of its own | `Enriching<(&'a U, View<'a, U>)>` | [`View::message`] |
//! | droppable, a list of such messages | `Enriching<Items<'a, U>>` | [`View::list`] |
//! | never dropped, a message with accessors | `Option<(&'a U, View<'a, U>)>` | [`View::child`] |
//! | never dropped, a list of such messages | `Items<'a, U>` | [`View::items`] |
//! | a map whose values have accessors | pairs made from one view for all values | [`View::map_value`] |

use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;

use bytes::Bytes;

use crate::Enriching;

/// What a plan does to the fields of the messages of one answer: nodes by index, node 0 is the answer.
///
/// Made from the policy's prune plan when a client is bound; every index is checked there.
#[derive(Debug, Default)]
pub struct WithheldPlan {
    nodes: Vec<Vec<(u32, Action)>>,
    paths: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Drop,
    Descend(u32),
}

impl WithheldPlan {
    /// Nodes hold (field number, action) sorted by number; `paths` are the dropped fields as people write them.
    pub(crate) fn new(nodes: Vec<Vec<(u32, Action)>>, paths: Vec<String>) -> Self {
        debug_assert!(nodes.iter().all(|fields| fields.is_sorted_by_key(|(number, _)| *number)));
        Self { nodes, paths }
    }

    /// The dropped fields as paths, such as `promo` or `stops.photo`, sorted; a recursive type is listed once.
    pub(crate) fn paths(&self) -> &[String] {
        &self.paths
    }

    /// By node, fields by number with the node below them; `None`: dropped.
    pub(crate) fn table(&self) -> Vec<Vec<(u32, Option<u32>)>> {
        let below = |action| match action {
            Action::Drop => None,
            Action::Descend(node) => Some(node),
        };
        let row = |fields: &Vec<(u32, Action)>| {
            fields.iter().map(|(number, action)| (*number, below(*action))).collect()
        };
        self.nodes.iter().map(row).collect()
    }

    fn action(&self, node: u32, number: u32) -> Option<Action> {
        let fields = self.nodes.get(usize::try_from(node).ok()?)?;
        let at = fields.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(fields[at].1)
    }
}

/// The full answer that a trimmed one stands in for: decoded when an accessor asks for it, at most once.
pub(crate) struct LastKnown<T> {
    bytes: Bytes,
    decode: fn(&[u8]) -> Result<T, prost::DecodeError>,
    decoded: OnceLock<Option<Box<T>>>,
}

impl<T> LastKnown<T> {
    pub(crate) fn new(bytes: Bytes, decode: fn(&[u8]) -> Result<T, prost::DecodeError>) -> Self {
        Self { bytes, decode, decoded: OnceLock::new() }
    }

    fn get(&self) -> Option<&T> {
        self.decoded.get_or_init(|| (self.decode)(&self.bytes).ok().map(Box::new)).as_deref()
    }
}

/// What a snapshot knows about the parts that it lacks.
pub(crate) struct Withheld<T> {
    pub(crate) plan: Option<Arc<WithheldPlan>>,
    pub(crate) last_known: Option<Arc<LastKnown<T>>>,
}

impl<T> Withheld<T> {
    pub(crate) const NOTHING: Self = Self { plan: None, last_known: None };

    pub(crate) fn view(&self) -> View<'_, T> {
        match &self.plan {
            None => View::complete(),
            Some(plan) => View {
                reduced: Some(Reduced { plan, node: 0 }),
                last: self.last_known.as_deref().map_or(Last::None, Last::Stored),
            },
        }
    }
}

impl<T> Clone for Withheld<T> {
    fn clone(&self) -> Self {
        Self { plan: self.plan.clone(), last_known: self.last_known.clone() }
    }
}

#[derive(Clone, Copy)]
struct Reduced<'a> {
    plan: &'a WithheldPlan,
    node: u32,
}

enum Last<'a, T> {
    None,
    Stored(&'a LastKnown<T>),
    Known(&'a T),
}

/// What was withheld from one message of type `T`, and what it last was in full. See the [module](self).
pub struct View<'a, T> {
    reduced: Option<Reduced<'a>>,
    last: Last<'a, T>,
}

impl<T> Clone for View<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for View<'_, T> {}

impl<T> Clone for Last<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Last<'_, T> {}

impl<T> fmt::Debug for View<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last_known = !matches!(self.last, Last::None);
        f.debug_struct("View")
            .field("node", &self.reduced.map(|reduced| reduced.node))
            .field("last_known", &last_known)
            .finish()
    }
}

impl<'a, T> View<'a, T> {
    /// Nothing is withheld: for messages that did not come from a snapshot.
    pub const fn complete() -> Self {
        Self { reduced: None, last: Last::None }
    }

    /// Whether nothing in this message or below can be withheld.
    pub fn is_complete(&self) -> bool {
        self.reduced.is_none()
    }

    /// A field that may be dropped. `present` is its value in this message; `last` picks it from the last known one.
    pub fn field<V>(
        &self,
        number: u32,
        present: Option<V>,
        last: impl FnOnce(&'a T) -> Option<V>,
    ) -> Enriching<V> {
        self.oneof(&[number], present, last)
    }

    /// A oneof that may be dropped: it is withheld when any of its members is.
    pub fn oneof<V>(
        &self,
        members: &[u32],
        present: Option<V>,
        last: impl FnOnce(&'a T) -> Option<V>,
    ) -> Enriching<V> {
        match present {
            Some(value) => Enriching::Present(value),
            None if members.iter().any(|number| self.drops(*number)) => {
                Enriching::Withheld(self.last_known().and_then(last))
            }
            None => Enriching::Absent,
        }
    }

    /// A message that may be dropped and has accessors of its own: the message and the view to read it with. A last
    /// known message was seen in full, so its view is complete.
    pub fn message<U>(
        &self,
        number: u32,
        present: Option<&'a U>,
        last: impl Fn(&'a T) -> Option<&'a U>,
    ) -> Enriching<(&'a U, View<'a, U>)> {
        let present = present.map(|message| (message, self.child(number, &last)));
        self.field(number, present, |parent| last(parent).map(|message| (message, View::complete())))
    }

    /// A list that may be dropped, of messages with accessors of their own. An empty list counts as absent. A last
    /// known list was seen in full, so the views of its items are complete.
    pub fn list<U>(
        &self,
        number: u32,
        present: &'a [U],
        last: impl FnOnce(&'a T) -> &'a [U],
    ) -> Enriching<Items<'a, U>> {
        let items = (!present.is_empty()).then(|| self.items(number, present));
        self.field(number, items, |parent| {
            let items = last(parent);
            (!items.is_empty()).then(|| Items { items: items.iter(), view: View::complete() })
        })
    }

    /// The view of a message in a field: what the plan says below it, and the field of the last known message.
    pub fn child<U>(&self, number: u32, last: impl FnOnce(&'a T) -> Option<&'a U>) -> View<'a, U> {
        let Some(reduced) = self.below(number) else {
            return View::complete();
        };
        let last = self.last_known().and_then(last).map_or(Last::None, Last::Known);
        View { reduced: Some(reduced), last }
    }

    /// The items of a list that is never dropped itself. They have no last known values.
    pub fn items<U>(&self, number: u32, items: &'a [U]) -> Items<'a, U> {
        Items { items: items.iter(), view: View { reduced: self.below(number), last: Last::None } }
    }

    /// The view of every value of a map. They have no last known values.
    pub fn map_value<U>(&self, number: u32) -> View<'a, U> {
        let entry = View::<'a, U> { reduced: self.below(number), last: Last::None };
        View { reduced: entry.below(MAP_VALUE), last: Last::None }
    }

    /// The same message as it was last seen in full.
    pub fn last_known(&self) -> Option<&'a T> {
        match self.last {
            Last::None => None,
            Last::Stored(stored) => stored.get(),
            Last::Known(message) => Some(message),
        }
    }

    fn drops(&self, number: u32) -> bool {
        self.reduced.is_some_and(|reduced| reduced.plan.action(reduced.node, number) == Some(Action::Drop))
    }

    fn below(&self, number: u32) -> Option<Reduced<'a>> {
        let reduced = self.reduced?;
        match reduced.plan.action(reduced.node, number)? {
            Action::Descend(node) => Some(Reduced { node, ..reduced }),
            // The plan drops the field, yet here it is (rule F5 would have called the answer full): read it as it is.
            Action::Drop => None,
        }
    }
}

/// The number of a map entry's value.
const MAP_VALUE: u32 = 2;

/// The items of a list, each with the view to read it with.
pub struct Items<'a, U> {
    items: std::slice::Iter<'a, U>,
    view: View<'a, U>,
}

impl<'a, U> Iterator for Items<'a, U> {
    type Item = (&'a U, View<'a, U>);

    fn next(&mut self) -> Option<Self::Item> {
        self.items.next().map(|item| (item, self.view))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl<U> ExactSizeIterator for Items<'_, U> {}

impl<U> DoubleEndedIterator for Items<'_, U> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.items.next_back().map(|item| (item, self.view))
    }
}

impl<U> Clone for Items<'_, U> {
    fn clone(&self) -> Self {
        Self { items: self.items.clone(), view: self.view }
    }
}

impl<U> fmt::Debug for Items<'_, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("len", &self.items.len()).field("view", &self.view).finish()
    }
}

#[cfg(test)]
mod tests;
