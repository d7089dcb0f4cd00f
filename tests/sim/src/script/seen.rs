//! What a script has to know to go on: read off the outputs.

use std::collections::BTreeMap;

use holdover_testkit::vector::{Account, Delivery, In, Out, Session, Step, Vector};

use crate::message;
use crate::server::Waiting;

/// What a script has to know to go on: read off the outputs.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Requests on the wire.
    pub sends: Vec<Waiting>,
    pub(super) asks: Vec<(u64, String)>,
    /// Calls and observers that have not ended.
    pub operations: Vec<String>,
    /// Which of them are observers.
    pub observers: Vec<String>,
    /// Sessions, and whether they are signed out.
    pub(super) sessions: BTreeMap<String, (Session, bool)>,
    /// Sessions that were signed out before a restart.
    pub(super) closed: BTreeMap<String, Session>,
    names: u64,
    /// The methods that a script is about.
    pub(super) focus: Vec<&'static str>,
}

impl Seen {
    /// At the start of a script.
    #[must_use]
    pub fn new(setting: &Vector) -> Seen {
        let sessions =
            setting.sessions.iter().map(|(name, session)| (name.clone(), (session.clone(), false)));
        Seen { sessions: sessions.collect(), ..Seen::default() }
    }

    pub(super) fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}{}", self.names)
    }

    pub(super) fn session(&self, choice: u8) -> Option<String> {
        // Most of what happens is one account's, or else little is shared.
        let names: Vec<String> = self.sessions.keys().cloned().collect();
        let choice = if choice < 150 { 0 } else { choice };
        pick(&names, choice).cloned()
    }

    /// The account of a session.
    #[must_use]
    pub fn account(&self, session: &str) -> String {
        self.sessions[session].0.user.clone().unwrap_or_default()
    }

    /// Takes in a step that has been taken, and what came of it.
    pub fn take(&mut self, step: &Step, outs: &[Out]) {
        match &step.input {
            Some(In::Get(call) | In::Prefetch(call)) => self.operations.push(call.op.clone()),
            Some(In::Observe(call)) => {
                self.operations.push(call.op.clone());
                self.observers.push(call.op.clone());
            }
            Some(In::Refresh(refresh)) => self.operations.push(refresh.op.clone()),
            Some(In::Cancel(cancel)) => self.ended(&cancel.op),
            Some(In::Answer(answer)) => self.sends.retain(|sent| sent.n != answer.send),
            Some(In::Fail(fail)) => self.sends.retain(|sent| sent.n != fail.send),
            Some(In::Credentials(reply)) => self.asks.retain(|(n, _)| *n != reply.ask),
            Some(In::Open(open)) => {
                self.closed.remove(&open.name);
                self.sessions.insert(open.name.clone(), (open.session.clone(), false));
            }
            Some(In::SignOut(sign_out)) => {
                let account = self.account(sign_out.session.as_deref().unwrap_or_default());
                for (session, signed_out) in self.sessions.values_mut() {
                    *signed_out |= session.user.as_ref() == Some(&account);
                }
                self.asks.retain(|(_, asked)| *asked != account);
            }
            Some(In::Restart(_) | In::Reboot(_)) => {
                self.sends.clear();
                self.asks.clear();
                self.operations.clear();
                self.observers.clear();
                for (name, (session, signed_out)) in std::mem::take(&mut self.sessions) {
                    if signed_out {
                        self.closed.insert(name, session);
                    } else {
                        self.sessions.insert(name, (session, false));
                    }
                }
            }
            Some(In::SetMetadata(set)) => {
                let name = set.session.clone().unwrap_or_default();
                if let Some((session, _)) = self.sessions.get_mut(&name) {
                    session.metadata.clone_from(&set.metadata);
                }
            }
            _ => {}
        }
        for out in outs {
            match out {
                Out::Send(send) => self.sends.push(Waiting {
                    n: send.n,
                    method: send.method.clone(),
                    ride: message::text(&send.body.0, 1).unwrap_or_default(),
                    metadata: send.metadata.clone(),
                }),
                Out::Abort(abort) => self.sends.retain(|sent| sent.n != abort.n),
                Out::Ask(ask) => {
                    let Account::User(user) = &ask.account else { continue };
                    self.asks.push((ask.n, user.clone()));
                }
                Out::To(delivery) if !self.observers.contains(&delivery.to) || is_last(delivery) => {
                    self.ended(&delivery.to.clone());
                }
                _ => {}
            }
        }
    }

    fn ended(&mut self, op: &str) {
        self.operations.retain(|other| other != op);
        self.observers.retain(|other| other != op);
    }
}

/// Whether an observer gets no more after this.
#[must_use]
pub fn is_last(delivery: &Delivery) -> bool {
    delivery.failed.as_ref().is_some_and(|error| error.kind == "SIGNED_OUT" || error.kind == "MISUSE")
}

pub(super) fn pick<T>(among: &[T], which: u8) -> Option<&T> {
    among.get(usize::from(which).checked_rem(among.len())?)
}
