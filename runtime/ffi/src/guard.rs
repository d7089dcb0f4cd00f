//! The edge of the boundary: results become codes, panics are caught, arguments are looked at.
#![allow(unsafe_code, reason = "reads and writes what the caller of the C ABI points to")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use holdover_client::{Error, ErrorKind};

use crate::abi::{HOLDOVER_BUG, HOLDOVER_GONE, HOLDOVER_OK, HoldoverBuffer, HoldoverBytes};
use crate::{buffer, message};

/// Why a function did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// With the error's number.
    Error(Box<Error>),
    /// Nobody waits for it any more.
    Gone,
}

impl Refusal {
    pub(crate) fn misuse(message: impl Into<String>) -> Self {
        Error::misuse(message).into()
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(Box::new(error))
    }
}

/// The code of an error.
pub(crate) fn code(error: &Error) -> i32 {
    i32::try_from(error.kind.number()).unwrap_or(HOLDOVER_BUG)
}

/// Where an error is told, if anywhere.
#[derive(Clone, Copy)]
pub(crate) struct Reported(*mut HoldoverBuffer);

impl Reported {
    /// The caller has asked for a code only.
    pub(crate) const NOWHERE: Self = Self(std::ptr::null_mut());

    /// # Safety
    ///
    /// `buffer` is null, or aligned and writable until the function at the boundary returns.
    pub(crate) unsafe fn new(buffer: *mut HoldoverBuffer) -> Self {
        if !buffer.is_null() {
            // SAFETY: the caller promises that it is writable.
            unsafe { buffer.write(HoldoverBuffer::EMPTY) };
        }
        Self(buffer)
    }

    fn report(self, error: &Error) {
        if !self.0.is_null() {
            // SAFETY: `new` was promised that it is writable for as long as this is used.
            let told = unsafe { buffer::give(message::error(error), self.0) };
            debug_assert!(told.is_ok(), "there is somewhere to write");
        }
    }
}

/// Does something for a function that returns a code.
pub(crate) fn run(error: Reported, act: impl FnOnce() -> Result<(), Refusal>) -> i32 {
    attempt(error, act).err().unwrap_or(HOLDOVER_OK)
}

/// Does something for a function that returns a number, which is 0 where it failed.
pub(crate) fn number(act: impl FnOnce() -> Result<u64, Refusal>) -> u64 {
    handle(Reported::NOWHERE, act)
}

/// The same, and reports why.
pub(crate) fn handle(error: Reported, act: impl FnOnce() -> Result<u64, Refusal>) -> u64 {
    attempt(error, act).unwrap_or(0)
}

fn attempt<R>(report: Reported, act: impl FnOnce() -> Result<R, Refusal>) -> Result<R, i32> {
    // What is shared is locked by types that survive a panic, and a runtime that has one inside ends itself.
    match catch_unwind(AssertUnwindSafe(act)) {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(Refusal::Gone)) => Err(HOLDOVER_GONE),
        Ok(Err(Refusal::Error(error))) => {
            report.report(&error);
            Err(code(&error))
        }
        Err(panic) => {
            let cause = panic.downcast_ref::<&str>().copied();
            let cause = cause.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
            tracing::error!(cause, "a bug in holdover was caught at the boundary: please report it");
            report.report(&Error::new(
                ErrorKind::Unusable,
                "a bug in holdover, which is in the log: report it",
            ));
            Err(HOLDOVER_BUG)
        }
    }
}

impl HoldoverBytes {
    pub(crate) const EMPTY: Self = Self { ptr: std::ptr::null(), len: 0 };

    /// What is pointed to, copied. `name` is the argument's, for the error.
    ///
    /// # Safety
    ///
    /// `ptr` is null or readable for `len` bytes.
    pub(crate) unsafe fn get(self, name: &str) -> Result<Bytes, Refusal> {
        if self.len == 0 {
            return Ok(Bytes::new());
        }
        if self.ptr.is_null() {
            return Err(Refusal::misuse(format!("`{name}` is null, yet has {} bytes", self.len)));
        }
        if isize::try_from(self.len).is_err() {
            return Err(Refusal::misuse(format!("`{name}` cannot have {} bytes", self.len)));
        }
        // SAFETY: it is not null, no longer than anything can be, and the caller promises that it is readable.
        Ok(Bytes::copy_from_slice(unsafe { std::slice::from_raw_parts(self.ptr, self.len) }))
    }

    /// What somebody holds for as long as this is read.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() { Self::EMPTY } else { Self { ptr: bytes.as_ptr(), len: bytes.len() } }
    }
}

impl HoldoverBuffer {
    pub(crate) const EMPTY: Self = Self { bytes: HoldoverBytes::EMPTY, owner: 0 };
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::boundary;

    #[test]
    fn a_panic_is_a_code_and_goes_no_further() {
        let mut buffer = HoldoverBuffer::EMPTY;
        // SAFETY: it lives until the end of this test.
        let report = unsafe { Reported::new(&raw mut buffer) };
        assert_eq!(run(report, || panic!("{} of words", "made")), HOLDOVER_BUG);
        // SAFETY: the buffer was filled, and is released below.
        let told = unsafe { std::slice::from_raw_parts(buffer.bytes.ptr, buffer.bytes.len) };
        assert!(boundary::Error::decode(told).unwrap().message.contains("report it"));
        buffer::release(buffer.owner).unwrap();
        assert_eq!(run(Reported::NOWHERE, || panic!("plain words")), HOLDOVER_BUG);
        assert_eq!(run(Reported::NOWHERE, || std::panic::panic_any(7)), HOLDOVER_BUG);
        assert_eq!(number(|| panic!("of a number")), 0);
        assert_eq!(run(Reported::NOWHERE, || Err(Refusal::Gone)), HOLDOVER_GONE);
    }

    /// Each exported function does all that it does in one of these.
    const GUARDS: [&str; 6] = ["run(", "number(", "handle(", "coded(", "array(", "attempt("];

    #[test]
    fn every_exported_function_is_guarded() {
        let sources = [
            include_str!("abi/calls.rs"),
            include_str!("abi/lifetime.rs"),
            include_str!("abi/stories.rs"),
            include_str!("jni/calls.rs"),
            include_str!("jni/lifetime.rs"),
            include_str!("jni/stories.rs"),
        ];
        let mut seen = 0;
        for source in sources {
            for function in source.split("#[unsafe(no_mangle)]").skip(1) {
                let body = function.split_once(" {\n").expect("a function has a body").1;
                let body = body.split_once("\n}").expect("which ends").0;
                // The version is a number that is there.
                let constant = function.contains("abi_version") || function.contains("abiVersion");
                assert!(constant || GUARDS.iter().any(|guard| body.contains(guard)), "{function}");
                seen += 1;
            }
        }
        assert!(seen > 35, "{seen} functions");
    }
}
