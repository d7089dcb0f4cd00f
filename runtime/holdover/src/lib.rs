//! Clients that keep working on bad networks: what Rust apps import.
#![forbid(unsafe_code)]

pub use holdover_client::*;
/// What generated messages are made with.
pub use prost;
