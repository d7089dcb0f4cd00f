//! Stored answers, and which of them a call gets (rules C1, F6, F7).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::clock::{Clock, Stamp, elapsed};
use crate::fault::{Fault, planted};
use crate::ledger::Ledger;
use crate::snapshot::{Detail, PlanHash, Snapshot, Source, Withheld};
use crate::store::TagHash;
use crate::time::{Instant, Now};
use crate::window::{Row, Windows};

/// One stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) value: Bytes,
    /// When its request was sent, or when it was put.
    pub(crate) sent: Stamp,
    /// How old it was already when it was sent, by the `age` header, in nanoseconds.
    pub(crate) age_before: u64,
    pub(crate) tags: Arc<[TagHash]>,
    /// The partition's sequence number when its request was sent.
    pub(crate) sequence: u64,
    /// One of its tags had a higher number when it was loaded.
    pub(crate) outdated: bool,
    /// Given by the app and not by the server.
    pub(crate) put: bool,
    /// Of a stream's message: the last moment when the stream is known to have been open (rule G2).
    pub(crate) live: Option<Stamp>,
}

impl Answer {
    /// In nanoseconds.
    pub(crate) fn age(&self, now: &Now) -> u64 {
        elapsed(&self.sent, now).saturating_add(self.age_before)
    }

    pub(crate) fn is_sent_before(&self, other: &Stamp) -> bool {
        after(other, &self.sent)
    }

    /// The wall time at which it was current.
    pub(crate) fn as_of_ms(&self) -> i64 {
        self.sent.wall_ms.saturating_sub_unsigned(self.age_before / 1_000_000)
    }

    /// The wall time at which it expires, if answers do so at this age, in nanoseconds. A stream's message counts from when
    /// the stream was last live.
    pub(crate) fn expires_ms(&self, retention: u64) -> i64 {
        let from = self.live.map_or_else(|| self.as_of_ms(), |live| live.wall_ms);
        from.saturating_add_unsigned(retention / 1_000_000)
    }
}

/// What is stored for a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) full: Option<Answer>,
    pub(crate) reduced: Option<(PlanHash, Answer)>,
}

/// What a call, or an observer, wants of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    /// The detail of the request that would be sent.
    pub(crate) detail: Detail,
    /// `detail(full)`: a reduced answer will not do.
    pub(crate) full_only: bool,
    /// `max_age(d)`, in nanoseconds.
    pub(crate) max_age: Option<u64>,
}

/// By what an entry is judged.
pub(crate) struct Judge<'a> {
    pub(crate) windows: &'a Windows,
    /// The plan in force: reduced answers by another one are void.
    pub(crate) plan: Option<PlanHash>,
    pub(crate) clock: &'a Clock,
    pub(crate) ledger: &'a Ledger,
    pub(crate) now: &'a Now,
}

/// The answer that a call gets, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice<'a> {
    pub(crate) answer: &'a Answer,
    pub(crate) row: Row,
    /// In nanoseconds.
    pub(crate) age: u64,
    pub(crate) invalidated: bool,
    reduced: Option<PlanHash>,
    last_known: Option<&'a Bytes>,
}

impl Judge<'_> {
    /// Whether something that the answer depends on is newer than its request.
    pub(crate) fn is_invalidated(&self, answer: &Answer) -> bool {
        ((answer.outdated || self.ledger.is_newer(&answer.tags, answer.sequence))
            && !planted(Fault::InvalidatedIsServed))
            || (self.clock.doubts(&answer.sent, self.now.boot_id)
                && !planted(Fault::DistrustedClockIsBelieved))
    }

    fn judge<'e>(&self, answer: &'e Answer, wish: &Wish, reduced: Option<PlanHash>) -> Choice<'e> {
        let age = answer.age(self.now);
        let invalidated = self.is_invalidated(answer);
        let mut row = self.windows.row(age, invalidated);
        let at_best_second = (answer.put && !planted(Fault::PutPassesForFresh))
            || wish.max_age.is_some_and(|max_age| age > max_age)
            || (reduced.is_some() && wish.detail == Detail::Full);
        if at_best_second {
            row = row.at_best_revalidate();
        }
        Choice { answer, row, age, invalidated, reduced, last_known: None }
    }

    /// The best stored answer, of whatever row; `None` if there is none that the wish permits.
    pub(crate) fn choose<'e>(&self, entry: &'e Entry, wish: &Wish) -> Option<Choice<'e>> {
        let full = entry.full.as_ref().map(|answer| self.judge(answer, wish, None));
        let reduced = entry
            .reduced
            .as_ref()
            .filter(|(plan, _)| Some(*plan) == self.plan && !wish.full_only)
            .map(|(plan, answer)| self.judge(answer, wish, Some(*plan)));
        let chosen = match (full, reduced) {
            (Some(full), Some(reduced)) => {
                let full_wins = match wish.detail {
                    // Rows 1 and 2 of the full one win, then rows 1 and 2 of the reduced one, then the lower row.
                    Detail::Full => full.row.at_best_revalidate() <= reduced.row,
                    Detail::Reduced => (full.row, full.age) <= (reduced.row, reduced.age),
                };
                if full_wins { full } else { reduced }
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => return None,
        };
        let last_known = chosen.reduced.and(entry.full.as_ref()).map(|answer| &answer.value);
        Some(Choice { last_known, ..chosen })
    }

    /// The answer that a call gets whose flight failed: reduced ones will do if nothing else does (rule F7).
    pub(crate) fn fallback<'e>(&self, entry: &'e Entry, wish: &Wish) -> Option<Choice<'e>> {
        let servable = |choice: &Choice<'_>| choice.row <= Row::IfError;
        self.choose(entry, wish).filter(servable).or_else(|| {
            let any = Wish { full_only: false, ..*wish };
            self.choose(entry, &any).filter(servable)
        })
    }
}

impl Choice<'_> {
    /// What the caller is given, without a refresh or an error.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            value: self.answer.value.clone(),
            source: Source::Cache,
            freshness: self.row.freshness(),
            as_of_ms: self.answer.as_of_ms(),
            age: Duration::from_nanos(self.age),
            detail: if self.reduced.is_some() { Detail::Reduced } else { Detail::Full },
            withheld: self.reduced.map(|plan| Withheld { plan, last_known: self.last_known.cloned() }),
            refreshing: false,
            gap: false,
            error: None,
        }
    }
}

impl Entry {
    /// Takes in an answer, unless there is a later one of the same detail. Whether it did.
    ///
    /// A `put` value never stands in the way of what the server says. A full answer makes an older reduced one useless.
    pub(crate) fn accept(&mut self, answer: Answer, reduced: Option<PlanHash>) -> bool {
        let current = match reduced {
            None => self.full.as_ref(),
            Some(plan) => self.reduced.as_ref().filter(|(other, _)| *other == plan).map(|(_, answer)| answer),
        };
        let is_older = current.is_some_and(|current| !current.put && later(current, &answer));
        if !answer.put && is_older && !planted(Fault::OlderAnswerIsStored) {
            return false;
        }
        match reduced {
            Some(_) if self.full.is_some() && planted(Fault::ReducedReplacesFull) => self.full = Some(answer),
            Some(plan) => self.reduced = Some((plan, answer)),
            None => {
                if self.reduced.as_ref().is_some_and(|(_, reduced)| !later(reduced, &answer)) {
                    self.reduced = None;
                }
                self.full = Some(answer);
            }
        }
        true
    }

    /// Takes in what another place knows of the same entry.
    pub(crate) fn accept_all(&mut self, other: Self) {
        if let Some((plan, answer)) = other.reduced {
            self.accept(answer, Some(plan));
        }
        if let Some(answer) = other.full {
            self.accept(answer, None);
        }
    }

    /// What is stored, of both details.
    pub(crate) fn answers(&self) -> impl Iterator<Item = &Answer> {
        self.full.iter().chain(self.reduced.iter().map(|(_, answer)| answer))
    }

    /// Whether something in it was sent for after `sent`.
    pub(crate) fn is_later_than(&self, sent: &Stamp) -> bool {
        self.answers().any(|answer| !answer.put && after(&answer.sent, sent))
    }

    /// When the last of its answers expires, if answers do so at this age, in nanoseconds.
    pub(crate) fn expires(&self, now: &Now, retention: u64) -> Instant {
        let age = |answer: &Answer| answer.live.map_or_else(|| answer.age(now), |live| elapsed(&live, now));
        let left = self.answers().map(|answer| retention.saturating_sub(age(answer))).max();
        Instant(now.boot.0.saturating_add(left.unwrap_or(0)))
    }

    /// Bytes of values and tags.
    pub(crate) fn size(&self) -> usize {
        self.answers().map(|answer| answer.value.len() + answer.tags.len() * size_of::<TagHash>()).sum()
    }

    /// The larger of its values, in bytes.
    pub(crate) fn largest(&self) -> usize {
        let full = self.full.as_ref().map_or(0, |answer| answer.value.len());
        full.max(self.reduced.as_ref().map_or(0, |(_, answer)| answer.value.len()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.full.is_none() && self.reduced.is_none()
    }
}

fn later(a: &Answer, b: &Answer) -> bool {
    after(&a.sent, &b.sent)
}

/// Within a boot by its clock; answers of an earlier boot are always earlier than those of this process.
fn after(a: &Stamp, b: &Stamp) -> bool {
    a.boot_id == b.boot_id && a.boot > b.boot
}

#[cfg(test)]
mod tests;
