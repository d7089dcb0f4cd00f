//! Virtual clock, scripted network, vector replay and store conformance, for Holdover's own tests.
#![forbid(unsafe_code)]

pub mod body;
pub mod span;
pub mod vector;
