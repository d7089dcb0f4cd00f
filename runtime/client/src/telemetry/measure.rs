//! Counters as meters name them.

use holdover_engine::{Counts, MemoryUse, Quality};

use super::Stats;

/// One number of [`Stats`], named after OpenTelemetry's semantic conventions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// "holdover.cache.hits"
    pub name: &'static str,
    /// In UCUM: "By", or a noun in braces.
    pub unit: &'static str,
    /// A sentence.
    pub description: &'static str,
    /// Whether it only grows.
    pub kind: MeasureKind,
    /// What tells it from others of the same name: an attribute's name and value.
    pub attribute: Option<(&'static str, &'static str)>,
    /// The number.
    pub value: u64,
}

/// What a number means over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeasureKind {
    /// The sum since the runtime was built.
    Counter,
    /// How much there is now.
    Gauge,
}

use MeasureKind::{Counter, Gauge};

const CLASSES: [(&str, Quality); 6] = [
    ("unknown", Quality::Unspecified),
    ("offline", Quality::Offline),
    ("very_poor", Quality::VeryPoor),
    ("poor", Quality::Poor),
    ("moderate", Quality::Moderate),
    ("good", Quality::Good),
];

impl Stats {
    /// All numbers, for meters. Those with the same name, which differ by their attribute, stand together.
    pub fn measures(&self) -> Vec<Measure> {
        // Taken apart by name, so that a new number cannot be forgotten here.
        let Self { counts, memory, quality, answered_attempts, sent_bytes, received_bytes, unheard_events } =
            *self;
        let Counts {
            hits: [row1, row2, row3, row4],
            misses,
            joins,
            refreshes,
            bypasses,
            failed_attempts,
            retries,
            throttled_retries,
            refresh_backoffs,
            waiting_refreshes,
            deferrals,
            times_offline,
            times_online,
            probes,
            answered_probes,
            failed_probes,
            unusable,
            oversized,
            old_generations,
            superseded,
            unknown_plans,
            evictions,
            evicted_from_memory,
            evicted_from_disk,
            dropped_under_pressure,
            invalidated_tags,
            total_invalidations,
            withheld,
            detail_refetches,
            saved_bytes,
            streams_opened,
            streams_shared,
            replays,
            stream_breaks,
            stream_gaps,
            stream_skips,
            streams_suspended,
            streams_restored,
            sign_ins_required,
            sign_ins,
            store_faults,
            store_recoveries,
            store_rebuilds,
            store_distrusts,
            lost_partitions,
            unreadable_records,
            finished_sign_outs,
            clock_doubts,
            quality_changes,
            path_changes,
            pauses,
            resumptions,
            switch_changes,
            unknown_switches,
        } = counts;
        let MemoryUse { entries, pinned, bytes } = memory;
        let mut list = List(Vec::new());
        let rows = [("1", row1), ("2", row2), ("3", row3), ("4", row4)];
        list.family(
            "holdover.cache.hits",
            "{hit}",
            "Answers from what was stored.",
            "holdover.cache.row",
            rows,
        );
        list.one("holdover.cache.misses", "{call}", "Calls that nothing stored could answer.", misses);
        list.one("holdover.cache.refreshes", "{request}", "Requests that renew what is served.", refreshes);
        list.one("holdover.cache.bypasses", "{call}", "Calls that stayed away from the cache.", bypasses);
        list.family(
            "holdover.cache.not_stored",
            "{answer}",
            "Answers that were not stored.",
            "holdover.cache.reason",
            [
                ("unusable", unusable),
                ("too_large", oversized),
                ("old_generation", old_generations),
                ("superseded", superseded),
                ("unknown_plan", unknown_plans),
            ],
        );
        list.family(
            "holdover.cache.evictions",
            "{entry}",
            "Entries that went before their time.",
            "holdover.cache.eviction.cause",
            [
                ("server", evictions),
                ("memory_budget", evicted_from_memory),
                ("disk_budget", evicted_from_disk),
                ("memory_pressure", dropped_under_pressure),
            ],
        );
        list.one("holdover.cache.invalidations", "{tag}", "Tags that were invalidated.", invalidated_tags);
        list.one("holdover.cache.clearances", "{call}", "Invalidations of all tags.", total_invalidations);
        list.now("holdover.cache.memory.entries", "{entry}", "Entries in memory.", entries);
        list.now(
            "holdover.cache.memory.pinned",
            "{entry}",
            "Entries in memory that a flight renews.",
            pinned,
        );
        list.now("holdover.cache.memory.usage", "By", "What they count against the budget.", bytes);
        list.one("holdover.flight.joins", "{call}", "Calls that joined another's flight.", joins);
        list.family(
            "holdover.attempts",
            "{attempt}",
            "Requests that ended.",
            "holdover.attempt.outcome",
            [("answered", answered_attempts), ("failed", failed_attempts)],
        );
        list.family(
            "holdover.retries",
            "{attempt}",
            "Retries, and those that the budget forbade.",
            "holdover.retry.outcome",
            [("made", retries), ("throttled", throttled_retries)],
        );
        list.one(
            "holdover.refresh.backoffs",
            "{refresh}",
            "Refreshes that failed and keep the next one waiting.",
            refresh_backoffs,
        );
        list.one(
            "holdover.refresh.waits",
            "{refresh}",
            "Refreshes that waited for others.",
            waiting_refreshes,
        );
        list.one("holdover.deferrals", "{call}", "Calls that waited for a better network.", deferrals);
        list.family(
            "holdover.endpoint.changes",
            "{change}",
            "Endpoints that came to be known to be offline, and those that were so no more.",
            "holdover.endpoint.state",
            [("offline", times_offline), ("online", times_online)],
        );
        list.family(
            "holdover.endpoint.probes",
            "{probe}",
            "Probes of endpoints in doubt, and what came of them.",
            "holdover.probe.state",
            [("sent", probes), ("answered", answered_probes), ("failed", failed_probes)],
        );
        list.family(
            "holdover.network.io",
            "By",
            "Bodies on the wire.",
            "network.io.direction",
            [("transmit", sent_bytes), ("receive", received_bytes)],
        );
        for (label, class) in CLASSES {
            list.0.push(Measure {
                name: "holdover.network.quality",
                unit: "{runtime}",
                description: "1 for the class of the network that is in force.",
                kind: Gauge,
                attribute: Some(("holdover.network.quality.class", label)),
                value: u64::from(quality == class),
            });
        }
        list.one("holdover.network.quality.changes", "{change}", "Changes of the class.", quality_changes);
        list.one("holdover.network.path.changes", "{change}", "Moves to another network.", path_changes);
        list.one("holdover.pauses", "{pause}", "Pauses of the runtime.", pauses);
        list.one("holdover.resumptions", "{resumption}", "Pauses that have ended.", resumptions);
        list.one("holdover.switches.changes", "{change}", "Changes of what is turned off.", switch_changes);
        list.one(
            "holdover.switches.unknown",
            "{name}",
            "Names that were to be turned off and are of no method.",
            unknown_switches,
        );
        list.one("holdover.detail.withheld", "{answer}", "Reduced answers that were delivered.", withheld);
        list.one(
            "holdover.detail.refetches",
            "{request}",
            "Repetitions for the full answer.",
            detail_refetches,
        );
        list.one("holdover.detail.saved", "By", "What servers say that they left out.", saved_bytes);
        list.one("holdover.stream.opens", "{stream}", "Streams that were sent.", streams_opened);
        list.one("holdover.stream.joins", "{call}", "Calls that joined a running stream.", streams_shared);
        list.one("holdover.stream.replays", "{message}", "Kept messages that were delivered.", replays);
        list.one("holdover.stream.breaks", "{stream}", "Streams to be opened again.", stream_breaks);
        list.one("holdover.stream.gaps", "{message}", "Items with a gap before them.", stream_gaps);
        list.one("holdover.stream.skips", "{message}", "Messages that slow readers missed.", stream_skips);
        list.one("holdover.stream.suspensions", "{stream}", "Streams suspended.", streams_suspended);
        list.one(
            "holdover.stream.restorations",
            "{stream}",
            "Streams opened in full again.",
            streams_restored,
        );
        list.family(
            "holdover.sign_in.transitions",
            "{transition}",
            "Accounts that had to sign in, and that did.",
            "holdover.sign_in.state",
            [("required", sign_ins_required), ("signed_in", sign_ins)],
        );
        list.family(
            "holdover.store.transitions",
            "{transition}",
            "Changes of the store's state.",
            "holdover.store.state",
            [
                ("failed", store_faults),
                ("recovered", store_recoveries),
                ("rebuilt", store_rebuilds),
                ("distrusted", store_distrusts),
            ],
        );
        list.one(
            "holdover.store.unreadable",
            "{record}",
            "Records that could not be read.",
            unreadable_records,
        );
        list.one("holdover.store.lost", "{partition}", "Partitions whose keys were lost.", lost_partitions);
        list.one("holdover.store.sign_outs", "{account}", "Sign-outs finished late.", finished_sign_outs);
        list.one(
            "holdover.clock.doubts",
            "{change}",
            "Wall clocks that could not be believed.",
            clock_doubts,
        );
        list.one("holdover.events.unheard", "{event}", "Events that the listener missed.", unheard_events);
        list.0
    }
}

struct List(Vec<Measure>);

impl List {
    fn one(&mut self, name: &'static str, unit: &'static str, description: &'static str, value: u64) {
        self.0.push(Measure { name, unit, description, kind: Counter, attribute: None, value });
    }

    fn now(&mut self, name: &'static str, unit: &'static str, description: &'static str, value: usize) {
        let value = value as u64;
        self.0.push(Measure { name, unit, description, kind: Gauge, attribute: None, value });
    }

    fn family<const N: usize>(
        &mut self,
        name: &'static str,
        unit: &'static str,
        description: &'static str,
        attribute: &'static str,
        values: [(&'static str, u64); N],
    ) {
        let member = |(label, value)| Measure {
            name,
            unit,
            description,
            kind: Counter,
            attribute: Some((attribute, label)),
            value,
        };
        self.0.extend(values.map(member));
    }
}
