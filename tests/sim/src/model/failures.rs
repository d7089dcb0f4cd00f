//! How flights end without an answer.

use holdover_testkit::vector::{Breakage, ErrorOut, Fail, Span};

use super::reach::{Sign, sign};
use super::retries::{Verdict, retry_after};
use super::states::said;
use super::{Model, Skip, error};

/// How a flight ends without an answer.
pub(super) struct Failure {
    pub(super) error: ErrorOut,
    pub(super) transient: bool,
    pub(super) evicting: bool,
    /// Proof that a mutation was unsent or rejected.
    pub(super) proof: bool,
    pub(super) sign: Sign,
}

impl Model {
    pub(super) fn failure(&mut self, fail: &Fail) -> Result<(), Skip> {
        let Some(id) = self.in_air(fail.send) else { return Ok(()) };
        let failure = understand(fail);
        self.lost(id, failure.sign);
        if fail.status.as_deref() == Some("UNAUTHENTICATED") && self.flight(id).has_credentials() {
            return self.refused(id);
        }
        self.flight_mut(id).air = None;
        self.retry_or_end(id, &failure, &Verdict::of(fail))
    }

    /// An attempt has failed: what that says of the endpoint.
    pub(super) fn lost(&mut self, id: u64, sign: Sign) {
        let flight = self.flight(id);
        let endpoint = flight.what.endpoint.clone();
        if let Some(air) = &flight.air {
            let sent = air.sent;
            if sent.order <= self.evidence_since && sign == Sign::NoContact {
                return;
            }
            self.tried(&endpoint, sent.time, sign);
        }
    }

    /// An attempt has failed: the flight ends, unless it waits for the network.
    pub(super) fn end_or_wait(&mut self, id: u64, failure: &Failure) -> Result<(), Skip> {
        let is_lost = failure.transient && failure.sign.is_lost();
        if self.waits_again(id, is_lost, failure.proof) { Ok(()) } else { self.end(id, failure) }
    }

    /// A flight ends without an answer.
    pub(super) fn end(&mut self, id: u64, failure: &Failure) -> Result<(), Skip> {
        self.no_one_joined_unseen(id)?;
        let flight = self.take(id);
        if let (true, Some(key)) = (failure.evicting, &flight.what.key) {
            let sent = flight.last_sent.map_or(0, |sent| sent.time);
            let newer = self.entries.iter().any(|entry| {
                entry.partition == flight.partition
                    && entry.key == *key
                    && !entry.put
                    && entry.sent.time > sent
            });
            if !newer {
                self.evict(&flight.partition, key, sent);
                self.watchers_evicted(&flight.partition, key, &failure.error, &flight.waiters);
            }
        }
        let signs_in = failure.error.kind == "SIGN_IN_REQUIRED";
        if let (Some(key), false) = (&flight.what.key, signs_in || failure.evicting)
            && (flight.renews || flight.behind || flight.waiters.iter().any(|op| self.observer(op).is_some()))
        {
            self.refresh_failed(&flight.partition, key, flight.behind, &failure.error, failure.transient);
        }
        if !failure.proof && flight.last_sent.is_some() {
            self.invalidate_by(&flight);
        }
        for waiter in &flight.waiters {
            self.flight_failed(waiter, &failure.error, failure.transient, failure.sign)?;
        }
        Ok(())
    }

    /// A flight ends because its hook threw, or because the user has to sign in.
    pub(super) fn end_unsent(&mut self, id: u64, error: ErrorOut, transient: bool) -> Result<(), Skip> {
        self.flight_mut(id).air = None;
        self.end(id, &Failure { error, transient, evicting: false, proof: true, sign: Sign::Nothing })
    }
}

/// C3, C4 and reading 8.
fn understand(fail: &Fail) -> Failure {
    let simple = |kind: &str, transient: bool, proof: bool| Failure {
        error: said(kind, &format!("{:?}", fail.transport)),
        transient,
        evicting: false,
        proof,
        sign: sign(fail),
    };
    if let Some(breakage) = fail.transport {
        return match breakage {
            Breakage::Connect | Breakage::Refused | Breakage::Tls => simple("UNREACHABLE", true, true),
            Breakage::Broken | Breakage::Protocol => simple("UNREACHABLE", true, false),
            Breakage::Timeout => simple("TIMEOUT", true, false),
            Breakage::TooLarge => simple("TOO_LARGE", false, false),
        };
    }
    if let Some(http) = fail.intercepted {
        let code = match http {
            400 => "INTERNAL",
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "UNIMPLEMENTED",
            429 | 502 | 503 | 504 => "UNAVAILABLE",
            _ => "UNKNOWN",
        };
        let error = ErrorOut { code: Some(code.into()), ..error("INTERCEPTED") };
        return Failure { error, transient: true, evicting: false, proof: false, sign: sign(fail) };
    }
    let code = fail.status.clone().unwrap_or_default();
    let (kind, transient) = match code.as_str() {
        "UNAVAILABLE" | "RESOURCE_EXHAUSTED" | "INTERNAL" | "UNKNOWN" | "ABORTED" => ("UNAVAILABLE", true),
        "DEADLINE_EXCEEDED" => ("TIMEOUT", true),
        _ => ("REJECTED", false),
    };
    let evicting = matches!(code.as_str(), "PERMISSION_DENIED" | "NOT_FOUND");
    let retry_after = retry_after(fail).map(Span);
    let error = ErrorOut { code: Some(code), retry_after, ..error(kind) };
    Failure { error, transient, evicting, proof: !transient, sign: sign(fail) }
}
