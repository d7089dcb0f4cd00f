//! Tests of the compiler from the outside.
#![forbid(unsafe_code)]

pub mod compare;
pub mod differential;
pub mod golden;
pub mod known;
pub mod protoc;
pub mod schemas;

use std::io;

/// Reads a file for `IncludePaths`.
///
/// # Errors
/// Those of the file system, except that a file is not there.
pub fn read(path: &str) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
