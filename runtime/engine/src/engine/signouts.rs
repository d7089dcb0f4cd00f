//! Signing out: a durable marker first, then everything of the account goes (rule A6).

use super::Engine;
use super::disk::{Need, Pending};
use super::specs::signed_out;
use crate::call::OpId;
use crate::error::{Error, ErrorKind};
use crate::flight::FlightId;
use crate::key::Owner;
use crate::operation::Spec;
use crate::output::Delivered;
use crate::partition::Stage;
use crate::session::{Account, SessionId};
use crate::store::{OutboxChoice, PartitionId, StoreCommand};

/// A sign-out or an erasure under way.
#[derive(Clone, Debug)]
pub(super) struct SignOut {
    op: OpId,
    account: Account,
    pub(super) partition: PartitionId,
    outbox: OutboxChoice,
    erase: bool,
}

impl Engine {
    pub(super) fn sign_out(&mut self, op: OpId, session: SessionId, outbox: OutboxChoice) {
        let account = match self.session(session) {
            Ok(session) => session.config.account.clone(),
            // Signing out twice is signing out.
            Err(error) if error.kind == ErrorKind::SignedOut => {
                return self.deliver(op, Delivered::Done(Ok(())));
            }
            Err(error) => return self.deliver(op, Delivered::Done(Err(error))),
        };
        for session in self.sessions.values_mut().filter(|session| session.config.account == account) {
            session.signed_out = true;
        }
        self.destroy(op, account, outbox, false);
    }

    pub(super) fn erase(&mut self, op: OpId, account: Account) {
        let in_use =
            self.sessions.values().any(|session| session.config.account == account && !session.signed_out);
        if in_use {
            let error =
                Error::misuse("the account has a session: sign that out instead of erasing the account");
            return self.deliver(op, Delivered::Done(Err(error)));
        }
        self.destroy(op, account, OutboxChoice::Discard, true);
    }

    fn destroy(&mut self, op: OpId, account: Account, outbox: OutboxChoice, erase: bool) {
        let owner = Owner::Account(account.clone());
        // From now on nothing is read from it, and nothing is stored in it.
        self.partition(&owner).stage = Stage::Destroying;
        self.memory.remove_owner(&owner);
        self.disk.void_loads_of(&owner);
        let partition = owner.partition();
        self.chores.insert(op, account.clone());
        let sign_out = SignOut { op, account, partition, outbox, erase };
        match self.need_disk() {
            Need::Ready => self.mark(sign_out),
            Need::Wait => self.leave_when_open(sign_out),
            Need::Absent if self.disk.exists() => {
                self.mark_failed(&sign_out, "it does not work at the moment");
            }
            Need::Absent => {
                self.end_account(&sign_out);
                self.dropped(&sign_out, Ok(()));
            }
        }
    }

    pub(super) fn mark(&mut self, sign_out: SignOut) {
        let command = StoreCommand::MarkSignOut { partition: sign_out.partition, outbox: sign_out.outbox };
        self.command(command, Pending::Mark(sign_out));
    }

    /// The marker is durable: whatever happens now, the partition will be destroyed.
    pub(super) fn marked(&mut self, sign_out: SignOut) {
        self.end_account(&sign_out);
        let command = StoreCommand::DropPartition { partition: sign_out.partition, erase: sign_out.erase };
        self.command(command, Pending::Drop(sign_out));
    }

    /// There is no marker, because the store does not work: what can go goes now, and the rest when it works again.
    pub(super) fn mark_failed(&mut self, sign_out: &SignOut, problem: &str) {
        self.end_account(sign_out);
        self.drop_when_open(sign_out.partition);
        self.distrust(vec![(sign_out.op, Delivered::Done(Err(still_stored(problem))))]);
        self.reopen(&Owner::Account(sign_out.account.clone()));
    }

    /// The partition is gone, or will be.
    pub(super) fn dropped(&mut self, sign_out: &SignOut, result: Result<(), &str>) {
        self.finish_chore(sign_out.op, result.map_err(still_stored));
        self.reopen(&Owner::Account(sign_out.account.clone()));
    }

    /// Ends every call and observer of the account, and forgets all that memory holds of it. Sessions that were opened for
    /// the account since then are not concerned: they wait for the new partition.
    fn end_account(&mut self, sign_out: &SignOut) {
        let account = &sign_out.account;
        let is_ending = |spec: &Spec| self.has_left(account, spec);
        let ending: Vec<OpId> =
            self.operations.iter().filter(|(_, o)| is_ending(&o.spec)).map(|(id, _)| *id).collect();
        // Flights of device entries belong to no account: others may wait for them.
        let flights: Vec<FlightId> = self
            .flights
            .iter()
            .filter(|(_, flight)| is_ending(&flight.spec) && flight.spec.owner != Owner::Device)
            .map(|(id, _)| *id)
            .collect();
        let chores: Vec<OpId> = self
            .chores
            .iter()
            .filter(|(op, of)| *of == account && **op != sign_out.op)
            .map(|(op, _)| *op)
            .collect();
        for id in ending {
            self.end(id, Err(signed_out()));
        }
        self.end_streams_of(account);
        for op in chores {
            self.finish_chore(op, Err(signed_out()));
        }
        for id in flights {
            self.abandon(id);
        }
        if let Some(credentials) = self.credentials.get_mut(account) {
            if let Some((ask, _)) = credentials.reset() {
                self.drop_question(ask);
            }
            self.ask_next(account);
        }
        self.memory.remove_owner(&Owner::Account(account.clone()));
    }
}

fn still_stored(problem: &str) -> Error {
    let message = format!(
        "the account is signed out, but its data is still in the store ({problem}): it is destroyed when the store works again, so keep the process running or sign out once more"
    );
    Error::new(ErrorKind::Storage, message)
}
