//! Retries and their budget: `delivery.retry`, rule C9, readings 35 to 37.

use holdover_testkit::vector::{Account, Breakage, Fail, Out};

use super::failures::Failure;
use super::flights::Flight;
use super::method::S;
use super::refetches::Sighting;
use super::{Model, Skip, error};

/// `delivery.retry` of a method; what it lists is UNAVAILABLE.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retry {
    pub(super) max_attempts: u32,
    pub(super) initial_backoff: i128,
    pub(super) max_backoff: i128,
    pub(super) backoff_multiplier: i128,
}

/// How a flight has been retried.
#[derive(Clone, Debug, Default)]
pub(super) struct Retries {
    made: u32,
    /// Waits in a row that the server has not chosen.
    backoffs: u32,
    /// When the next one is due, at the earliest and at the latest: the wait is random.
    pub(super) due: Option<(i128, i128)>,
}

/// What a failure says of retrying.
pub(super) struct Verdict {
    /// Whether the policy lists it.
    listed: bool,
    pushback: Pushback,
}

enum Pushback {
    Silent,
    After(i128),
    Never,
}

/// Tenths of tokens; there are 10 at most.
const FULL: i32 = 100;

impl Verdict {
    /// A broken transport counts as UNAVAILABLE.
    pub(super) fn of(fail: &Fail) -> Verdict {
        let listed = match (&fail.status, fail.transport, fail.intercepted) {
            (Some(code), ..) => code == "UNAVAILABLE",
            (None, Some(breakage), _) => breakage != Breakage::TooLarge,
            (None, None, http) => matches!(http, Some(429 | 502 | 503 | 504)),
        };
        let pushback = match fail.metadata.get("grpc-retry-pushback-ms").map(|text| text.parse::<i32>()) {
            None => Pushback::Silent,
            Some(Ok(millis)) if millis >= 0 => Pushback::After(i128::from(millis) * S / 1000),
            Some(_) => Pushback::Never,
        };
        Verdict { listed, pushback }
    }

    pub(super) fn timeout() -> Verdict {
        Verdict { listed: true, pushback: Pushback::Silent }
    }
}

/// What the server asks to wait, as callers are told.
pub(super) fn retry_after(fail: &Fail) -> Option<i128> {
    let number = |name: &str| fail.metadata.get(name)?.parse::<u32>().ok().map(i128::from);
    let pushback = number("grpc-retry-pushback-ms").map(|millis| millis * S / 1000);
    pushback.or_else(|| number("retry-after").map(|seconds| seconds * S))
}

impl Model {
    fn budget(&mut self, endpoint: &str) -> &mut i32 {
        let at = self.budgets.iter().position(|(of, _)| of == endpoint).unwrap_or_else(|| {
            self.budgets.push((endpoint.into(), FULL));
            self.budgets.len() - 1
        });
        &mut self.budgets[at].1
    }

    /// An OK answer earns a part of a retry.
    pub(super) fn earn(&mut self, endpoint: &str) {
        let budget = self.budget(endpoint);
        *budget = (*budget + 1).min(FULL);
    }

    /// An attempt has failed: the flight is retried, or waits for the network, or ends.
    pub(super) fn retry_or_end(&mut self, id: u64, failure: &Failure, verdict: &Verdict) -> Result<(), Skip> {
        match self.retry_due(id, failure, verdict)? {
            None => self.end_or_wait(id, failure),
            due => {
                let retries = &mut self.flight_mut(id).retries;
                retries.made += 1;
                retries.due = due;
                Ok(())
            }
        }
    }

    fn retry_due(
        &mut self,
        id: u64,
        failure: &Failure,
        verdict: &Verdict,
    ) -> Result<Option<(i128, i128)>, Skip> {
        let flight = self.flight(id);
        let (endpoint, policy, left) =
            (flight.what.endpoint.clone(), flight.what.method.retry, flight.deadline - self.now);
        let is_forbidden = matches!(verdict.pushback, Pushback::Never);
        let policy = policy.filter(|_| verdict.listed);
        if is_forbidden || policy.is_some() {
            let budget = self.budget(&endpoint);
            *budget = (*budget - 10).max(0);
        }
        let Some(policy) = policy.filter(|_| !is_forbidden) else { return Ok(None) };
        if *self.budget(&endpoint) <= FULL / 2 || self.flight(id).retries.made + 1 >= policy.max_attempts {
            return Ok(None);
        }
        let said = match verdict.pushback {
            Pushback::After(wait) => Some(wait),
            Pushback::Silent | Pushback::Never => failure.error.retry_after.map(|span| span.0),
        };
        let retries = &mut self.flight_mut(id).retries;
        let (least, most) = match said {
            Some(wait) => {
                retries.backoffs = 0;
                (wait, wait)
            }
            None => {
                let grown = policy.initial_backoff * policy.backoff_multiplier.pow(retries.backoffs);
                let wait = grown.min(policy.max_backoff);
                retries.backoffs += 1;
                (wait * 8 / 10, wait * 12 / 10)
            }
        };
        if most < left {
            Ok(Some((self.now + least, self.now + most)))
        } else if least >= left {
            Ok(None)
        } else {
            Err(Skip)
        }
    }

    /// The time of a retry has come.
    pub(super) fn retry(&mut self, id: u64, is_random: bool) -> Result<(), Skip> {
        if is_random && self.may_be_anothers(id) {
            return Err(Skip);
        }
        self.flight_mut(id).retries.due = None;
        let outs = self.outs.len();
        let flight = self.flight(id);
        if flight.has_credentials()
            && flight.what.method.read
            && self.sign_in_required(&flight.account.clone())
        {
            return self.end_unsent(id, error("SIGN_IN_REQUIRED"), false);
        }
        self.depart(id);
        // It waits for a question that somebody else has caused: nobody sees since when.
        if is_random && self.outs.len() == outs { Err(Skip) } else { Ok(()) }
    }

    /// Whether another flight that sends the very same may be retried now: which one was, nobody sees.
    fn may_be_anothers(&self, id: u64) -> bool {
        let flight = self.flight(id);
        let looks_the_same = |other: &&Flight| {
            let (what, others) = (&flight.what, &other.what);
            other.id != id
                && other.retries.due.is_some_and(|(least, _)| least <= self.now)
                && (others.method.name, &others.endpoint) == (what.method.name, &what.endpoint)
                && (&others.request, &others.metadata) == (&what.request, &what.metadata)
                && other.account == flight.account
        };
        self.flights.iter().any(|other| looks_the_same(&other))
    }

    /// When the engine sent a flight again, after this time at the earliest and before `until`.
    pub(super) fn first_retry_of(&self, flight: &Flight, least: i128, until: i128) -> Option<Sighting> {
        let what = &flight.what;
        // Then it ends instead (reading 9).
        let ends = flight.has_credentials() && what.method.read && self.sign_in_required(&flight.account);
        let is_its = |out: &Out| match out {
            Out::To(delivery) => ends && flight.waiters.contains(&delivery.to),
            Out::Send(send) => {
                let asked = what.metadata.iter().all(|(name, value)| send.metadata.get(name) == Some(value));
                asked
                    && send.method == what.method.name
                    && send.body.0 == what.request
                    && send.endpoint == what.endpoint
                    && (!flight.has_credentials()
                        || self.carries(&flight.account, &what.endpoint, what.method.name, &send.metadata))
            }
            Out::Ask(ask) => {
                ask.account == Account::User(flight.account.clone())
                    && ask.method == what.method.name
                    && ask.endpoint == what.endpoint
            }
            _ => false,
        };
        self.seen_between(least, until, is_its)
    }
}
