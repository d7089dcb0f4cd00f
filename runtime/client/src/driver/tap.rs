//! What an inline driver sees of the engine beside its seams.

use bytes::Bytes;
use holdover_engine::{AttemptId, Output, Priority};

use super::Driver;

/// Something that happens to a request and that its transport hears of later, or never. Tests that replay a story see it
/// when it happens.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tapped {
    /// A message of the client's sequence is there to be taken. Requests are numbered from 0 on, as they are sent.
    Said(usize, Bytes),
    /// The client's sequence ends.
    Closed(usize),
    /// A request that is in flight has become INTERACTIVE: nothing can be done about it on a wire yet.
    Raised(usize),
}

/// Remembers what was seen.
#[derive(Default)]
pub(super) struct Tap {
    attempts: Vec<AttemptId>,
    seen: Vec<Tapped>,
}

impl Tap {
    pub(super) fn see(&mut self, output: &Output) {
        let number = |attempt: &AttemptId| self.attempts.iter().rposition(|other| other == attempt);
        let seen = match output {
            Output::Send(request) => {
                self.attempts.push(request.attempt);
                None
            }
            Output::SendMessage { attempt, message } => {
                number(attempt).map(|number| Tapped::Said(number, message.clone()))
            }
            Output::CloseSend { attempt } => number(attempt).map(Tapped::Closed),
            Output::SetPriority { attempt, priority: Priority::Interactive } => {
                number(attempt).map(Tapped::Raised)
            }
            _ => None,
        };
        self.seen.extend(seen);
    }
}

impl Driver {
    pub(super) fn watch(&self) {
        self.lock().tap.get_or_insert_default();
    }

    pub(super) fn tapped(&self) -> Vec<Tapped> {
        self.lock().tap.as_mut().map(|tap| std::mem::take(&mut tap.seen)).unwrap_or_default()
    }

    /// How many deliveries were made, hits of memory included.
    pub(super) fn delivered(&self) -> u64 {
        self.lock().delivered
    }

    /// How many decisions were made: an inline driver is done when they come to rest.
    pub(super) fn decisions(&self) -> u64 {
        self.lock().decisions
    }
}
