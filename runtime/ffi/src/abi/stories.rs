//! Vectors that are replayed through a host: only in libraries that are built for tests.

use super::{HoldoverBuffer, HoldoverBytes};
use crate::guard::{Reported, handle, run};
use crate::{buffer, story};

/// Begins the story of a vector, given as JSON, that speaks the API with this policy. Returns its handle, or 0 with the
/// reason in `error`. What a host does with it is said in runtime/ffi/src/story.rs.
///
/// # Safety
///
/// `policy` and `vector` are readable; `error` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn holdover_story_new(
    policy: HoldoverBytes,
    vector: HoldoverBytes,
    error: *mut HoldoverBuffer,
) -> u64 {
    // SAFETY: the caller promises that `error` is null or writable.
    let error = unsafe { Reported::new(error) };
    handle(error, || {
        // SAFETY: the caller promises that both are readable.
        let (policy, vector) = unsafe { (policy.get("policy")?, vector.get("vector")?) };
        story::open(policy, &vector)
    })
}

/// Takes an array of reports, and gives the next instruction, to be released, both in JSON. Hosts are told of deliveries
/// inside of this. One call at a time.
///
/// # Safety
///
/// `reports` is readable; `instruction` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn holdover_story_next(
    story: u64,
    reports: HoldoverBytes,
    instruction: *mut HoldoverBuffer,
) -> i32 {
    run(Reported::NOWHERE, || {
        // SAFETY: the caller promises that `reports` is readable.
        let reports = unsafe { reports.get("reports")? };
        let next = story::find(story)?.next(&reports);
        // SAFETY: the caller promises that `instruction` is null or writable.
        unsafe { buffer::give(next, instruction) }
    })
}

/// Ends a story, wherever it is. Free its last runtime, too.
///
/// # Safety
///
/// None: any number may be passed.
#[unsafe(no_mangle)]
pub extern "C" fn holdover_story_free(story: u64) -> i32 {
    run(Reported::NOWHERE, || story::free(story))
}
