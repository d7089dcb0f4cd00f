//! What is kept of a stream, and when it is shown again (rules G2, D1, E2, F6).

use std::time::Duration;

use super::super::Engine;
use crate::call::DetailMode;
use crate::clock::elapsed;
use crate::entry::{Answer, Entry};
use crate::event::{Event, NotStored};
use crate::fault::{Fault, planted};
use crate::key::{Key, Owner};
use crate::snapshot::{Detail, Freshness, PlanHash, Snapshot, Source, Withheld};
use crate::stream::{Newest, Phase, Stream, StreamId};
use crate::time::Instant;
use crate::timer::Timer;

/// What is kept reaches the disk at most this often (rule G2).
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// The longest time after which it is noted that a stream is still open that brings nothing (reading 44).
const NOTE_EVERY: Duration = Duration::from_secs(60);

/// How often it is noted that a stream is still open: a process that is killed loses a tenth of the window at most.
fn note_every(window: u64) -> Duration {
    Duration::from_nanos(window / 10).clamp(SAVE_EVERY, NOTE_EVERY)
}

impl Engine {
    /// Looks for what an earlier stream of the same key has left, in memory, then on disk.
    pub(super) fn look_up_kept(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get(&id) else { return };
        let spec = stream.spec.clone();
        let Some(key) = spec.shared_key() else { return self.kept_found(id, None) };
        if let Some(entry) = self.memory.get(key).cloned() {
            return self.kept_found(id, Some(entry));
        }
        if !self.load_kept(&spec) {
            self.kept_found(id, None);
        }
    }

    /// The disk has answered: streams that waited for it go on.
    pub(in crate::engine) fn kept_loaded(&mut self, key: &Key, entry: Option<&Entry>) {
        let waits =
            |stream: &Stream| matches!(stream.phase, Phase::Looking) && stream.spec.shared_key() == Some(key);
        let waiting: Vec<StreamId> =
            self.streams.iter().filter(|(_, stream)| waits(stream)).map(|(id, _)| *id).collect();
        for id in waiting {
            self.kept_found(id, entry.cloned());
        }
    }

    /// All that is kept is known: it is shown at once, while the stream is opened.
    fn kept_found(&mut self, id: StreamId, entry: Option<Entry>) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if let (Some(kept), Some(entry)) = (&mut stream.kept, entry) {
            kept.entry.accept_all(entry);
        }
        stream.phase = Phase::Suspended;
        self.settle_replay(id);
        self.flush_all(id);
        self.open_stream(id);
    }

    /// What a reader is shown of what is kept, if it still may be: within the window of when the stream was last live.
    /// What has been invalidated behaves as row 3: it is shown when an opening has failed, or the network is known to be
    /// away (rule D1).
    pub(super) fn replay(&self, stream: &Stream, mode: DetailMode) -> Option<Snapshot> {
        let has_failed = stream.failures > 0 || self.is_offline(&stream.spec);
        let (answer, plan) = self.to_replay(stream, mode, has_failed)?;
        let is_void = self.judge(&stream.spec).is_some_and(|judge| judge.is_invalidated(answer));
        let last_known = plan.and_then(|_| self.last_full(stream));
        Some(Snapshot {
            value: answer.value.clone(),
            source: Source::Replay,
            freshness: if planted(Fault::ReplayPassesForFresh) { Freshness::Fresh } else { Freshness::Stale },
            as_of_ms: answer.as_of_ms(),
            age: Duration::from_nanos(answer.age(&self.now)),
            detail: if plan.is_some() { Detail::Reduced } else { Detail::Full },
            withheld: plan.map(|plan| Withheld { plan, last_known }),
            refreshing: false,
            gap: false,
            error: stream.error.clone().filter(|_| is_void),
        })
    }

    /// Whether there is something that may be replayed, now or (if it has been invalidated) when an opening fails.
    pub(super) fn has_replay(&self, stream: &Stream, mode: DetailMode) -> bool {
        self.to_replay(stream, mode, true).is_some()
    }

    /// What is kept and within its window. `has_failed`: even if it has been invalidated.
    fn to_replay<'a>(
        &self,
        stream: &'a Stream,
        mode: DetailMode,
        has_failed: bool,
    ) -> Option<(&'a Answer, Option<PlanHash>)> {
        let kept = stream.kept.as_ref()?;
        let judge = self.judge(&stream.spec)?;
        let window = stream.spec.method.cache.as_ref()?.replay_window?;
        let is_live = stream.is_live();
        let newest_sent = kept.entry.newest().map(|(_, answer)| answer.sent);
        let may_show = |answer: &Answer| {
            // While the stream is open, it is live; and so is what it brought last.
            let is_current = is_live && newest_sent == Some(answer.sent);
            let last_live = answer.live.unwrap_or(answer.sent);
            let in_window = is_current
                || elapsed(&last_live, &self.now) < window
                || planted(Fault::ReplayOutlivesItsWindow);
            let is_void = judge.is_invalidated(answer) && !has_failed;
            in_window && (!is_void || planted(Fault::InvalidatedIsReplayed))
        };
        let full = kept.entry.full.as_ref().filter(|answer| may_show(answer));
        let plan_in_force = stream.spec.method.detail.as_ref().map(|detail| detail.plan);
        let reduced = kept
            .entry
            .reduced
            .as_ref()
            .filter(|(plan, _)| Some(*plan) == plan_in_force && mode != DetailMode::Full)
            .filter(|(_, answer)| may_show(answer));
        match (full, reduced) {
            (Some(full), Some((plan, reduced))) => {
                // The last message, whatever the stream asks for now: a replay does not go back in time (reading 44).
                Some(if is_after(reduced, full) { (reduced, Some(*plan)) } else { (full, None) })
            }
            (Some(full), None) => Some((full, None)),
            (None, Some((plan, reduced))) => Some((reduced, Some(*plan))),
            (None, None) => None,
        }
    }

    /// Whether something that the current message of an open stream depends on was invalidated after it came.
    pub(super) fn is_behind(&self, id: StreamId) -> bool {
        let Some(stream) = self.streams.get(&id) else { return false };
        let Some(newest) = stream.opening().and_then(|opening| opening.newest.as_ref()) else {
            return false;
        };
        self.judge(&stream.spec).is_some_and(|judge| judge.is_invalidated(&newest.answer))
    }

    /// The stream is open: how long it lasts is noted from now on.
    pub(super) fn begin_keeping(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let Some(kept) = &mut stream.kept else { return };
        let spec = stream.spec.clone();
        if kept.save.is_none() && !kept.entry.is_empty() && self.notes_on_disk(&spec) {
            self.save_at(id, self.now.boot.after(SAVE_EVERY));
        }
    }

    fn notes_on_disk(&self, spec: &crate::operation::Spec) -> bool {
        self.keeps(spec) && self.writes_to_disk(spec)
    }

    /// Keeps a message that has just come.
    pub(super) fn keep_message(&mut self, id: StreamId, newest: &mut Newest) {
        let Some(stream) = self.streams.get(&id) else { return };
        let spec = stream.spec.clone();
        let by_request = spec.method.cache.as_ref().is_some_and(|cache| !cache.response_tags);
        let named = self.partitions.get(&spec.owner).map(|partition| partition.key.clone());
        let known = stream.kept.as_ref().and_then(|kept| kept.tags.as_ref());
        let tagged = match known.filter(|(of, _)| by_request && named.as_ref() == Some(of)) {
            // The same request has the same tags.
            Some((_, tags)) => {
                newest.answer.tags = tags.clone();
                Ok(())
            }
            None => self.attach_tags(&spec, &mut newest.answer),
        };
        let kept = tagged.and_then(|()| self.may_keep(&spec, newest));
        if let Err(reason) = kept {
            self.event(Event::NotStored { method: spec.method.id, reason });
        }
        let (answer, plan) = (newest.answer.clone(), newest.plan);
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if let Some(opening) = stream.opening_mut() {
            opening.newest = Some(newest.clone());
        }
        let Some(kept_of) = stream.kept.as_mut().filter(|_| kept.is_ok()) else { return };
        kept_of.tags = named.map(|of| (of, answer.tags.clone()));
        let had_reduced = kept_of.entry.reduced.is_some();
        kept_of.entry.accept(answer, plan);
        kept_of.outgrown |= had_reduced && kept_of.entry.reduced.is_none();
        let due = kept_of.saved.map(|at| at.after(SAVE_EVERY)).filter(|due| *due > self.now.boot);
        let is_awaited = kept_of.save.is_some_and(|timer| due.is_some_and(|due| timer.at() <= due));
        // Without a disk it is noted when the stream is left: until then only its readers are shown it.
        if is_awaited || !self.notes_on_disk(&spec) {
            return;
        }
        match due {
            None => self.save_kept(id),
            Some(due) => self.save_at(id, due),
        }
    }

    /// Whether a message may be kept (rule E2).
    fn may_keep(&self, spec: &crate::operation::Spec, newest: &Newest) -> Result<(), NotStored> {
        if newest.answer.value.len() > self.config.max_entry_bytes {
            return Err(NotStored::TooLarge);
        }
        let plan_in_force = spec.method.detail.as_ref().map(|detail| detail.plan);
        if newest.plan.is_some() && newest.plan != plan_in_force {
            return Err(NotStored::UnknownPlan);
        }
        Ok(())
    }

    /// Notes what is kept, on disk, and does so again as long as the stream is open: the moment when it was last live
    /// is kept too.
    pub(in crate::engine) fn save_kept(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let spec = stream.spec.clone();
        let is_live = stream.is_live();
        let Some(kept) = &mut stream.kept else { return };
        self.timers.cancel(&mut kept.save);
        kept.saved = Some(self.now.boot);
        self.note_kept(id);
        let window = spec.method.cache.as_ref().and_then(|cache| cache.replay_window);
        if let Some(window) = window.filter(|_| is_live && self.notes_on_disk(&spec)) {
            self.save_at(id, self.now.boot.after(note_every(window)));
        }
    }

    fn save_at(&mut self, id: StreamId, at: Instant) {
        let Some(kept) = self.streams.get_mut(&id).and_then(|stream| stream.kept.as_mut()) else { return };
        self.timers.cancel(&mut kept.save);
        kept.save = Some(self.timers.set(at, Timer::SaveKept(id)));
    }

    /// A stream leaves the wire: what it brought last was live until now.
    pub(super) fn keep_last(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id).filter(|stream| stream.is_live()) else { return };
        let Some(kept) = &mut stream.kept else { return };
        self.timers.cancel(&mut kept.save);
        self.note_kept(id);
    }

    /// Puts what is kept into memory and on disk. What the stream brought last is live now, if the stream is.
    fn note_kept(&mut self, id: StreamId) {
        let now = self.now;
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let spec = stream.spec.clone();
        let is_live = stream.is_live();
        let Some(kept) = &mut stream.kept else { return };
        let Some((plan, answer)) = kept.entry.newest_mut() else { return };
        if is_live {
            answer.live = Some(now);
        }
        let mut answer = answer.clone();
        let Some(key) = spec.shared_key() else { return };
        if !self.is_open(&spec.owner) || !self.keeps(&spec) {
            return;
        }
        if answer.value.len() <= self.config.max_memory_entry_bytes {
            // What a transport gives may be a small part of a large buffer.
            answer.value = bytes::Bytes::copy_from_slice(&answer.value);
        }
        let Some(kept) = self.streams.get_mut(&id).and_then(|stream| stream.kept.as_mut()) else { return };
        let outgrown = std::mem::take(&mut kept.outgrown);
        let mut entry = kept.entry.clone();
        // A stream of the other detail may have brought something meanwhile.
        if let Some(known) = self.memory.look(key) {
            entry.accept_all(known.clone());
        }
        entry.accept(answer.clone(), plan);
        if self.writes_to_disk(&spec) {
            if outgrown && entry.reduced.is_none() {
                self.remove_from_disk(&spec, true);
            }
            self.save(&spec, &answer, plan);
        }
        if entry.largest() <= self.config.max_memory_entry_bytes {
            self.remember(&spec, key, entry);
        } else {
            self.memory.remove(key);
        }
    }

    /// The server says that there is no such stream: what is kept of it goes (rule G3).
    pub(super) fn evict_kept(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id).filter(|stream| stream.kept.is_some()) else { return };
        if planted(Fault::RefusedIsReplayed) {
            return;
        }
        let spec = stream.spec.clone();
        if let Some(kept) = &mut stream.kept {
            kept.entry = Entry::default();
            self.timers.cancel(&mut kept.save);
        }
        if let Some(opening) = stream.opening_mut() {
            opening.newest = None;
        }
        let Some(key) = spec.shared_key() else { return };
        self.memory.remove(key);
        self.remove_from_disk(&spec, false);
        self.disk.void_load(key);
        self.event(Event::Evicted { method: spec.method.id });
    }
}

impl Engine {
    /// The tags of a partition have other names than before: what is kept under the old ones could not be invalidated.
    pub(in crate::engine) fn forget_kept_of(&mut self, owner: &Owner) {
        for stream in self.streams.values_mut().filter(|stream| stream.spec.owner == *owner) {
            if let Some(kept) = &mut stream.kept {
                kept.entry = Entry::default();
            }
        }
    }
}

impl Entry {
    /// What was brought last, of either detail.
    pub(super) fn newest(&self) -> Option<(Option<PlanHash>, &Answer)> {
        match (&self.full, &self.reduced) {
            (Some(full), Some((plan, reduced))) => {
                Some(if is_after(reduced, full) { (Some(*plan), reduced) } else { (None, full) })
            }
            (Some(full), None) => Some((None, full)),
            (None, Some((plan, reduced))) => Some((Some(*plan), reduced)),
            (None, None) => None,
        }
    }

    fn newest_mut(&mut self) -> Option<(Option<PlanHash>, &mut Answer)> {
        let plan = self.newest()?.0;
        match plan {
            None => self.full.as_mut().map(|answer| (None, answer)),
            Some(plan) => self.reduced.as_mut().map(|(_, answer)| (Some(plan), answer)),
        }
    }
}

/// Whether one message came after another. Messages of an earlier boot came before those of this one.
fn is_after(a: &Answer, b: &Answer) -> bool {
    if a.sent.boot_id == b.sent.boot_id { a.sent.boot > b.sent.boot } else { a.sent.wall_ms > b.sent.wall_ms }
}
