//! End-to-end tests against real servers.
#![forbid(unsafe_code)]
