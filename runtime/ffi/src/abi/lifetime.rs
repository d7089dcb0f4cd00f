//! Runtimes, sessions, policies, and what is borrowed.

use super::{HoldoverBuffer, HoldoverBytes, HoldoverHost, codes};
use crate::guard::{Reported, handle, run};
use crate::host::Host;
use crate::{buffer, runtime, session};

/// The version of this library's boundary: compare it with `HOLDOVER_ABI_VERSION` of the header before anything else.
#[unsafe(no_mangle)]
pub extern "C" fn holdover_abi_version() -> u32 {
    codes::HOLDOVER_ABI_VERSION
}

/// Makes a runtime of a `RuntimeConfig`. No IO and no threads yet. Returns its handle, or 0 with the reason in `error`.
///
/// `host` is copied. Where 0 is returned, `host->release` has not been called and will not be.
///
/// # Safety
///
/// `config` is readable, `host` points to a `HoldoverHost` whose functions fit its context and stay callable until
/// `release` was called; `error` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn holdover_runtime_new(
    config: HoldoverBytes,
    host: *const HoldoverHost,
    error: *mut HoldoverBuffer,
) -> u64 {
    // SAFETY: the caller promises that `error` is null or writable.
    let error = unsafe { Reported::new(error) };
    handle(error, || {
        // SAFETY: the caller promises that `config` is readable.
        let config = unsafe { config.get("config")? };
        // SAFETY: the caller promises that `host` is null or points to a host that fits its context.
        let host = unsafe { Host::of(host)? };
        runtime::open(&config, host)
    })
}

/// Ends a runtime and its sessions: every operation gets its terminal event before this returns, unless another thread is
/// just telling it. What the store was told before is still written. To wait for that, use the command `shutdown` first.
///
/// # Safety
///
/// None: any number may be passed.
#[unsafe(no_mangle)]
pub extern "C" fn holdover_runtime_free(runtime: u64) -> i32 {
    run(Reported::NOWHERE, || runtime::free(runtime))
}

/// Registers an encoded policy set, as generated code embeds it. The same bytes may be registered again and give the same
/// methods. `registered` becomes an encoded `Registered`, to be released.
///
/// # Safety
///
/// `policy` is readable; `registered` and `error` are each null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn holdover_policy_register(
    runtime: u64,
    policy: HoldoverBytes,
    registered: *mut HoldoverBuffer,
    error: *mut HoldoverBuffer,
) -> i32 {
    // SAFETY: the caller promises that `error` is null or writable.
    let error = unsafe { Reported::new(error) };
    run(error, || {
        // SAFETY: the caller promises that `policy` is readable.
        let policy = unsafe { policy.get("policy")? };
        let methods = runtime::find(runtime)?.register(policy)?;
        // SAFETY: the caller promises that `registered` is null or writable.
        unsafe { buffer::give(methods, registered) }
    })
}

/// Opens a session of a `SessionConfig`. Returns its handle, or 0 with the reason in `error`.
///
/// # Safety
///
/// `config` is readable; `error` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn holdover_session_new(
    runtime: u64,
    config: HoldoverBytes,
    error: *mut HoldoverBuffer,
) -> u64 {
    // SAFETY: the caller promises that `error` is null or writable.
    let error = unsafe { Reported::new(error) };
    handle(error, || {
        // SAFETY: the caller promises that `config` is readable.
        let config = unsafe { config.get("config")? };
        session::open(&runtime::find(runtime)?, &config)
    })
}

/// Closes a session: nothing can be started on it any more. What runs goes on.
///
/// # Safety
///
/// None: any number may be passed.
#[unsafe(no_mangle)]
pub extern "C" fn holdover_session_close(session: u64) -> i32 {
    run(Reported::NOWHERE, || session::close(session))
}

/// Counters: `stats` becomes an encoded `Stats`, to be released.
///
/// # Safety
///
/// `stats` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn holdover_stats(runtime: u64, stats: *mut HoldoverBuffer) -> i32 {
    run(Reported::NOWHERE, || {
        let counters = runtime::find(runtime)?.stats();
        // SAFETY: the caller promises that `stats` is null or writable.
        unsafe { buffer::give(counters, stats) }
    })
}

/// Gives back a hit of `holdover_probe`, or a buffer by its `owner`. Its bytes must not be read any more. 0 is ignored.
///
/// # Safety
///
/// None: any number may be passed.
#[unsafe(no_mangle)]
pub extern "C" fn holdover_release(owner: u64) -> i32 {
    run(Reported::NOWHERE, || buffer::release(owner))
}
