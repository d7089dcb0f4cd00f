//! Foreground and background (B4, J1, reading 49).

use holdover_testkit::vector::{Abort, Out};

use super::method::S;
use super::{Model, Skip};

/// The grace period.
const GRACE: i128 = 30 * S;

impl Model {
    /// Observers fetch nothing: the grace period is over.
    pub(super) fn rests(&self) -> bool {
        self.background_since.is_some_and(|since| since + GRACE <= self.now)
    }

    /// When it will be, if it is not yet.
    pub(super) fn grace_ends(&self) -> Option<i128> {
        self.background_since.map(|since| since + GRACE).filter(|_| !self.grace_is_over)
    }

    pub(super) fn app(&mut self, is_background: bool) -> Result<(), Skip> {
        if self.background_since.is_some() == is_background {
            return Ok(());
        }
        self.nobody_waits_unseen()?;
        self.grace_is_over = false;
        if is_background {
            self.background_since = Some(self.now);
            for observer in &mut self.observers {
                // Nobody sees what they show.
                (observer.crossing, observer.waits) = (None, false);
            }
            return Ok(());
        }
        self.background_since = None;
        self.evidence_since = self.order;
        let all = self.in_order(self.observers_that(|_| true));
        for op in &all {
            let Some(observer) = self.observer_mut(op) else { continue };
            if std::mem::take(&mut observer.postponed) && observer.flight.is_none() {
                self.refetch(op)?;
            } else {
                self.renew(std::slice::from_ref(op))?;
            }
        }
        Ok(())
    }

    /// What only observers wait for is taken back. That is no failure.
    pub(super) fn grace_over(&mut self) -> Result<(), Skip> {
        self.grace_is_over = true;
        let only_observed =
            self.flights.iter().filter(|flight| flight.waiters.iter().all(|op| self.observer(op).is_some()));
        let flights: Vec<u64> = only_observed.map(|flight| flight.id).collect();
        for id in flights {
            let flight = self.take(id);
            if let Some(air) = &flight.air {
                self.outs.push(Out::Abort(Abort { n: air.n }));
            }
            for op in &flight.waiters {
                if let Some(observer) = self.observer_mut(op) {
                    (observer.flight, observer.postponed) = (None, true);
                }
                self.refreshed(op)?;
            }
        }
        Ok(())
    }
}
