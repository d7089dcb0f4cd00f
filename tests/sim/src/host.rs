//! A host in Rust: does what a story asks of an app, in encoded bytes, as packages of other languages do.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use holdover_client::host::{
    self, Call as Operation, Delivered, Form, Method, RawObserved, RawSnapshot, Sink, Start, Told, next_op,
};
use holdover_client::{
    Account, AppState, CacheMode, CallOptions, Code, Detail, DetailMode, Error, Estimate, Freshness,
    Interface, Metadata, OutboxChoice, Part, Platform, Priority, Protocol, Quality, Reachability, Runtime,
    Session, Source, Switch, Tag, TagPart,
};
use holdover_testkit::api::Api;
use holdover_testkit::live::{self, Action, Call, ErrorReport, Hex, Instruction, LiveStory, Report};
use holdover_testkit::vector::Vector;

/// Replays a vector through a whole client. Host and story speak by text, as they do across languages.
///
/// # Errors
/// Where the client departs from the vector.
pub fn replay(api: &Api, vector: &Vector) -> Result<(), String> {
    follow(&mut Direct { story: LiveStory::new(api, vector)?, host: Host::new(api.policy().clone()) })
}

/// Does what a story asks, as an app would, and hears what comes of it.
pub trait App {
    /// Hands reports to the story, and gets an instruction.
    ///
    /// # Errors
    /// When that cannot be done.
    fn next(&mut self, reports: &str) -> Result<String, String>;

    /// Does it.
    ///
    /// # Errors
    /// When an app could not do it.
    fn act(&mut self, action: Action) -> Result<(), String>;

    /// What has come since the last time. What is delivered to a host in Rust is there at once.
    fn reports(&mut self) -> Vec<Report>;
}

/// Follows a story to its end.
///
/// # Errors
/// Where the client departs from the vector.
pub fn follow(app: &mut impl App) -> Result<(), String> {
    let mut reports = Vec::new();
    loop {
        let reported = serde_json::to_string(&reports).map_err(|error| error.to_string())?;
        let text = app.next(&reported)?;
        match serde_json::from_str(&text).map_err(|error| format!("{text}: {error}"))? {
            Instruction::Do(action) => app.act(*action).map_err(|error| format!("{text}: {error}"))?,
            Instruction::Wait(_) => {}
            Instruction::Passed(_) => return Ok(()),
            Instruction::Failed(mismatch) => return Err(mismatch),
        }
        reports = app.reports();
    }
}

/// A host that has its story beside it.
struct Direct {
    story: LiveStory,
    host: Host,
}

impl App for Direct {
    fn next(&mut self, reports: &str) -> Result<String, String> {
        Ok(self.story.next_json(reports))
    }

    fn act(&mut self, action: Action) -> Result<(), String> {
        self.host.act(action, &mut self.story).map_err(|error| error.to_string())
    }

    fn reports(&mut self) -> Vec<Report> {
        self.host.reports()
    }
}

/// What an app holds.
struct Host {
    policy: Bytes,
    heard: Arc<Mutex<Vec<Report>>>,
    methods: Vec<Method>,
    operations: HashMap<String, Operation>,
    sessions: HashMap<String, Session>,
    runtime: Option<Runtime>,
}

impl Host {
    fn new(policy: Bytes) -> Self {
        Self {
            policy,
            heard: Arc::default(),
            methods: Vec::new(),
            operations: HashMap::new(),
            sessions: HashMap::new(),
            runtime: None,
        }
    }

    /// What has come since the last time.
    fn reports(&self) -> Vec<Report> {
        std::mem::take(&mut *heard(&self.heard))
    }

    fn act(&mut self, action: Action, story: &mut LiveStory) -> Result<(), Error> {
        match action {
            Action::Start { endpoints, varies, memory } => self.launch(&endpoints, varies, memory, story)?,
            Action::Open { session: name, user, endpoint, metadata: ambient } => {
                let credentials = story.credentials(&name);
                let session = self.runtime().session_at(&endpoint, account(user), credentials)?;
                session.replace_metadata(metadata(&ambient)?);
                self.sessions.insert(name, session);
            }
            Action::SetMetadata { session, metadata: all } => {
                self.session(&session)?.replace_metadata(metadata(&all)?);
            }
            Action::CredentialsChanged { session } => self.session(&session)?.credentials_changed(),
            Action::Get(call) => self.get(&call)?,
            Action::Observe(call) => self.call(Form::Observe, &call)?,
            Action::Stream(call) => {
                self.call(Form::Stream, &call)?;
                match call.takes.unwrap_or(u32::MAX) {
                    0 => {}
                    takes => self.operation(&call.op)?.demand(takes),
                }
            }
            Action::Cached(call) => {
                if !self.peek(&call)? {
                    heard(&self.heard).push(Report { to: call.op, done: true, ..Report::default() });
                }
            }
            Action::Prefetch(call) => self.call(Form::Prefetch, &call)?,
            Action::Put { op, session, index, request, value, .. } => {
                let (session, method) = (self.session(&session)?.clone(), self.method(index)?);
                let (request, value) = (request.0.into(), value.0.into());
                let options = CallOptions::default();
                self.start(op, Start::Put { session, method, request, value, options })?;
            }
            Action::Take { op, items } => self.operation(&op)?.demand(items),
            Action::Say { op, message } => self.operation(&op)?.send(message.0.into()),
            Action::Close { op } => self.operation(&op)?.close_send(),
            Action::Refresh { op, of } => {
                let observer = self.operation(&of)?.op();
                self.start(op, Start::Refresh { observer })?;
            }
            Action::Cancel { op } => self.operation(&op)?.cancel(),
            Action::Invalidate { op, session, tag } => {
                let (session, tag) = (self.session(&session)?.clone(), read_tag(tag));
                self.start(op, Start::Invalidate { session, tag })?;
            }
            Action::SignOut { op, session, hold } => {
                let outbox = if hold { OutboxChoice::Hold } else { OutboxChoice::Discard };
                let session = self.session(&session)?.clone();
                self.start(op, Start::SignOut { session, outbox })?;
            }
            Action::Erase { op, user } => self.start(op, Start::Erase(account(user)))?,
            Action::Pause { op } => self.start(op, Start::Pause)?,
            Action::Disable { op, switches } => {
                let switches = switches.into_iter().map(switch).collect::<Result<_, _>>()?;
                self.start(op, Start::Disable(switches))?;
            }
            Action::App { foreground } => {
                let state = if foreground { AppState::Foreground } else { AppState::Background };
                self.runtime().set_app_state(state);
            }
            Action::Resume {} => self.runtime().resume(),
            Action::MemoryPressure {} => self.runtime().memory_pressure(),
            Action::Quality { class } => self.runtime().set_quality(quality(class.as_deref())?),
            Action::Estimate { numbers } => self.runtime().set_estimate(numbers.map(|numbers| Estimate {
                request_time: numbers.request_time.map(Duration::from_nanos),
                downlink_kbps: numbers.downlink,
            })),
            Action::Platform(known) => self.runtime().set_platform(platform(&known)?),
        }
        Ok(())
    }

    /// A process begins; nothing is left of the one before.
    fn launch(
        &mut self,
        endpoints: &[String],
        varies: Vec<String>,
        memory: Option<usize>,
        story: &mut LiveStory,
    ) -> Result<(), Error> {
        *self = Self::new(self.policy.clone());
        let mut builder = story.builder().varies(varies);
        for name in endpoints {
            builder = builder.plain_text_endpoint(name, "http://rides.invalid", Protocol::Connect);
        }
        if let Some(bytes) = memory {
            builder = builder.memory_bytes(bytes);
        }
        let (runtime, driver) = builder.build_inline()?;
        story.attach(driver);
        self.methods = host::register(&runtime, &self.policy)?;
        self.runtime = Some(runtime);
        Ok(())
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("a story begins with the start of a process")
    }

    fn session(&self, name: &str) -> Result<&Session, Error> {
        self.sessions.get(name).ok_or_else(|| unknown("session", name))
    }

    fn operation(&self, name: &str) -> Result<&Operation, Error> {
        self.operations.get(name).ok_or_else(|| unknown("operation", name))
    }

    fn method(&self, index: usize) -> Result<Method, Error> {
        self.methods.get(index).cloned().ok_or_else(|| unknown("method", &index.to_string()))
    }

    /// Memory first, as every package does it.
    fn get(&mut self, call: &Call) -> Result<(), Error> {
        if self.peek(call)? { Ok(()) } else { self.call(Form::Get, call) }
    }

    /// Reads memory. Whether it had something.
    fn peek(&self, call: &Call) -> Result<bool, Error> {
        let (session, method) = (self.session(&call.session)?, self.method(call.index)?);
        let request = Bytes::copy_from_slice(&call.request.0);
        let hit = host::peek(session, &method, &request, &options(call)?);
        let found = hit.is_some();
        heard(&self.heard).extend(hit.map(|hit| value(&call.op, &hit)));
        Ok(found)
    }

    fn call(&mut self, form: Form, call: &Call) -> Result<(), Error> {
        let (session, method) = (self.session(&call.session)?.clone(), self.method(call.index)?);
        let (request, options) = (Bytes::copy_from_slice(&call.request.0), options(call)?);
        self.start(call.op.clone(), Start::Call { session, method, form, request, options })
    }

    fn start(&mut self, op: String, start: Start) -> Result<(), Error> {
        let ear = Ear { op: op.clone(), heard: self.heard.clone() };
        let operation = Operation::new(self.runtime(), next_op(), ear);
        if let Err(error) = operation.start(start) {
            heard(&self.heard).push(failed(&op, &error));
        }
        self.operations.insert(op, operation);
        Ok(())
    }
}

/// Writes down what comes to one operation.
struct Ear {
    op: String,
    heard: Arc<Mutex<Vec<Report>>>,
}

impl Sink for Ear {
    fn tell(&self, told: Told, _last: bool) {
        heard(&self.heard).extend(report(&self.op, told));
    }
}

fn heard(all: &Mutex<Vec<Report>>) -> MutexGuard<'_, Vec<Report>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was told, if the caller sees anything of it.
fn report(op: &str, told: Told) -> Option<Report> {
    let plain = || Report { to: op.to_owned(), ..Report::default() };
    Some(match told {
        Told::Cancelled => return None,
        Told::Ended(error) => failed(op, &error),
        Told::Delivered(delivered) => match delivered {
            Delivered::Answer(answer) => match answer.as_ref() {
                Ok(snapshot) => value(op, snapshot),
                Err(error) => failed(op, error),
            },
            Delivered::Observed(state) => match state.as_ref() {
                RawObserved::Loading => Report { loading: true, ..plain() },
                RawObserved::Value(snapshot) => value(op, snapshot),
                RawObserved::Failed(error) => failed(op, error),
            },
            Delivered::Item(item) => value(op, &item),
            Delivered::Credit(messages) => Report { credit: Some(messages), ..plain() },
            Delivered::Ended(Ok(())) => Report { ended: true, ..plain() },
            Delivered::Done(Ok(())) => Report { done: true, ..plain() },
            Delivered::Ended(Err(error)) | Delivered::Done(Err(error)) => failed(op, &error),
        },
    })
}

fn failed(op: &str, error: &Error) -> Report {
    Report { to: op.to_owned(), failed: Some(self::error(error)), ..Report::default() }
}

fn value(op: &str, snapshot: &RawSnapshot) -> Report {
    let withheld = snapshot.withheld.as_ref();
    Report {
        to: op.to_owned(),
        value: Some(Hex(snapshot.value.to_vec())),
        source: Some(
            match snapshot.source {
                Source::Network => "NETWORK",
                Source::Cache => "CACHE",
                Source::Replay => "REPLAY",
            }
            .to_owned(),
        ),
        freshness: Some(
            match snapshot.freshness {
                Freshness::Fresh => "FRESH",
                Freshness::Stale => "STALE",
                Freshness::Expired => "EXPIRED",
            }
            .to_owned(),
        ),
        age: Some(nanos(snapshot.age)),
        as_of: Some(snapshot.as_of_ms),
        reduced: snapshot.detail == Detail::Reduced,
        plan: withheld.map(|withheld| withheld.plan.to_string()),
        last_known: withheld.and_then(|withheld| withheld.last_known.as_ref()).map(|full| Hex(full.to_vec())),
        gap: snapshot.gap,
        refreshing: snapshot.refreshing,
        error: snapshot.error.as_deref().map(error),
        ..Report::default()
    }
}

fn error(error: &Error) -> ErrorReport {
    let status = error.status.as_deref();
    ErrorReport {
        kind: error.kind.name().to_owned(),
        code: status.map(|status| status.code).map(Code::name).map(str::to_owned),
        paths: error.paths.clone(),
        retry_after: error.retry_after.map(nanos),
        will_retry: error.will_retry,
        message: status.map(|status| status.message.clone()),
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn options(call: &Call) -> Result<CallOptions, Error> {
    Ok(CallOptions {
        timeout: call.timeout.map(Duration::from_nanos),
        metadata: metadata(&call.metadata)?,
        cache: match (call.cache.as_str(), call.max_age) {
            ("default", None) => CacheMode::Default,
            ("cache_only", None) => CacheMode::CacheOnly,
            ("network_only", None) => CacheMode::NetworkOnly,
            ("max_age", Some(age)) => CacheMode::MaxAge(Duration::from_nanos(age)),
            other => return Err(unknown("cache mode", &format!("{other:?}"))),
        },
        detail: if call.full { DetailMode::Full } else { DetailMode::Default },
        priority: match call.priority.as_deref() {
            None => None,
            Some("BACKGROUND") => Some(Priority::Background),
            Some("INTERACTIVE") => Some(Priority::Interactive),
            Some(other) => return Err(unknown("priority", other)),
        },
    })
}

fn metadata(pairs: &BTreeMap<String, String>) -> Result<Metadata, Error> {
    let mut metadata = Metadata::new();
    for (name, value) in pairs {
        metadata.push(name, value.clone())?;
    }
    Ok(metadata)
}

fn account(user: Option<String>) -> Account {
    user.map_or(Account::Guest, Account::user)
}

fn read_tag(parts: Vec<live::TagPart>) -> Tag {
    let part = |part| match part {
        live::TagPart::Literal(text) => TagPart::Literal(text),
        live::TagPart::Value(text) => TagPart::Value(text),
    };
    Tag(parts.into_iter().map(part).collect())
}

fn switch(switch: live::Switch) -> Result<Switch, Error> {
    let part = match switch.part.as_str() {
        "cache" => Part::Cache,
        "detail" => Part::Detail,
        "replay" => Part::Replay,
        "outbox" => Part::Outbox,
        other => return Err(unknown("part", other)),
    };
    Ok(Switch { part, methods: switch.methods })
}

fn quality(class: Option<&str>) -> Result<Quality, Error> {
    Ok(match class {
        None => Quality::Unspecified,
        Some("OFFLINE") => Quality::Offline,
        Some("VERY_POOR") => Quality::VeryPoor,
        Some("POOR") => Quality::Poor,
        Some("MODERATE") => Quality::Moderate,
        Some("GOOD") => Quality::Good,
        Some(other) => return Err(unknown("class of quality", other)),
    })
}

fn platform(known: &live::Platform) -> Result<Platform, Error> {
    Ok(Platform {
        reachability: match known.reachable {
            None => Reachability::Unknown,
            Some(true) => Reachability::Reachable,
            Some(false) => Reachability::Unreachable,
        },
        interface: match known.interface.as_str() {
            "UNKNOWN" => Interface::Unknown,
            "ETHERNET" => Interface::Ethernet,
            "WIFI" => Interface::Wifi,
            "CELLULAR_2G" => Interface::Cellular2g,
            "CELLULAR_3G" => Interface::Cellular3g,
            "CELLULAR_4G" => Interface::Cellular4g,
            "CELLULAR_5G" => Interface::Cellular5g,
            "BLUETOOTH" => Interface::Bluetooth,
            other => return Err(unknown("interface", other)),
        },
        path: known.path,
        save_data: known.data_saver,
    })
}

fn unknown(what: &str, word: &str) -> Error {
    Error::misuse(format!("{word:?} is no {what}"))
}
