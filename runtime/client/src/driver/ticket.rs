//! A caller's hold on what it has started.

use std::sync::Arc;

use holdover_engine::OpId;

use super::place::Place;
use super::{Driver, Slot};

/// A running operation. Dropping it cancels.
pub(crate) struct Ticket<P: Place = Slot> {
    driver: Arc<Driver>,
    op: OpId,
    place: Arc<P>,
}

impl<P: Place> Ticket<P> {
    pub(super) fn new(driver: Arc<Driver>, op: OpId, place: Arc<P>) -> Self {
        Self { driver, op, place }
    }

    pub(crate) fn driver(&self) -> &Arc<Driver> {
        &self.driver
    }

    pub(crate) fn op(&self) -> OpId {
        self.op
    }

    pub(crate) fn place(&self) -> &P {
        &self.place
    }
}

impl Ticket {
    /// Lets the operation run to its end unheard.
    pub(crate) fn detach(self) {
        self.place.detach();
    }
}

impl<P: Place> Drop for Ticket<P> {
    fn drop(&mut self) {
        if !self.place.is_over() {
            self.driver.cancel(self.op);
        }
    }
}
