//! Tests of the compiler from the outside.
#![forbid(unsafe_code)]
