//! Tests of the compiler from the outside.
#![forbid(unsafe_code)]

pub mod compare;
pub mod golden;
pub mod known;
pub mod protoc;
pub mod schemas;
