//! Checks Holdover's annotations, lowers them to a policy, and generates clients.
//!
//! The crate is pure: it reads files through [`load::Sources`], and hands back values. `clippy.toml` beside this crate
//! bans the file system, the environment, processes and the clock.
//!
//! [`pipeline`] is the place to start reading.
#![forbid(unsafe_code)]

pub mod annotation;
pub mod check;
pub mod diagnostic;
mod duration;
pub mod explain;
pub mod ir;
pub mod load;
pub mod lower;
pub mod pipeline;
pub mod policy;
pub mod target;
