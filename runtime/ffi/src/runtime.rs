//! Runtimes of hosts.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use holdover_client::host::{self, Method};
use holdover_client::{Limits, Protocol, Runtime, RuntimeBuilder};
use holdover_transport_connect::ConnectTransport;

use crate::abi::{HOLDOVER_EVENT_DECISION, HOLDOVER_EVENT_QUALITY};
use crate::boundary::{self, RuntimeConfig};
use crate::guard::Refusal;
use crate::hooks::HostKeys;
use crate::host::{Body, Event, Listener};
use crate::host_http::{HostHttp, WINDOW};
use crate::message;
use crate::operations::Operations;
use crate::requests::Requests;
use crate::session;
#[cfg(feature = "testing")]
use crate::story::{self, Scene};
use crate::table::{Kind, Table};

static RUNTIMES: Table<Arc<HostRuntime>> = Table::of(Kind::Runtime);

/// A runtime, and what its host has of it.
pub(crate) struct HostRuntime {
    runtime: Runtime,
    listener: Arc<dyn Listener>,
    operations: Arc<Operations>,
    requests: Arc<Requests>,
    /// By id, from 1.
    methods: RwLock<Vec<Method>>,
    /// What was registered, by the policy's bytes.
    policies: Mutex<HashMap<Bytes, Bytes>>,
    /// Handles of the sessions that are open; `None` when the runtime is being freed.
    sessions: Mutex<Option<HashSet<u64>>>,
    #[cfg(feature = "testing")]
    scene: Option<Arc<Scene>>,
}

/// Makes a runtime.
pub(crate) fn open(config: &Bytes, listener: impl Listener) -> Result<u64, Refusal> {
    let config: RuntimeConfig = message::read(config, "RuntimeConfig")?;
    let listener: Arc<dyn Listener> = Arc::new(listener);
    if config.story != 0 {
        return open_in_story(&config, listener);
    }
    let requests = Requests::new(listener.clone());
    let builder = builder(&config, RuntimeBuilder::new())?;
    let runtime = with_edges(builder, &config, &listener, &requests)?.build()?;
    enter(HostRuntime::new(runtime, listener, requests))
}

#[cfg(feature = "testing")]
fn open_in_story(config: &RuntimeConfig, listener: Arc<dyn Listener>) -> Result<u64, Refusal> {
    let scene = story::find(config.story)?.begin(listener)?;
    let requests = Requests::new(scene.clone());
    let runtime = scene.build(builder(config, scene.builder())?)?;
    let mut host = HostRuntime::new(runtime, scene.clone(), requests);
    host.operations = scene.operations().clone();
    host.scene = Some(scene);
    enter(host)
}

#[cfg(not(feature = "testing"))]
fn open_in_story(_: &RuntimeConfig, _: Arc<dyn Listener>) -> Result<u64, Refusal> {
    Err(Refusal::misuse("this library was built without `testing`: leave `story` 0"))
}

fn enter(runtime: HostRuntime) -> Result<u64, Refusal> {
    let listener = runtime.listener.clone();
    let opened = RUNTIMES.insert(Arc::new(runtime))?;
    listener.taken_on();
    Ok(opened)
}

pub(crate) fn find(runtime: u64) -> Result<Arc<HostRuntime>, Refusal> {
    RUNTIMES.get(runtime)
}

/// Ends a runtime and everything that is of it.
pub(crate) fn free(runtime: u64) -> Result<(), Refusal> {
    let freed = RUNTIMES.remove(runtime)?;
    freed.listener.ends();
    // Nobody waits for the store to close. Operations end before what they ask is given up: they end as the runtime does.
    drop(freed.runtime.shutdown());
    freed.requests.close();
    let sessions = freed.sessions().take();
    sessions.into_iter().flatten().for_each(session::forget);
    Ok(())
}

impl HostRuntime {
    fn new(runtime: Runtime, listener: Arc<dyn Listener>, requests: Arc<Requests>) -> Self {
        Self {
            runtime,
            listener,
            operations: Arc::default(),
            requests,
            methods: RwLock::default(),
            policies: Mutex::default(),
            sessions: Mutex::new(Some(HashSet::new())),
            #[cfg(feature = "testing")]
            scene: None,
        }
    }

    /// The story that it plays in.
    #[cfg(feature = "testing")]
    pub(crate) fn scene(&self) -> Option<&Arc<Scene>> {
        self.scene.as_ref()
    }

    /// Lets an operation start by `start`.
    #[cfg(feature = "testing")]
    pub(crate) fn starting(
        &self,
        op: u64,
        start: impl FnOnce() -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        match &self.scene {
            Some(scene) => scene.starting(op, start),
            None => start(),
        }
    }

    /// Lets an operation start by `start`.
    #[cfg(not(feature = "testing"))]
    #[allow(clippy::unused_self, reason = "a story would have to know")]
    pub(crate) fn starting(
        &self,
        _: u64,
        start: impl FnOnce() -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        start()
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    pub(crate) fn listener(&self) -> Arc<dyn Listener> {
        self.listener.clone()
    }

    pub(crate) fn operations(&self) -> &Arc<Operations> {
        &self.operations
    }

    pub(crate) fn requests(&self) -> &Arc<Requests> {
        &self.requests
    }

    /// Handles of the sessions that are open.
    pub(crate) fn sessions(&self) -> MutexGuard<'_, Option<HashSet<u64>>> {
        // Nothing panics under this lock but an allocation that fails.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a policy: an encoded `Registered`.
    pub(crate) fn register(&self, policy: Bytes) -> Result<Bytes, Refusal> {
        let mut policies = self.policies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(registered) = policies.get(&policy) {
            return Ok(registered.clone());
        }
        let registered = host::register(&self.runtime, &policy)?;
        let mut methods = self.methods.write().unwrap_or_else(PoisonError::into_inner);
        let told = Bytes::from(message::registered(methods.len() + 1, &registered));
        methods.extend(registered);
        drop(methods);
        policies.insert(policy, told.clone());
        Ok(told)
    }

    pub(crate) fn method(&self, id: u32) -> Result<Method, Refusal> {
        let methods = self.methods.read().unwrap_or_else(PoisonError::into_inner);
        let method = (id as usize).checked_sub(1).and_then(|index| methods.get(index));
        method.cloned().ok_or_else(|| {
            Refusal::misuse(format!("there is no method {id}: register the policy on this runtime"))
        })
    }

    pub(crate) fn stats(&self) -> Vec<u8> {
        message::stats(&self.runtime.stats())
    }

    /// More items of a stream, or room for pieces of a request's body.
    pub(crate) fn credit(&self, op: u64, items: u32) -> Result<(), Refusal> {
        if let Some(call) = self.operations.running(op) {
            #[cfg(feature = "testing")]
            let items = self.scene.as_ref().map_or(items, |scene| scene.asked(op, items));
            call.demand(items);
        } else {
            // What has ended needs nothing any more.
            self.requests.credit(op, items);
        }
        Ok(())
    }

    pub(crate) fn send(&self, op: u64, message: Bytes) -> Result<(), Refusal> {
        if let Some(call) = self.operations.running(op) {
            call.send(message);
        }
        Ok(())
    }

    pub(crate) fn half_close(&self, op: u64) -> Result<(), Refusal> {
        if let Some(call) = self.operations.running(op) {
            call.close_send();
        }
        Ok(())
    }
}

/// What a configuration says wherever the runtime lives.
fn builder(config: &RuntimeConfig, builder: RuntimeBuilder) -> Result<RuntimeBuilder, Refusal> {
    let mut builder = builder.varies(&config.varies);
    for boundary::Endpoint { name, url, protocol, plain_text } in &config.endpoints {
        let protocol = match boundary::Protocol::try_from(*protocol) {
            Ok(boundary::Protocol::Connect) => Protocol::Connect,
            Ok(boundary::Protocol::Grpc) => Protocol::Grpc,
            Ok(boundary::Protocol::GrpcWeb) => Protocol::GrpcWeb,
            Err(_) => {
                return Err(Refusal::misuse(format!("endpoint {name:?}: there is no protocol {protocol}")));
            }
        };
        builder = if *plain_text {
            builder.plain_text_endpoint(name, url, protocol)
        } else {
            builder.endpoint_with(name, url, protocol)
        };
    }
    let mut limits = Limits::default();
    if let Some(bytes) = config.message_bytes {
        limits.message_bytes = size(bytes, "message_bytes")?;
    }
    if let Some(bytes) = config.metadata_bytes {
        limits.metadata_bytes = size(bytes, "metadata_bytes")?;
    }
    builder = builder.limits(limits);
    if let Some(bytes) = config.memory_bytes {
        builder = builder.memory_bytes(size(bytes, "memory_bytes")?);
    }
    if let Some(period) = config.grace_period_ms {
        builder = builder.grace_period(Duration::from_millis(period));
    }
    Ok(builder)
}

/// The world around it.
fn with_edges(
    mut builder: RuntimeBuilder,
    config: &RuntimeConfig,
    listener: &Arc<dyn Listener>,
    requests: &Arc<Requests>,
) -> Result<RuntimeBuilder, Refusal> {
    if config.events {
        let listener = listener.clone();
        builder = builder.on_event(move |event, method| {
            let bytes = Body::Bytes(message::decision(event, method).into());
            listener.hear(Event { body: bytes, ..Event::new(HOLDOVER_EVENT_DECISION) });
        });
    }
    if config.quality {
        let listener = listener.clone();
        builder = builder.on_quality_change(move |quality| {
            let count = u32::try_from(i32::from(quality)).unwrap_or_default();
            listener.hear(Event { count, ..Event::new(HOLDOVER_EVENT_QUALITY) });
        });
    }
    if config.key_provider {
        builder = builder.key_provider(HostKeys(requests.clone()));
    }
    let builder = with_store(builder, &config.store_directory)?;
    with_transport(builder, config, requests)
}

fn size(bytes: u64, what: &str) -> Result<usize, Refusal> {
    usize::try_from(bytes)
        .map_err(|_| Refusal::misuse(format!("{what}: {bytes} is more than this machine can have")))
}

#[cfg(feature = "sqlite")]
fn with_store(builder: RuntimeBuilder, directory: &str) -> Result<RuntimeBuilder, Refusal> {
    Ok(if directory.is_empty() {
        builder
    } else {
        builder.store(holdover_store_sqlite::SqliteStore::new(directory))
    })
}

#[cfg(not(feature = "sqlite"))]
fn with_store(builder: RuntimeBuilder, directory: &str) -> Result<RuntimeBuilder, Refusal> {
    if directory.is_empty() {
        return Ok(builder);
    }
    Err(Refusal::misuse("this library was built without a store: leave `store_directory` empty"))
}

fn with_transport(
    builder: RuntimeBuilder,
    config: &RuntimeConfig,
    requests: &Arc<Requests>,
) -> Result<RuntimeBuilder, Refusal> {
    match boundary::Transport::try_from(config.transport) {
        Ok(boundary::Transport::Host) => {
            let window = config.http_window_bytes.unwrap_or(WINDOW);
            if !(1 << 10..=64 << 20).contains(&window) {
                return Err(Refusal::misuse("http_window_bytes: choose between 1 kB and 64 MB"));
            }
            let abilities = config.host_http.unwrap_or_default();
            let service = HostHttp { requests: requests.clone(), abilities, window };
            Ok(builder.transport(ConnectTransport::over(service)))
        }
        Ok(boundary::Transport::Rust) => rust_transport(builder, &config.trust_only_pem),
        Err(_) => Err(Refusal::misuse(format!("there is no transport {}", config.transport))),
    }
}

#[cfg(feature = "transport")]
fn rust_transport(builder: RuntimeBuilder, trust_only_pem: &[u8]) -> Result<RuntimeBuilder, Refusal> {
    use holdover_transport_connect::HyperService;

    if trust_only_pem.is_empty() {
        return Ok(builder.transport(ConnectTransport::new()));
    }
    let service = HyperService::builder().trust_only_pem(trust_only_pem).build();
    let service = service.map_err(|error| Refusal::misuse(format!("trust_only_pem: {error}")))?;
    Ok(builder.transport(ConnectTransport::over(service)))
}

#[cfg(not(feature = "transport"))]
fn rust_transport(_: RuntimeBuilder, _: &[u8]) -> Result<RuntimeBuilder, Refusal> {
    Err(Refusal::misuse(
        "this library was built without the Rust transport: let the host's HTTP stack carry calls",
    ))
}
