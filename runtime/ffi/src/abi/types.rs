//! What crosses the boundary beside integers.

use std::ffi::c_void;

/// Bytes that somebody else owns. `ptr` may be null where `len` is 0.
///
/// As an argument of a function they are read before it returns. In a callback they are valid until it returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct HoldoverBytes {
    /// Where they begin.
    pub ptr: *const u8,
    /// How many there are.
    pub len: usize,
}

/// Bytes that the core made for the host: valid until `holdover_release(owner)`. `owner` is 0 where there are none.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct HoldoverBuffer {
    /// The bytes.
    pub bytes: HoldoverBytes,
    /// What to release.
    pub owner: u64,
}

/// A value and where it came from. The bytes live as long as the event, or until the hit is released.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct HoldoverSnapshot {
    /// The encoded message.
    pub value: HoldoverBytes,
    /// The last full answer that is still stored, where `value` lacks something and `flags` says so.
    pub last_known: HoldoverBytes,
    /// Why the last refresh failed: an encoded `Error`. Nothing, if it did not.
    pub error: HoldoverBytes,
    /// When the server gave the value, in milliseconds since 1970 by the wall clock.
    pub as_of_ms: i64,
    /// How long ago that was when this was made, by a clock that goes on while the device sleeps.
    pub age_ns: u64,
    /// `HOLDOVER_SOURCE_*`
    pub source: u8,
    /// `HOLDOVER_FRESH` and so on.
    pub freshness: u8,
    /// `HOLDOVER_DETAIL_*`
    pub detail: u8,
    /// `HOLDOVER_SNAPSHOT_*`, added up.
    pub flags: u8,
}

/// What the core tells the host.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct HoldoverEvent {
    /// `HOLDOVER_EVENT_*`
    pub kind: u32,
    /// `HOLDOVER_FLAG_*`, added up.
    pub flags: u32,
    /// The operation, or the id of what the core asks; 0 where there is neither.
    pub op: u64,
    /// The token of the operation, as the host gave it; 0 where there is none.
    pub token: u64,
    /// `HOLDOVER_OK`, or why something failed.
    pub code: i32,
    /// As the kind says.
    pub count: u32,
    /// Null where the kind has none.
    pub snapshot: *const HoldoverSnapshot,
    /// As the kind says.
    pub bytes: HoldoverBytes,
}

/// Who hears what the core tells.
///
/// `on_event` is called on threads of the core, and on a thread of the host's while that is inside of a function of this
/// library, and from several threads at a time; about one operation one after the other, in order. The core holds no lock
/// meanwhile, so it may call anything here; it must not block, must not take a lock that the host holds around calls
/// into this library, and must not unwind.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct HoldoverHost {
    /// Handed to both functions. The core does nothing else with it.
    pub context: *mut c_void,
    /// Hears everything.
    pub on_event: Option<unsafe extern "C" fn(context: *mut c_void, event: *const HoldoverEvent)>,
    /// Called once, when `on_event` has returned for the last time; may be null.
    pub release: Option<unsafe extern "C" fn(context: *mut c_void)>,
}
