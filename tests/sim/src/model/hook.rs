//! The credentials hook of an account: rules A3 and A4.

use std::collections::BTreeMap;

use holdover_testkit::vector::{Account, ErrorOut, Event, Out, Question, Reply};

use super::method::S;
use super::observers::Observer;
use super::{Model, Skip, error};

/// The number of a question that is answered at once.
const AUTOMATIC: u64 = 0;

type Metadata = BTreeMap<String, String>;

/// What a question is about: endpoint and method.
type Slot = (String, String);

/// What is known of one account's credentials.
#[derive(Clone, Debug, Default)]
pub(super) struct Hook {
    /// What the session's hook answers at once, if it does.
    pub(super) automatic: Option<Metadata>,
    kept: BTreeMap<Slot, (Metadata, Option<i128>)>,
    /// Answers that the server has refused, and that nothing has replaced yet.
    refused: Vec<Slot>,
    /// Flights that wait, by question, in the order in which they are asked.
    queue: Vec<(Slot, Vec<u64>)>,
    /// The question that has been asked.
    asked: Option<(u64, Slot)>,
    asked_at: i128,
    /// Flights that waited then.
    asked_by: Vec<u64>,
    sign_in_required: bool,
}

impl Model {
    fn hook(&mut self, account: &str) -> &mut Hook {
        self.hooks.entry(account.into()).or_default()
    }

    pub(super) fn sign_in_required(&self, account: &str) -> bool {
        self.hooks.get(account).is_some_and(|hook| hook.sign_in_required)
    }

    /// The answer that is kept for a flight.
    fn kept(&self, id: u64) -> Option<Metadata> {
        let flight = self.flight(id);
        self.kept_for(&flight.account, &flight.what.endpoint, flight.what.method.name)
    }

    fn kept_for(&self, account: &str, endpoint: &str, method: &str) -> Option<Metadata> {
        let slot: Slot = (endpoint.into(), method.into());
        let (metadata, expires) = self.hooks.get(account)?.kept.get(&slot)?;
        expires.is_none_or(|at| self.moment().wall_ms < at).then(|| metadata.clone())
    }

    /// Whether a request with this metadata carries the credentials of an account. Without any, the hook is asked first.
    pub(super) fn carries(&self, account: &str, endpoint: &str, method: &str, metadata: &Metadata) -> bool {
        let automatic = || self.hooks.get(account)?.automatic.clone();
        let used = self.kept_for(account, endpoint, method).or_else(automatic);
        used.is_some_and(|used| used.iter().all(|(name, value)| metadata.get(name) == Some(value)))
    }

    /// Whether the hook has to be asked before a flight is sent.
    pub(super) fn has_to_ask(&self, id: u64) -> bool {
        self.flight(id).has_credentials() && self.kept(id).is_none()
    }

    /// Sends a flight, or asks for its credentials first.
    pub(super) fn depart(&mut self, id: u64) {
        let flight = self.flight(id);
        if !flight.has_credentials() {
            return self.send(id, None);
        }
        let slot: Slot = (flight.what.endpoint.clone(), flight.what.method.name.into());
        let account = flight.account.clone();
        if let Some(metadata) = self.kept(id) {
            return self.send(id, Some(metadata));
        }
        let hook = self.hook(&account);
        match hook.queue.iter_mut().find(|(waiting, _)| *waiting == slot) {
            Some((_, flights)) => flights.push(id),
            None => hook.queue.push((slot, vec![id])),
        }
        self.ask(&account);
    }

    /// One question at a time.
    fn ask(&mut self, account: &str) {
        let hook = self.hook(account);
        if hook.asked.is_some() {
            return;
        }
        let Some((slot, asked_by)) = hook.queue.first().cloned() else { return };
        let rejected = hook.refused.contains(&slot);
        if hook.automatic.is_some() {
            // It answers when everything else has happened that happens now.
            hook.asked = Some((AUTOMATIC, slot));
            return;
        }
        self.asks += 1;
        let n = self.asks;
        let now = self.now;
        let hook = self.hook(account);
        (hook.asked, hook.asked_at, hook.asked_by) = (Some((n, slot.clone())), now, asked_by);
        let (endpoint, method) = slot;
        self.outs.push(Out::Ask(Question {
            n,
            account: Account::User(account.into()),
            method,
            endpoint,
            rejected,
        }));
    }

    /// Hooks that answer at once do so. Whether one did.
    pub(super) fn answer_automatically(&mut self) -> bool {
        let asked = self.hooks.iter().find_map(|(account, hook)| match &hook.asked {
            Some((AUTOMATIC, slot)) => Some((account.clone(), slot.clone(), hook.automatic.clone()?)),
            _ => None,
        });
        let Some((account, slot, metadata)) = asked else { return false };
        self.hook(&account).asked = None;
        self.use_it(&account, &slot, &metadata, None);
        true
    }

    fn use_it(&mut self, account: &str, slot: &Slot, metadata: &Metadata, expires: Option<i128>) {
        let hook = self.hook(account);
        hook.kept.insert(slot.clone(), (metadata.clone(), expires));
        hook.refused.retain(|refused| refused != slot);
        let waiting =
            hook.queue.iter().position(|(queued, _)| queued == slot).map(|index| hook.queue.remove(index).1);
        self.end_sign_in(account);
        for id in waiting.unwrap_or_default() {
            self.send(id, Some(metadata.clone()));
        }
        self.ask(account);
    }

    /// A4: that state ends.
    fn end_sign_in(&mut self, account: &str) {
        if std::mem::take(&mut self.hook(account).sign_in_required) {
            let refetched = self.observers_signed_in(account);
            self.note(refetched);
        }
    }

    pub(super) fn reply(&mut self, reply: &Reply) -> Result<(), Skip> {
        let found = self.hooks.iter().find_map(|(account, hook)| match &hook.asked {
            Some((n, slot)) if *n == reply.ask => Some((account.clone(), slot.clone())),
            _ => None,
        });
        let Some((account, slot)) = found else { return Ok(()) };
        self.nobody_asks_unseen(&account)?;
        self.hook(&account).asked = None;
        if let Some(metadata) = &reply.metadata {
            let expires = reply.expires.map(|span| self.moment().wall_ms + span.0 / 1_000_000);
            self.use_it(&account, &slot, metadata, expires);
            return Ok(());
        }
        let hook = self.hook(&account);
        let waiting =
            hook.queue.iter().position(|(queued, _)| *queued == slot).map(|index| hook.queue.remove(index).1);
        if reply.throws {
            for id in waiting.unwrap_or_default() {
                self.end_unsent(id, error("UNREACHABLE"), true)?;
            }
        } else {
            for id in waiting.unwrap_or_default() {
                self.end_unsent(id, error("SIGN_IN_REQUIRED"), false)?;
            }
            self.begin_sign_in(&account)?;
        }
        self.ask(&account);
        Ok(())
    }

    /// UNAUTHENTICATED in the protocol's framing.
    pub(super) fn refused(&mut self, id: u64) -> Result<(), Skip> {
        let flight = self.flight_mut(id);
        let used = flight.air.take().and_then(|air| air.credentials).unwrap_or_default();
        let again = !std::mem::replace(&mut flight.repeated, true);
        let slot: Slot = (flight.what.endpoint.clone(), flight.what.method.name.into());
        let account = flight.account.clone();
        let hook = self.hook(&account);
        if hook.kept.get(&slot).is_none_or(|(kept, _)| *kept == used) {
            hook.kept.remove(&slot);
            hook.refused.push(slot.clone());
        }
        if again {
            self.depart(id);
            return Ok(());
        }
        // Who waits for the call is told by its own error, and nothing else after that.
        self.begin_sign_in(&account)?;
        let code = Some("UNAUTHENTICATED".into());
        self.end_unsent(id, ErrorOut { code, ..error("SIGN_IN_REQUIRED") }, false)
    }

    fn begin_sign_in(&mut self, account: &str) -> Result<(), Skip> {
        let hook = self.hook(account);
        let began = !std::mem::replace(&mut hook.sign_in_required, true);
        if began {
            self.outs.push(Out::Event(Event { name: "sign_in_required".into(), fields: BTreeMap::new() }));
        }
        let waiting: Vec<u64> =
            self.hook(account).queue.iter().flat_map(|(_, flights)| flights.clone()).collect();
        for id in waiting {
            if self.flight(id).what.method.read {
                self.end_unsent(id, error("SIGN_IN_REQUIRED"), false)?;
            }
        }
        if began {
            self.observers_sign_in(account)?;
        }
        Ok(())
    }

    /// A success ends the sign-in state.
    pub(super) fn signed_in(&mut self, id: u64) -> Result<(), Skip> {
        let account = self.flight(id).account.clone();
        self.end_sign_in(&account);
        Ok(())
    }

    /// The host says that there are new credentials.
    pub(super) fn new_credentials(&mut self, account: &str) -> Result<(), Skip> {
        let hook = self.hook(account);
        if hook.asked.is_some() {
            // Whether the question that is open counts as asked before or after is not said.
            return Err(Skip);
        }
        hook.kept.clear();
        hook.refused.clear();
        self.end_sign_in(account);
        Ok(())
    }

    /// When a question has waited for so long that it may be given up (reading 65).
    pub(super) fn questions_give_up(&self) -> Vec<(i128, String)> {
        let asked = self.hooks.iter().filter(|(_, hook)| hook.automatic.is_none() && hook.asked.is_some());
        asked.map(|(account, hook)| (hook.asked_at + 30 * S, account.clone())).collect()
    }

    /// The hook has not answered for 30 s: nobody waits any more who waited when it was asked.
    pub(super) fn give_up_question(&mut self, account: &str) -> Result<(), Skip> {
        let hook = self.hook(account);
        let Some((_, slot)) = hook.asked.take() else { return Ok(()) };
        let at = hook.queue.iter().position(|(queued, _)| *queued == slot);
        if let Some((slot, flights)) = at.map(|at| hook.queue.remove(at)) {
            if flights.iter().any(|flight| hook.asked_by.contains(flight)) {
                // How much later it is given up is not said.
                return Err(Skip);
            }
            if !flights.is_empty() {
                hook.queue.push((slot, flights));
            }
        }
        self.nobody_asks_unseen(account)?;
        self.ask(account);
        Ok(())
    }

    /// While a question is open, an observer may have come to wait for the answer to the same or another one: nobody sees
    /// that.
    fn nobody_asks_unseen(&self, account: &str) -> Result<(), Skip> {
        let may_wait = |observer: &Observer| {
            let (endpoint, method) = (observer.session.config.endpoint(), observer.method.name);
            observer.session.account == account && self.kept_for(account, endpoint, method).is_none()
        };
        if self.may_be_permitted().any(may_wait) { Err(Skip) } else { Ok(()) }
    }

    /// A flight that ends does not wait any more.
    pub(super) fn forget_question(&mut self, id: u64) {
        for hook in self.hooks.values_mut() {
            for (_, flights) in &mut hook.queue {
                flights.retain(|waiting| *waiting != id);
            }
            let asked = hook.asked.as_ref().map(|(_, slot)| slot.clone());
            hook.queue.retain(|(slot, flights)| !flights.is_empty() || Some(slot) == asked.as_ref());
        }
    }
}
