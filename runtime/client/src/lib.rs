//! Drives the engine: sessions, calls and observers over pluggable transports and stores.
#![forbid(unsafe_code)]
