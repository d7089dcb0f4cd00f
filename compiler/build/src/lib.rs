//! Compiles annotated protos from a build script.
#![forbid(unsafe_code)]
