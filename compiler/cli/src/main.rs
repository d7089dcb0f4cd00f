//! The `holdover` command.
#![forbid(unsafe_code)]
fn main() {}
