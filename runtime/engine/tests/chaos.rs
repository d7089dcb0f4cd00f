//! Whatever happens in whatever order: no panic, every call ends once, nothing crosses accounts, nothing is left behind,
//! and the same inputs give the same outputs.

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use holdover_engine::{
    Account, AppState, AttemptId, CacheMode, CallOptions, Code, CredentialsAnswer, Delivered, DetailMode,
    ErrorKind, Estimate, Failure, Form, Freshness, Input, Interface, Kind, Metadata, Observed, OpId,
    OutboxChoice, Part, Platform, Quality, Reachability, Response, SessionId, Source, StoreFaultKind, Switch,
    TransportFailure,
};
use proptest::prelude::*;
use rig::{Rig, ride, ride_request, token};

const METHODS: [&str; 11] =
    ["Quote", "Fare", "Plan", "Map", "Draft", "Driver", "Update", "Replace", "Trip", "Status", "Retry"];

const STREAMS: [&str; 7] = ["Watch", "Watch", "WatchTrimmed", "WatchDraft", "Follow", "Feed", "Chat"];

#[derive(Clone, Debug)]
enum Act {
    Stream { who: u8, method: usize, ride: u8, network_only: bool, full: bool, timeout: Option<u16> },
    Upload { who: u8 },
    Demand(prop::sample::Index, u8),
    Say(prop::sample::Index),
    Close(prop::sample::Index),
    Written(prop::sample::Index, u8),
    Message(prop::sample::Index, u8),
    End(prop::sample::Index),
    Call { who: u8, method: usize, ride: u8, form: u8, cache: u8, full: bool, timeout: Option<u16> },
    Cancel(prop::sample::Index),
    Refresh(prop::sample::Index),
    Put { who: u8, ride: u8 },
    Answer(prop::sample::Index, u8),
    Head(prop::sample::Index),
    Fail(prop::sample::Index, u8),
    Credentials(prop::sample::Index, u8),
    Pass(u32),
    Quality(u8),
    Measure(prop::sample::Index, u8),
    Estimate(u8),
    Platform { reachability: u8, interface: u8, path: u8, save_data: bool },
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

fn act() -> impl Strategy<Value = Act> {
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
        5 => (index(), 0..6u8).prop_map(|(i, how)| Act::Credentials(i, how)),
        4 => (0..100_000u32).prop_map(Act::Pass),
        1 => (0..6u8).prop_map(Act::Quality),
        2 => (index(), 0..4u8).prop_map(|(i, what)| Act::Measure(i, what)),
        1 => (0..4u8).prop_map(Act::Estimate),
        1 => (0..3u8, 0..3u8, 0..3u8, any::<bool>())
            .prop_map(|(reachability, interface, path, save_data)| Act::Platform { reachability, interface, path, save_data }),
        2 => any::<bool>().prop_map(Act::App),
        1 => Just(Act::Pause),
        2 => Just(Act::Resume),
        1 => (0..8u8).prop_map(Act::Disable),
        1 => (0..100_000u32).prop_map(Act::Sleep),
        6 => Just(Act::Release),
        1 => any::<bool>().prop_map(Act::Hold),
        1 => (0..8u8).prop_map(Act::Fault),
        1 => (0..3u8).prop_map(Act::SignOut),
        1 => Just(Act::Restart),
    ]
}

fn account(who: u8) -> Account {
    match who {
        0 => Account::user("alice"),
        1 => Account::user("bob"),
        _ => Account::Guest,
    }
}

/// A rig with what is known about it from outside.
struct World {
    rig: Rig,
    sessions: [SessionId; 3],
    last_session: u64,
    /// What was started, for whom, and how many ends it has had.
    started: BTreeMap<OpId, (u8, Form, bool)>,
    cancelled: BTreeSet<OpId>,
    /// How many items the reader of a stream has said that it takes, and how many it has got.
    items: BTreeMap<OpId, (u32, u32)>,
    /// How many messages have come of an attempt.
    arrived: BTreeMap<AttemptId, u32>,
    seen: usize,
    log: Vec<String>,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            rig: Rig::new(),
            sessions: [SessionId(0); 3],
            last_session: 10,
            started: BTreeMap::new(),
            cancelled: BTreeSet::new(),
            items: BTreeMap::new(),
            arrived: BTreeMap::new(),
            seen: 0,
            log: Vec::new(),
        };
        (0..3).for_each(|who| world.open(who));
        world.rig.answers_hook = false;
        world
    }

    fn open(&mut self, who: u8) {
        self.last_session += 1;
        let session = SessionId(self.last_session);
        self.rig.open(session, account(who));
        self.sessions[usize::from(who)] = session;
    }

    /// Answers say whose they are: the device's answers are nobody's.
    fn owner_of(&self, request: &holdover_engine::Request) -> &'static str {
        if request.path.ends_with("/Map") {
            return "-";
        }
        match request.metadata.text("authorization") {
            Some(text) if text.contains("alice") => "a",
            Some(text) if text.contains("bob") => "b",
            Some(_) => "g",
            None => panic!("{} was sent without credentials", request.path),
        }
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Call { who, method, ride, form, cache, full, timeout } => {
                let options = CallOptions {
                    timeout: timeout.map(|ms| Duration::from_millis(ms.into())),
                    metadata: Metadata::new(),
                    cache: match cache {
                        1 => CacheMode::CacheOnly,
                        2 => CacheMode::NetworkOnly,
                        3 => CacheMode::MaxAge(Duration::from_secs(1)),
                        _ => CacheMode::Default,
                    },
                    detail: if *full { DetailMode::Full } else { DetailMode::Default },
                    priority: None,
                };
                let form = match form {
                    0 => Form::Observe,
                    1 => Form::Prefetch,
                    _ => Form::Get,
                };
                let op = self.rig.op();
                self.started.insert(op, (*who, form, false));
                let method = self.rig.method(METHODS[*method]);
                let session = self.sessions[usize::from(*who)];
                let request = ride_request(&ride.to_string());
                self.rig.input(Input::Call { op, session, method, request, options, form });
            }
            Act::Stream { who, method, ride, network_only, full, timeout } => {
                let method = STREAMS[*method];
                let options = CallOptions {
                    timeout: timeout.map(|ms| Duration::from_millis(ms.into())),
                    cache: if *network_only { CacheMode::NetworkOnly } else { CacheMode::Default },
                    detail: if *full { DetailMode::Full } else { DetailMode::Default },
                    ..CallOptions::default()
                };
                let request = if method == "Chat" { Bytes::new() } else { ride_request(&ride.to_string()) };
                self.open_stream(*who, method, request, options);
            }
            Act::Upload { who } => {
                self.open_stream(*who, "Upload", Bytes::new(), CallOptions::default());
            }
            Act::Demand(index, items) => {
                if let Some(op) = self.pick_stream(index) {
                    self.items.get_mut(&op).unwrap().0 += u32::from(*items);
                    self.rig.input(Input::Demand { op, items: (*items).into() });
                }
            }
            Act::Say(index) => {
                if let Some(op) = self.pick_stream(index) {
                    self.rig.input(Input::SendMessage { op, message: ride_request("said") });
                }
            }
            Act::Close(index) => {
                if let Some(op) = self.pick_stream(index) {
                    self.rig.input(Input::CloseSend { op });
                }
            }
            Act::Written(index, messages) => {
                let Some(request) = self.pick(index) else { return };
                self.rig.input(Input::Written { attempt: request.attempt, messages: (*messages).into() });
            }
            Act::Message(index, how) => {
                let Some(request) = self.pick_open(index) else { return };
                let attempt = request.attempt;
                let arrived = self.arrived.entry(attempt).or_default();
                // Now and then a driver that gives more than it was asked for.
                if *arrived >= self.rig.pulled(attempt) && *how != 0 {
                    return;
                }
                *arrived += 1;
                let message = match how {
                    1 => Bytes::new(),
                    2 => Bytes::from_static(b"\xff"),
                    _ => ride(&format!("{} {}", self.owner_of(&request), attempt.0)),
                };
                self.rig.input(Input::Message { attempt, message });
            }
            Act::End(index) => {
                let Some(request) = self.pick_open(index) else { return };
                self.rig.input(Input::Ended { attempt: request.attempt, trailers: Metadata::new() });
            }
            Act::Cancel(index) => {
                if !self.started.is_empty() {
                    let op = *index.get(&self.started.keys().copied().collect::<Vec<_>>());
                    self.cancelled.insert(op);
                    self.rig.input(Input::Cancel { op });
                }
            }
            Act::Refresh(index) => {
                let observers: Vec<OpId> = self
                    .started
                    .iter()
                    .filter(|(_, (_, form, _))| *form == Form::Observe)
                    .map(|(op, _)| *op)
                    .collect();
                if !observers.is_empty() {
                    let observer = *index.get(&observers);
                    let op = self.rig.op();
                    self.started.insert(op, (self.started[&observer].0, Form::Get, false));
                    self.rig.input(Input::Refresh { op, observer });
                }
            }
            Act::Put { who, ride: number } => {
                let op = self.rig.op();
                self.started.insert(op, (*who, Form::Prefetch, false));
                let owner = ["a", "b", "g"][usize::from(*who)];
                let (session, method) = (self.sessions[usize::from(*who)], self.rig.method("Quote"));
                let (request, value) = (ride_request(&number.to_string()), ride(&format!("{owner} put")));
                self.rig.input(Input::Put {
                    op,
                    session,
                    method,
                    request,
                    value,
                    options: CallOptions::default(),
                });
            }
            Act::Answer(index, how) => {
                let Some(request) = self.pick(index) else { return };
                let body = match how {
                    0 => Bytes::new(),
                    1 => Bytes::from_static(b"\xff"),
                    _ => ride(&format!("{} {}", self.owner_of(&request), request.attempt.0)),
                };
                let mut metadata = Metadata::new();
                if *how == 2 {
                    metadata.push("age", "70").unwrap();
                }
                let response = Response { body, metadata, ..Response::default() };
                self.rig.input(Input::Response { attempt: request.attempt, response });
            }
            Act::Head(index) => {
                let Some(request) = self.pick(index) else { return };
                self.rig
                    .input(Input::Head { attempt: request.attempt, head: holdover_engine::Head::default() });
            }
            Act::Fail(index, how) => {
                let Some(request) = self.pick(index) else { return };
                let failure = match how {
                    0 => Failure::Transport {
                        kind: TransportFailure::Reset,
                        unsent: true,
                        message: String::new(),
                    },
                    17.. => Failure::Intercepted {
                        http_status: Some(302),
                        code: Code::Unknown,
                        retry_after: None,
                        message: String::new(),
                    },
                    code => Failure::Status {
                        code: Code::from_number(u32::from(*code)),
                        message: String::new(),
                        details: Bytes::new(),
                        metadata: Metadata::new(),
                    },
                };
                self.rig.input(Input::Failed { attempt: request.attempt, failure });
            }
            Act::Credentials(index, how) => {
                if self.rig.asks.is_empty() {
                    return;
                }
                let ask = index.get(&self.rig.asks).clone();
                let answer = match how {
                    0 => CredentialsAnswer::SignInRequired,
                    1 => CredentialsAnswer::Failed { message: String::new() },
                    _ => CredentialsAnswer::Use {
                        metadata: token(&ask.account),
                        expires_ms: (*how == 2).then_some(self.rig.now.wall_ms + 5_000),
                    },
                };
                self.rig.input(Input::Credentials { ask: ask.ask, answer });
            }
            Act::Pass(ms) => self.rig.pass(Duration::from_millis((*ms).into())),
            Act::Quality(class) => {
                let classes = [
                    Quality::Unspecified,
                    Quality::Offline,
                    Quality::VeryPoor,
                    Quality::Poor,
                    Quality::Moderate,
                    Quality::Good,
                ];
                self.rig.quality(classes[usize::from(*class)]);
            }
            Act::Measure(index, what) => {
                let Some(request) = self.pick(index) else { return };
                let attempt = request.attempt;
                self.rig.input(match what {
                    0 => Input::Progress { attempt },
                    what => {
                        let over = Duration::from_secs(u64::from(*what) - 1);
                        Input::Transferred { attempt, bytes: 35_000, over }
                    }
                });
            }
            Act::Estimate(which) => {
                let estimate =
                    |ms| Estimate { request_time: Some(Duration::from_millis(ms)), downlink_kbps: None };
                self.rig.input(match which {
                    0 => Input::PinQuality(None),
                    1 => Input::OwnEstimate(None),
                    2 => Input::OwnEstimate(Some(Estimate::default())),
                    _ => Input::OwnEstimate(Some(estimate(1800))),
                });
            }
            Act::Platform { reachability, interface, path, save_data } => {
                let reachabilities =
                    [Reachability::Unknown, Reachability::Reachable, Reachability::Unreachable];
                let interfaces = [Interface::Unknown, Interface::Wifi, Interface::Cellular2g];
                self.rig.input(Input::Platform(Platform {
                    reachability: reachabilities[usize::from(*reachability)],
                    interface: interfaces[usize::from(*interface)],
                    path: (*path).into(),
                    save_data: *save_data,
                }));
            }
            Act::App(seen) => {
                self.rig.input(Input::App(if *seen { AppState::Foreground } else { AppState::Background }));
            }
            Act::Pause => {
                let op = self.rig.op();
                self.started.insert(op, (0, Form::Prefetch, false));
                self.rig.input(Input::Pause { op });
            }
            Act::Resume => self.rig.input(Input::Resume),
            Act::Disable(bits) => {
                let op = self.rig.op();
                self.started.insert(op, (0, Form::Prefetch, false));
                let quote = Some(vec!["vectors.v1.Rides/Quote".to_owned()]);
                let switches = [
                    Switch { part: Part::Cache, methods: None },
                    Switch { part: Part::Detail, methods: None },
                    Switch { part: Part::Cache, methods: quote },
                ];
                let on = |(n, switch): (u8, Switch)| (bits & (1 << n) != 0).then_some(switch);
                let switches = (0..).zip(switches).filter_map(on).collect();
                self.rig.input(Input::Disable { op, switches });
            }
            Act::Sleep(ms) => {
                // The device sleeps: what is due is late.
                let slept = Duration::from_millis((*ms).into());
                self.rig.now.boot = self.rig.now.boot.after(slept);
                self.rig.now.wall_ms += i64::from(*ms);
                self.rig.input(Input::Tick);
            }
            Act::Release => {
                if !self.rig.held.is_empty() {
                    self.rig.release();
                }
            }
            Act::Hold(hold) => {
                self.rig.release_all();
                self.rig.hold = *hold;
            }
            Act::Fault(kind) => {
                self.rig.disk.fault = match kind {
                    0 => Some(StoreFaultKind::Locked),
                    1 => Some(StoreFaultKind::Corrupt),
                    2 => Some(StoreFaultKind::Full),
                    _ => None,
                };
            }
            Act::SignOut(who) => {
                let op = self.rig.op();
                self.started.insert(op, (*who, Form::Prefetch, false));
                let session = self.sessions[usize::from(*who)];
                self.rig.input(Input::SignOut { op, session, outbox: OutboxChoice::Hold });
                self.open(*who);
            }
            Act::Restart => {
                self.check();
                // Whatever was running died with the process.
                let now = self.rig.now;
                let mut fresh = World::new();
                fresh.rig = Rig::seeded(self.rig.disk.clone(), holdover_engine::Config::default(), 9);
                fresh.rig.now = now;
                fresh.rig.answers_hook = false;
                fresh.last_session = self.last_session;
                fresh.log = std::mem::take(&mut self.log);
                (0..3).for_each(|who| fresh.open(who));
                *self = fresh;
            }
        }
        self.check();
    }

    fn pick(&self, index: &prop::sample::Index) -> Option<holdover_engine::Request> {
        (!self.rig.sends.is_empty()).then(|| index.get(&self.rig.sends).clone())
    }

    fn open_stream(&mut self, who: u8, method: &str, request: Bytes, options: CallOptions) {
        let op = self.rig.op();
        self.started.insert(op, (who, Form::Stream, false));
        self.items.insert(op, (0, 0));
        let (session, method) = (self.sessions[usize::from(who)], self.rig.method(method));
        self.rig.input(Input::Call { op, session, method, request, options, form: Form::Stream });
    }

    fn pick_stream(&self, index: &prop::sample::Index) -> Option<OpId> {
        (!self.items.is_empty()).then(|| *index.get(&self.items.keys().copied().collect::<Vec<_>>()))
    }

    /// A stream that may still be on the wire; now and then one that is not.
    fn pick_open(&self, index: &prop::sample::Index) -> Option<holdover_engine::Request> {
        let streams = self.rig.sends.iter().filter(|request| request.kind != Kind::Unary);
        let streams: Vec<_> = streams.rev().take(6).cloned().collect();
        (!streams.is_empty()).then(|| index.get(&streams).clone())
    }

    /// Checks what has been delivered since the last time.
    fn check(&mut self) {
        for (op, delivered) in self.rig.delivered[self.seen..].iter().cloned() {
            self.log.push(format!("{op:?} {delivered:?}"));
            let (who, form, ended) =
                self.started.get_mut(&op).expect("only operations that were started hear");
            assert!(!self.cancelled.contains(&op), "{op:?} was cancelled");
            assert!(!*ended, "{op:?} has had its end");
            let value = match delivered {
                Delivered::Answer(result) => {
                    *ended = true;
                    result.ok().map(|snapshot| snapshot.value)
                }
                Delivered::Done(_) | Delivered::Ended(_) => {
                    *ended = true;
                    None
                }
                Delivered::Item(snapshot) => {
                    let (taken, got) = self.items.get_mut(&op).expect("only streams have items");
                    *got += 1;
                    assert!(got <= taken, "{op:?} gets more than it takes");
                    let is_live = snapshot.source == Source::Network;
                    assert_eq!(is_live, snapshot.freshness == Freshness::Fresh);
                    if let Some(last) = snapshot.withheld.and_then(|withheld| withheld.last_known) {
                        assert_eq!(last[2], snapshot.value[2], "{op:?} is shown somebody else's message");
                    }
                    Some(snapshot.value)
                }
                Delivered::Credit(_) => None,
                Delivered::Observed(state) => {
                    assert_eq!(*form, Form::Observe);
                    match *state {
                        Observed::Value(snapshot) => Some(snapshot.value),
                        Observed::Failed(error) => {
                            *ended = matches!(error.kind, ErrorKind::SignedOut | ErrorKind::Misuse);
                            None
                        }
                        Observed::Loading => None,
                    }
                }
            };
            if let Some(value) = value {
                let owner = ["a", "b", "g"][usize::from(*who)];
                let whose = std::str::from_utf8(&value[2..3]).unwrap();
                assert!(whose == owner || whose == "-", "{op:?} of {owner} got {value:?}");
            }
        }
        self.seen = self.rig.delivered.len();
        for request in &self.rig.sends {
            self.owner_of(request);
        }
    }

    /// Lets everything run out: every call must have ended.
    fn finish(mut self) -> Vec<String> {
        self.rig.disk.fault = None;
        self.rig.hold = false;
        self.rig.release_all();
        self.rig.input(Input::Resume);
        self.check();
        self.rig.input(Input::App(AppState::Foreground));
        self.check();
        let observers: Vec<OpId> = self
            .started
            .iter()
            .filter(|(_, (_, form, _))| matches!(form, Form::Observe | Form::Stream))
            .map(|(op, _)| *op)
            .collect();
        for op in observers {
            self.check();
            self.cancelled.insert(op);
            self.rig.input(Input::Cancel { op });
        }
        self.rig.pass(Duration::from_secs(300));
        self.check();
        for (op, (_, form, ended)) in &self.started {
            assert!(
                *ended || matches!(form, Form::Observe | Form::Stream) || self.cancelled.contains(op),
                "{op:?} never ended"
            );
        }
        assert_eq!(self.rig.timeout, None, "when nothing runs, there are no timers");
        self.log
    }
}

fn play(acts: &[Act]) -> Vec<String> {
    let mut world = World::new();
    for act in acts {
        world.act(act);
    }
    world.finish()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: proptest::test_runner::RngSeed::Fixed(19),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_happens_promises_are_kept(acts in prop::collection::vec(act(), 0..80)) {
        let once = play(&acts);
        prop_assert_eq!(once, play(&acts), "the same inputs give the same outputs");
    }
}
