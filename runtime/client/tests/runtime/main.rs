//! The runtime end to end: the real engine over a scripted network, step by step on one thread, in virtual time.
#![allow(clippy::unwrap_used, reason = "tests unwrap")]

mod calls;
mod configuration;
mod credentials;
mod host;
mod life;
mod observing;
mod panics;
mod replays;
mod restarts;
mod rides;
mod sequences;
mod streams;
mod threads;
mod trimming;
