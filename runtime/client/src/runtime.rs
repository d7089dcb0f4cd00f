//! One runtime serves an app: its endpoints, its cache, its sessions.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::{Account, CredentialsProvider, Endpoint, Error, Limits, Protocol, Session, Snapshot, Transport};

/// Holds what sessions share. Cheap to clone; the last clone's end is the runtime's.
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

struct Inner {
    endpoints: Vec<Endpoint>,
    _transport: Arc<dyn Transport>,
}

/// Configures a [`Runtime`]. Building does no IO and fails only on a configuration that cannot work (rule E5).
#[must_use = "a runtime exists when it is built"]
pub struct RuntimeBuilder {
    endpoints: Vec<(String, String, Protocol, bool)>,
    limits: Limits,
    transport: Option<Arc<dyn Transport>>,
}

impl RuntimeBuilder {
    /// Nothing configured yet.
    pub fn new() -> Self {
        Self { endpoints: Vec::new(), limits: Limits::default(), transport: None }
    }

    /// A place that calls go to, by TLS, in the Connect protocol. The first one is the default.
    pub fn endpoint(self, name: &str, url: &str) -> Self {
        self.endpoint_with(name, url, Protocol::default())
    }

    /// As [`endpoint`](Self::endpoint), in a protocol of choice.
    pub fn endpoint_with(mut self, name: &str, url: &str, protocol: Protocol) -> Self {
        self.endpoints.push((name.to_owned(), url.to_owned(), protocol, false));
        self
    }

    /// A place that calls go to without TLS, such as a server on this very machine: everybody on the way can read and
    /// change what is sent.
    pub fn plain_text_endpoint(mut self, name: &str, url: &str, protocol: Protocol) -> Self {
        self.endpoints.push((name.to_owned(), url.to_owned(), protocol, true));
        self
    }

    /// Bounds on what comes from outside.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What carries calls to servers.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Checks the configuration.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse), naming the part that is wrong.
    pub fn build(self) -> Result<Runtime, Error> {
        let mut endpoints: Vec<Endpoint> = Vec::new();
        for (name, url, protocol, plain_text) in &self.endpoints {
            if endpoints.iter().any(|other| other.name() == name) {
                return Err(Error::misuse(format!("endpoint {name:?} is declared twice; drop one")));
            }
            endpoints.push(Endpoint::parse(name, url, *protocol, *plain_text, self.limits)?);
        }
        if endpoints.is_empty() {
            return Err(Error::misuse("no endpoint; declare where the server is by `endpoint`"));
        }
        let Some(transport) = self.transport else {
            return Err(Error::misuse("no transport; pass one by `transport`"));
        };
        Ok(Runtime(Arc::new(Inner { endpoints, _transport: transport })))
    }
}

impl Default for RuntimeBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl Runtime {
    /// Configures a runtime.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::new()
    }

    /// A session of an account at the default endpoint, the one that was declared first.
    pub fn session(&self, account: Account, credentials: impl CredentialsProvider) -> Session {
        Session::new(self.clone(), self.0.endpoints[0].clone(), account, Arc::new(credentials))
    }

    /// A session of an account at an endpoint by name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) when there is no endpoint of this name.
    pub fn session_at(
        &self,
        endpoint: &str,
        account: Account,
        credentials: impl CredentialsProvider,
    ) -> Result<Session, Error> {
        let found = self.0.endpoints.iter().find(|other| other.name() == endpoint).ok_or_else(|| {
            let names: Vec<&str> = self.0.endpoints.iter().map(Endpoint::name).collect();
            Error::misuse(format!("no endpoint {endpoint:?}; there are: {}", names.join(", ")))
        })?;
        Ok(Session::new(self.clone(), found.clone(), account, Arc::new(credentials)))
    }

    pub(crate) fn policy(&self, _policy: &'static [u8]) -> Result<(), Error> {
        Err(Error::misuse("this build of the runtime cannot make calls yet"))
    }

    pub(crate) fn call<T>(
        &self,
        _method: usize,
        _request: Bytes,
    ) -> BoxFuture<'static, Result<Snapshot<T>, Error>> {
        Box::pin(async { Err(Error::misuse("this build of the runtime cannot make calls yet")) })
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").field("endpoints", &self.0.endpoints).finish_non_exhaustive()
    }
}
