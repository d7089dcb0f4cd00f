//! Deliveries: what callers are told.

use super::Engine;
use crate::call::OpId;
use crate::error::Error;
use crate::event::Event;
use crate::operation::Spec;
use crate::output::{Delivered, Output};
use crate::snapshot::Detail;

impl Engine {
    pub(super) fn deliver(&mut self, op: OpId, delivered: Delivered) {
        if let Some(snapshot) = delivered.snapshot()
            && snapshot.detail == Detail::Reduced
            && let Some(spec) = self.spec_of(op)
        {
            let method = spec.method.id;
            self.event(Event::Withheld { method });
        }
        self.outputs.push_back(Output::Deliver { op, delivered });
    }

    /// What the caller of an operation calls.
    pub(super) fn spec_of(&self, op: OpId) -> Option<&Spec> {
        let operation = self.operations.get(&op).map(|operation| &*operation.spec);
        operation.or_else(|| self.readers.get(&op).map(|reader| &*reader.spec))
    }

    /// Ends a chore, unless it was cancelled.
    pub(super) fn finish_chore(&mut self, op: OpId, result: Result<(), Error>) {
        if self.chores.remove(&op).is_some() {
            self.deliver(op, Delivered::Done(result));
        }
    }
}
