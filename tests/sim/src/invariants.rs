//! What holds in every run, whatever the model says.

use std::collections::{BTreeMap, BTreeSet};

use holdover_testkit::vector::{AppWord, CacheMode, Call, Delivery, HintKind, In, Out, Part, Step};

use crate::message;
use crate::script::{Seen, is_last};

/// Watches a run.
#[derive(Debug, Default)]
pub struct Invariants {
    operations: BTreeMap<String, Operation>,
    sends: u64,
    /// The last request that was sent before a tag of an account was invalidated. The account `*` is the device.
    floors: BTreeMap<(String, String), u64>,
    save_data: bool,
    /// The app is in the background, where little is fetched.
    background: bool,
}

#[derive(Debug)]
struct Operation {
    /// Whose values it may see.
    sees: String,
    account: String,
    /// The tag that its call or invalidation is about.
    tag: Option<String>,
    invalidates: bool,
    full: bool,
    observes: bool,
    /// Its method is restored, and its credentials are there.
    restores: bool,
    gone: bool,
    state: Option<Delivery>,
}

impl Invariants {
    /// Checks what came of a step.
    ///
    /// # Errors
    /// Says which invariant is broken.
    pub fn check(&mut self, step: &Step, outs: &[Out], seen: &Seen) -> Result<(), String> {
        self.enter(step, seen);
        let mut sent = BTreeSet::new();
        // What is sent in the step of an acknowledgement is sent because of it.
        let before = self.sends;
        for out in outs {
            match out {
                Out::Send(send) => {
                    self.sends += 1;
                    if !sent.insert(send.n) {
                        return Err(format!("request {} is sent twice", send.n));
                    }
                }
                Out::To(delivery) => self.delivery(delivery, before)?,
                _ => {}
            }
        }
        match &step.input {
            Some(In::Cancel(cancel)) => self.gone(&cancel.op),
            Some(In::Restart(_) | In::Reboot(_)) => {
                self.operations.values_mut().for_each(|op| op.gone = true);
            }
            Some(In::App(app)) => self.background = app.state == AppWord::Background,
            Some(In::Hint(hint)) => self.restored(&hint.what)?,
            _ => {}
        }
        Ok(())
    }

    /// Checks the end of a run, when nothing is under way any more.
    ///
    /// # Errors
    /// When a call has not ended.
    pub fn check_end(&self, seen: &Seen) -> Result<(), String> {
        let unfinished = self.operations.iter().find(|(_, operation)| !operation.gone && !operation.observes);
        match unfinished {
            Some((name, _)) => Err(format!("{name} never ends")),
            None if seen.operations.len() != seen.observers.len() => Err("a call never ends".into()),
            None => Ok(()),
        }
    }

    fn enter(&mut self, step: &Step, seen: &Seen) {
        let account = |session: Option<&String>| seen.account(session.map_or("", String::as_str));
        let of = |call: &Call, observes: bool| {
            let own = call.metadata.contains_key("authorization");
            let account = account(call.session.as_ref());
            let ride = message::text(&call.request.0, 1).unwrap_or_default();
            let (tag, invalidates) = match call.method.as_str() {
                "Quote" | "Fare" | "Plan" | "History" | "Map" | "Trip" => {
                    (Some(format!("ride:{ride}")), false)
                }
                "Update" => (Some(format!("ride:{ride}")), true),
                "Replace" => (Some(format!("driver:{ride}")), true),
                _ => (None, false),
            };
            let sees = match (own, call.method == "Map") {
                (true, _) => "own".into(),
                (false, true) => "device".into(),
                (false, false) => account.clone(),
            };
            let full = call.detail.is_some();
            let restores = observes
                && call.method == "Trip"
                && account == "ann"
                && !own
                && !full
                && call.cache != CacheMode::CacheOnly;
            Operation { sees, account, tag, invalidates, full, observes, restores, gone: false, state: None }
        };
        let chore = |account: String, tag: Option<String>| Operation {
            sees: account.clone(),
            account,
            invalidates: tag.is_some(),
            tag,
            full: false,
            observes: false,
            restores: false,
            gone: false,
            state: None,
        };
        let entered = match &step.input {
            Some(In::Get(call)) => (call.op.clone(), of(call, false)),
            // Mutations are neither prefetched nor read from memory.
            Some(In::Prefetch(call) | In::Cached(call)) => {
                (call.op.clone(), Operation { invalidates: false, ..of(call, false) })
            }
            Some(In::Observe(call)) => (call.op.clone(), of(call, true)),
            Some(In::Put(put)) => (put.op.clone(), chore(account(put.session.as_ref()), None)),
            Some(In::SignOut(sign_out)) => {
                (sign_out.op.clone(), chore(account(sign_out.session.as_ref()), None))
            }
            Some(In::Disable(disable)) => (disable.op.clone(), chore(String::new(), None)),
            Some(In::Invalidate(invalidate)) => {
                let tag = invalidate.tag.iter().map(|part| match part {
                    Part::Literal(text) => text.clone(),
                    Part::Value { value } => value.as_str().unwrap_or_default().to_owned(),
                });
                (invalidate.op.clone(), chore(account(invalidate.session.as_ref()), Some(tag.collect())))
            }
            Some(In::Refresh(refresh)) => {
                let Some(observer) = self.operations.get(&refresh.of) else { return };
                let mut operation = chore(observer.account.clone(), None);
                operation.sees.clone_from(&observer.sees);
                (refresh.op.clone(), operation)
            }
            _ => return,
        };
        self.operations.insert(entered.0, entered.1);
    }

    fn delivery(&mut self, delivery: &Delivery, sends: u64) -> Result<(), String> {
        let to = &delivery.to;
        let Some(operation) = self.operations.get_mut(to) else {
            return Err(format!("{to} was never started"));
        };
        if operation.gone {
            return Err(format!("{to} gets something after its end: {delivery:?}"));
        }
        if operation.observes {
            let state = Delivery { age: None, ..delivery.clone() };
            // Two errors that look the same here may differ in what they say to people.
            let has_error = state.failed.is_some() || state.error.is_some();
            if operation.state.as_ref() == Some(&state) && !has_error {
                return Err(format!("{to} gets a state twice: {delivery:?}"));
            }
            operation.state = Some(state);
            operation.gone = is_last(delivery);
        } else {
            operation.gone = true;
        }
        if operation.invalidates && (delivery.value.is_some() || delivery.done) {
            let tag = operation.tag.clone().unwrap_or_default();
            self.floors.insert((operation.account.clone(), tag.clone()), sends);
            self.floors.insert(("*".into(), tag), sends);
            return Ok(());
        }
        let Some(value) = &delivery.value else { return Ok(()) };
        let id = message::text(&value.0, 1).ok_or_else(|| format!("{to} gets a value that is not usable"))?;
        let (whose, number) = id.split_once(':').ok_or_else(|| format!("{to} gets a value of nobody's"))?;
        if whose != operation.sees {
            return Err(format!("{to} of {} gets a value of {whose}'s", operation.sees));
        }
        if operation.full && delivery.detail.is_some() && delivery.error.is_none() {
            return Err(format!("{to} wants everything and gets a reduced value without an error"));
        }
        if let Some(last_known) = &delivery.last_known
            && message::text(&last_known.0, 1).is_none_or(|id| !id.starts_with(&format!("{whose}:")))
        {
            return Err(format!("{to} is offered the last known value of somebody else"));
        }
        let stored_fresh =
            delivery.source.as_deref() == Some("CACHE") && delivery.freshness.as_deref() == Some("FRESH");
        if stored_fresh {
            let number: u64 = number.parse().map_err(|_| format!("{to} gets a put value as FRESH"))?;
            let owner = if whose == "device" { "*" } else { &operation.account };
            let floor = operation.tag.clone().and_then(|tag| self.floors.get(&(owner.to_owned(), tag)));
            if floor.is_some_and(|floor| number <= *floor) {
                return Err(format!("{to} gets an invalidated value as FRESH"));
            }
        }
        Ok(())
    }

    /// What is reduced on the screen is fetched in full when the network is good (rule F8).
    fn restored(&mut self, hint: &HintKind) -> Result<(), String> {
        match hint {
            HintKind::DataSaver(on) => self.save_data = *on,
            HintKind::Quality(class)
                if ["MODERATE", "GOOD"].contains(&class.as_str()) && !self.save_data && !self.background =>
            {
                let forgotten = self.operations.iter().find(|(_, operation)| {
                    let state = operation.state.as_ref().filter(|_| operation.restores && !operation.gone);
                    state.is_some_and(|state| {
                        // What has failed waits for the end of its backoff.
                        state.detail.is_some() && !state.refreshing && state.error.is_none()
                    })
                });
                if let Some((name, _)) = forgotten {
                    return Err(format!(
                        "{name} shows a reduced value on a {class} network, and nothing is fetched"
                    ));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn gone(&mut self, op: &str) {
        if let Some(operation) = self.operations.get_mut(op) {
            operation.gone = true;
        }
    }
}
