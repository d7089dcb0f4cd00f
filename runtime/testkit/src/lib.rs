//! Virtual clock, scripted network, vector replay and store conformance, for Holdover's own tests.
#![forbid(unsafe_code)]

pub mod api;
pub mod body;
pub mod clock;
pub mod live;
pub mod network;
pub mod random;
pub mod replay;
pub mod rules;
pub mod span;
pub mod store;
pub mod vector;
pub mod world;
