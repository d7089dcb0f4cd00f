//! Where deliveries go: one operation each.

use std::task::{Context, Waker};

use holdover_engine::{Delivered, Error};

/// Holds what the engine delivers for one operation until its caller takes it. Needs no executor in particular.
pub(crate) trait Place: Send + Sync {
    /// Takes in a delivery, and tells whom to wake.
    fn put(&self, delivered: Delivered, last: bool, wake: &mut Vec<Waker>);

    /// Nothing more will come.
    fn end(&self, error: Error, wake: &mut Vec<Waker>);

    /// Whether cancelling would change nothing.
    fn is_over(&self) -> bool;
}

/// Remembers whom to wake. What was remembered before is returned, because dropping a task may come back to the place,
/// which is locked.
pub(super) fn remember(place: &mut Option<Waker>, context: &Context<'_>) -> Option<Waker> {
    let same = place.as_ref().is_some_and(|waker| waker.will_wake(context.waker()));
    if same { None } else { place.replace(context.waker().clone()) }
}
