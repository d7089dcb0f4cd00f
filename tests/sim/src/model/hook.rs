//! The credentials hook of an account: rules A3 and A4.

use std::collections::BTreeMap;

use holdover_testkit::vector::{Account, ErrorOut, Event, Out, Question, Reply};

use super::method::S;
use super::{Model, Skip, error};

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
        let slot: Slot = (flight.what.endpoint.clone(), flight.what.method.name.into());
        let (metadata, expires) = self.hooks.get(&flight.account)?.kept.get(&slot)?;
        expires.is_none_or(|at| self.moment().wall_ms < at).then(|| metadata.clone())
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
        let Some((slot, _)) = hook.queue.first().cloned() else { return };
        let rejected = hook.refused.contains(&slot);
        if let Some(metadata) = hook.automatic.clone() {
            return self.use_it(account, &slot, &metadata, None);
        }
        self.asks += 1;
        let n = self.asks;
        let now = self.now;
        let hook = self.hook(account);
        (hook.asked, hook.asked_at) = (Some((n, slot.clone())), now);
        let (endpoint, method) = slot;
        self.outs.push(Out::Ask(Question {
            n,
            account: Account::User(account.into()),
            method,
            endpoint,
            rejected,
        }));
    }

    fn use_it(&mut self, account: &str, slot: &Slot, metadata: &Metadata, expires: Option<i128>) {
        let hook = self.hook(account);
        hook.kept.insert(slot.clone(), (metadata.clone(), expires));
        hook.refused.retain(|refused| refused != slot);
        hook.sign_in_required = false;
        let waiting =
            hook.queue.iter().position(|(queued, _)| queued == slot).map(|index| hook.queue.remove(index).1);
        for id in waiting.unwrap_or_default() {
            self.send(id, Some(metadata.clone()));
        }
        self.ask(account);
    }

    pub(super) fn reply(&mut self, reply: &Reply) -> Result<(), Skip> {
        let found = self.hooks.iter().find_map(|(account, hook)| match &hook.asked {
            Some((n, slot)) if *n == reply.ask => Some((account.clone(), slot.clone())),
            _ => None,
        });
        let Some((account, slot)) = found else { return Ok(()) };
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
        let code = Some("UNAUTHENTICATED".into());
        self.end_unsent(id, ErrorOut { code, ..error("SIGN_IN_REQUIRED") }, false)?;
        self.begin_sign_in(&account)
    }

    fn begin_sign_in(&mut self, account: &str) -> Result<(), Skip> {
        let hook = self.hook(account);
        if !std::mem::replace(&mut hook.sign_in_required, true) {
            self.outs.push(Out::Event(Event { name: "sign_in_required".into(), fields: BTreeMap::new() }));
        }
        let waiting: Vec<u64> =
            self.hook(account).queue.iter().flat_map(|(_, flights)| flights.clone()).collect();
        for id in waiting {
            if self.flight(id).what.method.read {
                self.end_unsent(id, error("SIGN_IN_REQUIRED"), false)?;
            }
        }
        Ok(())
    }

    /// A success ends the sign-in state.
    pub(super) fn signed_in(&mut self, id: u64) -> Result<(), Skip> {
        let account = self.flight(id).account.clone();
        self.hook(&account).sign_in_required = false;
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
        hook.sign_in_required = false;
        Ok(())
    }

    /// A question may be given up when it has waited for this long: whose turn it is then, the model does not know.
    pub(super) fn hooks_answer_in_time(&self, to: i128) -> Result<(), Skip> {
        let is_late = |hook: &Hook| hook.asked.is_some() && to - hook.asked_at >= 30 * S;
        if self.hooks.values().any(is_late) { Err(Skip) } else { Ok(()) }
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
