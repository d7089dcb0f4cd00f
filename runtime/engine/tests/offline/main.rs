//! What calls get while their endpoint is known to be offline, and when it is back (rules I1, C2, H4).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

#[path = "../rig/mod.rs"]
mod rig;

mod advice;
mod endpoints;
mod expected;
mod waiting;
mod ways;
mod windows;

use std::time::Duration;

pub(crate) const S: Duration = Duration::from_secs(1);
pub(crate) const NS: Duration = Duration::from_nanos(1);
