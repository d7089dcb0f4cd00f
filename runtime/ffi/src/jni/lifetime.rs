//! Runtimes, sessions, policies, and the events that the JVM comes for.
#![allow(unsafe_code, reason = "exported names")]

use jni::EnvUnowned;
use jni::objects::{JByteArray, JClass, JLongArray};
use jni::sys::{jint, jlong};

use super::answer::{Errors, Failed, array, attempt, coded, number, read};
use super::queue::{self, Given};
use super::{EVENT_FACTS, facts_of, with_bytes};
use crate::abi::HOLDOVER_ABI_VERSION;
use crate::host::Body;
use crate::{runtime, session};

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
