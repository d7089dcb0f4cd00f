//! Checks Holdover's annotations, lowers them to a policy, and generates clients.
//!
//! [`pipeline`] is the place to start reading.
#![forbid(unsafe_code)]

pub mod ir;
pub mod pipeline;
pub mod similar;
pub mod target;
