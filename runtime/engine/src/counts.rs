//! Counters of decisions (rule J6). They count events as they are made, so that no decision is counted that nobody could
//! have heard of, with one exception: hits by row 1 in memory are no events.

use crate::event::{Event, NotStored, Tier};

/// How often each decision was made since the engine was made. More may come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Answers from what was stored, by row of the windows' table. Row 4 is served while offline, by `serve_stale`.
    pub hits: [u64; 4],
    /// Calls that nothing stored could answer.
    pub misses: u64,
    /// Calls that joined another's flight.
    pub joins: u64,
    /// Requests that renew a stored entry which is served or shown meanwhile, observers' included.
    pub refreshes: u64,
    /// Calls that stayed away from the cache.
    pub bypasses: u64,
    /// Attempts that ended with an error, be it a status of the server such as NOT_FOUND.
    pub failed_attempts: u64,
    /// Attempts that were made because one before had failed.
    pub retries: u64,
    /// Retries that the endpoint's budget did not allow.
    pub throttled_retries: u64,
    /// Refreshes that failed, and keep the next one of their entry waiting.
    pub refresh_backoffs: u64,
    /// Refreshes that waited until others had ended.
    pub waiting_refreshes: u64,
    /// Calls that waited for a better network.
    pub deferrals: u64,
    /// How often an endpoint came to be known to be offline.
    pub times_offline: u64,
    /// How often that ended.
    pub times_online: u64,
    /// Probes of endpoints in doubt. Those that neither answered nor failed are on the wire, or were taken back.
    pub probes: u64,
    /// Probes that found somebody.
    pub answered_probes: u64,
    /// Probes that found nobody.
    pub failed_probes: u64,
    /// Answers that were not stored because they lack something REQUIRED or cannot be read.
    pub unusable: u64,
    /// Answers that were too large to be stored.
    pub oversized: u64,
    /// Answers that were not stored because what they depend on was invalidated after their requests were sent.
    pub old_generations: u64,
    /// Answers that were not stored because a later request had been answered.
    pub superseded: u64,
    /// Answers that were not stored because they are reduced by another plan.
    pub unknown_plans: u64,
    /// Entries that the server said to be gone or forbidden.
    pub evictions: u64,
    /// Entries that went to keep memory's budget.
    pub evicted_from_memory: u64,
    /// Records that went to keep the store's budget.
    pub evicted_from_disk: u64,
    /// Entries that were dropped because the platform wanted memory back.
    pub dropped_under_pressure: u64,
    /// Tags that were invalidated.
    pub invalidated_tags: u64,
    /// Invalidations of everything that has tags.
    pub total_invalidations: u64,
    /// Reduced answers that were delivered.
    pub withheld: u64,
    /// Requests that were repeated because the answer was reduced unasked.
    pub detail_refetches: u64,
    /// Bytes that servers say they left out of answers.
    pub saved_bytes: u64,
    /// Streams that were sent, for the first time or again.
    pub streams_opened: u64,
    /// Calls that joined a stream which ran already.
    pub streams_shared: u64,
    /// Kept last messages of streams that were delivered.
    pub replays: u64,
    /// Streams that broke and were to be opened again.
    pub stream_breaks: u64,
    /// Items of streams that were delivered with a possible gap before them.
    pub stream_gaps: u64,
    /// Messages of streams that readers who lagged behind were not given.
    pub stream_skips: u64,
    /// Streams that were taken off the wire because the app was in the background or paused.
    pub streams_suspended: u64,
    /// Reduced streams that were opened in full because the network had recovered.
    pub streams_restored: u64,
    /// How often an account had to sign in.
    pub sign_ins_required: u64,
    /// How often that ended with credentials.
    pub sign_ins: u64,
    /// Faults of the store, one for as long as it fails.
    pub store_faults: u64,
    /// How often the store worked again.
    pub store_recoveries: u64,
    /// Corrupt stores that were made anew.
    pub store_rebuilds: u64,
    /// How often all stored answers were given up because an earlier process could not write what outdated them.
    pub store_distrusts: u64,
    /// Partitions that were given up because their keys were lost.
    pub lost_partitions: u64,
    /// Stored records that could not be read.
    pub unreadable_records: u64,
    /// Interrupted sign-outs that were finished.
    pub finished_sign_outs: u64,
    /// How often the wall clock could not be believed.
    pub clock_doubts: u64,
    /// Changes of the network's class.
    pub quality_changes: u64,
    /// Moves of the device to another network.
    pub path_changes: u64,
    /// Pauses that have taken everything off the wire.
    pub pauses: u64,
    /// How many of them have ended.
    pub resumptions: u64,
    /// How often it has changed what is turned off.
    pub switch_changes: u64,
    /// How many names it was to turn off that are of no method.
    pub unknown_switches: u64,
}

impl Counts {
    pub(crate) fn count(&mut self, event: &Event) {
        let (counter, by) = match event {
            // Counted where it is served.
            Event::Hit { .. } => return,
            Event::Miss { .. } => (&mut self.misses, 1),
            Event::Joined { .. } => (&mut self.joins, 1),
            Event::Refreshing { .. } => (&mut self.refreshes, 1),
            Event::Bypassed { .. } => (&mut self.bypasses, 1),
            Event::AttemptFailed { .. } => (&mut self.failed_attempts, 1),
            Event::Retrying { .. } => (&mut self.retries, 1),
            Event::RetryThrottled { .. } => (&mut self.throttled_retries, 1),
            Event::RefreshBackoff { .. } => (&mut self.refresh_backoffs, 1),
            Event::RefreshWaits { .. } => (&mut self.waiting_refreshes, 1),
            Event::Deferred { .. } => (&mut self.deferrals, 1),
            Event::Offline { .. } => (&mut self.times_offline, 1),
            Event::Online { .. } => (&mut self.times_online, 1),
            Event::ProbeSent { .. } => (&mut self.probes, 1),
            Event::ProbeAnswered { .. } => (&mut self.answered_probes, 1),
            Event::ProbeFailed { .. } => (&mut self.failed_probes, 1),
            Event::NotStored { reason, .. } => {
                let counter = match reason {
                    NotStored::Unusable => &mut self.unusable,
                    NotStored::TooLarge => &mut self.oversized,
                    NotStored::OldGeneration => &mut self.old_generations,
                    NotStored::Superseded => &mut self.superseded,
                    NotStored::UnknownPlan => &mut self.unknown_plans,
                };
                (counter, 1)
            }
            Event::Evicted { .. } => (&mut self.evictions, 1),
            Event::MadeRoom { tier: Tier::Memory, entries } => {
                (&mut self.evicted_from_memory, u64::from(*entries))
            }
            Event::MadeRoom { tier: Tier::Disk, entries } => {
                (&mut self.evicted_from_disk, u64::from(*entries))
            }
            Event::MemoryDropped { entries, .. } => (&mut self.dropped_under_pressure, *entries),
            Event::Invalidated { tags } => (&mut self.invalidated_tags, u64::from(*tags)),
            Event::EverythingInvalidated => (&mut self.total_invalidations, 1),
            Event::Withheld { .. } => (&mut self.withheld, 1),
            Event::DetailRefetched { .. } => (&mut self.detail_refetches, 1),
            Event::Trimmed { bytes, .. } => (&mut self.saved_bytes, *bytes),
            Event::StreamOpened { .. } => (&mut self.streams_opened, 1),
            Event::StreamShared { .. } => (&mut self.streams_shared, 1),
            Event::Replayed { .. } => (&mut self.replays, 1),
            Event::StreamBroke { .. } => (&mut self.stream_breaks, 1),
            Event::StreamGap { .. } => (&mut self.stream_gaps, 1),
            Event::StreamSkipped { .. } => (&mut self.stream_skips, 1),
            Event::StreamSuspended { .. } => (&mut self.streams_suspended, 1),
            Event::StreamRestored { .. } => (&mut self.streams_restored, 1),
            Event::SignInRequired { .. } => (&mut self.sign_ins_required, 1),
            Event::SignedIn { .. } => (&mut self.sign_ins, 1),
            Event::StoreFailed { .. } => (&mut self.store_faults, 1),
            Event::StoreRecovered => (&mut self.store_recoveries, 1),
            Event::StoreRecreated => (&mut self.store_rebuilds, 1),
            Event::StoreDistrusted => (&mut self.store_distrusts, 1),
            Event::PartitionLost => (&mut self.lost_partitions, 1),
            Event::RecordUnreadable { .. } => (&mut self.unreadable_records, 1),
            Event::SignOutFinished => (&mut self.finished_sign_outs, 1),
            Event::ClockDistrusted => (&mut self.clock_doubts, 1),
            Event::QualityChanged { .. } => (&mut self.quality_changes, 1),
            Event::PathChanged => (&mut self.path_changes, 1),
            Event::Paused => (&mut self.pauses, 1),
            Event::Resumed => (&mut self.resumptions, 1),
            Event::SwitchesChanged { .. } => (&mut self.switch_changes, 1),
            Event::SwitchesUnknown { names, .. } => (&mut self.unknown_switches, u64::from(*names)),
        };
        *counter = counter.saturating_add(by);
    }
}
