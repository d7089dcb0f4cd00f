//! What may happen.

use proptest::prelude::*;

pub(crate) const METHODS: [&str; 17] = [
    "Quote", "Fare", "Plan", "Map", "Draft", "Driver", "Update", "Replace", "Trip", "Status", "Retry",
    "Wait", "Stale", "StaleDay", "FailFast", "Deferred", "Plain",
];

pub(crate) const STREAMS: [&str; 7] =
    ["Watch", "Watch", "WatchTrimmed", "WatchDraft", "Follow", "Feed", "Chat"];

#[derive(Clone, Debug)]
pub(crate) enum Act {
    Stream {
        who: u8,
        method: usize,
        ride: u8,
        network_only: bool,
        full: bool,
        timeout: Option<u16>,
    },
    Upload {
        who: u8,
    },
    Demand(prop::sample::Index, u8),
    Say(prop::sample::Index),
    Close(prop::sample::Index),
    Written(prop::sample::Index, u8),
    Message(prop::sample::Index, u8),
    End(prop::sample::Index),
    Call {
        who: u8,
        method: usize,
        ride: u8,
        form: u8,
        cache: u8,
        full: bool,
        timeout: Option<u16>,
    },
    Cancel(prop::sample::Index),
    Refresh(prop::sample::Index),
    Put {
        who: u8,
        ride: u8,
    },
    Answer(prop::sample::Index, u8),
    Head(prop::sample::Index),
    Fail(prop::sample::Index, u8),
    /// What is on the wire breaks, in one of these ways, or all that is.
    Break(prop::sample::Index, u8, bool),
    /// A probe reaches its endpoint, or does not.
    Probe(prop::sample::Index, u8),
    Credentials(prop::sample::Index, u8),
    Pass(u32),
    Quality(u8),
    Measure(prop::sample::Index, u8),
    Estimate(u8),
    Platform {
        reachability: u8,
        interface: u8,
        path: u8,
        save_data: bool,
    },
    App(bool),
    Pause,
    Resume,
    Disable(u8),
    Sleep(u32),
    Release,
    Hold(bool),
    Fault(u8),
    SignOut(u8),
    Restart,
}

pub(crate) fn act() -> impl Strategy<Value = Act> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        8 => (0..3u8, 0..METHODS.len(), 0..3u8, 0..4u8, 0..5u8, any::<bool>(), prop::option::of(0..40_000u16))
            .prop_map(|(who, method, ride, form, cache, full, timeout)| Act::Call { who, method, ride, form, cache, full, timeout }),
        5 => (0..3u8, 0..STREAMS.len(), 0..2u8, prop::bool::weighted(0.1), prop::bool::weighted(0.2),
            prop::option::weighted(0.2, 0..40_000u16))
            .prop_map(|(who, method, ride, network_only, full, timeout)| Act::Stream { who, method, ride, network_only, full, timeout }),
        1 => (0..3u8).prop_map(|who| Act::Upload { who }),
        6 => (index(), 0..5u8).prop_map(|(i, items)| Act::Demand(i, items)),
        2 => index().prop_map(Act::Say),
        1 => index().prop_map(Act::Close),
        1 => (index(), 0..4u8).prop_map(|(i, messages)| Act::Written(i, messages)),
        9 => (index(), 0..12u8).prop_map(|(i, how)| Act::Message(i, how)),
        1 => index().prop_map(Act::End),
        2 => index().prop_map(Act::Cancel),
        1 => index().prop_map(Act::Refresh),
        1 => (0..3u8, 0..3u8).prop_map(|(who, ride)| Act::Put { who, ride }),
        8 => (index(), 0..6u8).prop_map(|(i, how)| Act::Answer(i, how)),
        1 => index().prop_map(Act::Head),
        3 => (index(), 0..20u8).prop_map(|(i, how)| Act::Fail(i, how)),
        4 => (index(), 0..10u8, prop::bool::weighted(0.2)).prop_map(|(i, how, all)| Act::Break(i, how, all)),
        4 => (index(), 0..10u8).prop_map(|(i, how)| Act::Probe(i, how)),
        5 => (index(), 0..6u8).prop_map(|(i, how)| Act::Credentials(i, how)),
        4 => (0..100_000u32).prop_map(Act::Pass),
        1 => (0..6u8).prop_map(Act::Quality),
        2 => (index(), 0..4u8).prop_map(|(i, what)| Act::Measure(i, what)),
        2 => (0..4u8).prop_map(Act::Estimate),
        3 => (0..3u8, 0..3u8, 0..3u8, any::<bool>())
            .prop_map(|(reachability, interface, path, save_data)| Act::Platform { reachability, interface, path, save_data }),
        2 => any::<bool>().prop_map(Act::App),
        1 => Just(Act::Pause),
        2 => Just(Act::Resume),
        1 => (0..64u8).prop_map(Act::Disable),
        1 => (0..100_000u32).prop_map(Act::Sleep),
        6 => Just(Act::Release),
        1 => any::<bool>().prop_map(Act::Hold),
        1 => (0..8u8).prop_map(Act::Fault),
        1 => (0..3u8).prop_map(Act::SignOut),
        1 => Just(Act::Restart),
    ]
}
