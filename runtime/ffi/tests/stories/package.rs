//! A package of another language, as small as one can be.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Arc, Mutex};

use holdover_ffi::abi::*;
use holdover_sim::host::App;
use holdover_testkit::live::{Action, Call, ErrorReport, Hex, Report};
use prost::Message;

use crate::boundary::{self, command::Command, hint::Hint};
use crate::{POLICY, words};

pub(crate) const NOTHING: HoldoverBytes = HoldoverBytes { ptr: std::ptr::null(), len: 0 };
const NO_BUFFER: HoldoverBuffer = HoldoverBuffer { bytes: NOTHING, owner: 0 };

pub(crate) fn bytes(bytes: &[u8]) -> HoldoverBytes {
    HoldoverBytes { ptr: bytes.as_ptr(), len: bytes.len() }
}

fn copy(bytes: HoldoverBytes) -> Vec<u8> {
    if bytes.len == 0 {
        return Vec::new();
    }
    unsafe { std::slice::from_raw_parts(bytes.ptr, bytes.len) }.to_vec()
}

/// Copies a buffer and gives it back.
pub(crate) fn take(buffer: HoldoverBuffer) -> Vec<u8> {
    let copied = copy(buffer.bytes);
    assert_eq!(holdover_release(buffer.owner), HOLDOVER_OK);
    copied
}

pub(crate) fn take_error(buffer: HoldoverBuffer) -> boundary::Error {
    boundary::Error::decode(&*take(buffer)).unwrap()
}

/// Whoever waits for an operation.
struct Waiter {
    op: String,
    id: u64,
    runtime: u64,
    reports: Arc<Mutex<Vec<Report>>>,
}

/// What a package holds in one process.
pub(crate) struct Package {
    story: u64,
    runtime: u64,
    methods: Vec<boundary::Method>,
    sessions: HashMap<String, u64>,
    operations: HashMap<String, u64>,
    reports: Arc<Mutex<Vec<Report>>>,
}

impl Package {
    pub(crate) fn new(story: u64) -> Self {
        Self {
            story,
            runtime: 0,
            methods: Vec::new(),
            sessions: HashMap::new(),
            operations: HashMap::new(),
            reports: Arc::default(),
        }
    }

    pub(crate) fn open_runtime(
        &mut self,
        endpoints: &[String],
        varies: &[String],
        memory: Option<usize>,
    ) -> Result<(), String> {
        if self.runtime != 0 {
            assert_eq!(holdover_runtime_free(self.runtime), HOLDOVER_OK);
        }
        *self = Self::new(self.story);
        let endpoint = |name: &String| boundary::Endpoint {
            name: name.clone(),
            url: "http://rides.invalid".to_owned(),
            protocol: boundary::Protocol::Connect.into(),
            plain_text: true,
        };
        let config = boundary::RuntimeConfig {
            story: self.story,
            endpoints: endpoints.iter().map(endpoint).collect(),
            varies: varies.to_vec(),
            memory_bytes: memory.map(|bytes| bytes as u64),
            // What the story has in place of the host.
            events: true,
            key_provider: true,
            store_directory: "/nowhere".to_owned(),
            ..boundary::RuntimeConfig::default()
        };
        let host = HoldoverHost { context: std::ptr::null_mut(), on_event: Some(on_event), release: None };
        let mut error = NO_BUFFER;
        self.runtime = unsafe { holdover_runtime_new(bytes(&config.encode_to_vec()), &host, &mut error) };
        if self.runtime == 0 {
            return Err(take_error(error).message);
        }
        let mut registered = NO_BUFFER;
        let code = unsafe {
            holdover_policy_register(self.runtime, bytes(POLICY), &mut registered, std::ptr::null_mut())
        };
        assert_eq!(code, HOLDOVER_OK);
        self.methods = boundary::Registered::decode(&*take(registered)).unwrap().methods;
        Ok(())
    }

    fn open_session(
        &mut self,
        name: String,
        user: Option<String>,
        endpoint: String,
        metadata: Vec<boundary::Header>,
    ) {
        let account = Some(boundary::Account { user });
        let config = boundary::SessionConfig { endpoint, account, credentials: true, metadata };
        let mut error = NO_BUFFER;
        let session =
            unsafe { holdover_session_new(self.runtime, bytes(&config.encode_to_vec()), &mut error) };
        assert_ne!(session, 0, "{:?}", take_error(error));
        self.sessions.insert(name, session);
    }

    /// Starts something that is told of by the operation's name.
    fn start(&mut self, op: &str, start: impl FnOnce(u64, u64, &mut HoldoverBuffer) -> i32) {
        let id = holdover_op_new(self.runtime);
        let waiter =
            Arc::new(Waiter { op: op.to_owned(), id, runtime: self.runtime, reports: self.reports.clone() });
        self.operations.insert(op.to_owned(), id);
        let token = Arc::into_raw(waiter);
        let mut error = NO_BUFFER;
        if start(id, token.expose_provenance() as u64, &mut error) != HOLDOVER_OK {
            drop(unsafe { Arc::from_raw(token) });
            let failed = Some(words::error(&take(error)));
            self.reports.lock().unwrap().push(Report { to: op.to_owned(), failed, ..Report::default() });
        }
    }

    fn call(&mut self, form: u32, call: &Call) {
        let (session, method) = (self.sessions[&call.session], self.methods[call.index].id);
        let options = words::options(call);
        self.start(&call.op, |id, token, error| unsafe {
            holdover_start(session, id, token, form, method, bytes(&call.request.0), bytes(&options), error)
        });
    }

    /// Memory first, as packages do. Whether it had something.
    fn probe(&self, call: &Call) -> bool {
        let mut snapshot = std::mem::MaybeUninit::uninit();
        let (session, method) = (self.sessions[&call.session], self.methods[call.index].id);
        let options = words::options(call);
        let hit = unsafe {
            holdover_probe(session, method, bytes(&call.request.0), bytes(&options), snapshot.as_mut_ptr())
        };
        if hit != 0 {
            let report = snapshot_report(&call.op, unsafe { snapshot.assume_init_ref() });
            self.reports.lock().unwrap().push(report);
            assert_eq!(holdover_release(hit), HOLDOVER_OK);
        }
        hit != 0
    }

    fn command(&mut self, op: &str, command: Command) {
        let (runtime, command) = (self.runtime, boundary::Command { command: Some(command) }.encode_to_vec());
        self.start(op, |id, token, error| unsafe {
            holdover_command(runtime, id, token, bytes(&command), error)
        });
    }

    fn hint(&self, hint: Hint) {
        let hint = boundary::Hint { hint: Some(hint) }.encode_to_vec();
        let mut error = NO_BUFFER;
        let code = unsafe { holdover_hint(self.runtime, bytes(&hint), &mut error) };
        assert_eq!(code, HOLDOVER_OK, "{:?}", take_error(error));
    }
}

impl App for Package {
    fn next(&mut self, reports: &str) -> Result<String, String> {
        let mut instruction = NO_BUFFER;
        let code = unsafe { holdover_story_next(self.story, bytes(reports.as_bytes()), &mut instruction) };
        assert_eq!(code, HOLDOVER_OK);
        String::from_utf8(take(instruction)).map_err(|error| error.to_string())
    }

    fn act(&mut self, action: Action) -> Result<(), String> {
        const EMPTY: boundary::Empty = boundary::Empty {};
        match action {
            Action::Start { endpoints, varies, memory } => self.open_runtime(&endpoints, &varies, memory)?,
            Action::Open { session, user, endpoint, metadata } => {
                self.open_session(session, user, endpoint, words::headers(&metadata));
            }
            Action::SetMetadata { session, metadata } => {
                let (session, metadata) = (self.sessions[&session], words::headers(&metadata));
                self.hint(Hint::ReplaceMetadata(boundary::ReplaceMetadata { session, metadata }));
            }
            Action::CredentialsChanged { session } => {
                self.hint(Hint::CredentialsChanged(self.sessions[&session]));
            }
            Action::Get(call) => {
                if !self.probe(&call) {
                    self.call(HOLDOVER_GET, &call);
                }
            }
            Action::Observe(call) => self.call(HOLDOVER_OBSERVE, &call),
            Action::Stream(call) => {
                self.call(HOLDOVER_STREAM, &call);
                let ahead = if self.methods[call.index].replay { 2 } else { 16 };
                holdover_credit(self.runtime, self.operations[&call.op], ahead);
            }
            Action::Cached(call) => {
                if !self.probe(&call) {
                    let done = Report { to: call.op, done: true, ..Report::default() };
                    self.reports.lock().unwrap().push(done);
                }
            }
            Action::Prefetch(call) => self.call(HOLDOVER_PREFETCH, &call),
            Action::Put { op, session, index, request, value, .. } => {
                let (session, method) = (self.sessions[&session], self.methods[index].id);
                self.start(&op, |id, token, error| unsafe {
                    let (request, value) = (bytes(&request.0), bytes(&value.0));
                    holdover_put(session, id, token, method, request, value, NOTHING, error)
                });
            }
            // Packages ask for another one when one was taken.
            Action::Take { .. } => {}
            Action::Say { op, message } => {
                let op = self.operations[&op];
                assert_eq!(unsafe { holdover_send(self.runtime, op, bytes(&message.0)) }, HOLDOVER_OK);
            }
            Action::Close { op } => _ = holdover_half_close(self.runtime, self.operations[&op]),
            Action::Refresh { op, of } => {
                let observer = self.operations[&of];
                self.command(&op, Command::Refresh(boundary::Refresh { observer }));
            }
            Action::Cancel { op } => {
                // A hit of memory never was an operation.
                if let Some(op) = self.operations.get(&op) {
                    assert_eq!(holdover_cancel(self.runtime, *op), HOLDOVER_OK);
                }
            }
            Action::Invalidate { op, session, tag } => {
                let (session, tag) = (self.sessions[&session], words::tag(&tag));
                self.command(&op, Command::Invalidate(boundary::Invalidate { session, tag }));
            }
            Action::SignOut { op, session, hold } => {
                let session = self.sessions[&session];
                self.command(&op, Command::SignOut(boundary::SignOut { session, hold_outbox: hold }));
            }
            Action::Erase { op, user } => self.command(&op, Command::Erase(boundary::Account { user })),
            Action::Pause { op } => self.command(&op, Command::Pause(EMPTY)),
            Action::Disable { op, switches } => {
                let switches = switches.iter().map(words::switch).collect();
                self.command(&op, Command::Disable(boundary::Disable { switches }));
            }
            Action::App { foreground } => {
                let state =
                    if foreground { boundary::AppState::Foreground } else { boundary::AppState::Background };
                self.hint(Hint::AppState(state.into()));
            }
            Action::Resume {} => self.hint(Hint::Resume(EMPTY)),
            Action::MemoryPressure {} => self.hint(Hint::MemoryPressure(EMPTY)),
            Action::Quality { class } => self.hint(Hint::PinQuality(words::quality(class.as_deref()))),
            Action::Estimate { numbers } => self.hint(Hint::OwnEstimate(boundary::OwnEstimate {
                none: numbers.is_none(),
                request_time_us: numbers
                    .as_ref()
                    .and_then(|numbers| numbers.request_time)
                    .map(|nanos| nanos / 1000),
                downlink_kbps: numbers.and_then(|numbers| numbers.downlink),
            })),
            Action::Platform(known) => self.hint(Hint::Platform(words::platform(&known))),
        }
        Ok(())
    }

    fn reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut *self.reports.lock().unwrap())
    }
}

impl Drop for Package {
    fn drop(&mut self) {
        if self.runtime != 0 {
            holdover_runtime_free(self.runtime);
        }
    }
}

unsafe extern "C" fn on_event(_: *mut c_void, event: *const HoldoverEvent) {
    let event = unsafe { &*event };
    if event.token == 0 {
        return;
    }
    let token = std::ptr::with_exposed_provenance::<Waiter>(usize::try_from(event.token).unwrap());
    let last = event.flags & HOLDOVER_FLAG_LAST != 0;
    if last {
        unsafe { Arc::from_raw(token) }.hear(event);
    } else {
        unsafe { &*token }.hear(event);
    }
}

impl Waiter {
    fn hear(&self, event: &HoldoverEvent) {
        let plain = Report { to: self.op.clone(), ..Report::default() };
        let failed = |encoded: HoldoverBytes| -> ErrorReport { words::error(&copy(encoded)) };
        let report = if event.kind == HOLDOVER_EVENT_CANCELLED || event.kind == HOLDOVER_EVENT_CREDIT {
            return;
        } else if event.code != HOLDOVER_OK {
            Report { failed: Some(failed(event.bytes)), ..plain }
        } else if let Some(snapshot) = unsafe { event.snapshot.as_ref() } {
            if event.kind == HOLDOVER_EVENT_ITEM {
                holdover_credit(self.runtime, self.id, 1);
            }
            snapshot_report(&self.op, snapshot)
        } else {
            match event.kind {
                HOLDOVER_EVENT_STATE => Report { loading: true, ..plain },
                HOLDOVER_EVENT_ENDED => Report { ended: true, ..plain },
                HOLDOVER_EVENT_DONE => Report { done: true, ..plain },
                other => panic!("an event of kind {other} without anything"),
            }
        };
        self.reports.lock().unwrap().push(report);
    }
}

fn snapshot_report(op: &str, snapshot: &HoldoverSnapshot) -> Report {
    let has = |flag| snapshot.flags & flag != 0;
    let reduced = snapshot.detail == HOLDOVER_DETAIL_REDUCED;
    let plan = if has(HOLDOVER_SNAPSHOT_WITHHELD) { "own" } else { "unknown" };
    Report {
        to: op.to_owned(),
        value: Some(Hex(copy(snapshot.value))),
        source: Some(words::source(snapshot.source).to_owned()),
        freshness: Some(words::freshness(snapshot.freshness).to_owned()),
        age: Some(snapshot.age_ns),
        as_of: Some(snapshot.as_of_ms),
        reduced,
        plan: reduced.then(|| plan.to_owned()),
        last_known: has(HOLDOVER_SNAPSHOT_LAST_KNOWN).then(|| Hex(copy(snapshot.last_known))),
        gap: has(HOLDOVER_SNAPSHOT_GAP),
        refreshing: has(HOLDOVER_SNAPSHOT_REFRESHING),
        error: (snapshot.error.len > 0).then(|| words::error(&copy(snapshot.error))),
        ..Report::default()
    }
}
