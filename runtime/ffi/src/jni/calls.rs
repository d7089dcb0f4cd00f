//! Calls, commands, hints, and the host's answers.
#![allow(unsafe_code, reason = "exported names")]

use bytes::Bytes;
use jni::EnvUnowned;
use jni::objects::{JByteArray, JClass, JLongArray};
use jni::sys::{jint, jlong};

use super::answer::{Errors, array, coded, number, read};
use super::{facts_of_hit, with_bytes};
use crate::guard::Refusal;
use crate::{command, hint, runtime, session};

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
