//! Ways to be offline, and back.

use holdover_engine::{
    CacheMode, CallOptions, Event, Failure, Form, Input, Observed, OpId, Output, Quality, Reachability,
    TransportFailure,
};

use crate::S;
use crate::rig::{ALICE, BOB, Rig};

/// How it is known that nobody can be reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    Platform,
    Pin,
    Failures,
}

pub(crate) const WAYS: [Way; 3] = [Way::Platform, Way::Pin, Way::Failures];

impl Rig {
    pub(crate) fn lose(&mut self) {
        let failure =
            Failure::Transport { kind: TransportFailure::Unreachable, unsent: true, message: String::new() };
        self.input(Input::Failed { attempt: self.last_attempt(), failure });
    }

    pub(crate) fn go_offline(&mut self, way: Way) {
        match way {
            Way::Platform => self.reachability(Reachability::Unreachable),
            Way::Pin => self.quality(Quality::Offline),
            Way::Failures => {
                for ride in ["x", "y"] {
                    self.get(BOB, "Status", ride);
                    self.lose();
                }
            }
        }
        assert!(self.has_event(|event| matches!(event, Event::Offline { .. })), "{way:?}");
    }

    /// The probe that was sent last.
    pub(crate) fn probe(&self) -> Option<holdover_engine::Probe> {
        self.wire.iter().rev().find_map(|output| match output {
            Output::Probe(probe) => Some(*probe.clone()),
            _ => None,
        })
    }

    pub(crate) fn come_back(&mut self, way: Way) {
        match way {
            Way::Platform => self.reachability(Reachability::Unknown),
            Way::Pin => self.input(Input::PinQuality(None)),
            Way::Failures => {
                if self.probe().is_none() {
                    self.pass(S);
                }
                let attempt = self.probe().expect("somebody waits, so there is a probe").attempt;
                self.input(Input::Contact { attempt });
            }
        }
        assert!(self.has_event(|event| matches!(event, Event::Online { .. })), "{way:?}");
    }

    pub(crate) fn with_mode(&mut self, method: &str, cache: CacheMode, form: Form) -> OpId {
        self.start(ALICE, method, "r", CallOptions { cache, ..CallOptions::default() }, form)
    }

    pub(crate) fn last_state(&self, observer: OpId) -> Observed {
        self.states(observer).pop().expect("an observer is always shown something")
    }

    /// The methods of what was sent from there on.
    pub(crate) fn sent_since(&self, before: usize) -> Vec<String> {
        self.sends[before..].iter().map(|r| r.path[r.path.rfind('/').unwrap() + 1..].to_owned()).collect()
    }
}
