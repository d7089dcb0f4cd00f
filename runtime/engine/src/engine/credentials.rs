//! Credentials: one question at a time per account, and the state in which nobody is signed in (rules A3, A4).

use std::time::Duration;

use super::Engine;
use super::sessions::SessionState;
use crate::call::OpId;
use crate::credentials::{AskCredentials, AskId, CredentialsAnswer};
use crate::credentials::{Asker, Credentials, Slot};
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::failure::{self, Failed};
use crate::fault::{Fault, planted};
use crate::flight::FlightId;
use crate::metadata::Metadata;
use crate::operation::{Role, Spec};
use crate::output::Output;
use crate::session::{Account, SessionId};
use crate::snapshot::Observed;
use crate::timer::Timer;

/// How often it is looked whether anybody still waits for a question that the hook does not answer.
const HOOK_TIMEOUT: Duration = Duration::from_secs(30);

impl Engine {
    /// Whether reads of this kind end SIGN_IN_REQUIRED without asking anybody.
    pub(super) fn is_sign_in_required(&self, spec: &Spec) -> bool {
        spec.has_credentials()
            && self.credentials.get(&spec.account).is_some_and(|account| account.sign_in_required)
            && !planted(Fault::StaleIsServedWithoutSignIn)
    }

    /// Asks the hook the next question of an account, if none is in the air.
    pub(super) fn ask_next(&mut self, account: &Account) {
        let Some((slot, asker, rejected)) = self.credentials.get_mut(account).and_then(Credentials::next)
        else {
            return;
        };
        let ask = AskId(self.name());
        let Some(session) = self.session_to_ask(account, &slot, asker) else { return };
        let question = AskCredentials {
            ask,
            session,
            account: account.clone(),
            endpoint: slot.0.clone(),
            path: slot.1.clone(),
            rejected,
        };
        if let Some(credentials) = self.credentials.get_mut(account) {
            credentials.asked = Some((ask, slot));
        }
        let timer = self.timers.set(self.now.boot.after(HOOK_TIMEOUT), Timer::Ask(ask));
        self.asks.insert(ask, (account.clone(), timer));
        self.outputs.push_back(Output::AskCredentials(Box::new(question)));
    }

    /// The session of somebody who waits; another one of the same account and endpoint if that has been closed since, for
    /// then its hook is gone.
    fn session_to_ask(&self, account: &Account, slot: &Slot, asker: Asker) -> Option<SessionId> {
        let own = self.asker(asker)?.session;
        if self.sessions.contains_key(&own) {
            return Some(own);
        }
        let stands_in = |session: &SessionState| {
            session.config.account == *account && session.config.endpoint == slot.0 && !session.signed_out
        };
        let other = self.sessions.iter().find(|(_, session)| stands_in(session));
        Some(other.map_or(own, |(id, _)| *id))
    }

    /// What somebody who waits for credentials calls.
    fn asker(&self, asker: Asker) -> Option<&Spec> {
        match asker {
            Asker::Flight(id) => self.flights.get(&id).map(|flight| &*flight.spec),
            Asker::Stream(id) => self.streams.get(&id).map(|stream| &*stream.spec),
        }
    }

    pub(super) fn credentials_answered(&mut self, ask: AskId, answer: CredentialsAnswer) {
        let Some(account) = self.drop_question(ask) else { return };
        let Some(credentials) = self.credentials.get_mut(&account) else { return };
        let Some((_, slot)) = credentials.asked.take_if(|(asked, _)| *asked == ask) else { return };
        let waiting = credentials.waiting.remove(&slot).unwrap_or_default();
        match answer {
            CredentialsAnswer::Use { metadata, expires_ms } => {
                if !credentials.keep(slot.clone(), metadata.clone(), expires_ms) {
                    for asker in waiting {
                        credentials.wait(slot.clone(), asker);
                    }
                    return self.ask_next(&account);
                }
                let session = self.session_of(&waiting);
                self.end_sign_in_state(&account, session);
                for asker in waiting {
                    match asker {
                        Asker::Flight(id) => self.send(id, Some(metadata.clone())),
                        Asker::Stream(id) => self.send_stream(id, Some(metadata.clone())),
                    }
                }
            }
            CredentialsAnswer::SignInRequired => {
                self.lose_waiting(waiting.clone(), &Failed::sign_in_required());
                self.begin_sign_in_state(&account, self.session_of(&waiting));
            }
            CredentialsAnswer::Failed { message } => {
                let message =
                    format!("the credentials hook failed ({message}): nobody was signed out, try again");
                let failed = Failed::unsent(Error::new(ErrorKind::Unreachable, message));
                self.lose_waiting(waiting, &failed);
            }
        }
        self.ask_next(&account);
    }

    /// A question is not in the air any more: whose it was.
    pub(super) fn drop_question(&mut self, ask: AskId) -> Option<Account> {
        let (account, timer) = self.asks.remove(&ask)?;
        self.timers.cancel(&mut Some(timer));
        Some(account)
    }

    /// The hook has not answered for long. As soon as all have given up who waited when it was asked, others can ask, and
    /// whoever has come to wait since asks again.
    pub(super) fn ask_unanswered(&mut self, ask: AskId) {
        let Some((account, timer)) = self.asks.get_mut(&ask) else { return };
        let credentials = self.credentials.get(account);
        let waiting = credentials.and_then(|credentials| {
            let (_, slot) = credentials.asked.as_ref()?;
            credentials.waiting.get(slot)
        });
        // All names are given in one order.
        if waiting.is_some_and(|waiting| waiting.iter().any(|asker| asker.name() < ask.0)) {
            *timer = self.timers.set(self.now.boot.after(HOOK_TIMEOUT), Timer::Ask(ask));
            return;
        }
        let Some(account) = self.drop_question(ask) else { return };
        self.give_up_question(&account);
        self.ask_next(&account);
    }

    /// Gives up the question in the air; it is asked again, after the others, if somebody still waits.
    fn give_up_question(&mut self, account: &Account) {
        let asked = self.credentials.get_mut(account).and_then(Credentials::give_up);
        if let Some((ask, _)) = asked {
            self.drop_question(ask);
        }
    }

    fn session_of(&self, askers: &[Asker]) -> Option<SessionId> {
        askers.first().and_then(|asker| self.asker(*asker)).map(|spec| spec.session)
    }

    fn lose_waiting(&mut self, askers: Vec<Asker>, failed: &Failed) {
        for asker in askers {
            match asker {
                Asker::Flight(id) => {
                    if let Some(flight) = self.flights.get_mut(&id) {
                        flight.asking = false;
                    }
                    self.ended.push_back((id, failed.clone()));
                }
                Asker::Stream(id) => self.broken.push_back((id, failed.clone())),
            }
        }
    }

    /// The server refused a call's credentials: asks once with what was refused, and repeats the call once.
    pub(super) fn refused(&mut self, id: FlightId, spec: &Spec, refused: &Metadata, failed: Failed) {
        let slot: Slot = (spec.endpoint.clone(), spec.method.path.clone());
        let account = self.credentials.entry(spec.account.clone()).or_default();
        account.reject(&slot, refused);
        let Some(flight) = self.flights.get_mut(&id) else { return };
        if flight.refused {
            self.begin_sign_in_state(&spec.account, Some(spec.session));
            return self.flight_failed(id, failed);
        }
        flight.refused = true;
        self.depart(id);
    }

    /// Nobody is signed in: reads that wait for the hook end, observers fail, and one event says so.
    pub(super) fn begin_sign_in_state(&mut self, account: &Account, session: Option<SessionId>) {
        let Some(credentials) = self.credentials.get_mut(account) else { return };
        let began = !std::mem::replace(&mut credentials.sign_in_required, true);
        if began && let Some(session) = session.or_else(|| self.any_session(account)) {
            self.event(Event::SignInRequired { session });
        }
        let waits = |flight: &crate::flight::Flight| {
            flight.asking && flight.spec.account == *account && flight.spec.method.is_read()
        };
        let flights = self.flights.iter().filter(|(_, flight)| waits(flight));
        let streams = self.streams_asking_to_read(account).map(Asker::Stream);
        let waiting: Vec<Asker> = flights.map(|(id, _)| Asker::Flight(*id)).chain(streams).collect();
        // At once, so that nobody is asked for them any more.
        if let Some(credentials) = self.credentials.get_mut(account) {
            for id in &waiting {
                credentials.forget(*id);
            }
        }
        self.lose_waiting(waiting, &Failed::sign_in_required());
        if began {
            for id in self.observers_with_credentials(account) {
                let is_flying = self.operations.get(&id).is_some_and(|operation| operation.flight.is_some());
                let is_fresh = self.standing(id).is_some_and(|s| s.row == crate::window::Row::Fresh);
                if !is_flying && !is_fresh {
                    self.fail_observer(id, failure::sign_in_required());
                }
            }
        }
    }

    /// There are credentials again: observers that failed for want of them try again.
    fn end_sign_in_state(&mut self, account: &Account, session: Option<SessionId>) {
        let Some(credentials) = self.credentials.get_mut(account) else { return };
        if !std::mem::replace(&mut credentials.sign_in_required, false) {
            return;
        }
        if let Some(session) = session.or_else(|| self.any_session(account)) {
            self.event(Event::SignedIn { session });
        }
        for id in self.observers_with_credentials(account) {
            let failed = self.operations.get(&id).is_some_and(|operation| match &operation.role {
                Role::Observe(observer) => matches!(
                    &observer.shown,
                    Some(Observed::Failed(error)) if error.kind == ErrorKind::SignInRequired
                ),
                _ => false,
            });
            let is_flying = self.operations.get(&id).is_some_and(|operation| operation.flight.is_some());
            if failed && !is_flying {
                self.refetch(id);
            }
        }
    }

    /// A call with the account's credentials has succeeded.
    pub(super) fn signed_in(&mut self, spec: &Spec) {
        self.end_sign_in_state(&spec.account, Some(spec.session));
    }

    /// The host says that there are new credentials.
    pub(super) fn credentials_changed(&mut self, account: &Account) {
        let Some(credentials) = self.credentials.get_mut(account) else { return };
        credentials.clear();
        // What the hook is about to answer was asked before they changed.
        self.give_up_question(account);
        self.end_sign_in_state(account, None);
        self.ask_next(account);
    }

    /// A session of an account, for events that no call has caused.
    fn any_session(&self, account: &Account) -> Option<SessionId> {
        let theirs = |session: &SessionState| session.config.account == *account && !session.signed_out;
        self.sessions.iter().find(|(_, session)| theirs(session)).map(|(id, _)| *id)
    }

    fn observers_with_credentials(&self, account: &Account) -> Vec<OpId> {
        let theirs = |spec: &Spec| spec.account == *account && spec.has_credentials();
        self.operations
            .iter()
            .filter(|(_, operation)| operation.is_observer() && theirs(&operation.spec))
            .map(|(id, _)| *id)
            .collect()
    }
}
