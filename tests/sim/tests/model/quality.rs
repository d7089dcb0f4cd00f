//! Random measurements, and words of the platform and the app, against the reference model of section H.

use std::collections::BTreeMap;

use holdover_sim::quality::Quality;
use holdover_testkit::api::Api;
use holdover_testkit::vector::{
    Answer, App, AppWord, Breakage, Call, Fail, Head, Hint, HintKind, In, Message, Numbers, Out, Progress,
    Span, Step, Transferred, Vector,
};
use holdover_testkit::world::World;
use proptest::prelude::*;

use crate::{api, runner};

const MS: i128 = 1_000_000;
/// The steps in which weights halve; see the model.
const TICK: i128 = 60_000 * MS / 64;

/// One thing that happens. Numbers choose among what there is when it happens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    /// Time passes, in ticks.
    Pass(u16),
    /// A request is sent; one of three has a short timeout.
    Send(u8),
    /// A head arrives: of which request, how long it took, and how long the server did.
    Head(u8, i128, u8),
    Answer(u8),
    Fail(u8, u8),
    Progress(u8),
    /// Bytes have arrived: at which rate, and whether they are too few.
    Transferred(u8, u32, bool),
    Interface(u8),
    Path(u8),
    Reachable(u8),
    Estimate(u8, i128, u32),
    Pin(u8),
    App(bool),
}

const LAST: u8 = u8::MAX;

/// Around the thresholds, what is 20 % past them, and far away from them.
fn request_time() -> impl Strategy<Value = i128> {
    let around = prop::sample::select(vec![2010i128, 1420, 272]).prop_flat_map(|threshold| {
        (prop::sample::select(vec![8i128, 10, 12]), -1i128..2)
            .prop_map(move |(tenths, more)| threshold * MS * tenths / 10 + more)
    });
    prop_oneof![3 => around, 2 => (0i128..4000).prop_map(|ms| ms * MS)]
}

fn rate() -> impl Strategy<Value = u32> {
    let around = prop::sample::select(vec![50u32, 70, 700]).prop_flat_map(|threshold| {
        (prop::sample::select(vec![8u32, 10, 12]), 0u32..3)
            .prop_map(move |(tenths, more)| threshold * tenths / 10 + more - 1)
    });
    prop_oneof![3 => around, 1 => 26u32..3000]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        6 => prop_oneof![12 => 0u16..12, 2 => 12u16..200, 1 => 200u16..700].prop_map(Action::Pass),
        4 => any::<u8>().prop_map(Action::Send),
        4 => (any::<u8>(), request_time(), any::<u8>()).prop_map(|(n, took, server)| Action::Head(n, took, server)),
        2 => any::<u8>().prop_map(Action::Answer),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(n, how)| Action::Fail(n, how)),
        1 => any::<u8>().prop_map(Action::Progress),
        2 => (any::<u8>(), rate(), any::<bool>()).prop_map(|(n, rate, few)| Action::Transferred(n, rate, few)),
        1 => prop_oneof![
            any::<u8>().prop_map(Action::Interface),
            any::<u8>().prop_map(Action::Path),
            any::<u8>().prop_map(Action::Reachable),
            (any::<u8>(), request_time(), rate()).prop_map(|(n, took, rate)| Action::Estimate(n, took, rate)),
            any::<u8>().prop_map(Action::Pin),
            any::<bool>().prop_map(Action::App),
        ],
    ]
}

/// Measurements that are alike, so that a class is reached, and single actions.
pub(crate) fn script() -> impl Strategy<Value = Vec<Action>> {
    let alike = (1usize..9, request_time(), 0u16..30, any::<u8>()).prop_map(|(times, took, wait, server)| {
        let one =
            [Action::Send(0), Action::Head(LAST, took, server), Action::Answer(LAST), Action::Pass(wait)];
        one.repeat(times)
    });
    let transfers = (1usize..9, rate(), 0u16..30).prop_map(|(times, rate, wait)| {
        let one = [Action::Transferred(LAST, rate, false), Action::Pass(wait)];
        [&[Action::Send(0), Action::Head(LAST, 90 * MS, 0)], &one.repeat(times)[..], &[Action::Answer(LAST)]]
            .concat()
    });
    let suspended = (0u16..8, 0u16..8).prop_map(|(before, after)| {
        let away = [Action::Pass(before), Action::App(true), Action::App(false), Action::Pass(after)];
        [&[Action::Send(0)], &away[..], &[Action::Answer(LAST)]].concat()
    });
    let one = action().prop_map(|action| vec![action]);
    let chunk = prop_oneof![6 => one, 3 => alike, 2 => transfers, 1 => suspended];
    prop::collection::vec(chunk, 1..40).prop_map(|chunks| chunks.into_iter().flatten().collect())
}

pub(crate) fn setting() -> Vector {
    Vector {
        title: "Random measurements".into(),
        rules: BTreeMap::new(),
        why: None,
        sessions: BTreeMap::new(),
        quality: Some("measured".into()),
        listen: vec!["quality_changed".into()],
        memory: None,
        disk: None,
        seed: 7,
        steps: Vec::new(),
    }
}

/// What a script has to know to go on.
#[derive(Default)]
struct Seen {
    sends: Vec<u64>,
    names: u64,
    background: bool,
}

impl Seen {
    fn step(&mut self, action: Action, time: i128) -> Option<Step> {
        let pick = |which: u8| Some(self.sends[usize::from(which).checked_rem(self.sends.len())?]);
        let which = |which: u8| if which == LAST { self.sends.last().copied() } else { pick(which) };
        let hint = |what: HintKind| In::Hint(Hint { what });
        let input = match action {
            Action::Pass(ticks) => {
                return Some(Step { at: Some(Span(time + i128::from(ticks) * TICK)), ..Step::default() });
            }
            Action::Send(method) => {
                self.names += 1;
                let method = if method % 3 == 1 { "Status" } else { "Plain" };
                let request = Message(vec![0x0a, 1, b'r']);
                let op = format!("get{}", self.names);
                In::Get(Call { op, method: method.into(), request, ..Call::default() })
            }
            Action::Head(n, took, server) => {
                let ms = [0, 0, 0, 100, 1000, 5000][usize::from(server) % 6];
                let timing = (ms > 0).then(|| ("server-timing".to_owned(), format!("total;dur={ms}")));
                let after = (server % 4 > 0).then_some(Span(took));
                In::Head(Head { send: which(n)?, metadata: timing.into_iter().collect(), after })
            }
            Action::Answer(n) => In::Answer(Answer {
                send: which(n)?,
                body: Message(vec![0x0a, 1, b'q']),
                metadata: BTreeMap::new(),
                trailers: BTreeMap::new(),
            }),
            Action::Fail(n, how) => {
                let fail = Fail { send: which(n)?, ..Fail::default() };
                In::Fail(match how % 5 {
                    0 => Fail { status: Some("UNAVAILABLE".into()), ..fail },
                    1 => Fail { status: Some("DEADLINE_EXCEEDED".into()), ..fail },
                    2 => Fail { transport: Some(Breakage::Connect), ..fail },
                    3 => Fail { transport: Some(Breakage::Broken), ..fail },
                    _ => Fail { intercepted: Some(200), ..fail },
                })
            }
            Action::Progress(n) => In::Progress(Progress { send: which(n)? }),
            Action::Transferred(n, rate, few) => In::Transferred(Transferred {
                send: which(n)?,
                bytes: if few { 31_999 } else { u64::from(rate) * 1250 },
                over: Span(10_000 * MS),
            }),
            Action::Interface(which) => {
                let types =
                    ["WIFI", "ETHERNET", "CELLULAR_2G", "CELLULAR_3G", "CELLULAR_4G", "BLUETOOTH", "UNKNOWN"];
                hint(HintKind::Interface(types[usize::from(which) % types.len()].into()))
            }
            Action::Path(which) => hint(HintKind::Path(u64::from(which % 3))),
            Action::Reachable(which) => {
                hint(HintKind::Reachable([Some(false), Some(true), None][usize::from(which) % 3]))
            }
            Action::Estimate(which, took, rate) => hint(HintKind::Estimate(match which % 5 {
                0 => Some(Numbers { request_time: Some(Span(took)), downlink: Some(rate) }),
                1 => Some(Numbers::default()),
                _ => None,
            })),
            Action::Pin(which) => {
                let class =
                    ["measured", "measured", "measured", "OFFLINE", "POOR", "GOOD"][usize::from(which) % 6];
                hint(HintKind::Quality(class.into()))
            }
            Action::App(background) => {
                if background == self.background {
                    return None;
                }
                self.background = background;
                In::App(App { state: if background { AppWord::Background } else { AppWord::Foreground } })
            }
        };
        Some(Step { at: None, input: Some(input), out: Vec::new() })
    }

    fn take(&mut self, step: &Step, outs: &[Out]) {
        match &step.input {
            Some(In::Answer(answer)) => self.sends.retain(|n| *n != answer.send),
            Some(In::Fail(fail)) => self.sends.retain(|n| *n != fail.send),
            _ => {}
        }
        for out in outs {
            match out {
                Out::Send(send) => self.sends.push(send.n),
                Out::Abort(abort) => self.sends.retain(|n| *n != abort.n),
                _ => {}
            }
        }
    }
}

/// Runs a script on the engine and on the model. Gives the steps with what came out.
pub(crate) fn run(api: &Api, actions: &[Action]) -> Result<Vec<Step>, String> {
    let start = setting();
    let (mut world, mut model, mut seen) = (World::new(api, &start)?, Quality::default(), Seen::default());
    let mut steps: Vec<Step> = Vec::new();
    for action in actions {
        let Some(mut step) = seen.step(*action, world.time()) else { continue };
        let story = |steps: &[Step]| Vector { steps: steps.to_vec(), ..setting() }.print();
        let got = world.step(&step).map_err(|mistake| format!("{mistake}\n{}", story(&steps)))?;
        let outs: Vec<Out> = got.iter().map(|shown| shown.out.clone()).collect();
        let told: Vec<(String, String)> = changes(&outs).collect();
        let Ok(expected) = model.step(&step, &got) else {
            return Ok(steps);
        };
        step.out.clone_from(&outs);
        steps.push(step.clone());
        if told != expected {
            return Err(format!("the classes must become {expected:?}, not {told:?}\n{}", story(&steps)));
        }
        seen.take(&step, &outs);
    }
    Ok(steps)
}

/// The class that is told, and the one before.
fn changes(outs: &[Out]) -> impl Iterator<Item = (String, String)> {
    outs.iter().filter_map(|out| match out {
        Out::Event(event) if event.name == "quality_changed" => {
            Some((text(event, "class"), text(event, "was")))
        }
        _ => None,
    })
}

fn text(event: &holdover_testkit::vector::Event, field: &str) -> String {
    event.fields.get(field).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
}

#[test]
fn quality_is_what_the_model_says() {
    let api = api();
    let met = std::cell::RefCell::new(std::collections::BTreeSet::new());
    let outcome = runner(6).run(&script(), |actions| {
        let steps = run(&api, &actions).map_err(TestCaseError::fail)?;
        met.borrow_mut().extend(steps.iter().flat_map(|step| changes(&step.out)).map(|(class, _)| class));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    let met: Vec<String> = met.into_inner().into_iter().collect();
    assert_eq!(met, ["GOOD", "MODERATE", "OFFLINE", "POOR", "UNSPECIFIED", "VERY_POOR"], "raise SIM_CASES");
}
