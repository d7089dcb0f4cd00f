//! Vectors that are replayed through a host: `dev.holdover.internal.NativeStory`, only in libraries built for tests.
#![allow(unsafe_code, reason = "exported names")]

use jni::EnvUnowned;
use jni::objects::{JByteArray, JClass};
use jni::sys::{jint, jlong};

use super::answer::{Errors, array, coded, number, read};
use crate::story;

/// `static native long storyNew(byte[] policy, byte[] vector, byte[][] error);`
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_NativeStory_storyNew<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    policy: JByteArray<'caller>,
    vector: JByteArray<'caller>,
    error: Errors<'caller>,
) -> jlong {
    number(&mut env, Some(&error), |env| Ok(story::open(read(env, &policy)?, &read(env, &vector)?)?))
}

/// `static native byte[] storyNext(long story, byte[] reports);` Null: there is no such story.
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_NativeStory_storyNext<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    story: jlong,
    reports: JByteArray<'caller>,
) -> JByteArray<'caller> {
    array(&mut env, None, |env| {
        let next = story::find(story.cast_unsigned())?.next(&read(env, &reports)?);
        Ok(Some(env.byte_array_from_slice(&next)?))
    })
}

/// `static native int storyFree(long story);`
#[unsafe(no_mangle)]
pub extern "system" fn Java_dev_holdover_internal_NativeStory_storyFree<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    story: jlong,
) -> jint {
    coded(&mut env, None, |_| Ok(story::free(story.cast_unsigned())?))
}
