//! Clients that keep working on bad networks: what Rust apps import.
#![forbid(unsafe_code)]
