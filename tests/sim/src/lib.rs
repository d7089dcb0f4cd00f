//! Vectors and the reference model: what the runtime promises, checked against the engine.
#![forbid(unsafe_code)]

pub mod files;
pub mod host;
pub mod invariants;
pub mod message;
pub mod model;
pub mod quality;
pub mod script;
pub mod server;
mod setting;
pub mod streams;
