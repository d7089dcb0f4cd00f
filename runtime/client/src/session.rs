//! One account at one endpoint.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use holdover_engine::{Input, SessionId};

use crate::store::OutboxChoice;
use crate::{Account, Completion, CredentialsProvider, Endpoint, Error, Metadata, Runtime, Tag};

/// One account at one endpoint, bound for life (rule A1). Generated clients are built on it. Cheap to clone.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    runtime: Runtime,
    id: SessionId,
    endpoint: Endpoint,
    account: Account,
    metadata: Mutex<Metadata>,
}

impl Session {
    pub(crate) fn new(
        runtime: Runtime,
        endpoint: Endpoint,
        account: Account,
        hook: Arc<dyn CredentialsProvider>,
        varies: Vec<String>,
    ) -> Self {
        let config = holdover_engine::Session {
            account: account.clone(),
            endpoint: holdover_engine::Endpoint::new(endpoint.name()),
            metadata: Metadata::new(),
            varies,
        };
        let id = runtime.driver().open_session(config, hook);
        Self(Arc::new(Inner { runtime, id, endpoint, account, metadata: Mutex::default() }))
    }

    /// Whose session it is.
    pub fn account(&self) -> &Account {
        &self.0.account
    }

    /// Where its calls go.
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    /// The runtime that it belongs to.
    pub fn runtime(&self) -> &Runtime {
        &self.0.runtime
    }

    pub(crate) fn id(&self) -> SessionId {
        self.0.id
    }

    /// Sends metadata, such as a locale or the app's version, with every call that starts from now on. It replaces what had
    /// the same name. Observations and streams that have started keep what they started with: start them anew. Names that the runtime was told to vary by enter every cache key: see
    /// [`RuntimeBuilder::varies`](crate::RuntimeBuilder::varies).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) when the name or value cannot be sent: see [`Metadata::push`].
    pub fn set_metadata(&self, name: &str, value: impl Into<Bytes>) -> Result<(), Error> {
        let lock = || self.0.metadata.lock().unwrap_or_else(PoisonError::into_inner);
        lock().set(name, value)?;
        let session = self.0.id;
        self.0.runtime.driver().tell_made(|| Input::SetMetadata { session, metadata: lock().clone() });
        Ok(())
    }

    /// Sends exactly this metadata with every call that starts from now on: what was set before and is not in it is sent no
    /// more. For the rest see [`set_metadata`](Self::set_metadata).
    pub fn replace_metadata(&self, metadata: Metadata) {
        let lock = || self.0.metadata.lock().unwrap_or_else(PoisonError::into_inner);
        *lock() = metadata;
        let session = self.0.id;
        self.0.runtime.driver().tell_made(|| Input::SetMetadata { session, metadata: lock().clone() });
    }

    /// Makes every stored answer that carries the tag outdated, for this account and for the device. Complete when that
    /// outlives a crash.
    pub fn invalidate(&self, tag: Tag) -> Completion {
        let session = self.0.id;
        Completion::of(self.0.runtime.driver().start(|op| Input::Invalidate { op, session, tag }))
    }

    /// Forgets kept credentials, and asks the hook again: after the user has signed in again.
    pub fn credentials_changed(&self) {
        self.0.runtime.driver().tell(Input::CredentialsChanged { account: self.0.account.clone() });
    }

    /// Ends every call and observation of the session with SIGNED_OUT and destroys what is stored of its account. A crash
    /// on the way is made good on the next start (rule A6).
    pub fn sign_out(&self, outbox: OutboxChoice) -> Completion {
        let session = self.0.id;
        Completion::of(self.0.runtime.driver().start(|op| Input::SignOut { op, session, outbox }))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.runtime.driver().close_session(self.id);
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("user", &matches!(self.0.account, Account::User(_)))
            .field("endpoint", &self.0.endpoint.name())
            .finish_non_exhaustive()
    }
}
