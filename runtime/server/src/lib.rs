//! A tower layer that trims responses when a client on a poor network asks for it.
#![forbid(unsafe_code)]
