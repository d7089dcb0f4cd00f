//! The methods of `tests/vectors/api.proto`, copied by hand: the model reads no policy.

use super::retries::Retry;

/// One second in nanoseconds.
pub(super) const S: i128 = 1_000_000_000;

/// What the annotations of a method say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Method {
    pub(super) name: &'static str,
    pub(super) cache: Option<Cache>,
    pub(super) tags: Tags,
    pub(super) invalidates: Option<&'static str>,
    /// NO_SIDE_EFFECTS.
    pub(super) read: bool,
    pub(super) background: bool,
    /// Attempt and total, where the method has its own.
    pub(super) timeouts: Option<(i128, i128)>,
    pub(super) detail: Option<Trim>,
    pub(super) offline: Offline,
    /// How long a BACKGROUND call waits for a better network (I2).
    pub(super) defer_at_most: Option<i128>,
    pub(super) retry: Option<Retry>,
}

/// What a call does when the network is known to be away (I1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Offline {
    /// Rows 1 to 3.
    Default,
    /// Whatever is stored, younger than this if there is a limit.
    ServeStale(Option<i128>),
    /// Row 1 only.
    FailFast,
    /// Row 1, or else the call waits.
    Wait,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Cache {
    pub(super) fresh: i128,
    pub(super) revalidate: i128,
    pub(super) if_error: i128,
    pub(super) stale_after: Option<i128>,
    pub(super) device: bool,
    pub(super) memory: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Tags {
    None,
    /// `ride:{request.ride_id}`
    Ride,
    /// `driver:{response.driver_id}`
    Driver,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Trim {
    /// VERY_POOR is 1, POOR 2.
    pub(super) reduce_at: u8,
    pub(super) by_header: bool,
    pub(super) restore: bool,
}

const fn cache(fresh: i128, revalidate: i128, if_error: i128) -> Cache {
    Cache {
        fresh: fresh * S,
        revalidate: revalidate * S,
        if_error: if_error * S,
        stale_after: None,
        device: false,
        memory: false,
    }
}

const fn read(name: &'static str, cache: Option<Cache>, tags: Tags) -> Method {
    Method {
        name,
        cache,
        tags,
        invalidates: None,
        read: true,
        background: false,
        timeouts: None,
        detail: None,
        offline: Offline::Default,
        defer_at_most: None,
        retry: None,
    }
}

const fn mutation(name: &'static str, invalidates: Option<&'static str>) -> Method {
    Method { read: false, invalidates, ..read(name, None, Tags::None) }
}

/// All that the model knows.
pub(super) const METHODS: [Method; 22] = [
    read("Quote", Some(cache(5, 60, 600)), Tags::Ride),
    read("Fare", Some(cache(10, 0, 0)), Tags::Ride),
    read("Plan", Some(cache(10, 0, 600)), Tags::Ride),
    read("Patient", Some(Cache { stale_after: Some(3 * S), ..cache(10, 0, 600) }), Tags::None),
    read("History", Some(cache(10, 300, 20)), Tags::Ride),
    read("Map", Some(Cache { device: true, ..cache(30, 60, 600) }), Tags::Ride),
    read("Draft", Some(Cache { memory: true, ..cache(30, 60, 600) }), Tags::None),
    read("Driver", Some(cache(30, 60, 600)), Tags::Driver),
    Method { timeouts: Some((2 * S, 4 * S)), ..read("Status", None, Tags::None) },
    Method { background: true, ..read("Sync", None, Tags::None) },
    mutation("Plain", None),
    mutation("Update", Some("ride")),
    mutation("Replace", Some("driver")),
    Method {
        detail: Some(Trim { reduce_at: 2, by_header: true, restore: true }),
        ..read("Trip", Some(cache(5, 60, 600)), Tags::Ride)
    },
    Method {
        detail: Some(Trim { reduce_at: 1, by_header: true, restore: false }),
        ..read("Leg", Some(cache(60, 0, 0)), Tags::None)
    },
    Method {
        detail: Some(Trim { reduce_at: 2, by_header: false, restore: false }),
        ..read("Masked", Some(cache(60, 0, 0)), Tags::None)
    },
    Method { offline: Offline::ServeStale(None), ..read("Stale", Some(cache(10, 0, 0)), Tags::None) },
    Method {
        offline: Offline::ServeStale(Some(86_400 * S)),
        ..read("StaleDay", Some(cache(10, 0, 0)), Tags::None)
    },
    Method { offline: Offline::FailFast, ..read("FailFast", Some(cache(10, 60, 600)), Tags::None) },
    Method { offline: Offline::Wait, ..read("Wait", Some(cache(10, 0, 600)), Tags::None) },
    Method {
        background: true,
        defer_at_most: Some(60 * S),
        ..read("Deferred", Some(cache(10, 0, 0)), Tags::None)
    },
    Method {
        retry: Some(Retry {
            max_attempts: 3,
            initial_backoff: S,
            max_backoff: 10 * S,
            backoff_multiplier: 2,
        }),
        ..read("Retry", Some(cache(10, 0, 600)), Tags::None)
    },
];

impl Method {
    pub(super) fn named(name: &str) -> &'static Method {
        METHODS
            .iter()
            .find(|method| method.name == name)
            .expect("scripts call only methods that the model knows")
    }

    /// What has no annotations is let through without a network (G1).
    pub(super) fn has_gate(&self) -> bool {
        self.name != "Plain"
    }

    /// C5.
    pub(super) fn attempt(&self, background: bool) -> i128 {
        self.timeouts.map_or(if background { 30 * S } else { 10 * S }, |(attempt, _)| attempt)
    }

    /// C5.
    pub(super) fn total(&self, background: bool) -> i128 {
        self.timeouts.map_or(if background { 120 * S } else { 30 * S }, |(_, total)| total)
    }
}
