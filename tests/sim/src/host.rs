//! A host in Rust: does what a story asks of an app, in encoded bytes, as packages of other languages do.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use holdover_client::host::{self, Client, Delivered, Delivery, Form, Observed, Operation, Snapshot};
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
    let mut story = LiveStory::new(api, vector)?;
    let mut host = Host::new(api.policy().clone());
    let mut reports = Vec::new();
    loop {
        let reported = serde_json::to_string(&reports).map_err(|error| error.to_string())?;
        let text = story.next_json(&reported);
        match serde_json::from_str(&text).map_err(|error| format!("{text}: {error}"))? {
            Instruction::Do(action) => {
                host.act(*action, &mut story).map_err(|error| format!("{text}: {error}"))?;
            }
            // What is delivered to a sink is there at once.
            Instruction::Wait(_) => {}
            Instruction::Passed(_) => return Ok(()),
            Instruction::Failed(mismatch) => return Err(mismatch),
        }
        reports = host.reports();
    }
}

/// What an app holds.
struct Host {
    policy: Bytes,
    heard: Arc<Mutex<Vec<Report>>>,
    operations: HashMap<String, Operation>,
    clients: HashMap<String, Client>,
    sessions: HashMap<String, Session>,
    runtime: Option<Runtime>,
}

impl Host {
    fn new(policy: Bytes) -> Self {
        Self {
            policy,
            heard: Arc::default(),
            operations: HashMap::new(),
            clients: HashMap::new(),
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
            Action::Start { endpoints, varies, memory } => self.start(&endpoints, varies, memory, story)?,
            Action::Open { session: name, user, endpoint, metadata: ambient } => {
                let credentials = story.credentials(&name);
                let session = self.runtime().session_at(&endpoint, account(user), credentials)?;
                session.replace_metadata(metadata(&ambient)?);
                self.clients.insert(name.clone(), Client::bind(&session, &self.policy)?);
                self.sessions.insert(name, session);
            }
            Action::SetMetadata { session, metadata: all } => {
                self.sessions[&session].replace_metadata(metadata(&all)?);
            }
            Action::CredentialsChanged { session } => self.sessions[&session].credentials_changed(),
            Action::Get(call) => self.get(call)?,
            Action::Observe(call) => self.begin(Form::Observe, call)?,
            Action::Stream(call) => {
                let (op, takes) = (call.op.clone(), call.takes.unwrap_or(u32::MAX));
                self.begin(Form::Stream, call)?;
                if takes > 0 {
                    self.operations[&op].demand(takes);
                }
            }
            Action::Cached(call) => {
                if !self.peek(&call)? {
                    self.hear(Report { to: call.op, done: true, ..Report::default() });
                }
            }
            Action::Prefetch(call) => self.begin(Form::Prefetch, call)?,
            Action::Put { op, session, index, request, value, .. } => {
                let (request, value) = (request.0.into(), value.0.into());
                let running = self.clients[&session].put(index, request, value, self.sink(&op))?;
                self.operations.insert(op, running);
            }
            Action::Take { op, items } => self.operations[&op].demand(items),
            Action::Say { op, message } => self.operations[&op].send(message.0.into()),
            Action::Close { op } => self.operations[&op].close(),
            Action::Refresh { op, of } => {
                let running = self.operations[&of].refresh(self.sink(&op))?;
                self.operations.insert(op, running);
            }
            Action::Cancel { op } => drop(self.operations.remove(&op)),
            Action::Invalidate { op, session, tag } => {
                let running = host::invalidate(&self.sessions[&session], read_tag(tag), self.sink(&op))?;
                self.operations.insert(op, running);
            }
            Action::SignOut { op, session, hold } => {
                let outbox = if hold { OutboxChoice::Hold } else { OutboxChoice::Discard };
                let running = host::sign_out(&self.sessions[&session], outbox, self.sink(&op))?;
                self.operations.insert(op, running);
            }
            Action::Erase { op, user } => {
                let running = host::erase(self.runtime(), account(user), self.sink(&op))?;
                self.operations.insert(op, running);
            }
            Action::Pause { op } => {
                let running = host::pause(self.runtime(), self.sink(&op))?;
                self.operations.insert(op, running);
            }
            Action::Disable { op, switches } => {
                let switches = switches.into_iter().map(switch).collect::<Result<Vec<_>, _>>()?;
                let running = host::disable(self.runtime(), switches, self.sink(&op))?;
                self.operations.insert(op, running);
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

    fn start(
        &mut self,
        endpoints: &[String],
        varies: Vec<String>,
        memory: Option<usize>,
        story: &mut LiveStory,
    ) -> Result<(), Error> {
        self.operations.clear();
        self.clients.clear();
        self.sessions.clear();
        self.runtime = None;
        // What the process before heard in its end.
        self.reports();
        let mut builder = story.builder().varies(varies);
        for name in endpoints {
            builder = builder.plain_text_endpoint(name, "http://rides.invalid", Protocol::Connect);
        }
        if let Some(bytes) = memory {
            builder = builder.memory_bytes(bytes);
        }
        let (runtime, driver) = builder.build_inline()?;
        story.attach(driver);
        self.runtime = Some(runtime);
        Ok(())
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("a story begins with the start of a process")
    }

    /// Memory first, as every package does it.
    fn get(&mut self, call: Call) -> Result<(), Error> {
        if self.peek(&call)? { Ok(()) } else { self.begin(Form::Get, call) }
    }

    fn peek(&self, call: &Call) -> Result<bool, Error> {
        let request = Bytes::copy_from_slice(&call.request.0);
        let hit = self.clients[&call.session].peek(call.index, &request, &options(call)?)?;
        let found = hit.is_some();
        heard(&self.heard).extend(hit.map(|hit| value(&call.op, &hit)));
        Ok(found)
    }

    fn begin(&mut self, form: Form, call: Call) -> Result<(), Error> {
        let options = options(&call)?;
        let sink = self.sink(&call.op);
        let started =
            self.clients[&call.session].start(form, call.index, call.request.0.into(), options, sink)?;
        self.operations.insert(call.op, started);
        Ok(())
    }

    fn hear(&self, report: Report) {
        heard(&self.heard).push(report);
    }

    fn sink(&self, op: &str) -> impl Fn(Delivery) + Send + Sync + use<> {
        let (all, op) = (self.heard.clone(), op.to_owned());
        move |delivery| heard(&all).push(report(&op, delivery))
    }
}

fn heard(all: &Mutex<Vec<Report>>) -> MutexGuard<'_, Vec<Report>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

fn report(op: &str, delivery: Delivery) -> Report {
    let plain = || Report { to: op.to_owned(), ..Report::default() };
    let failed = |error: &Error| Report { failed: Some(self::error(error)), ..plain() };
    match delivery {
        Delivery::Ended(error) => failed(&error),
        Delivery::Next(delivered) | Delivery::Last(delivered) => match delivered {
            Delivered::Answer(answer) => match *answer {
                Ok(snapshot) => value(op, &snapshot),
                Err(error) => failed(&error),
            },
            Delivered::Observed(state) => match *state {
                Observed::Loading => Report { loading: true, ..plain() },
                Observed::Value(snapshot) => value(op, &snapshot),
                Observed::Failed(error) => failed(&error),
            },
            Delivered::Item(item) => value(op, &item),
            Delivered::Credit(messages) => Report { credit: Some(messages), ..plain() },
            Delivered::Ended(Ok(())) => Report { ended: true, ..plain() },
            Delivered::Done(Ok(())) => Report { done: true, ..plain() },
            Delivered::Ended(Err(error)) | Delivered::Done(Err(error)) => failed(&error),
        },
    }
}

fn value(op: &str, snapshot: &Snapshot) -> Report {
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
