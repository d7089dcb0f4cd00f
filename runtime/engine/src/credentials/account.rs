//! What is known about an account's credentials, in memory only (rules A3, A4).

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::AskId;
use crate::fault::{Fault, planted};
use crate::flight::FlightId;
use crate::metadata::Metadata;
use crate::session::Endpoint;
use crate::stream::StreamId;

/// For what credentials are asked and kept: an endpoint and a method's path.
pub(crate) type Slot = (Endpoint, Arc<str>);

/// Who waits for credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Asker {
    Flight(FlightId),
    Stream(StreamId),
}

impl Asker {
    /// The number that the engine has given it.
    pub(crate) fn name(self) -> u64 {
        match self {
            Self::Flight(id) => id.0,
            Self::Stream(id) => id.0,
        }
    }
}

/// One account's credentials.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    kept: BTreeMap<Slot, Kept>,
    /// What was refused and has not been asked about yet.
    rejected: BTreeMap<Slot, Metadata>,
    /// What the hook has been told was refused, until it has an answer: one that fails is told again.
    told: BTreeMap<Slot, Metadata>,
    /// The one question in the air.
    pub(crate) asked: Option<(AskId, Slot)>,
    /// What is to be asked next, each slot once.
    queue: VecDeque<Slot>,
    /// Who waits for an answer, in the order in which they came: what is most urgent comes first when the network is back.
    pub(crate) waiting: BTreeMap<Slot, Vec<Asker>>,
    /// Nobody is signed in as far as the server is concerned.
    pub(crate) sign_in_required: bool,
}

#[derive(Debug)]
struct Kept {
    metadata: Metadata,
    expires_ms: Option<i64>,
}

impl Credentials {
    /// The kept answer, unless it has expired.
    pub(crate) fn kept(&self, slot: &Slot, wall_ms: i64) -> Option<&Metadata> {
        let kept = self.kept.get(slot)?;
        kept.expires_ms.is_none_or(|expires| wall_ms < expires).then_some(&kept.metadata)
    }

    /// Keeps what the hook answered. `false` if just that was refused while the question was in the air: then it has to be
    /// asked again, with what was refused.
    #[must_use]
    pub(crate) fn keep(&mut self, slot: Slot, metadata: Metadata, expires_ms: Option<i64>) -> bool {
        if self.rejected.get(&slot) == Some(&metadata) {
            return false;
        }
        self.rejected.remove(&slot);
        self.told.remove(&slot);
        self.kept.insert(slot, Kept { metadata, expires_ms });
        true
    }

    /// The server refused what a call was sent with. What has been renewed meanwhile stays.
    pub(crate) fn reject(&mut self, slot: &Slot, refused: &Metadata) {
        if self.kept.get(slot).is_none_or(|kept| kept.metadata == *refused) {
            if planted(Fault::RejectedCredentialsAreKept) {
                return;
            }
            self.kept.remove(slot);
            self.rejected.insert(slot.clone(), refused.clone());
        }
    }

    /// Somebody waits for an answer; the slot is asked for in its turn.
    pub(crate) fn wait(&mut self, slot: Slot, asker: Asker) {
        let is_asked = self.asked.as_ref().is_some_and(|(_, asked)| *asked == slot);
        if !is_asked && !self.queue.contains(&slot) {
            self.queue.push_back(slot.clone());
        }
        let waiting = self.waiting.entry(slot).or_default();
        if !waiting.contains(&asker) {
            waiting.push(asker);
        }
    }

    /// Somebody does not wait any more. A question that nobody waits for loses its turn.
    pub(crate) fn forget(&mut self, asker: Asker) {
        self.waiting.retain(|_, askers| {
            askers.retain(|other| *other != asker);
            !askers.is_empty()
        });
        self.queue.retain(|slot| self.waiting.contains_key(slot));
    }

    /// What to ask next, if nothing is being asked: the first slot that somebody still waits for, one of those who wait,
    /// and what was refused.
    pub(crate) fn next(&mut self) -> Option<(Slot, Asker, Option<Metadata>)> {
        if self.asked.is_some() {
            return None;
        }
        while let Some(slot) = self.queue.pop_front() {
            if let Some(asker) = self.waiting.get(&slot).and_then(|askers| askers.first()) {
                let asker = *asker;
                if let Some(rejected) = self.rejected.remove(&slot) {
                    self.told.insert(slot.clone(), rejected);
                }
                let rejected = self.told.get(&slot).cloned();
                return Some((slot, asker, rejected));
            }
        }
        None
    }

    /// Forgets everything but who waits: their questions are asked again. The question that was in the air.
    pub(crate) fn reset(&mut self) -> Option<(AskId, Slot)> {
        self.clear();
        self.sign_in_required = false;
        self.queue = self.waiting.keys().cloned().collect();
        self.asked.take()
    }

    /// Gives up the question in the air, and queues it again if somebody waits for it.
    pub(crate) fn give_up(&mut self) -> Option<(AskId, Slot)> {
        let (ask, slot) = self.asked.take()?;
        if self.waiting.contains_key(&slot) && !self.queue.contains(&slot) {
            self.queue.push_back(slot.clone());
        }
        Some((ask, slot))
    }

    /// Forgets everything that was kept. Questions and waiting flights stay.
    pub(crate) fn clear(&mut self) {
        self.kept.clear();
        self.rejected.clear();
        self.told.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(path: &str) -> Slot {
        (Endpoint::new("prod"), path.into())
    }

    fn token(text: &'static str) -> Metadata {
        let mut metadata = Metadata::new();
        metadata.insert("authorization", text);
        metadata
    }

    #[test]
    fn an_answer_is_kept_until_it_expires() {
        let mut credentials = Credentials::default();
        assert!(credentials.keep(slot("/a"), token("1"), Some(100)));
        assert_eq!(credentials.kept(&slot("/a"), 99), Some(&token("1")));
        assert_eq!(credentials.kept(&slot("/a"), 100), None);
        assert_eq!(credentials.kept(&slot("/b"), 0), None);
    }

    #[test]
    fn only_the_current_answer_can_be_rejected() {
        let mut credentials = Credentials::default();
        assert!(credentials.keep(slot("/a"), token("new"), None));
        credentials.reject(&slot("/a"), &token("old"));
        assert_eq!(credentials.kept(&slot("/a"), 0), Some(&token("new")));
        credentials.reject(&slot("/a"), &token("new"));
        credentials.wait(slot("/a"), Asker::Flight(FlightId(1)));
        assert_eq!(credentials.next(), Some((slot("/a"), Asker::Flight(FlightId(1)), Some(token("new")))));
    }

    #[test]
    fn an_answer_that_was_refused_meanwhile_is_not_kept() {
        let mut credentials = Credentials::default();
        credentials.wait(slot("/a"), Asker::Flight(FlightId(1)));
        let (asked, ..) = credentials.next().unwrap();
        credentials.asked = Some((AskId(1), asked));
        credentials.reject(&slot("/a"), &token("old"));
        credentials.asked = None;
        assert!(!credentials.keep(slot("/a"), token("old"), None));
        credentials.wait(slot("/a"), Asker::Flight(FlightId(1)));
        assert_eq!(credentials.next().unwrap().2, Some(token("old")));
        assert!(credentials.keep(slot("/a"), token("old"), None), "the hook was told, and insists");
    }

    #[test]
    fn who_came_first_is_answered_first() {
        let mut credentials = Credentials::default();
        for flight in [7, 9, 1, 7] {
            credentials.wait(slot("/a"), Asker::Flight(FlightId(flight)));
        }
        let order = [7, 9, 1].map(|flight| Asker::Flight(FlightId(flight)));
        assert_eq!(credentials.waiting[&slot("/a")], order);
    }

    #[test]
    fn one_question_at_a_time_and_none_that_nobody_waits_for() {
        let mut credentials = Credentials::default();
        for (path, flight) in [("/a", 1), ("/b", 2), ("/a", 3), ("/c", 4)] {
            credentials.wait(slot(path), Asker::Flight(FlightId(flight)));
        }
        let (first, ..) = credentials.next().unwrap();
        assert_eq!(first, slot("/a"));
        credentials.asked = Some((AskId(1), first));
        assert_eq!(credentials.next(), None);
        credentials.asked = None;
        credentials.forget(Asker::Flight(FlightId(2)));
        assert_eq!(credentials.next().unwrap().0, slot("/c"));
        assert_eq!(credentials.next(), None);
    }
}
