//! What native methods answer: codes, numbers and arrays, whatever happens inside.

use bytes::Bytes;
use jni::objects::{JByteArray, JObjectArray};
use jni::sys::{jint, jlong};
use jni::{Env, EnvUnowned, Outcome};

use crate::abi::{HOLDOVER_BUG, HOLDOVER_GONE, HOLDOVER_MISUSE, HOLDOVER_OK};
use crate::guard::{Refusal, code};
use crate::message;

/// Where an error is put, or null.
pub(super) type Errors<'caller> = JObjectArray<'caller, JByteArray<'caller>>;

/// Why a method did not do what it was asked.
pub(super) enum Failed {
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
pub(super) fn attempt<'caller, R>(
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

pub(super) fn coded<'caller>(
    env: &mut EnvUnowned<'caller>,
    errors: Option<&Errors<'_>>,
    act: impl FnOnce(&mut Env<'caller>) -> Result<(), Failed>,
) -> jint {
    attempt(env, errors, act).err().unwrap_or(HOLDOVER_OK)
}

/// A number, or 0 where it failed.
pub(super) fn number<'caller>(
    env: &mut EnvUnowned<'caller>,
    errors: Option<&Errors<'_>>,
    act: impl FnOnce(&mut Env<'caller>) -> Result<u64, Failed>,
) -> jlong {
    attempt(env, errors, act).map_or(0, u64::cast_signed)
}

/// Bytes, or null where it failed or there are none.
pub(super) fn array<'caller>(
    env: &mut EnvUnowned<'caller>,
    errors: Option<&Errors<'_>>,
    act: impl FnOnce(&mut Env<'caller>) -> Result<Option<JByteArray<'caller>>, Failed>,
) -> JByteArray<'caller> {
    attempt(env, errors, act).ok().flatten().unwrap_or_default()
}

/// What an array holds; nothing, if it is null.
pub(super) fn read(env: &Env<'_>, array: &JByteArray<'_>) -> Result<Bytes, Failed> {
    if array.as_raw().is_null() {
        return Ok(Bytes::new());
    }
    Ok(env.convert_byte_array(array)?.into())
}
