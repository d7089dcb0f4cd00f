//! The native methods.
#![allow(unsafe_code, reason = "exported names")]

use bytes::Bytes;
use jni::objects::{JByteArray, JClass, JLongArray, JObjectArray};
use jni::sys::{jint, jlong};
use jni::{Env, EnvUnowned, Outcome};

use super::queue::Given;
use super::{EVENT_FACTS, facts_of, facts_of_hit, queue, with_bytes};
use crate::abi::{HOLDOVER_ABI_VERSION, HOLDOVER_BUG, HOLDOVER_GONE, HOLDOVER_MISUSE, HOLDOVER_OK};
use crate::guard::{Refusal, code};
use crate::host::Body;
use crate::{command, hint, message, runtime, session};

/// Where an error is put, or null.
type Errors<'caller> = JObjectArray<'caller, JByteArray<'caller>>;

/// Why a method did not do what it was asked.
enum Failed {
    Refused(Refusal),
    /// The JVM has no memory, or an array is not what it should be.
    Jvm,
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<jni::errors::Error> for Failed {
    fn from(_: jni::errors::Error) -> Self {
        Self::Jvm
    }
}

/// Does something for the JVM. A panic stays here.
fn attempt<'caller, R>(
    env: &mut EnvUnowned<'caller>,
    errors: Option<&Errors<'_>>,
    act: impl FnOnce(&mut Env<'caller>) -> Result<R, Failed>,
) -> Result<R, jint> {
    let outcome = env.with_env(|env| -> jni::errors::Result<Result<R, jint>> {
        let refusal = match act(env) {
            Ok(result) => return Ok(Ok(result)),
            Err(Failed::Jvm) => return Ok(Err(HOLDOVER_MISUSE)),
            Err(Failed::Refused(refusal)) => refusal,
        };
        let Refusal::Error(error) = refusal else { return Ok(Err(HOLDOVER_GONE)) };
        if let Some(errors) = errors.filter(|errors| !errors.as_raw().is_null()) {
            let encoded = env.byte_array_from_slice(&message::error(&error))?;
            errors.set_element(env, 0, encoded)?;
        }
        Ok(Err(code(&error)))
    });
    match outcome.into_outcome() {
        Outcome::Ok(result) => result,
        Outcome::Err(_) => Err(HOLDOVER_MISUSE),
        Outcome::Panic(_) => {
            tracing::error!("a bug in holdover was caught at the boundary: please report it");
            Err(HOLDOVER_BUG)
        }
    }
}

fn coded<'caller>(
    env: &mut EnvUnowned<'caller>,
    errors: Option<&Errors<'_>>,
    act: impl FnOnce(&mut Env<'caller>) -> Result<(), Failed>,
) -> jint {
    attempt(env, errors, act).err().unwrap_or(HOLDOVER_OK)
}

/// A number, or 0 where it failed.
fn number<'caller>(
    env: &mut EnvUnowned<'caller>,
    errors: Option<&Errors<'_>>,
    act: impl FnOnce(&mut Env<'caller>) -> Result<u64, Failed>,
) -> jlong {
    attempt(env, errors, act).map_or(0, u64::cast_signed)
}

/// Bytes, or null where it failed or there are none.
fn array<'caller>(
    env: &mut EnvUnowned<'caller>,
    errors: Option<&Errors<'_>>,
    act: impl FnOnce(&mut Env<'caller>) -> Result<Option<JByteArray<'caller>>, Failed>,
) -> JByteArray<'caller> {
    attempt(env, errors, act).ok().flatten().unwrap_or_default()
}

/// What an array holds; nothing, if it is null.
fn read(env: &Env<'_>, array: &JByteArray<'_>) -> Result<Bytes, Failed> {
    if array.as_raw().is_null() {
        return Ok(Bytes::new());
    }
    Ok(env.convert_byte_array(array)?.into())
}

/// `static native int abiVersion();`
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_Native_abiVersion<'caller>(
    _env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
) -> jint {
    HOLDOVER_ABI_VERSION.cast_signed()
}

/// `static native long runtimeNew(byte[] config, long[] queue, byte[][] error);`
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_Native_runtimeNew<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    config: JByteArray<'caller>,
    given: JLongArray<'caller>,
    error: Errors<'caller>,
) -> jlong {
    number(&mut env, Some(&error), |env| {
        let config = read(env, &config)?;
        let (handle, host) = queue::open()?;
        // The queue first: without it the runtime could not be heard.
        let opened = given
            .set_region(env, 0, &[handle.cast_signed()])
            .map_err(Failed::from)
            .and_then(|()| Ok(runtime::open(&config, host)?));
        if opened.is_err() {
            queue::close(handle);
        }
        opened
    })
}

/// `static native int runtimeFree(long runtime);`
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_Native_runtimeFree<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    runtime: jlong,
) -> jint {
    coded(&mut env, None, |_| Ok(runtime::free(runtime.cast_unsigned())?))
}

/// `static native byte[] policyRegister(long runtime, byte[] policy, byte[][] error);` Null: it failed.
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_Native_policyRegister<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    runtime: jlong,
    policy: JByteArray<'caller>,
    error: Errors<'caller>,
) -> JByteArray<'caller> {
    array(&mut env, Some(&error), |env| {
        let registered = runtime::find(runtime.cast_unsigned())?.register(read(env, &policy)?)?;
        Ok(Some(env.byte_array_from_slice(&registered)?))
    })
}

/// `static native long sessionNew(long runtime, byte[] config, byte[][] error);`
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_Native_sessionNew<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    runtime: jlong,
    config: JByteArray<'caller>,
    error: Errors<'caller>,
) -> jlong {
    number(&mut env, Some(&error), |env| {
        Ok(session::open(&runtime::find(runtime.cast_unsigned())?, &read(env, &config)?)?)
    })
}

/// `static native int sessionClose(long session);`
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_Native_sessionClose<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    session: jlong,
) -> jint {
    coded(&mut env, None, |_| Ok(session::close(session.cast_unsigned())?))
}

/// `static native byte[] stats(long runtime);` Null: there is no such runtime.
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_Native_stats<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    runtime: jlong,
) -> JByteArray<'caller> {
    array(&mut env, None, |env| {
        let stats = runtime::find(runtime.cast_unsigned())?.stats();
        Ok(Some(env.byte_array_from_slice(&stats)?))
    })
}

/// `static native byte[] probe(long session, int method, byte[] request, byte[] options, long[] facts);` Null: memory has
/// nothing that may be served.
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_Native_probe<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    session: jlong,
    method: jint,
    request: JByteArray<'caller>,
    options: JByteArray<'caller>,
    facts: JLongArray<'caller>,
) -> JByteArray<'caller> {
    array(&mut env, None, |env| {
        let (request, options) = (read(env, &request)?, read(env, &options)?);
        let session = session::find(session.cast_unsigned())?;
        let Some(hit) = session.probe(method.cast_unsigned(), &request, &options)? else { return Ok(None) };
        facts.set_region(env, 0, &facts_of_hit(&hit))?;
        Ok(Some(with_bytes(&hit, |bytes| env.byte_array_from_slice(bytes))?))
    })
}

/// `static native long opNew(long runtime);`
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_Native_opNew<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    runtime: jlong,
) -> jlong {
    number(&mut env, None, |_| Ok(runtime::find(runtime.cast_unsigned())?.operations().reserve()?))
}

/// `static native int start(long session, long op, long token, int form, int method, byte[] request, byte[] options,
/// byte[][] error);`
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "as the C function")]
pub extern "system" fn Java_dev_holdover_internal_Native_start<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    session: jlong,
    op: jlong,
    token: jlong,
    form: jint,
    method: jint,
    request: JByteArray<'caller>,
    options: JByteArray<'caller>,
    error: Errors<'caller>,
) -> jint {
    coded(&mut env, Some(&error), |env| {
        let (request, options) = (read(env, &request)?, read(env, &options)?);
        let (op, token) = (op.cast_unsigned(), token.cast_unsigned());
        let (form, method) = (form.cast_unsigned(), method.cast_unsigned());
        let session = session::find(session.cast_unsigned())?;
        Ok(session.start(op, token, form, method, request, &options)?)
    })
}

/// `static native int put(long session, long op, long token, int method, byte[] request, byte[] value, byte[] options,
/// byte[][] error);`
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "as the C function")]
pub extern "system" fn Java_dev_holdover_internal_Native_put<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    session: jlong,
    op: jlong,
    token: jlong,
    method: jint,
    request: JByteArray<'caller>,
    value: JByteArray<'caller>,
    options: JByteArray<'caller>,
    error: Errors<'caller>,
) -> jint {
    coded(&mut env, Some(&error), |env| {
        let (request, value, options) = (read(env, &request)?, read(env, &value)?, read(env, &options)?);
        let (op, token, method) = (op.cast_unsigned(), token.cast_unsigned(), method.cast_unsigned());
        let session = session::find(session.cast_unsigned())?;
        Ok(session.put(op, token, method, request, value, &options)?)
    })
}

/// `static native int cancel(long runtime, long op);`
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_Native_cancel<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    runtime: jlong,
    op: jlong,
) -> jint {
    coded(&mut env, None, |_| {
        Ok(runtime::find(runtime.cast_unsigned())?.operations().cancel(op.cast_unsigned())?)
    })
}

/// `static native int credit(long runtime, long op, int items);`
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_Native_credit<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    runtime: jlong,
    op: jlong,
    items: jint,
) -> jint {
    coded(&mut env, None, |_| {
        let items = u32::try_from(items)
            .map_err(|_| Refusal::misuse("a stream cannot be asked for fewer items than none"))?;
        Ok(runtime::find(runtime.cast_unsigned())?.credit(op.cast_unsigned(), items)?)
    })
}

/// `static native int send(long runtime, long op, byte[] message);`
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_Native_send<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    runtime: jlong,
    op: jlong,
    message: JByteArray<'caller>,
) -> jint {
    coded(&mut env, None, |env| {
        Ok(runtime::find(runtime.cast_unsigned())?.send(op.cast_unsigned(), read(env, &message)?)?)
    })
}

/// `static native int halfClose(long runtime, long op);`
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_Native_halfClose<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    runtime: jlong,
    op: jlong,
) -> jint {
    coded(&mut env, None, |_| Ok(runtime::find(runtime.cast_unsigned())?.half_close(op.cast_unsigned())?))
}

/// `static native int command(long runtime, long op, long token, byte[] command, byte[][] error);`
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_Native_command<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    runtime: jlong,
    op: jlong,
    token: jlong,
    command: JByteArray<'caller>,
    error: Errors<'caller>,
) -> jint {
    coded(&mut env, Some(&error), |env| {
        let runtime = runtime::find(runtime.cast_unsigned())?;
        let command = read(env, &command)?;
        Ok(command::carry_out(&runtime, op.cast_unsigned(), token.cast_unsigned(), &command)?)
    })
}

/// `static native int hint(long runtime, byte[] hint, byte[][] error);`
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_Native_hint<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    runtime: jlong,
    hint: JByteArray<'caller>,
    error: Errors<'caller>,
) -> jint {
    coded(&mut env, Some(&error), |env| {
        Ok(hint::take_in(&runtime::find(runtime.cast_unsigned())?, &read(env, &hint)?)?)
    })
}

/// `static native int reply(long runtime, long request, int kind, byte[] bytes, int offset, int length, byte[][] error);`
/// The bytes may stand in a larger array, such as one that is read into again.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "as the C function")]
pub extern "system" fn Java_dev_holdover_internal_Native_reply<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    runtime: jlong,
    request: jlong,
    kind: jint,
    bytes: JByteArray<'caller>,
    offset: jint,
    length: jint,
    error: Errors<'caller>,
) -> jint {
    coded(&mut env, Some(&error), |env| {
        let runtime = runtime::find(runtime.cast_unsigned())?;
        let length = usize::try_from(length).map_err(|_| Refusal::misuse("`length` is negative"))?;
        let bytes = if length == 0 {
            Bytes::new()
        } else {
            // Looked at before so much memory is taken.
            let there = if bytes.as_raw().is_null() { 0 } else { bytes.len(env)? };
            if length > there {
                return Err(Refusal::misuse("`length` is more than the array has").into());
            }
            let mut copied = vec![0i8; length];
            bytes.get_region(env, offset, &mut copied)?;
            copied.into_iter().map(i8::cast_unsigned).collect()
        };
        Ok(runtime.requests().reply(request.cast_unsigned(), kind.cast_unsigned(), bytes)?)
    })
}

/// `static native int next(long queue, long[] facts, byte[][] bytes);`
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_Native_next<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    handle: jlong,
    facts: JLongArray<'caller>,
    bytes: Errors<'caller>,
) -> jint {
    let given = attempt(&mut env, None, |env| {
        let found = queue::find(handle.cast_unsigned())?;
        let most = (facts.len(env)? / EVENT_FACTS).min(bytes.len(env)?);
        if most == 0 {
            return Err(Failed::Jvm);
        }
        Ok(found.next(most, |index, event| {
            let mut take = || -> jni::errors::Result<()> {
                let taken = match &event.body {
                    Body::Snapshot(hit) => with_bytes(hit, |bytes| env.byte_array_from_slice(bytes))?,
                    Body::Bytes(bytes) if !bytes.is_empty() => env.byte_array_from_slice(bytes)?,
                    Body::Bytes(_) | Body::Nothing => JByteArray::default(),
                };
                bytes.set_element(env, index, &taken)?;
                env.delete_local_ref(taken);
                let start = jint::try_from(index * EVENT_FACTS).unwrap_or(jint::MAX);
                facts.set_region(env, start, &facts_of(event))
            };
            take().is_ok()
        }))
    });
    match given {
        Ok(Given::Events(events)) => jint::try_from(events).unwrap_or(jint::MAX),
        Ok(Given::Nothing) => -1,
        Err(_) => -2,
        Ok(Given::End) => {
            queue::close(handle.cast_unsigned());
            0
        }
    }
}
