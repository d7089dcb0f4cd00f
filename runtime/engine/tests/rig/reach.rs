//! Failures without contact, and what the engine makes of them.

use holdover_engine::{AttemptId, Event, Failure, Input, Output, TransportFailure};

use super::{ALICE, Rig};

/// What a transport says that has no answer, or half of one.
pub(crate) fn broken(kind: TransportFailure) -> Failure {
    Failure::Transport { kind, unsent: false, message: String::new() }
}

impl Rig {
    pub(crate) fn fail_with(&mut self, failure: Failure) {
        self.input(Input::Failed { attempt: self.last_attempt(), failure });
    }

    /// A call that fails.
    pub(crate) fn try_once(&mut self, failure: Failure) {
        self.get(ALICE, "Status", "x");
        self.fail_with(failure);
    }

    pub(crate) fn probes(&self) -> Vec<AttemptId> {
        let probes = self.wire.iter().filter_map(|output| match output {
            Output::Probe(probe) => Some(probe.attempt),
            _ => None,
        });
        probes.collect()
    }

    pub(crate) fn told(&self) -> Vec<&'static str> {
        let told = self.events.iter().filter_map(|event| match event {
            Event::Offline { .. } => Some("offline"),
            Event::Online { .. } => Some("online"),
            _ => None,
        });
        told.collect()
    }

    /// Two calls that reach nobody.
    pub(crate) fn give_up(&mut self) {
        for _ in 0..2 {
            self.try_once(broken(TransportFailure::Unreachable));
        }
    }
}
