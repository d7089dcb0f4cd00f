//! Retries: another attempt of the same flight, after a while (`delivery.retry`; rule C9's budget).

use std::time::Duration;

use super::Engine;
use crate::event::Event;
use crate::failure::Failed;
use crate::fault::{Fault, planted};
use crate::flight::FlightId;
use crate::retry::{self, Budget, Pushback, Verdict};
use crate::session::Endpoint;
use crate::timer::Timer;

impl Engine {
    /// An attempt has failed: the flight makes another one later, if its method and the budget allow, or ends.
    /// `is_lost`: the network may have been lost with it.
    pub(super) fn retry_or_fail(&mut self, id: FlightId, failed: Failed, verdict: &Verdict, is_lost: bool) {
        let Some(delay) = self.retry_delay(id, &failed, verdict) else {
            if self.waits_again(id, &failed, is_lost) {
                return;
            }
            return self.flight_failed(id, failed);
        };
        let at = self.now.boot.after(delay);
        let timer = self.timers.set(at, Timer::Retry(id));
        let Some(flight) = self.flights.get_mut(&id) else { return };
        flight.retries += 1;
        flight.retry = Some(timer);
        flight.uncertain |= !failed.harmless;
        let method = flight.spec.method.id;
        let attempt = flight.retries + 1;
        self.event(Event::Retrying { method, attempt, after: delay });
    }

    /// A call that waits for the network does so again if it was lost while the call was on its way, unless it must not
    /// be sent twice.
    fn waits_again(&mut self, id: FlightId, failed: &Failed, is_lost: bool) -> bool {
        let Some(flight) = self.flights.get(&id) else { return false };
        let spec = flight.spec.clone();
        let may_repeat = failed.harmless || spec.method.is_idempotent();
        let waits = flight.waits_for_network() && !flight.waiters.is_empty();
        if !(waits && may_repeat && is_lost && self.is_offline(&spec)) {
            return false;
        }
        if let Some(flight) = self.flights.get_mut(&id) {
            flight.uncertain |= !failed.harmless;
        }
        self.hold_until_online(id);
        true
    }

    /// When to try again; `None`: not at all. The order is that of gRPC's libraries: what the server does not want
    /// retried, and what the policy would retry, costs the budget a token, whether it is retried in the end or not.
    fn retry_delay(&mut self, id: FlightId, failed: &Failed, verdict: &Verdict) -> Option<Duration> {
        let flight = self.flights.get(&id)?;
        let spec = flight.spec.clone();
        if verdict.pushback == Pushback::Never && !planted(Fault::PushbackIsIgnored) {
            self.budget(&spec.endpoint).failed();
            return None;
        }
        let policy = spec
            .method
            .retry
            .as_ref()
            .filter(|policy| verdict.is_retryable(policy) || planted(Fault::RetryOfOtherCodes))?;
        if !self.budget(&spec.endpoint).failed() && !planted(Fault::RetryOverBudget) {
            self.event(Event::RetryThrottled { method: spec.method.id });
            return None;
        }
        let flight = self.flights.get_mut(&id)?;
        if flight.retries + 1 >= policy.max_attempts {
            return None;
        }
        let said = match verdict.pushback {
            Pushback::After(delay) => Some(delay),
            Pushback::Silent | Pushback::Never => failed.error.retry_after,
        };
        let delay = match said {
            Some(delay) => {
                flight.backoffs = 0;
                delay
            }
            None => {
                let delay = policy.delay(flight.backoffs, &mut self.random);
                flight.backoffs += 1;
                delay
            }
        };
        retry::fits(delay, flight.deadline.since(self.now.boot)).then_some(delay)
    }

    /// The time of a retry has come.
    pub(super) fn retry(&mut self, id: FlightId) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        flight.retry = None;
        let spec = flight.spec.clone();
        if self.is_sign_in_required(&spec) && spec.method.is_read() {
            return self.flight_failed(id, Failed::sign_in_required());
        }
        self.depart(id);
    }

    fn budget(&mut self, endpoint: &Endpoint) -> &mut Budget {
        self.budgets.entry(endpoint.clone()).or_insert(const { Budget::new() })
    }

    /// A server has answered a call with OK, which earns a part of a retry.
    pub(super) fn earn_retries(&mut self, endpoint: &Endpoint) {
        let Some(budget) = self.budgets.get_mut(endpoint) else { return };
        budget.succeeded();
        if budget.is_full() {
            self.budgets.remove(endpoint);
        }
    }
}
