//! Answers: whether they are usable, how much of the answer they are, who gets them.

use holdover_testkit::vector::{Answer, Delivery, ErrorOut, Message, Out, PartWord};

use super::entry::{Entry, tags};
use super::failures::Failure;
use super::reach::Sign;
use super::states::Kept;
use super::{Model, Skip, error, span};
use crate::message;

impl Model {
    pub(super) fn answer(&mut self, answer: &Answer) -> Result<(), Skip> {
        let Some(id) = self.in_air(answer.send) else { return Ok(()) };
        let endpoint = self.flight(id).what.endpoint.clone();
        self.heard(&endpoint);
        self.earn(&endpoint);
        let air = self.flight_mut(id).air.take().expect("it was found by its attempt");
        if self.flight(id).has_credentials() {
            self.signed_in(id)?;
        }
        if !message::has(&answer.body.0, 1) {
            if self.flight(id).what.method.invalidates.is_some() {
                let flight = self.take(id);
                self.invalidate_by(&flight);
                for waiter in &flight.waiters {
                    self.flight_failed(waiter, &unusable(), false, Sign::Contact)?;
                }
                return Ok(());
            }
            return self.end(
                id,
                &Failure {
                    error: unusable(),
                    transient: true,
                    evicting: false,
                    proof: false,
                    sign: Sign::Contact,
                },
            );
        }
        let flight = self.take(id);
        let what = &flight.what;
        // F5.
        let applied = answer.metadata.get("holdover-detail-applied").map(String::as_str);
        let dropped = message::has(&answer.body.0, 3) || message::has(&answer.body.0, 4);
        let reduced = match applied {
            Some("full") => false,
            Some(_) => true,
            None => what.reduced && !dropped,
        };
        if reduced && !what.reduced {
            return Err(Skip);
        }
        if let Some(key) = what.key.clone() {
            self.refresh_answered(&flight.partition, &key, flight.behind, self.now - air.sent.time);
        }
        let header_age =
            answer.metadata.get("age").and_then(|age| age.parse::<i128>().ok()).unwrap_or(0) * 1_000_000_000;
        let mut kept = None;
        let is_off = self.is_off(PartWord::Cache, what.method);
        if let (Some(key), Some(cache), false) = (&what.key, &what.method.cache, is_off) {
            let entry = Entry {
                partition: flight.partition.clone(),
                key: key.clone(),
                reduced,
                value: answer.body.0.clone(),
                tags: tags(what.method.tags, &what.request, &answer.body.0),
                sent: air.sent,
                header_age,
                put: false,
                memory_only: cache.memory,
                unseen: false,
            };
            kept = Some((self.store(entry.clone()), entry));
        }
        self.invalidate_by(&flight);
        for waiter in &flight.waiters {
            let Some(index) = self.calls.iter().position(|call| call.op == *waiter) else {
                if let Some((kept, entry)) = &kept {
                    self.observer_answered(waiter, entry, *kept)?;
                }
                continue;
            };
            let call = self.calls.remove(index);
            if call.prefetch {
                self.done(waiter);
                continue;
            }
            let last_known =
                call.key.as_ref().and_then(|key| self.last_known(&call.partition, key)).filter(|_| reduced);
            self.outs.push(Out::To(Delivery {
                to: waiter.clone(),
                value: Some(answer.body.clone()),
                source: Some("NETWORK".into()),
                freshness: Some("FRESH".into()),
                age: span(self.now - air.sent.time + header_age),
                as_of: span(air.sent.wall_ms * 1_000_000 - header_age),
                detail: reduced.then(|| "REDUCED".into()),
                last_known: last_known.map(Message),
                ..Delivery::default()
            }));
        }
        if let Some((Kept::Stored, entry)) = &kept {
            self.show_watchers(entry, "NETWORK", &flight.waiters)?;
        }
        Ok(())
    }
}

fn unusable() -> ErrorOut {
    ErrorOut { paths: vec!["id".into()], ..error("UNUSABLE") }
}
