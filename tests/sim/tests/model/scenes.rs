//! What random choices rarely come upon: a few actions in the order in which some rule matters.

use holdover_sim::script::{Action, Choice, always};
use proptest::prelude::*;

/// Of account ann at the first endpoint.
const ANN: u8 = 0;
/// Of account bob, whose hook asks.
const BOB: u8 = 152;

/// Options that ask for nothing special.
const PLAIN: u16 = 0xffff;
/// `network_only`.
const NETWORK_ONLY: u16 = 0x1367;

fn call(session: u8, method: &str) -> Choice {
    Choice { session, method: always(method), ride: 255, options: PLAIN }
}

fn get(session: u8, method: &str) -> Action {
    Action::Get(call(session, method))
}

/// Answers the request that was sent last.
const LAST: u8 = u8::MAX;

pub(crate) fn scene() -> impl Strategy<Value = Vec<Action>> {
    let warm = |method| [get(ANN, method), Action::Newest(0)];
    prop_oneof![
        // D1: a mutation is cancelled on the wire, and what it may have changed is read.
        Just([&warm("Quote")[..], &[get(ANN, "Update"), Action::Leave, get(ANN, "Quote")]].concat()),
        // D3: a read starts after a mutation that another read was overtaken by.
        (0u8..2).prop_map(|with_answer| {
            let (read, change) = if with_answer == 0 { ("Quote", "Update") } else { ("Driver", "Replace") };
            vec![
                get(ANN, read),
                get(ANN, change),
                Action::Newest(0),
                get(ANN, read),
                Action::Newest(0),
                Action::Newest(0),
            ]
        }),
        // C6: what is prefetched is wanted now.
        Just(vec![Action::Prefetch(call(ANN, "Quote")), get(ANN, "Quote"), Action::Newest(0)]),
        // C9: many are refreshed at once, behind what is stale.
        (30_000u32..66_000, 0u8..18).prop_map(move |(wait, how)| {
            let keys = [
                ("Quote", 0),
                ("Quote", 255),
                ("Map", 0),
                ("Draft", 0),
                ("Driver", 0),
                ("History", 0),
                ("Trip", 0),
            ];
            let all = keys.map(|(method, ride)| Action::Get(Choice { ride, ..call(ANN, method) }));
            let filled = all.iter().flat_map(|get| [*get, Action::Newest(3)]);
            let background = Action::Prefetch(call(ANN, "History"));
            let ends = [
                background,
                Action::Newest(3),
                Action::Lose(how),
                Action::Newest(3),
                all[4],
                Action::Newest(3),
            ];
            filled.chain([Action::Pass(wait)]).chain(all).chain(ends).collect()
        }),
        // C7: two requests for one entry, answered the wrong way round.
        Just(vec![
            get(ANN, "Quote"),
            Action::Get(Choice { options: NETWORK_ONLY, ..call(ANN, "Quote") }),
            Action::Newest(0),
            Action::Newest(0),
            Action::Cached(call(ANN, "Quote")),
        ]),
        // E3: the clock goes back or far ahead while the device is off.
        (0u8..6).prop_map(move |wall| {
            [
                &warm("Quote")[..],
                &[Action::Wall(wall), Action::Reboot(1), get(ANN, "Quote"), Action::Newest(0)],
            ]
            .concat()
        }),
        // A4: nobody is signed in, and something stale is there.
        (0u32..70_000).prop_map(|wait| vec![
            get(BOB, "Quote"),
            Action::Reply(LAST, 7),
            Action::Newest(0),
            Action::Pass(wait),
            get(BOB, "Plan"),
            Action::Reply(LAST, 0),
            get(BOB, "Quote"),
            Action::Cached(call(BOB, "Quote")),
        ]),
        // A4: credentials are refused, once or twice.
        (any::<bool>(), 0u8..8).prop_map(|(asks, reply)| {
            let who = if asks { BOB } else { ANN };
            vec![
                get(who, "Quote"),
                Action::Reply(LAST, 7),
                Action::Lose(6),
                Action::Reply(LAST, reply),
                Action::Lose(6),
            ]
        }),
        // C6: the detail that is wanted changes while a request is on its way.
        (0u8..6).prop_map(|then| vec![
            Action::Quality(2),
            get(ANN, "Trip"),
            Action::Quality(then),
            get(ANN, "Trip"),
            Action::Newest(0),
            Action::Newest(1),
        ]),
        // C3: what is stored is gone, says the server.
        (3u8..5, any::<bool>()).prop_map(move |(how, waits)| {
            let goes =
                [Action::Pass(if waits { 66_000 } else { 6000 }), get(ANN, "Quote"), Action::Lose(how)];
            [&warm("Quote")[..], &goes, &[get(ANN, "Quote")]].concat()
        }),
        // J5: what is off stays off in the next process.
        (0u8..5, 0u8..5).prop_map(move |(off, then)| {
            let reads = [get(ANN, "Quote"), Action::Newest(0), get(ANN, "Trip"), Action::Newest(0)];
            [&[Action::Disable(off), Action::Restart], &reads[..], &[Action::Disable(then)], &reads].concat()
        }),
        // J2: a call is on its way over a path that becomes an old one.
        (1u32..5000, 4000u32..6000).prop_map(|(before, after)| vec![
            Action::Path(1),
            get(ANN, "Plan"),
            Action::Pass(before),
            Action::Path(2),
            get(ANN, "Driver"),
            Action::Pass(after),
            Action::Newest(0),
        ]),
        // F8: a reduced value is on the screen when the network gets better.
        (0u8..6).prop_map(|then| vec![
            Action::Quality(2),
            Action::Observe(call(ANN, "Trip")),
            Action::Newest(1),
            Action::Pass(10),
            Action::Quality(then),
            Action::Newest(0),
        ]),
        // I1: a call waits for the network, loses it on its way, and may be served stale when it is back.
        (0u32..20_000, 0u8..18, 0u8..6, 0u32..4000).prop_map(move |(wait, how, then, slow)| {
            let goes = [Action::Pass(wait), get(ANN, "Wait"), Action::Quality(0), Action::Lose(how)];
            let back = [Action::Pass(slow), Action::Quality(then), Action::Pass(slow), Action::Newest(0)];
            [&warm("Wait")[..], &goes, &back].concat()
        }),
        // I2: a call is deferred, and somebody joins it or the network changes.
        (0u8..6, 0u8..6, 0u32..70_000, any::<bool>()).prop_map(|(first, then, wait, joins)| {
            let joined = Action::Prefetch(call(ANN, "Deferred"));
            vec![
                Action::Quality(first),
                get(ANN, "Deferred"),
                Action::Pass(wait),
                if joins { joined } else { Action::Leave },
                Action::Quality(then),
                Action::Pass(wait),
                Action::Newest(0),
            ]
        }),
        // C9: retries, until the budget is used up.
        (0u8..18, 0u8..18, any::<bool>()).prop_map(move |(how, last, often)| {
            let tries =
                [get(ANN, "Retry"), Action::Fail(LAST, how), Action::Pass(1300), Action::Fail(LAST, how)];
            let end = [Action::Pass(2500), Action::Fail(LAST, last), Action::Pass(4000)];
            let once = [&tries[..], &end].concat();
            let thrice = [&once[..], &once, &once].concat();
            [&warm("Retry")[..], &[Action::Pass(20_000)], if often { &thrice } else { &once }].concat()
        }),
        // I1: what is as old as `serve_stale` permits, or older.
        (86_399_990u32..86_400_010).prop_map(move |age| {
            [&warm("StaleDay")[..], &[Action::Quality(0), Action::Pass(age), get(ANN, "StaleDay")]].concat()
        }),
        // F5 to F7: both details of one answer.
        (0u8..6, 0u8..6, 0u32..80_000).prop_map(|(first, second, wait)| vec![
            Action::Quality(first),
            get(ANN, "Trip"),
            Action::Newest(1),
            Action::Pass(wait),
            Action::Quality(second),
            get(ANN, "Trip"),
            Action::Newest(1),
            get(ANN, "Trip"),
        ]),
    ]
}
