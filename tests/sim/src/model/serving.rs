//! What calls are served of what is stored.

use holdover_testkit::vector::{CacheMode, Call, Delivery, ErrorOut, Message, Out, PartWord};

use super::entry::{Placed, Want};
use super::method::{Method, Offline};
use super::reach::Sign;
use super::{Model, Partition, Skip, error, span};

impl Model {
    /// I1: what has expired, while the mode permits it.
    pub(super) fn serve_expired(&mut self, call: &Call, prefetch: bool, placed: &Placed) {
        let limit = match Method::named(&call.method).offline {
            Offline::ServeStale(limit) => limit,
            Offline::Default | Offline::FailFast | Offline::Wait => Some(0),
        };
        if limit.is_none_or(|limit| placed.age < limit) {
            self.serve(&call.op, prefetch, placed, false, Some(error("OFFLINE")));
        } else {
            self.fail(&call.op, error("OFFLINE"));
        }
    }

    pub(super) fn cached(&mut self, call: &Call) -> Result<(), Skip> {
        let method = Method::named(&call.method);
        let session = self.session(call.session.as_ref());
        let is_gone = session.signed_out || self.is_off(PartWord::Cache, method);
        let (Some(cache), false) = (method.cache, is_gone) else {
            self.done(&call.op);
            return Ok(());
        };
        self.clock_is_clear()?;
        let key = Self::key(&session, method, &call.request.0);
        let partition = Self::partition(method, &session.account);
        self.detail_is_clear(&partition, &key, method)?;
        if self.may_be_on_disk_only(&partition, &key) {
            // How much of what is stored a process has in memory is not for the rules to say.
            return Err(Skip);
        }
        let want = self.want(method, call);
        let best = self.best(&partition, &key, &cache, want);
        match best {
            Some(placed) if placed.row == 1 => self.serve(&call.op, false, &placed, false, None),
            Some(placed)
                if placed.row == 2
                    && !(partition != Partition::Device && self.sign_in_required(&session.account)) =>
            {
                if self.is_offline() && matches!(method.offline, Offline::Wait | Offline::FailFast) {
                    self.done(&call.op);
                } else if self.is_offline() {
                    self.serve(&call.op, false, &placed, false, Some(error("OFFLINE")));
                } else {
                    let (refreshing, failure) = self.refresh(call, &session, &key, false, want)?;
                    self.serve(&call.op, false, &placed, refreshing, failure);
                }
            }
            // What nobody else could say is said from memory, too (reading 63).
            Some(placed)
                if self.is_offline()
                    && placed.row > 2
                    && matches!(method.offline, Offline::ServeStale(limit) if limit.is_none_or(|limit| placed.age < limit))
                    && !(partition != Partition::Device && self.sign_in_required(&session.account)) =>
            {
                self.serve(&call.op, false, &placed, false, Some(error("OFFLINE")));
            }
            _ => self.done(&call.op),
        }
        Ok(())
    }

    /// Ends a call with what is stored.
    pub(super) fn serve(
        &mut self,
        op: &str,
        prefetch: bool,
        placed: &Placed,
        refreshing: bool,
        error: Option<ErrorOut>,
    ) {
        if prefetch {
            return self.done(op);
        }
        let value = self.snapshot(op, placed, refreshing, error);
        self.outs.push(Out::To(value));
    }

    /// What is stored, as somebody gets it.
    pub(super) fn snapshot(
        &self,
        op: &str,
        placed: &Placed,
        refreshing: bool,
        error: Option<ErrorOut>,
    ) -> Delivery {
        let entry = &placed.entry;
        Delivery {
            to: op.into(),
            value: Some(Message(entry.value.clone())),
            source: Some("CACHE".into()),
            freshness: Some(
                match placed.row {
                    1 => "FRESH",
                    4 => "EXPIRED",
                    _ => "STALE",
                }
                .into(),
            ),
            age: span(placed.age),
            as_of: span(entry.sent.wall_ms * 1_000_000 - entry.header_age),
            detail: entry.reduced.then(|| "REDUCED".into()),
            last_known: self.last_known(&entry.partition, &entry.key).filter(|_| entry.reduced).map(Message),
            refreshing,
            error,
            ..Delivery::default()
        }
    }

    /// Row 3 has waited long enough.
    pub(super) fn stale_after(&mut self, op: &str) -> Result<(), Skip> {
        self.clock_is_clear()?;
        let index = self.calls.iter().position(|call| call.op == op).expect("its timer has just fired");
        self.calls[index].stale_at = None;
        let call = self.calls[index].clone();
        let (Some(key), Some(cache)) = (&call.key, &call.method.cache) else { return Ok(()) };
        match self.best(&call.partition, key, cache, call.want) {
            Some(placed) if placed.row <= 3 && !placed.invalidated => {
                self.serve(op, call.prefetch, &placed, true, None);
                self.leave(op);
            }
            _ => {}
        }
        Ok(())
    }

    /// The flight that a call waits for has failed: readings 20 and 21.
    pub(super) fn flight_failed(
        &mut self,
        op: &str,
        error: &ErrorOut,
        transient: bool,
        sign: Sign,
    ) -> Result<(), Skip> {
        let Some(index) = self.calls.iter().position(|call| call.op == op) else {
            return self.observer_failed(op, error, transient, sign);
        };
        let call = self.calls.remove(index);
        if let (Some(key), Some(cache), true) = (&call.key, &call.method.cache, transient)
            && call.cache != CacheMode::NetworkOnly
        {
            self.clock_is_clear()?;
            let full = self.best(&call.partition, key, cache, call.want).filter(|placed| placed.row <= 3);
            let any = Want { strictly_full: false, ..call.want };
            let found =
                full.or_else(|| self.best(&call.partition, key, cache, any).filter(|placed| placed.row <= 3));
            if let Some(placed) = found {
                self.serve(op, call.prefetch, &placed, false, Some(error.clone()));
                return Ok(());
            }
            if let Offline::ServeStale(limit) = call.method.offline
                && let Some(placed) = self.best(&call.partition, key, cache, call.want)
                && limit.is_none_or(|limit| placed.age < limit)
            {
                // Reading 63: its own flight had no contact.
                let suspect = self.is_suspect(&call.endpoint);
                if suspect && sign != Sign::NoContact && !self.is_offline() {
                    // Another flight had none, and this one says nothing.
                    return Err(Skip);
                }
                if suspect || self.is_offline() {
                    self.serve(op, call.prefetch, &placed, false, Some(error.clone()));
                    return Ok(());
                }
            }
        }
        self.fail(op, error.clone());
        Ok(())
    }
}
