//! The JVM's way over the boundary: what `dev.holdover.internal.Native` declares, in `tests/jni/.../Native.java` as here.
//!
//! The functions are those of the C ABI, with these differences:
//!
//! - Messages are `byte[]`, and null is no bytes. Handles, ids and tokens are `long`.
//! - A function that can say why it failed takes a `byte[][] error` of one element, or null, and puts an encoded `Error` in.
//! - There are no callbacks. `runtimeNew` gives a queue, and one daemon thread calls `next(queue, facts, bytes)`, which blocks
//!   until there are events and returns how many it has given; 0 when there will be no more, and the queue is gone; -1 when
//!   the JVM had no memory for them, and they are given again; -2 when there is no such queue, or an array is too short. So no thread of the core is ever attached to the JVM, and none keeps it from
//!   exiting. Of the states of an observer that are waiting only the newest is given.
//! - A snapshot's bytes are copied: one `byte[]` holds value, last known value and error, one after the other.
//!
//! Facts are `long`s: [`SNAPSHOT_FACTS`] of a snapshot, and [`EVENT_FACTS`] of each event, whose snapshot's come last.
//!
//! | of an event | | of a snapshot | |
//! | --- | --- | --- | --- |
//! | 0 | kind, flags << 32 | 0 | `as_of_ms` |
//! | 1 | op | 1 | `age_ns` |
//! | 2 | token | 2 | source, freshness << 8, detail << 16, flags << 24 |
//! | 3 | code, count << 32 | 3 | length of the value |
//! | 4 … 9 | its snapshot's facts; 2 of them is 0 if it has none | 4 | length of the last known value |
//! | | | 5 | length of the error |

mod answer;
mod calls;
mod lifetime;
mod queue;
#[cfg(feature = "testing")]
mod stories;

pub use calls::*;
pub use lifetime::*;
#[cfg(feature = "testing")]
pub use stories::*;

/// How many facts there are of a snapshot.
pub const SNAPSHOT_FACTS: usize = 6;
/// How many facts there are of an event.
pub const EVENT_FACTS: usize = 4 + SNAPSHOT_FACTS;

use crate::buffer::Hit;
use crate::host::{Body, Event};

/// The facts of a snapshot.
fn facts_of_hit(hit: &Hit) -> [i64; SNAPSHOT_FACTS] {
    let view = hit.view();
    let length = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
    [
        view.as_of_ms,
        i64::try_from(view.age_ns).unwrap_or(i64::MAX),
        i64::from(u32::from_le_bytes([view.source, view.freshness, view.detail, view.flags])),
        length(view.value.len),
        length(view.last_known.len),
        length(view.error.len),
    ]
}

/// The facts of an event.
fn facts_of(event: &Event) -> [i64; EVENT_FACTS] {
    let pair = |low: u32, high: u32| (u64::from(high) << 32 | u64::from(low)).cast_signed();
    let mut facts = [0; EVENT_FACTS];
    facts[0] = pair(event.kind, event.flags);
    facts[1] = event.op.cast_signed();
    facts[2] = event.token.cast_signed();
    facts[3] = pair(event.code.cast_unsigned(), event.count);
    if let Body::Snapshot(hit) = &event.body {
        facts[4..].copy_from_slice(&facts_of_hit(hit));
    }
    facts
}

/// The bytes of a snapshot, one after the other.
fn with_bytes<R>(hit: &Hit, read: impl FnOnce(&[u8]) -> R) -> R {
    match (hit.last_known(), hit.error()) {
        (None, error) if error.is_empty() => read(&hit.snapshot.value),
        (last_known, error) => {
            let last_known = last_known.map(|bytes| &bytes[..]).unwrap_or_default();
            read(&[&hit.snapshot.value[..], last_known, error].concat())
        }
    }
}
