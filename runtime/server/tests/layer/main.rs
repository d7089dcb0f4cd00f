//! The layer around services that answer with anything, and around a real tonic server.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod answer;
mod protocols;
mod streams;
mod support;
mod tonic_server;
