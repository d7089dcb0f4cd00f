//! A caller's hold on what it has started.

use std::sync::Arc;

use holdover_engine::OpId;

use super::{Driver, Slot};

/// A running operation. Dropping it cancels.
pub(crate) struct Ticket {
    driver: Arc<Driver>,
    op: OpId,
    slot: Arc<Slot>,
}

impl Ticket {
    pub(super) fn new(driver: Arc<Driver>, op: OpId, slot: Arc<Slot>) -> Self {
        Self { driver, op, slot }
    }

    pub(crate) fn op(&self) -> OpId {
        self.op
    }

    pub(crate) fn slot(&self) -> &Slot {
        &self.slot
    }

    /// Lets the operation run to its end unheard.
    pub(crate) fn detach(self) {
        self.slot.detach();
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.slot.is_over() {
            self.driver.cancel(self.op);
        }
    }
}
