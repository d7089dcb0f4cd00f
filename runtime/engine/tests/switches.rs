//! The kill switch (rule J5): live, kept, and always towards a plain call.

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::time::Duration;

use bytes::Bytes;
use holdover_engine::{
    Account, Bypass, CallOptions, Config, Delivered, Detail, Endpoint, Engine, ErrorKind, Event, Failure,
    Form, Freshness, Head, Input, Metadata, Now, Observed, OpId, Output, Part, Quality, Seed, Session,
    SessionId, Source, StoreFaultKind, Switch, TransportFailure,
};
use rig::{ALICE, Rig, ride, ride_request};

fn all(part: Part) -> Switch {
    Switch { part, methods: None }
}

fn of(part: Part, method: &str) -> Switch {
    Switch {
        part,
        methods: Some(vec![format!("vectors.v1.Rides/{method}"), "other.v1.Service/Method".into()]),
    }
}

impl Rig {
    fn disable(&mut self, switches: Vec<Switch>) -> OpId {
        let op = self.op();
        self.input(Input::Disable { op, switches });
        op
    }

    /// Opens a stream that takes many items; its head and first message arrive.
    fn watch(&mut self, method: &str, message: &str) -> OpId {
        let op = self.start(ALICE, method, "r", CallOptions::default(), Form::Stream);
        self.input(Input::Demand { op, items: 100 });
        let attempt = self.last_attempt();
        self.input(Input::Head { attempt, head: Head::default() });
        self.input(Input::Message { attempt, message: ride(message) });
        op
    }

    fn values(&self, op: OpId) -> Vec<Bytes> {
        self.items(op).into_iter().map(|item| item.value).collect()
    }
}

#[test]
fn a_cache_is_turned_off_and_on_live() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r", "before");
    rig.fetch(ALICE, "Fare", "r", "before");
    let observer = rig.observe(ALICE, "Quote", "r");
    let op = rig.disable(vec![of(Part::Cache, "Quote")]);
    assert_eq!(rig.done(op), Some(Ok(())));
    assert_eq!(rig.shown(observer).value, ride("before"), "what is on the screen stays");

    assert_eq!(rig.peek(ALICE, "Quote", "r"), None);
    let op = rig.get(ALICE, "Quote", "r");
    rig.answer_last("plain");
    let snapshot = rig.result(op).unwrap().unwrap();
    assert_eq!((snapshot.value, snapshot.source), (ride("plain"), Source::Network));
    assert!(rig.has_event(|event| matches!(event, Event::Bypassed { reason: Bypass::TurnedOff, .. })));
    assert_eq!(rig.peek(ALICE, "Fare", "r").unwrap().value, ride("before"), "another method");
    // Whatever only concerns the cache is done with nothing.
    let sent = rig.sends.len();
    let prefetch = rig.start(ALICE, "Quote", "r", CallOptions::default(), Form::Prefetch);
    let put = rig.op();
    let method = rig.method("Quote");
    let (request, value) = (ride_request("r"), ride("put"));
    rig.input(Input::Put {
        op: put,
        session: ALICE,
        method,
        request,
        value,
        options: CallOptions::default(),
    });
    assert_eq!((rig.done(prefetch), rig.done(put)), (Some(Ok(())), Some(Ok(()))));
    assert_eq!(rig.sends.len(), sent);
    // Screens live on.
    rig.pass(Duration::from_secs(6));
    rig.answer_last("fetched");
    assert_eq!(rig.shown(observer).value, ride("fetched"));
    let second = rig.observe(ALICE, "Quote", "r");
    assert_eq!(rig.states(second), [Observed::Loading]);
    rig.answer_last("second");
    assert_eq!(rig.shown(second).value, ride("second"));
    assert_eq!(rig.shown(observer).value, ride("fetched"), "nothing is shared");
    assert_eq!(rig.disk.records.values().filter(|record| record.value == ride("second")).count(), 0);

    rig.disable(Vec::new());
    let op = rig.get(ALICE, "Quote", "r");
    let snapshot = rig.result(op).unwrap().unwrap();
    assert_eq!((snapshot.value, snapshot.freshness), (ride("before"), Freshness::Stale));
    rig.answer_last("after");
    assert_eq!(rig.shown(observer).value, ride("after"), "it watches its entry again");
}

#[test]
fn names_of_no_method_are_told_of_with_those_that_there_are() {
    let unknown = |rig: &Rig| {
        let told = rig.events.iter().filter_map(|event| match event {
            Event::SwitchesUnknown { names, message } => Some((*names, message.clone())),
            _ => None,
        });
        told.collect::<Vec<_>>()
    };
    let named = |names: &[&str]| Switch {
        part: Part::Cache,
        methods: Some(names.iter().map(|name| (*name).to_owned()).collect()),
    };
    let mut rig = Rig::new();
    rig.disable(vec![all(Part::Detail), named(&["vectors.v1.Rides/Quote"])]);
    assert!(unknown(&rig).is_empty());
    let op = rig.disable(vec![named(&["vectors.v1.Rides/Qoute", "vectors.v1.Rides/Quote"])]);
    assert_eq!(rig.done(op), Some(Ok(())), "what is known is off");
    assert_eq!(rig.peek(ALICE, "Quote", "r"), None);
    let told = unknown(&rig);
    assert_eq!((told.len(), told[0].0), (1, 1));
    assert!(told[0].1.starts_with("\"vectors.v1.Rides/Qoute\" is no method"), "{}", told[0].1);
    assert!(told[0].1.contains("\"vectors.v1.Rides/Chat\"") && told[0].1.contains("more"), "{}", told[0].1);
    // However many there are, the text is short.
    let many: Vec<String> = (0..500).map(|n| format!("other.v1.Service{n}/{}", "x".repeat(50))).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    rig.disable(vec![named(&many)]);
    let (names, message) = unknown(&rig).pop().unwrap();
    assert_eq!(names, 500);
    assert!(message.len() < 2_000 && message.contains("and 495 more"), "{message}");
    assert_eq!(rig.engine.counts().unknown_switches, 501);
}

#[test]
fn names_that_are_turned_off_before_any_policy_is_there_are_told_of_when_theirs_comes() {
    let mut engine = Engine::new(Config::default(), &Seed([3; 32]));
    let methods = ["vectors.v1.Rides/Quote", "vectors.v1.Rides/Qoute", "later.v1.Service/Get"];
    let methods = Some(methods.into_iter().map(str::to_owned).collect());
    let switches = vec![Switch { part: Part::Cache, methods }];
    engine.handle(Input::Disable { op: OpId(1), switches }, Now::default());
    assert_eq!(engine.counts().unknown_switches, 0, "nothing is known yet");
    let policy = Bytes::from_static(include_bytes!("../../../tests/vectors/api.policy"));
    engine.register(&policy).unwrap();
    engine.register(&policy).unwrap();
    assert_eq!(engine.counts().unknown_switches, 1, "the other service may still come");
}

#[test]
fn what_was_on_its_way_is_not_kept() {
    let mut rig = Rig::new();
    let get = rig.get(ALICE, "Quote", "r");
    let attempt = rig.last_attempt();
    rig.disable(vec![all(Part::Cache)]);
    rig.answer(attempt, "late");
    assert_eq!(rig.result(get).unwrap().unwrap().value, ride("late"));
    assert!(rig.disk.records.is_empty());
    rig.disable(Vec::new());
    assert_eq!(rig.peek(ALICE, "Quote", "r"), None);
}

#[test]
fn what_belongs_to_the_device_gets_no_credentials_by_it() {
    let mut rig = Rig::new();
    rig.disable(vec![all(Part::Cache)]);
    rig.get(ALICE, "Map", "r");
    assert_eq!(rig.sends.last().unwrap().metadata.get("authorization"), None);
    assert!(rig.asks.is_empty());
}

#[test]
fn trimming_is_turned_off_live() {
    let mut rig = Rig::new();
    rig.quality(Quality::Poor);
    let observer = rig.observe(ALICE, "Trip", "r");
    rig.answer_last("r");
    assert_eq!(rig.shown(observer).detail, Detail::Reduced);
    rig.disable(vec![all(Part::Detail)]);
    let asks_for_less = |rig: &Rig| rig.sends.last().unwrap().metadata.get("holdover-detail").is_some();
    assert!(!asks_for_less(&rig));
    rig.answer_last("r");
    assert_eq!(rig.shown(observer).detail, Detail::Full);
    rig.get(ALICE, "Trip", "other");
    assert!(!asks_for_less(&rig));
    rig.disable(Vec::new());
    rig.get(ALICE, "Trip", "third");
    assert!(asks_for_less(&rig));
}

#[test]
fn without_replay_streams_are_neither_kept_nor_shared_nor_opened_again() {
    let mut rig = Rig::new();
    let running = rig.watch("Watch", "first");
    rig.disable(vec![all(Part::Replay)]);
    let attempt = rig.last_attempt();
    rig.input(Input::Message { attempt, message: ride("second") });
    assert_eq!(rig.values(running), [ride("first"), ride("second")], "what runs, runs on");
    let sent = rig.sends.len();
    let other = rig.watch("Watch", "other");
    assert_eq!(rig.sends.len(), sent + 1);
    assert_eq!(rig.values(other), [ride("other")]);
    for request in rig.sends.clone() {
        let failure =
            Failure::Transport { kind: TransportFailure::Reset, unsent: false, message: String::new() };
        rig.input(Input::Failed { attempt: request.attempt, failure });
    }
    rig.pass(Duration::from_secs(120));
    assert_eq!(rig.sends.len(), sent + 1);
    for op in [running, other] {
        let ended = |(to, delivered): &(OpId, Delivered)| {
            *to == op
                && matches!(delivered, Delivered::Ended(Err(error)) if error.kind == ErrorKind::Unreachable)
        };
        assert!(rig.delivered.iter().any(ended), "{op:?}");
    }
    assert_eq!(rig.timeout, None);
}

#[test]
fn what_a_running_stream_brings_is_not_kept_any_more() {
    for part in [Part::Cache, Part::Replay] {
        let mut rig = Rig::new();
        let running = rig.watch("Watch", "first");
        rig.disable(vec![all(part)]);
        rig.message_last("second");
        assert_eq!(rig.values(running), [ride("first"), ride("second")]);
        rig.input(Input::Cancel { op: running });
        rig.disable(Vec::new());
        let op = rig.stream(ALICE, "Watch", "r");
        rig.demand(op, 9);
        assert!(!rig.values(op).contains(&ride("second")), "{part:?}");
        let rig = rig.restart();
        assert!(rig.disk.records.values().all(|record| record.value != ride("second")));
    }
}

#[test]
fn without_detail_a_running_stream_is_opened_in_full() {
    let mut rig = Rig::new();
    rig.quality(Quality::Poor);
    let op = rig.watch("WatchTrimmed", "one");
    assert_eq!(rig.items(op)[0].detail, Detail::Reduced);
    let reduced = rig.last_attempt();
    rig.disable(vec![all(Part::Detail)]);
    assert!(rig.is_aborted(reduced));
    let asked = &rig.sends.last().unwrap().metadata;
    assert!(!asked.text("holdover-detail").is_some_and(|asked| asked.starts_with("reduced")), "{asked:?}");
    rig.message_last("two");
    let item = rig.items(op)[1].clone();
    assert_eq!((item.value, item.detail, item.gap), (ride("two"), Detail::Full, true));
}

#[test]
fn it_outlives_the_process() {
    let mut rig = Rig::new();
    rig.hold = true;
    let op = rig.disable(vec![all(Part::Cache), all(Part::Outbox)]);
    rig.release();
    assert_eq!(rig.done(op), None, "the store is open, and nothing is saved");
    rig.release_all();
    assert_eq!(rig.done(op), Some(Ok(())));
    let mut rig = rig.restart();
    rig.fetch(ALICE, "Quote", "r", "r");
    rig.fetch(ALICE, "Quote", "r", "again");
    assert!(rig.disk.records.is_empty());
    let op = rig.disable(Vec::new());
    assert_eq!(rig.done(op), Some(Ok(())));
    let mut rig = rig.restart();
    rig.fetch(ALICE, "Quote", "r", "r");
    assert_eq!(rig.disk.records.len(), 1);
    // What the app says before the store is open replaces what was kept.
    rig.disable(vec![all(Part::Cache)]);
    let mut rig = rig.restart();
    rig.disable(Vec::new());
    let mut rig = rig.restart();
    let op = rig.get(ALICE, "Quote", "r");
    assert_eq!(rig.result(op).unwrap().unwrap().source, Source::Cache);
}

#[test]
fn a_store_that_does_not_work_gets_it_later() {
    let mut rig = Rig::new();
    rig.fetch(ALICE, "Quote", "r", "r");
    rig.disk.fault = Some(StoreFaultKind::Full);
    let op = rig.disable(vec![all(Part::Cache)]);
    assert_eq!(rig.done(op).unwrap().unwrap_err().kind, ErrorKind::Storage);
    assert_eq!(rig.peek(ALICE, "Quote", "r"), None, "it is off all the same");
    let op = rig.disable(vec![all(Part::Cache), all(Part::Detail)]);
    assert_eq!(rig.done(op).unwrap().unwrap_err().kind, ErrorKind::Storage);
    rig.disk.fault = None;
    rig.pass(Duration::from_secs(31));
    let op = rig.disable(vec![all(Part::Detail)]);
    rig.pass(Duration::from_secs(1));
    assert!(rig.done(op).is_some());
    rig.fetch(ALICE, "Fare", "r", "r");
    rig.fetch(ALICE, "Fare", "s", "s");
    let rig = rig.restart();
    assert!(!rig.disk.switches.is_empty());
    // A corrupt store is made anew, with what is off.
    let mut rig = rig;
    rig.fetch(ALICE, "Plain", "r", "r");
    rig.fetch(ALICE, "Fare", "t", "t");
    rig.disk.fault = Some(StoreFaultKind::Corrupt);
    rig.fetch(ALICE, "Fare", "u", "u");
    assert!(rig.has_event(|event| *event == Event::StoreRecreated));
    assert!(!rig.disk.switches.is_empty());
}

#[test]
fn what_the_store_kept_and_nobody_can_read_is_told_of() {
    let mut rig = Rig::new();
    rig.disk.switches = Bytes::from_static(b"\xff\xff");
    rig.fetch(ALICE, "Quote", "r", "r");
    assert!(rig.has_event(|event| matches!(event, Event::StoreFailed { .. })));
    assert!(rig.peek(ALICE, "Quote", "r").is_some());
}

#[test]
fn names_are_checked_and_those_of_policies_to_come_are_kept() {
    let mut rig = Rig::new();
    let op = rig.disable(vec![Switch { part: Part::Cache, methods: Some(vec!["Quote".into()]) }]);
    assert_eq!(rig.done(op).unwrap().unwrap_err().kind, ErrorKind::Misuse);
    rig.fetch(ALICE, "Quote", "r", "r");
    assert!(rig.peek(ALICE, "Quote", "r").is_some());

    let mut engine = Engine::new(Config { store: false, ..Config::default() }, &Seed([1; 32]));
    let now = Now::default();
    engine.handle(Input::Disable { op: OpId(1), switches: vec![of(Part::Cache, "Map")] }, now);
    let policy = Bytes::from_static(include_bytes!("../../../tests/vectors/api.policy"));
    let methods = engine.register(&policy).unwrap();
    let session = SessionId(1);
    let config = Session {
        account: Account::Guest,
        endpoint: Endpoint::new("prod"),
        metadata: Metadata::new(),
        varies: Vec::new(),
    };
    engine.handle(Input::OpenSession { session, config }, now);
    let method = methods.method("vectors.v1.Rides/Map").unwrap();
    let (request, options) = (ride_request("r"), CallOptions::default());
    engine.handle(Input::Call { op: OpId(2), session, method, request, options, form: Form::Get }, now);
    let outputs: Vec<Output> = std::iter::from_fn(|| match engine.poll_output() {
        Output::Timeout(_) => None,
        output => Some(output),
    })
    .collect();
    let done = Output::Deliver { op: OpId(1), delivered: Delivered::Done(Ok(())) };
    assert!(outputs.contains(&done), "there is no store to keep it");
    assert!(outputs.contains(&Output::Event(Event::Bypassed { method, reason: Bypass::TurnedOff })));
}
