//! What a runtime is made of.

use std::sync::Arc;
use std::time::Duration;

use holdover_engine::{Config, Engine, Seed};

use super::Runtime;
use crate::driver::{Announcer, Driver, InlineDriver, Listeners, Storekeeper, Worker};
use crate::store::{KeyProvider, Vault};
use crate::{
    Clock, Endpoint, Error, Event, Limits, Metadata, Protocol, Quality, Store, SystemClock, Transport,
};

/// Configures a [`Runtime`]. Building does no IO and fails only on a configuration that cannot work (rule E5).
#[must_use = "a runtime exists when it is built"]
pub struct RuntimeBuilder {
    endpoints: Vec<DeclaredEndpoint>,
    varies: Vec<String>,
    limits: Limits,
    memory_bytes: Option<usize>,
    grace_period: Option<Duration>,
    transport: Option<Arc<dyn Transport>>,
    store: Option<Box<dyn Store>>,
    key_provider: Option<Box<dyn KeyProvider>>,
    /// Known when the store is put together.
    sealed: bool,
    clock: Arc<dyn Clock>,
    seed: Option<Seed>,
    listeners: Listeners,
}

struct DeclaredEndpoint {
    name: String,
    url: String,
    protocol: Protocol,
    plain_text: bool,
}

impl RuntimeBuilder {
    /// Nothing configured yet.
    pub fn new() -> Self {
        Self {
            endpoints: Vec::new(),
            varies: Vec::new(),
            limits: Limits::default(),
            memory_bytes: None,
            grace_period: None,
            transport: None,
            store: None,
            key_provider: None,
            sealed: false,
            clock: Arc::new(SystemClock::new()),
            seed: None,
            listeners: Listeners::default(),
        }
    }

    /// A place that calls go to, by TLS, in the Connect protocol. The first one is the default. Its name enters every
    /// cache key.
    pub fn endpoint(self, name: &str, url: &str) -> Self {
        self.endpoint_with(name, url, Protocol::default())
    }

    /// As [`endpoint`](Self::endpoint), in a protocol of choice.
    pub fn endpoint_with(self, name: &str, url: &str, protocol: Protocol) -> Self {
        self.declare(name, url, protocol, false)
    }

    /// A place that calls go to without TLS, such as a server on this very machine: everybody on the way can read and
    /// change what is sent.
    pub fn plain_text_endpoint(self, name: &str, url: &str, protocol: Protocol) -> Self {
        self.declare(name, url, protocol, true)
    }

    fn declare(mut self, name: &str, url: &str, protocol: Protocol, plain_text: bool) -> Self {
        self.endpoints.push(DeclaredEndpoint {
            name: name.to_owned(),
            url: url.to_owned(),
            protocol,
            plain_text,
        });
        self
    }

    /// Session metadata, such as `accept-language`, whose values enter every cache key: answers for one value are not
    /// given for another (rule A2).
    pub fn varies<Name: AsRef<str>>(mut self, names: impl IntoIterator<Item = Name>) -> Self {
        self.varies.extend(names.into_iter().map(|name| name.as_ref().to_ascii_lowercase()));
        self
    }

    /// Bounds on what comes from outside.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How many bytes of answers are kept in memory, keys included. Default: 8 MB.
    pub fn memory_bytes(mut self, bytes: usize) -> Self {
        self.memory_bytes = Some(bytes);
        self
    }

    /// How long the app may be in the background before its streams leave the wire and its observers rest (rules G4, J1).
    /// Default: 30 s, which outlasts a look at another app. Choose less where the system suspends apps sooner.
    pub fn grace_period(mut self, period: Duration) -> Self {
        self.grace_period = Some(period);
        self
    }

    /// What carries calls to servers.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Whether a transport was given.
    pub fn has_transport(&self) -> bool {
        self.transport.is_some()
    }

    /// Where answers outlive the process. Without a store they live in memory only.
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Box::new(store));
        self
    }

    /// What wraps the store's keys by a key of the platform. With it, everything that is stored of answers is sealed, and
    /// sensitive ones are stored, too; without it keys lie beside what they name, and sensitive answers stay in memory
    /// (rules E1, J4). A store that was written without it and is opened with it, or the reverse, starts anew.
    pub fn key_provider(mut self, provider: impl KeyProvider) -> Self {
        self.key_provider = Some(Box::new(provider));
        self
    }

    /// Where the time comes from. Default: the system's clocks.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Where the runtime's randomness starts, for tests that must come out the same every time. Default: the system's
    /// random numbers.
    pub fn seed(mut self, seed: [u8; 32]) -> Self {
        self.seed = Some(Seed(seed));
        self
    }

    /// Hears of every decision, with the method's full name where it is about one, in order. Called on a thread that is
    /// made for listeners, so that a slow one holds nothing up: 1,024 events wait for it, further ones about calls are
    /// left out, and [`Stats::unheard_events`](crate::Stats::unheard_events) counts them. The same events go to
    /// `tracing`, at level DEBUG. A later listener replaces an earlier one.
    pub fn on_event(mut self, listener: impl Fn(&Event, Option<&str>) + Send + 'static) -> Self {
        self.listeners.event = Some(Box::new(listener));
        self
    }

    /// Hears how good the network is held to be, each time that has changed (rule H5). Called on the thread of listeners;
    /// a slow listener hears the newest only. A later listener replaces an earlier one.
    pub fn on_quality_change(mut self, listener: impl Fn(Quality) + Send + 'static) -> Self {
        self.listeners.quality = Some(Box::new(listener));
        self
    }

    /// Checks the configuration.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse), naming the part that is wrong.
    pub fn build(mut self) -> Result<Runtime, Error> {
        let store = self.vault().map(Storekeeper::new);
        let varies = self.varies.clone();
        let announcer = Announcer::new(std::mem::take(&mut self.listeners));
        Ok(Runtime::new(self.driver(Worker::default(), store, announcer)?, varies))
    }

    /// The same, without threads: nothing happens but by the [`InlineDriver`]. For deterministic tests.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    pub fn build_inline(mut self) -> Result<(Runtime, InlineDriver), Error> {
        let (worker, commands) = Worker::inline();
        let (storekeeper, store) = match self.vault() {
            None => (None, None),
            Some(store) => {
                let (storekeeper, requests) = Storekeeper::inline();
                (Some(storekeeper), Some((store, requests)))
            }
        };
        let varies = self.varies.clone();
        let (announcer, events, listeners) = Announcer::inline(std::mem::take(&mut self.listeners));
        let driver = self.driver(worker, storekeeper, announcer)?;
        let inline = InlineDriver::new(driver.clone(), commands, store, events, listeners);
        Ok((Runtime::new(driver, varies), inline))
    }

    /// The store, with what seals it.
    fn vault(&mut self) -> Option<Box<dyn Store>> {
        let store = self.store.take()?;
        self.sealed = self.key_provider.is_some();
        Some(Box::new(Vault::new(store, self.key_provider.take())))
    }

    fn driver(
        self,
        worker: Worker,
        store: Option<Storekeeper>,
        announcer: Announcer,
    ) -> Result<Arc<Driver>, Error> {
        let endpoints = self.parse_endpoints()?;
        for name in &self.varies {
            // The name must be one that can be sent.
            Metadata::new().push(name, "")?;
        }
        let Some(transport) = self.transport else {
            return Err(Error::misuse("no transport; pass one by `transport`"));
        };
        let seed = match self.seed {
            Some(seed) => seed,
            None => random_seed()?,
        };
        let mut config = Config {
            store: store.is_some(),
            sealed: self.sealed,
            max_message_bytes: self.limits.message_bytes,
            max_metadata_bytes: self.limits.metadata_bytes,
            ..Config::default()
        };
        if let Some(bytes) = self.memory_bytes {
            config.memory_bytes = bytes;
        }
        if let Some(period) = self.grace_period {
            config.grace = period;
        }
        let engine = Engine::new(config, &seed);
        Ok(Driver::new(engine, self.clock, transport, endpoints, worker, store, announcer))
    }

    fn parse_endpoints(&self) -> Result<Vec<Endpoint>, Error> {
        let mut endpoints: Vec<Endpoint> = Vec::with_capacity(self.endpoints.len());
        for DeclaredEndpoint { name, url, protocol, plain_text } in &self.endpoints {
            if endpoints.iter().any(|other| other.name() == name) {
                return Err(Error::misuse(format!("endpoint {name:?} is declared twice; drop one")));
            }
            endpoints.push(Endpoint::parse(name, url, *protocol, *plain_text, self.limits)?);
        }
        if endpoints.is_empty() {
            return Err(Error::misuse("no endpoint; declare where the server is by `endpoint`"));
        }
        Ok(endpoints)
    }
}

impl Default for RuntimeBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for RuntimeBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
        f.debug_struct("RuntimeBuilder").field("endpoints", &names).finish_non_exhaustive()
    }
}

fn random_seed() -> Result<Seed, Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| {
        Error::misuse(format!("the system has no random numbers ({error}); pass a `seed` from a safe source"))
    })?;
    Ok(Seed(seed))
}
