//! Placeholder until the workspace has something to run.
#![forbid(unsafe_code)]
fn main() {}
