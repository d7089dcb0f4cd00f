//! Calls, commands, hints, and the host's answers.

use super::{HoldoverBuffer, HoldoverBytes, HoldoverSnapshot};
use crate::guard::{Reported, number, run};
use crate::{buffer, command, hint, runtime, session};

/// What memory has, at once: on this thread, without a wait for the disk. Returns a hit that is to be released, and fills
/// `snapshot`, whose bytes live until then. 0: memory has nothing that may be served; or an argument is wrong, which
/// `holdover_start` would explain.
///
/// # Safety
///
/// `request` and `options` are readable; `snapshot` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn holdover_probe(
    session: u64,
    method: u32,
    request: HoldoverBytes,
    options: HoldoverBytes,
    snapshot: *mut HoldoverSnapshot,
) -> u64 {
    number(|| {
        // SAFETY: the caller promises that both are readable.
        let (request, options) = unsafe { (request.get("request")?, options.get("options")?) };
        let Some(hit) = session::find(session)?.probe(method, &request, &options)? else { return Ok(0) };
        // SAFETY: the caller promises that `snapshot` is null or writable.
        unsafe { buffer::lend(hit, snapshot) }
    })
}

/// The id of an operation that is going to be started: 0 if there is no such runtime. It exists before the start, so that
/// cancelling needs no lock of the host's: what is cancelled first ends as soon as it is started. Every id is to be used
/// for one start, put or command, whatever comes of that.
///
/// # Safety
///
/// None: any number may be passed.
#[unsafe(no_mangle)]
pub extern "C" fn holdover_op_new(runtime: u64) -> u64 {
    number(|| runtime::find(runtime)?.operations().reserve())
}

/// Starts a call: `form` is `HOLDOVER_GET` and so on, `method` is from `Registered`, `options` an encoded `CallOptions`.
///
/// Where this returns `HOLDOVER_OK`, events about the operation carry `token`, and exactly one of them is terminal: it may
/// have come before this returns. Otherwise no event comes at all, and the id is used up.
///
/// # Safety
///
/// `request` and `options` are readable; `error` is null or writable.
#[unsafe(no_mangle)]
#[allow(
    clippy::too_many_arguments,
    reason = "a C function has no other way to name them, and a struct costs as much"
)]
pub unsafe extern "C" fn holdover_start(
    session: u64,
    op: u64,
    token: u64,
    form: u32,
    method: u32,
    request: HoldoverBytes,
    options: HoldoverBytes,
    error: *mut HoldoverBuffer,
) -> i32 {
    // SAFETY: the caller promises that `error` is null or writable.
    let error = unsafe { Reported::new(error) };
    run(error, || {
        // SAFETY: the caller promises that both are readable.
        let (request, options) = unsafe { (request.get("request")?, options.get("options")?) };
        session::find(session)?.start(op, token, form, method, request, &options)
    })
}

/// Stores an answer that the app has from elsewhere: shown as stale, and refreshed. As `holdover_start`; ends with
/// `HOLDOVER_EVENT_DONE`.
///
/// # Safety
///
/// `request`, `value` and `options` are readable; `error` is null or writable.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "as `holdover_start`")]
pub unsafe extern "C" fn holdover_put(
    session: u64,
    op: u64,
    token: u64,
    method: u32,
    request: HoldoverBytes,
    value: HoldoverBytes,
    options: HoldoverBytes,
    error: *mut HoldoverBuffer,
) -> i32 {
    // SAFETY: the caller promises that `error` is null or writable.
    let error = unsafe { Reported::new(error) };
    run(error, || {
        // SAFETY: the caller promises that all three are readable.
        let (request, value, options) =
            unsafe { (request.get("request")?, value.get("value")?, options.get("options")?) };
        session::find(session)?.put(op, token, method, request, value, &options)
    })
}

/// Cancels an operation: its terminal event has been told when this returns, or is just being told on another thread. An
/// operation that has not started ends with its start. One that has ended is left alone, which is no mistake.
///
/// # Safety
///
/// None: any numbers may be passed.
#[unsafe(no_mangle)]
pub extern "C" fn holdover_cancel(runtime: u64, op: u64) -> i32 {
    run(Reported::NOWHERE, || runtime::find(runtime)?.operations().cancel(op))
}

/// Asks for `items` more items of a stream: no more than what was asked for is ever delivered, and none before. With the
/// `op` of an HTTP request whose body is streamed: asks for so many more pieces of it.
///
/// # Safety
///
/// None: any numbers may be passed.
#[unsafe(no_mangle)]
pub extern "C" fn holdover_credit(runtime: u64, op: u64, items: u32) -> i32 {
    run(Reported::NOWHERE, || runtime::find(runtime)?.credit(op, items))
}

/// Sends a message of the client's sequence: one for each that `HOLDOVER_EVENT_CREDIT` allows. More ends the stream with
/// `HOLDOVER_MISUSE`. Of a stream that has ended: nothing happens.
///
/// # Safety
///
/// `message` is readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn holdover_send(runtime: u64, op: u64, message: HoldoverBytes) -> i32 {
    run(Reported::NOWHERE, || {
        // SAFETY: the caller promises that `message` is readable.
        let message = unsafe { message.get("message")? };
        runtime::find(runtime)?.send(op, message)
    })
}

/// The client's sequence is complete.
///
/// # Safety
///
/// None: any numbers may be passed.
#[unsafe(no_mangle)]
pub extern "C" fn holdover_half_close(runtime: u64, op: u64) -> i32 {
    run(Reported::NOWHERE, || runtime::find(runtime)?.half_close(op))
}

/// Carries out an encoded `Command`. As `holdover_start`; ends with `HOLDOVER_EVENT_DONE`. Cancelling stops nothing but
/// the wait.
///
/// # Safety
///
/// `command` is readable; `error` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn holdover_command(
    runtime: u64,
    op: u64,
    token: u64,
    command: HoldoverBytes,
    error: *mut HoldoverBuffer,
) -> i32 {
    // SAFETY: the caller promises that `error` is null or writable.
    let error = unsafe { Reported::new(error) };
    run(error, || {
        // SAFETY: the caller promises that `command` is readable.
        let command = unsafe { command.get("command")? };
        command::carry_out(&runtime::find(runtime)?, op, token, &command)
    })
}

/// Tells the core a fact, by an encoded `Hint`. It takes effect at once.
///
/// # Safety
///
/// `hint` is readable; `error` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn holdover_hint(runtime: u64, hint: HoldoverBytes, error: *mut HoldoverBuffer) -> i32 {
    // SAFETY: the caller promises that `error` is null or writable.
    let error = unsafe { Reported::new(error) };
    run(error, || {
        // SAFETY: the caller promises that `hint` is readable.
        let hint = unsafe { hint.get("hint")? };
        hint::take_in(&runtime::find(runtime)?, &hint)
    })
}

/// Answers what the core asked: `request` is the `op` of its event, `kind` is `HOLDOVER_REPLY_*`. Returns `HOLDOVER_GONE`
/// where nobody waits for it any more. May be called on any thread, and inside of the callback.
///
/// # Safety
///
/// `bytes` is readable; `error` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn holdover_reply(
    runtime: u64,
    request: u64,
    kind: u32,
    bytes: HoldoverBytes,
    error: *mut HoldoverBuffer,
) -> i32 {
    // SAFETY: the caller promises that `error` is null or writable.
    let error = unsafe { Reported::new(error) };
    run(error, || {
        // SAFETY: the caller promises that `bytes` is readable.
        let bytes = unsafe { bytes.get("bytes")? };
        runtime::find(runtime)?.requests().reply(request, kind, bytes)
    })
}
