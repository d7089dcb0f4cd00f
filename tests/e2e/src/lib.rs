//! Real servers for the end-to-end tests: tonic and connectrpc over loopback sockets, and what stands between a client
//! and its server on a bad day.
//!
//! A test scripts one [`Handler`] and lets any of the servers serve it; what they do with it (framing, compression,
//! statuses, deadlines) is their own. Servers run on threads of their own, so that one can be taken down in the middle of
//! a call as a crash would do it.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "only tests use it, and a panic is how they fail"
)]

/// The ride-pricing API, as apps import it.
#[allow(missing_docs, clippy::all, reason = "generated")]
pub mod pricing {
    pub mod v1 {
        holdover::include_proto!("pricing.v1");
    }
}

/// The compiled policy of the ride-pricing API, as its servers get it.
pub const POLICY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/policy.binpb"));

mod app;
mod clock;
mod connect;
mod handler;
mod identity;
mod pipe;
mod relay;
mod rides;
mod running;
mod site;
mod tonic_server;
mod untold;

pub use app::{App, PROTOCOLS, Tokens, ride, settled, state_with};
pub use clock::{PausedClock, TestClock};
pub use handler::{Answer, Asked, Handler, Messages, Refusal, Streamed, Streams};
pub use identity::Identity;
pub use pipe::{Accepted, Pipe, Shape};
pub use relay::Relay;
pub use rides::{Held, Rides, full_quote};
pub use running::{Server, portal};
pub use site::{Site, Stack, transport};
