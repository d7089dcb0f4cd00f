//! Streams (section G): passed through, kept, shared, opened again.

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

#[path = "../rig/mod.rs"]
mod rig;

mod invalidating;
mod moved;
mod noted;
mod passed_through;
mod reconnected;
mod replayed;
mod shared;
mod trimmed;
