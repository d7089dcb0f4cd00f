//! A runtime with the default transport and store.

use std::fmt;
use std::ops::Deref;
use std::path::Path;
use std::time::Duration;

use holdover_client::{
    Clock, Error, Event, InlineDriver, KeyProvider, Limits, Protocol, Quality, Store, Transport,
};
use holdover_store_sqlite::SqliteStore;
use holdover_transport_connect::ConnectTransport;

/// Holds what sessions share: endpoints, connections, the cache. An app has one. Cheap to clone; the end of the last
/// clone, session and client is the runtime's.
///
/// What a runtime does is documented at [`holdover_client::Runtime`], which this derefs to.
#[derive(Clone, Debug)]
pub struct Runtime(holdover_client::Runtime);

impl Runtime {
    /// Configures a runtime.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::new()
    }
}

impl Deref for Runtime {
    type Target = holdover_client::Runtime;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Configures a [`Runtime`]. Building does no IO and fails only on a configuration that cannot work.
#[must_use = "a runtime exists when it is built"]
pub struct RuntimeBuilder {
    inner: holdover_client::RuntimeBuilder,
}

impl RuntimeBuilder {
    /// Nothing configured yet.
    pub fn new() -> Self {
        Self { inner: holdover_client::RuntimeBuilder::new() }
    }

    /// A place that calls go to, by TLS, in the Connect protocol. The first one is the default. Its name enters every
    /// cache key, so renaming an endpoint empties its cache.
    pub fn endpoint(self, name: &str, url: &str) -> Self {
        self.with(|inner| inner.endpoint(name, url))
    }

    /// As [`endpoint`](Self::endpoint), in a protocol of choice.
    pub fn endpoint_with(self, name: &str, url: &str, protocol: Protocol) -> Self {
        self.with(|inner| inner.endpoint_with(name, url, protocol))
    }

    /// A place that calls go to without TLS, such as a server on this very machine: everybody on the way can read and
    /// change what is sent.
    pub fn plain_text_endpoint(self, name: &str, url: &str, protocol: Protocol) -> Self {
        self.with(|inner| inner.plain_text_endpoint(name, url, protocol))
    }

    /// A folder for the cache, which is made on first use if it is not there: answers outlive the process. One process at
    /// a time has it; another one runs on memory, and says so by an event. Without this, all runs on memory.
    pub fn store(self, folder: impl AsRef<Path>) -> Self {
        self.store_with(SqliteStore::new(folder))
    }

    /// A store of one's own, or [`SqliteStore`] with other settings.
    pub fn store_with(self, store: impl Store) -> Self {
        self.with(|inner| inner.store(store))
    }

    /// What wraps the store's keys by a key of the platform, such as one of its keychain: then everything that is stored
    /// of answers is sealed, and sensitive ones are stored, too. See [`KeyProvider`].
    pub fn key_provider(self, provider: impl KeyProvider) -> Self {
        self.with(|inner| inner.key_provider(provider))
    }

    /// A transport of one's own instead of the default: hyper over rustls, which trusts what the platform trusts.
    pub fn transport(self, transport: impl Transport) -> Self {
        self.with(|inner| inner.transport(transport))
    }

    /// Session metadata, such as `accept-language`, whose values enter every cache key: answers for one value are not
    /// given for another.
    pub fn varies<Name: AsRef<str>>(self, names: impl IntoIterator<Item = Name>) -> Self {
        self.with(|inner| inner.varies(names))
    }

    /// Bounds on what comes from outside.
    pub fn limits(self, limits: Limits) -> Self {
        self.with(|inner| inner.limits(limits))
    }

    /// How many bytes of answers are kept in memory, keys included. Default: 8 MB.
    pub fn memory_bytes(self, bytes: usize) -> Self {
        self.with(|inner| inner.memory_bytes(bytes))
    }

    /// How long the app may be in the background, by
    /// [`set_app_state`](holdover_client::Runtime::set_app_state), before its streams leave the wire and its observers
    /// rest. Default: 30 s, which outlasts a look at another app. Choose less where the system suspends apps sooner.
    pub fn grace_period(self, period: Duration) -> Self {
        self.with(|inner| inner.grace_period(period))
    }

    /// Hears of every decision, with the method's full name where it is about one, in order. Called on a thread that is
    /// made for listeners, so that a slow one holds nothing up: see
    /// [`holdover_client::RuntimeBuilder::on_event`] for what it misses. The same events go to `tracing`, at level DEBUG.
    pub fn on_event(self, listener: impl Fn(&Event, Option<&str>) + Send + 'static) -> Self {
        self.with(|inner| inner.on_event(listener))
    }

    /// Hears how good the network is held to be, each time that has changed. Called on the thread of listeners.
    pub fn on_quality_change(self, listener: impl Fn(Quality) + Send + 'static) -> Self {
        self.with(|inner| inner.on_quality_change(listener))
    }

    /// Where the time comes from, for tests. Default: the system's clocks.
    pub fn clock(self, clock: impl Clock) -> Self {
        self.with(|inner| inner.clock(clock))
    }

    /// Where the runtime's randomness starts, for tests that must come out the same every time.
    pub fn seed(self, seed: [u8; 32]) -> Self {
        self.with(|inner| inner.seed(seed))
    }

    /// Checks the configuration.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse), naming the part that is wrong.
    pub fn build(self) -> Result<Runtime, Error> {
        Ok(Runtime(self.complete().build()?))
    }

    /// The same, without threads: nothing happens but by the [`InlineDriver`]. For deterministic tests, with a
    /// [`transport`](Self::transport) that needs no IO of the system's.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    pub fn build_inline(self) -> Result<(Runtime, InlineDriver), Error> {
        let (runtime, driver) = self.complete().build_inline()?;
        Ok((Runtime(runtime), driver))
    }

    fn complete(self) -> holdover_client::RuntimeBuilder {
        if self.inner.has_transport() { self.inner } else { self.inner.transport(ConnectTransport::new()) }
    }

    fn with(
        self,
        change: impl FnOnce(holdover_client::RuntimeBuilder) -> holdover_client::RuntimeBuilder,
    ) -> Self {
        Self { inner: change(self.inner) }
    }
}

impl Default for RuntimeBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RuntimeBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
