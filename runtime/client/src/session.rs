//! One account at one endpoint.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use bytes::Bytes;

use crate::{Account, CredentialsProvider, Endpoint, Error, Metadata, Runtime};

/// One account at one endpoint, bound for life (rule A1). Generated clients are built on it. Cheap to clone.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    runtime: Runtime,
    endpoint: Endpoint,
    account: Account,
    _credentials: Arc<dyn CredentialsProvider>,
    metadata: Mutex<Metadata>,
}

impl Session {
    pub(crate) fn new(
        runtime: Runtime,
        endpoint: Endpoint,
        account: Account,
        credentials: Arc<dyn CredentialsProvider>,
    ) -> Self {
        let metadata = Mutex::new(Metadata::new());
        Self(Arc::new(Inner { runtime, endpoint, account, _credentials: credentials, metadata }))
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

    /// Sends metadata, such as a locale or the app's version, with every request from now on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) when the name or value cannot be sent: see [`Metadata::push`].
    pub fn set_metadata(&self, name: &str, value: impl Into<Bytes>) -> Result<(), Error> {
        self.0.metadata.lock().unwrap_or_else(PoisonError::into_inner).set(name, value)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("account", &self.0.account)
            .field("endpoint", &self.0.endpoint.name())
            .finish_non_exhaustive()
    }
}
