//! Who hears of events.
#![allow(unsafe_code, reason = "calls functions of the host")]

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use bytes::Bytes;

use crate::abi::{HoldoverBytes, HoldoverEvent, HoldoverHost};
use crate::buffer::Hit;
use crate::guard::Refusal;

/// What the core tells.
pub(crate) struct Event {
    /// `HOLDOVER_EVENT_*`
    pub(crate) kind: u32,
    /// `HOLDOVER_FLAG_*`
    pub(crate) flags: u32,
    /// The operation's id, or the request's.
    pub(crate) op: u64,
    pub(crate) token: u64,
    pub(crate) code: i32,
    pub(crate) count: u32,
    pub(crate) body: Body,
}

/// What an event brings along.
pub(crate) enum Body {
    Nothing,
    Bytes(Bytes),
    Snapshot(Box<Hit>),
}

impl Event {
    /// About nothing in particular.
    pub(crate) fn new(kind: u32) -> Self {
        Self { kind, flags: 0, op: 0, token: 0, code: 0, count: 0, body: Body::Nothing }
    }

    /// About what the core asks.
    pub(crate) fn about(kind: u32, request: u64, bytes: impl Into<Bytes>) -> Self {
        Self { op: request, body: Body::Bytes(bytes.into()), ..Self::new(kind) }
    }
}

/// Hears of everything. Is called without locks.
pub(crate) trait Listener: Send + Sync + 'static {
    fn hear(&self, event: Event);

    /// A runtime has taken it on.
    fn taken_on(&self) {}

    /// The runtime is about to end.
    fn ends(&self) {}
}

/// A host that speaks C.
pub(crate) struct Host {
    raw: HoldoverHost,
    on_event: unsafe extern "C" fn(*mut std::ffi::c_void, *const HoldoverEvent),
    /// Its context is ours to release.
    taken_on: AtomicBool,
}

// SAFETY: the context is only handed to the host's own functions, which the caller of `holdover_runtime_new` promises may
// be called on any thread and from several at a time.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

impl Host {
    /// # Safety
    ///
    /// `host` is null, or points to functions that fit their context, may be called on any thread, and may be called until
    /// `release` was.
    pub(crate) unsafe fn of(host: *const HoldoverHost) -> Result<Self, Refusal> {
        if host.is_null() {
            return Err(Refusal::misuse("`host` is null: pass a pointer to a HoldoverHost"));
        }
        // SAFETY: it is not null, and the caller promises that it is readable.
        let raw = unsafe { host.read() };
        let Some(on_event) = raw.on_event else {
            return Err(Refusal::misuse("`host->on_event` is null: nobody would hear of anything"));
        };
        Ok(Self { raw, on_event, taken_on: AtomicBool::new(false) })
    }
}

impl Listener for Host {
    fn hear(&self, event: Event) {
        let view = match &event.body {
            Body::Snapshot(hit) => Some(hit.view()),
            Body::Nothing | Body::Bytes(_) => None,
        };
        let raw = HoldoverEvent {
            kind: event.kind,
            flags: event.flags,
            op: event.op,
            token: event.token,
            code: event.code,
            count: event.count,
            snapshot: view.as_ref().map_or(std::ptr::null(), std::ptr::from_ref),
            bytes: match &event.body {
                Body::Bytes(bytes) => HoldoverBytes::of(bytes),
                Body::Nothing | Body::Snapshot(_) => HoldoverBytes::EMPTY,
            },
        };
        // SAFETY: `of` was promised that the function fits its context and may be called on any thread until `release`,
        // which only the end of this calls. What it points to lives until it returns.
        unsafe { (self.on_event)(self.raw.context, &raw) };
    }

    fn taken_on(&self) {
        self.taken_on.store(true, Relaxed);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(release) = self.raw.release
            && *self.taken_on.get_mut()
        {
            // SAFETY: `of` was promised that it fits its context. Nobody else has this, so that `on_event` was called for
            // the last time.
            unsafe { release(self.raw.context) };
        }
    }
}
