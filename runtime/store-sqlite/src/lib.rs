//! Holdover's persistent cache, in SQLite.
#![forbid(unsafe_code)]
