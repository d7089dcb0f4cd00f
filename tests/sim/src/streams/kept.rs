//! Last messages, as they are kept (G2).

use super::readers::Piece;
use super::{Model, Name, S, Skip, Stream, WINDOW};

/// The last message of a stream.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) name: Name,
    pub(super) reduced: bool,
    value: Vec<u8>,
    arrived: i128,
    order: u64,
    /// When its stream was open last; while it is open, it is now.
    last_live: i128,
    /// By how much that may be wrong, after a process died.
    doubt: i128,
}

impl Model {
    pub(super) fn keep(&mut self, name: &Name, reduced: bool, value: &[u8]) {
        // A full message makes an older reduced one useless.
        self.kept.retain(|kept| kept.name != *name || (kept.reduced != reduced && reduced));
        self.kept.push(Kept {
            name: name.clone(),
            reduced,
            value: value.to_vec(),
            arrived: self.now,
            order: self.order,
            last_live: self.now,
            doubt: 0,
        });
    }

    pub(super) fn forget(&mut self, name: &Name) {
        self.kept.retain(|kept| kept.name != *name);
    }

    /// The stream has been open until now.
    pub(super) fn was_live(&mut self, name: &Name) {
        let now = self.now;
        for kept in self.kept.iter_mut().filter(|kept| kept.name == *name) {
            kept.last_live = now;
            kept.doubt = 0;
        }
    }

    /// Whether what was acknowledged after `order` makes a message outdated.
    pub(super) fn is_outdated(&self, name: &Name, order: u64) -> bool {
        let ride = crate::message::text(&name.request, 1).unwrap_or_default();
        name.method == "Watch"
            && self.invalidations.iter().any(|(account, tag, at)| {
                *account == name.account && *tag == format!("ride:{ride}") && *at > order
            })
    }

    /// Something is kept, and has been made outdated.
    pub(super) fn keeps_outdated(&self, name: &Name) -> bool {
        self.kept.iter().any(|kept| kept.name == *name && self.is_outdated(name, kept.order))
    }

    /// What is replayed; to who wants everything (`full`), nothing that is reduced (F7).
    pub(super) fn replay(&self, name: &Name, full: bool) -> Result<Option<Piece>, Skip> {
        // Of two, the newer one is the last message (reading 44).
        let found = self.kept.iter().filter(|kept| kept.name == *name && !(full && kept.reduced));
        let Some(kept) = found.max_by_key(|kept| kept.order) else { return Ok(None) };
        let age = self.now - kept.last_live;
        if kept.doubt > 0 && (WINDOW - kept.doubt..=WINDOW + kept.doubt).contains(&age) {
            return Err(Skip);
        }
        if age >= WINDOW || self.is_outdated(name, kept.order) {
            return Ok(None);
        }
        Ok(Some(Piece {
            value: kept.value.clone(),
            arrived: kept.arrived,
            live: false,
            reduced: kept.reduced,
            gap: false,
            last_known: self.last_known(name).filter(|_| kept.reduced),
        }))
    }

    /// The last full message, for fields that a reduced one lacks.
    pub(super) fn last_known(&self, name: &Name) -> Option<Vec<u8>> {
        self.kept.iter().find(|kept| kept.name == *name && !kept.reduced).map(|kept| kept.value.clone())
    }

    /// The process dies, and starts again.
    pub(super) fn restart(&mut self, off: i128) -> Result<(), Skip> {
        for stream in std::mem::take(&mut self.streams) {
            self.died(&stream)?;
        }
        self.leaving.clear();
        self.kept.retain(|kept| kept.name.method != "WatchDraft");
        self.now += off;
        self.background_since = self.background_since.map(|_| self.now);
        Ok(())
    }

    /// What came was noted within a second; that the stream is open, within a tenth of the window (reading 44).
    fn died(&mut self, stream: &Stream) -> Result<(), Skip> {
        let Some(opening) = stream.opening.as_ref().filter(|opening| opening.head) else { return Ok(()) };
        let just_arrived = opening.current.as_ref().is_some_and(|(_, at, _)| self.now - at < 2 * S);
        if just_arrived || self.now - opening.since < 2 * S {
            return Err(Skip);
        }
        self.was_live(&stream.name);
        for kept in self.kept.iter_mut().filter(|kept| kept.name == stream.name) {
            kept.doubt = WINDOW / 10 + S;
        }
        Ok(())
    }
}
