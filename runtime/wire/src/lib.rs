//! Pruning, presence checks, keys and tags on encoded protobuf messages, without decoding them.
//!
//! A [`Schema`] is compiled from a policy once; it checks everything that can be checked. Its plans then work on encoded
//! messages: a [`Pruner`] leaves out what poor networks do not need, a [`Presence`] says whether a response has what its API
//! promises, a [`Keyer`] writes the canonical cache key of a request, a [`Template`] renders tags and a [`ReadMask`] fills
//! a request's field mask. [`frame`] reads and writes the envelopes of gRPC and Connect.
//!
//! Messages come from outside. Nothing here panics on any input, and [`Limits`] bound the work.
#![forbid(unsafe_code)]

mod cursor;
mod error;
pub mod frame;
mod key;
mod limits;
mod mask;
mod presence;
mod prune;
mod resolve;
mod schema;
mod tag;

pub use error::{PolicyError, WireError};
pub use key::{KeyOutcome, Keyer};
pub use limits::Limits;
pub use mask::ReadMask;
pub use presence::{Missing, Presence, PresenceError};
pub use prune::{Pruned, Pruner};
pub use schema::{Method, Schema};
pub use tag::{Tag, TagPart, Template, json};
