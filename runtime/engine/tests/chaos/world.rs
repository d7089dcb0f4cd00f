//! An engine, and what is known about it from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use holdover_engine::{
    Account, AppState, AttemptId, CallOptions, Delivered, ErrorKind, Form, Freshness, Input, Kind, Observed,
    OpId, SessionId, Source,
};
use proptest::prelude::*;

use crate::rig::Rig;

fn account(who: u8) -> Account {
    match who {
        0 => Account::user("alice"),
        1 => Account::user("bob"),
        _ => Account::Guest,
    }
}

/// A rig with what is known about it from outside.
pub(crate) struct World {
    pub(crate) rig: Rig,
    pub(crate) sessions: [SessionId; 3],
    pub(crate) last_session: u64,
    /// What was started, for whom, and how many ends it has had.
    pub(crate) started: BTreeMap<OpId, (u8, Form, bool)>,
    pub(crate) cancelled: BTreeSet<OpId>,
    /// How many items the reader of a stream has said that it takes, and how many it has got.
    pub(crate) items: BTreeMap<OpId, (u32, u32)>,
    /// How many messages have come of an attempt.
    pub(crate) arrived: BTreeMap<AttemptId, u32>,
    pub(crate) seen: usize,
    pub(crate) log: Vec<String>,
}

impl World {
    pub(crate) fn new() -> Self {
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

    pub(crate) fn open(&mut self, who: u8) {
        self.last_session += 1;
        let session = SessionId(self.last_session);
        self.rig.open(session, account(who));
        self.sessions[usize::from(who)] = session;
    }

    /// Answers say whose they are: the device's answers are nobody's.
    pub(crate) fn owner_of(&self, request: &holdover_engine::Request) -> &'static str {
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

    pub(crate) fn pick(&self, index: &prop::sample::Index) -> Option<holdover_engine::Request> {
        (!self.rig.sends.is_empty()).then(|| index.get(&self.rig.sends).clone())
    }

    pub(crate) fn open_stream(&mut self, who: u8, method: &str, request: Bytes, options: CallOptions) {
        let op = self.rig.op();
        self.started.insert(op, (who, Form::Stream, false));
        self.items.insert(op, (0, 0));
        let (session, method) = (self.sessions[usize::from(who)], self.rig.method(method));
        self.rig.input(Input::Call { op, session, method, request, options, form: Form::Stream });
    }

    pub(crate) fn pick_stream(&self, index: &prop::sample::Index) -> Option<OpId> {
        (!self.items.is_empty()).then(|| *index.get(&self.items.keys().copied().collect::<Vec<_>>()))
    }

    /// A stream that may still be on the wire; now and then one that is not.
    pub(crate) fn pick_open(&self, index: &prop::sample::Index) -> Option<holdover_engine::Request> {
        let streams = self.rig.sends.iter().filter(|request| request.kind != Kind::Unary);
        let streams: Vec<_> = streams.rev().take(6).cloned().collect();
        (!streams.is_empty()).then(|| index.get(&streams).clone())
    }

    /// Checks what has been delivered since the last time.
    pub(crate) fn check(&mut self) {
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
                            *ended = error.kind == ErrorKind::SignedOut;
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
    pub(crate) fn finish(mut self) -> Vec<String> {
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
        self.rig.pass(Duration::from_secs(600));
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
