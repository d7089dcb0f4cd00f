//! A host: it remembers what it heard, and answers HTTP requests by a script.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, OnceLock};

use holdover_ffi::abi::*;
use prost::Message;

use crate::boundary;

/// What was heard, copied.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Heard {
    pub(crate) kind: u32,
    pub(crate) last: bool,
    pub(crate) op: u64,
    pub(crate) token: u64,
    pub(crate) code: i32,
    pub(crate) count: u32,
    pub(crate) snapshot: Option<Seen>,
    pub(crate) bytes: Vec<u8>,
}

/// A snapshot, copied.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) value: Vec<u8>,
    pub(crate) last_known: Vec<u8>,
    pub(crate) error: Vec<u8>,
    pub(crate) as_of_ms: i64,
    pub(crate) source: u8,
    pub(crate) freshness: u8,
    pub(crate) detail: u8,
    pub(crate) flags: u8,
}

pub(crate) fn copy(bytes: HoldoverBytes) -> Vec<u8> {
    if bytes.len == 0 {
        Vec::new()
    } else {
        unsafe { std::slice::from_raw_parts(bytes.ptr, bytes.len) }.to_vec()
    }
}

pub(crate) fn bytes(bytes: &[u8]) -> HoldoverBytes {
    HoldoverBytes { ptr: bytes.as_ptr(), len: bytes.len() }
}

pub(crate) const NOTHING: HoldoverBytes = HoldoverBytes { ptr: std::ptr::null(), len: 0 };
pub(crate) const NO_BUFFER: HoldoverBuffer = HoldoverBuffer { bytes: NOTHING, owner: 0 };

pub(crate) fn see(snapshot: &HoldoverSnapshot) -> Seen {
    Seen {
        value: copy(snapshot.value),
        last_known: copy(snapshot.last_known),
        error: copy(snapshot.error),
        as_of_ms: snapshot.as_of_ms,
        source: snapshot.source,
        freshness: snapshot.freshness,
        detail: snapshot.detail,
        flags: snapshot.flags,
    }
}

/// What the host's HTTP stack does with a request.
pub(crate) enum Reply {
    /// A complete Connect answer of a unary method.
    Ok(Vec<u8>),
    Fail(boundary::HttpFailure),
    /// The test will see to it.
    Nothing,
}

type Script = Box<dyn Fn(u64, &boundary::HttpRequest) -> Reply + Send + Sync>;
/// Whether an event is to be written down.
type Filter = Box<dyn Fn(&Heard) -> bool + Send + Sync>;

/// What events have in common.
pub(crate) struct Host {
    heard: Mutex<Vec<Heard>>,
    news: Condvar,
    runtime: OnceLock<u64>,
    script: Script,
    hears: Filter,
    released: Mutex<bool>,
    pub(crate) requests: AtomicUsize,
}

impl Host {
    pub(crate) fn new(
        script: impl Fn(u64, &boundary::HttpRequest) -> Reply + Send + Sync + 'static,
    ) -> Arc<Self> {
        Self::hearing(script, |_| true)
    }

    pub(crate) fn hearing(
        script: impl Fn(u64, &boundary::HttpRequest) -> Reply + Send + Sync + 'static,
        hears: impl Fn(&Heard) -> bool + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            heard: Mutex::default(),
            news: Condvar::new(),
            runtime: OnceLock::new(),
            script: Box::new(script),
            hears: Box::new(hears),
            released: Mutex::new(false),
            requests: AtomicUsize::new(0),
        })
    }

    /// The host as C sees it: it owns a reference until it is released.
    pub(crate) fn raw(self: &Arc<Self>) -> HoldoverHost {
        HoldoverHost {
            context: Arc::into_raw(self.clone()).cast_mut().cast(),
            on_event: Some(on_event),
            release: Some(release),
        }
    }

    pub(crate) fn open(self: &Arc<Self>, config: &boundary::RuntimeConfig) -> u64 {
        let mut error = NO_BUFFER;
        let runtime =
            unsafe { holdover_runtime_new(bytes(&config.encode_to_vec()), &self.raw(), &mut error) };
        assert_ne!(runtime, 0, "{:?}", take_error(error));
        self.runtime.set(runtime).unwrap();
        runtime
    }

    pub(crate) fn runtime(&self) -> u64 {
        *self.runtime.wait()
    }

    pub(crate) fn reply(&self, request: u64, kind: u32, reply: &[u8]) -> i32 {
        unsafe { holdover_reply(self.runtime(), request, kind, bytes(reply), std::ptr::null_mut()) }
    }

    /// Waits for something, and takes it away.
    pub(crate) fn wait(&self, wanted: impl Fn(&Heard) -> bool) -> Heard {
        let mut heard = self.heard.lock().unwrap();
        loop {
            if let Some(index) = heard.iter().position(&wanted) {
                return heard.remove(index);
            }
            heard = self.news.wait(heard).unwrap();
        }
    }

    /// The next event of an operation.
    pub(crate) fn of(&self, token: u64) -> Heard {
        self.wait(|heard| heard.token == token)
    }

    /// What was heard and not taken.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    pub(crate) fn wait_released(&self) {
        let mut released = self.released.lock().unwrap();
        while !*released {
            released = self.news.wait(released).unwrap();
        }
    }

    fn hear(&self, heard: Heard) {
        assert!(!*self.released.lock().unwrap(), "{heard:?} after the release");
        let request = (heard.kind == HOLDOVER_EVENT_HTTP_REQUEST).then(|| heard.clone());
        if (self.hears)(&heard) {
            self.heard.lock().unwrap().push(heard);
            self.news.notify_all();
        }
        if let Some(request) = request {
            self.requests.fetch_add(1, Relaxed);
            self.answer(request.op, &boundary::HttpRequest::decode(&*request.bytes).unwrap());
        }
    }

    fn answer(&self, id: u64, request: &boundary::HttpRequest) {
        match (self.script)(id, request) {
            Reply::Ok(body) => self.answer_unary(id, &body),
            Reply::Fail(failure) => _ = self.reply(id, HOLDOVER_REPLY_HTTP_FAILED, &failure.encode_to_vec()),
            Reply::Nothing => {}
        }
    }

    /// What comes first may be too late: the core may have given up.
    pub(crate) fn answer_unary(&self, id: u64, body: &[u8]) {
        let head = boundary::HttpHead {
            status: 200,
            headers: vec![header("content-type", "application/proto")],
            ..boundary::HttpHead::default()
        };
        self.reply(id, HOLDOVER_REPLY_HTTP_HEAD, &head.encode_to_vec());
        self.reply(id, HOLDOVER_REPLY_HTTP_CHUNK, body);
        self.reply(id, HOLDOVER_REPLY_HTTP_END, &[]);
    }
}

pub(crate) fn header(name: &str, value: &str) -> boundary::Header {
    boundary::Header { name: name.to_owned(), value: value.as_bytes().to_vec().into() }
}

/// Reads an error and gives its buffer back.
pub(crate) fn take_error(buffer: HoldoverBuffer) -> boundary::Error {
    boundary::Error::decode(&*take(buffer)).unwrap()
}

/// Copies a buffer and gives it back.
pub(crate) fn take(buffer: HoldoverBuffer) -> Vec<u8> {
    let copied = copy(buffer.bytes);
    assert_eq!(holdover_release(buffer.owner), HOLDOVER_OK);
    copied
}

unsafe extern "C" fn on_event(context: *mut c_void, event: *const HoldoverEvent) {
    let host = unsafe { &*context.cast::<Host>() };
    let event = unsafe { &*event };
    host.hear(Heard {
        kind: event.kind,
        last: event.flags & HOLDOVER_FLAG_LAST != 0,
        op: event.op,
        token: event.token,
        code: event.code,
        count: event.count,
        snapshot: unsafe { event.snapshot.as_ref() }.map(see),
        bytes: copy(event.bytes),
    });
}

unsafe extern "C" fn release(context: *mut c_void) {
    let host = unsafe { Arc::from_raw(context.cast::<Host>()) };
    let before = std::mem::replace(&mut *host.released.lock().unwrap(), true);
    assert!(!before, "released twice");
    host.news.notify_all();
}

/// Methods by the last part of their names.
pub(crate) type Methods = HashMap<String, boundary::Method>;
