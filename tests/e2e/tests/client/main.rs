//! The generated client against real servers.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod cancellation;
mod deadline;
mod detail;
mod interception;
mod invalidation;
mod limits;
mod required;
mod restart;
mod session;
mod statuses;
mod streams;
mod success;
mod token;
mod unaware;
mod windows;
