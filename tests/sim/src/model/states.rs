//! What observers show (B3, B5, C7, F7, reading 19).

use holdover_testkit::vector::{Delivery, ErrorOut, Message, Out};

use super::entry::{Entry, Placed, Want};
use super::method::Offline;
use super::observers::{State, Why};
use super::reach::Sign;
use super::{Model, Partition, Skip, error, span};

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kept {
    Stored,
    /// Something that it depends on was invalidated after its send.
    Outdated,
    /// The answer to a later request has been there first.
    Superseded,
}

impl Model {
    /// B3: equal states are not repeated. An age passes by itself.
    pub(super) fn show(&mut self, op: &str, state: State) {
        let ageless = |state: &State| match state {
            State::Value(value) => State::Value(Delivery { age: None, ..(**value).clone() }.into()),
            other => other.clone(),
        };
        let Some(observer) = self.observer_mut(op) else { return };
        if observer.shown.as_ref().is_some_and(|shown| ageless(shown) == ageless(&state)) {
            return;
        }
        observer.shown = Some(state.clone());
        let to = op.to_owned();
        let delivery = match state {
            State::Loading => Delivery { to, loading: true, ..Delivery::default() },
            State::Value(value) => *value,
            State::Failed(failed) => {
                observer.crossing = None;
                Delivery { to, failed: Some(failed), ..Delivery::default() }
            }
        };
        self.outs.push(Out::To(delivery));
    }

    pub(super) fn show_failed(&mut self, op: &str, mut failed: ErrorOut) {
        // Only what an observer says of its own fetch is tried again.
        failed.will_retry.get_or_insert(false);
        self.show(op, State::Failed(failed));
    }

    /// What is stored, as a get would be served it.
    pub(super) fn show_stored(
        &mut self,
        op: &str,
        placed: &Placed,
        refreshing: bool,
        error: Option<ErrorOut>,
    ) {
        let value = self.snapshot(op, placed, refreshing, error);
        self.show(op, State::Value(value.into()));
    }

    /// What is on the screen is at worst STALE: an age passing shows nothing.
    pub(super) fn show_at_best_stale(
        &mut self,
        op: &str,
        placed: &Placed,
        refreshing: bool,
        error: Option<ErrorOut>,
    ) {
        let freshness = Some(if placed.row == 1 { "FRESH" } else { "STALE" }.to_owned());
        let value = self.snapshot(op, placed, refreshing, error);
        self.show(op, State::Value(Delivery { freshness, ..value }.into()));
    }

    /// A value that is shown is shown being refreshed; `loading` and `failed` stay.
    pub(super) fn show_refreshing(&mut self, op: &str) -> Result<(), Skip> {
        let Some(observer) = self.observer(op) else { return Ok(()) };
        let refreshing = observer.flight.is_some();
        if matches!(observer.shown, Some(State::Value(_)))
            && let Some(placed) = self.standing(op)?
        {
            self.show_at_best_stale(op, &placed, refreshing, None);
        }
        Ok(())
    }

    /// Reading 6, and reading 63 where the network is away.
    pub(super) fn show_cache_only(&mut self, op: &str, placed: Option<&Placed>) {
        match placed {
            Some(placed) if placed.row <= 3 => self.show_stored(op, placed, false, None),
            Some(placed) if self.is_offline() && self.serves_expired(op, placed) => {
                self.show_stored(op, placed, false, Some(said("OFFLINE", "stored")));
            }
            _ => self.show_failed(op, said("OFFLINE", "cache_only")),
        }
    }

    /// I1: whether row 4 may be shown, by `serve_stale`.
    fn serves_expired(&self, op: &str, placed: &Placed) -> bool {
        let offline = self.observer(op).map(|observer| observer.method.offline);
        matches!(offline, Some(Offline::ServeStale(limit)) if limit.is_none_or(|limit| placed.age < limit))
    }

    /// I1: by the offline mode; fetched when the network is back.
    pub(super) fn show_offline(&mut self, op: &str, placed: Option<&Placed>) -> Result<(), Skip> {
        let Some(observer) = self.observer(op) else { return Ok(()) };
        let (mode, shows_nothing) = (observer.method.offline, observer.shown.is_none());
        let may_be_shown = |placed: &Placed| match mode {
            Offline::Wait | Offline::FailFast => placed.row == 1,
            Offline::Default => placed.row <= 3,
            Offline::ServeStale(_) => placed.row <= 3 || self.serves_expired(op, placed),
        };
        match placed.filter(|placed| may_be_shown(placed)) {
            Some(placed) if placed.row == 1 => {
                self.show_stored(op, placed, false, None);
                self.set_crossing(op, placed.age, false);
            }
            Some(placed) => {
                let failed = ErrorOut { will_retry: Some(true), ..said("OFFLINE", "stored") };
                self.show_stored(op, placed, false, Some(failed));
            }
            None if mode == Offline::Wait => {
                if shows_nothing {
                    self.show(op, State::Loading);
                }
                self.fetch(op, Why::Awaited)?;
                self.show_refreshing(op)?;
            }
            None => self.show_failed(op, ErrorOut { will_retry: Some(true), ..said("OFFLINE", "nothing") }),
        }
        Ok(())
    }

    /// An answer has come to observers that waited for it.
    pub(super) fn observer_answered(&mut self, op: &str, answer: &Entry, kept: Kept) -> Result<(), Skip> {
        let Some(observer) = self.observer_mut(op) else { return Ok(()) };
        observer.flight = None;
        match kept {
            // It waits for one that knows (reading 18).
            Kept::Outdated => self.refetch(op),
            Kept::Superseded => self.refreshed(op),
            Kept::Stored => {
                observer.reads = true;
                match self.better(op, answer)? {
                    Some(better) => self.show_at_best_stale(op, &better, false, None),
                    None => self.show_answer(op, answer, "NETWORK"),
                }
                Ok(())
            }
        }
    }

    /// What is stored and ranks before an answer that has just been (reading 25).
    fn better(&self, op: &str, answer: &Entry) -> Result<Option<Placed>, Skip> {
        let is_it = |placed: &Placed| {
            placed.entry.sent.order == answer.sent.order && placed.entry.reduced == answer.reduced
        };
        Ok(self.standing(op)?.filter(|placed| placed.row < 4 && !is_it(placed)))
    }

    /// Nothing newer has come of a flight.
    pub(super) fn refreshed(&mut self, op: &str) -> Result<(), Skip> {
        let Some(State::Value(shown)) = self.observer(op).and_then(|observer| observer.shown.clone()) else {
            return Ok(());
        };
        let as_of = |placed: &Placed| placed.entry.sent.wall_ms * 1_000_000 - placed.entry.header_age;
        let same = self.standing(op)?.filter(|placed| span(as_of(placed)) == shown.as_of);
        let age = same.map_or(shown.age, |placed| span(placed.age));
        self.show(op, State::Value(Delivery { refreshing: false, age, ..*shown }.into()));
        Ok(())
    }

    /// An answer that others waited for, or that the app has put.
    pub(super) fn show_watchers(
        &mut self,
        answer: &Entry,
        source: &str,
        except: &[String],
    ) -> Result<(), Skip> {
        let watchers = self.observers_that(|observer| {
            observer.watches(&answer.partition, &answer.key) && !except.contains(&observer.op)
        });
        for op in watchers {
            let observer = self.observer_mut(&op).expect("it is there");
            observer.reads = true;
            // A full value is not replaced by a reduced one that somebody else has asked for.
            let is_wanted = !answer.reduced || observer.want.reduced;
            if is_wanted && self.better(&op, answer)?.is_none() {
                self.show_answer(&op, answer, source);
            }
        }
        Ok(())
    }

    fn show_answer(&mut self, op: &str, answer: &Entry, source: &str) {
        let age = self.age(answer);
        let Some(observer) = self.observer(op) else { return };
        let refreshing = observer.flight.is_some();
        let last_known = self.last_known(&answer.partition, &answer.key).filter(|_| answer.reduced);
        let value = Delivery {
            to: op.into(),
            value: Some(Message(answer.value.clone())),
            source: Some(source.into()),
            freshness: Some(if answer.put { "STALE" } else { "FRESH" }.into()),
            age: span(age),
            as_of: span(answer.sent.wall_ms * 1_000_000 - answer.header_age),
            detail: answer.reduced.then(|| "REDUCED".into()),
            last_known: last_known.map(Message),
            refreshing,
            ..Delivery::default()
        };
        self.show(op, State::Value(value.into()));
        if !answer.put {
            self.set_crossing(op, age, true);
        } else if let Some(observer) = self.observer_mut(op) {
            observer.crossing = None;
        }
    }

    /// B5: the flight that an observer waited for has failed.
    pub(super) fn observer_failed(
        &mut self,
        op: &str,
        failed: &ErrorOut,
        transient: bool,
        sign: Sign,
    ) -> Result<(), Skip> {
        let Some(observer) = self.observer_mut(op) else { return Ok(()) };
        observer.flight = None;
        let observer = observer.clone();
        let signs_in = failed.kind == "SIGN_IN_REQUIRED";
        let failed = ErrorOut { will_retry: Some(transient), ..failed.clone() };
        let mut placed = self.standing(op)?;
        if transient && observer.reads {
            let any = Want { strictly_full: false, ..observer.want };
            let full = placed.clone().filter(|placed| placed.row <= 3);
            let fallback = full.or_else(|| {
                let any = self.best(&observer.partition, &observer.key, &observer.cache, any);
                any.filter(|placed| placed.row <= 3)
            });
            let expired = placed.filter(|placed| placed.row == 4 && self.serves_expired(op, placed));
            placed = match (fallback, expired) {
                (Some(fallback), _) => Some(fallback),
                (None, Some(expired)) => {
                    let suspect = self.is_suspect(observer.session.config.endpoint());
                    if suspect && sign != Sign::NoContact && !self.is_offline() {
                        return Err(Skip);
                    }
                    Some(expired).filter(|_| suspect || self.is_offline())
                }
                (None, None) => None,
            };
        }
        let may_be_shown = |placed: &Placed| match placed.row {
            1 => true,
            2 => !signs_in,
            _ => transient,
        };
        match placed.filter(may_be_shown) {
            Some(placed) => self.show_stored(op, &placed, false, Some(failed)),
            None => self.show_failed(op, failed),
        }
        if transient {
            self.fetch_when_permitted(op);
        }
        Ok(())
    }

    /// The server says that there is no such entry.
    pub(super) fn watchers_evicted(
        &mut self,
        partition: &Partition,
        key: &str,
        failed: &ErrorOut,
        except: &[String],
    ) {
        let watchers = self
            .observers_that(|observer| observer.watches(partition, key) && !except.contains(&observer.op));
        for op in watchers {
            self.show_failed(&op, failed.clone());
        }
    }

    /// A4: observers of an account that has to sign in.
    pub(super) fn observers_sign_in(&mut self, account: &str) -> Result<(), Skip> {
        let idle = self.observers_that(|observer| {
            observer.session.account == account
                && observer.partition != Partition::Device
                && observer.flight.is_none()
        });
        for op in idle {
            if self.standing(&op)?.is_none_or(|placed| placed.row != 1) {
                self.show_failed(&op, error("SIGN_IN_REQUIRED"));
            }
        }
        Ok(())
    }

    /// Reading 9: there are credentials again.
    pub(super) fn observers_signed_in(&mut self, account: &str) -> Result<(), Skip> {
        let failed = self.observers_that(|observer| {
            observer.session.account == account
                && observer.partition != Partition::Device
                && observer.flight.is_none()
                && matches!(&observer.shown, Some(State::Failed(e)) if e.kind == "SIGN_IN_REQUIRED")
        });
        failed.iter().try_for_each(|op| self.refetch(op))
    }
}

/// An error with words that tell it from others that look the same here: two of them are two states. Words never leave the
/// model.
pub(super) fn said(kind: &str, words: &str) -> ErrorOut {
    ErrorOut { message: Some(words.into()), ..error(kind) }
}
