//! Sessions: one account at one endpoint each (rules A1, A2).

use super::Engine;
use crate::key::Owner;
use crate::metadata::Metadata;
use crate::operation::Spec;
use crate::session::{Account, Session, SessionId};

/// A session, and what follows from it.
pub(super) struct SessionState {
    pub(super) config: Session,
    pub(super) owner: Owner,
    pub(super) signed_out: bool,
}

impl Engine {
    pub(super) fn open_session(&mut self, id: SessionId, mut config: Session) {
        for name in &mut config.varies {
            name.make_ascii_lowercase();
        }
        config.varies.sort_unstable();
        config.varies.dedup();
        let owner = Owner::Account(config.account.clone());
        let endpoint = config.endpoint.clone();
        self.sessions.entry(id).or_insert(SessionState { config, owner, signed_out: false });
        self.review(&endpoint);
    }

    /// Whether a call of the account is one of a session that has been signed out or closed.
    pub(super) fn has_left(&self, account: &Account, spec: &Spec) -> bool {
        spec.account == *account && self.sessions.get(&spec.session).is_none_or(|session| session.signed_out)
    }

    /// Replaces what is sent with every request from now on.
    pub(super) fn set_metadata(&mut self, id: SessionId, metadata: Metadata) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.config.metadata = metadata;
        }
    }

    pub(super) fn close_session(&mut self, id: SessionId) {
        self.sessions.remove(&id);
    }
}
