//! Handles, their ends, and who owns what then.

use holdover_ffi::abi::*;
use prost::Message;

use crate::boundary::{Empty, RuntimeConfig, SessionConfig, command::Command};
use crate::host::{Host, NO_BUFFER, NOTHING, Reply, bytes, copy};
use crate::rides::{POLICY, World, config, open_session, ride};

fn world() -> World {
    World::new(Host::new(|_, _| Reply::Ok(ride("a"))))
}

#[test]
fn everything_that_is_closed_is_misuse_from_then_on() {
    let world = world();
    let (runtime, session) = (world.runtime, world.session);
    assert_eq!(holdover_session_close(session), HOLDOVER_OK);
    assert_eq!(holdover_session_close(session), HOLDOVER_MISUSE);
    let op = holdover_op_new(runtime);
    let start = |op| unsafe {
        holdover_start(session, op, 1, HOLDOVER_GET, 1, NOTHING, NOTHING, std::ptr::null_mut())
    };
    assert_eq!(start(op), HOLDOVER_MISUSE);
    let other = open_session(runtime, &SessionConfig::default());
    world.free();
    assert_eq!(holdover_runtime_free(runtime), HOLDOVER_MISUSE);
    assert_eq!(holdover_op_new(runtime), 0);
    assert_eq!(holdover_cancel(runtime, op), HOLDOVER_MISUSE);
    assert_eq!(holdover_credit(runtime, op, 1), HOLDOVER_MISUSE);
    assert_eq!(holdover_half_close(runtime, op), HOLDOVER_MISUSE);
    assert_eq!(holdover_session_close(other), HOLDOVER_MISUSE, "it went with its runtime");
    let nowhere = std::ptr::null_mut();
    unsafe {
        assert_eq!(holdover_send(runtime, op, NOTHING), HOLDOVER_MISUSE);
        assert_eq!(holdover_command(runtime, op, 1, NOTHING, nowhere), HOLDOVER_MISUSE);
        assert_eq!(holdover_hint(runtime, NOTHING, nowhere), HOLDOVER_MISUSE);
        assert_eq!(holdover_reply(runtime, 1, 1, NOTHING, nowhere), HOLDOVER_MISUSE);
        assert_eq!(holdover_stats(runtime, nowhere), HOLDOVER_MISUSE);
        assert_eq!(holdover_policy_register(runtime, bytes(POLICY), nowhere, nowhere), HOLDOVER_MISUSE);
        assert_eq!(holdover_session_new(runtime, NOTHING, nowhere), 0);
        assert_eq!(holdover_probe(other, 1, NOTHING, NOTHING, &mut std::mem::zeroed()), 0);
    }
}

#[test]
fn a_hit_outlives_its_session_and_its_runtime_until_it_is_released() {
    let world = world();
    world.start(1, HOLDOVER_GET, "Quote", &ride("r1"));
    world.host.of(1);
    let mut snapshot = unsafe { std::mem::zeroed() };
    let request = ride("r1");
    let method = world.method("Quote");
    let hit = unsafe { holdover_probe(world.session, method, bytes(&request), NOTHING, &mut snapshot) };
    assert_ne!(hit, 0);
    holdover_session_close(world.session);
    world.free();
    assert_eq!(copy(snapshot.value), ride("a"));
    assert_eq!(holdover_release(hit), HOLDOVER_OK);
    assert_eq!(holdover_release(hit), HOLDOVER_MISUSE);
    assert_eq!(holdover_release(0), HOLDOVER_OK);
}

#[test]
fn a_runtime_that_is_freed_ends_what_runs() {
    let world = World::new(Host::new(|_, _| Reply::Nothing));
    let reserved = holdover_op_new(world.runtime);
    let forms = [
        (1, HOLDOVER_GET, "Quote"),
        (2, HOLDOVER_OBSERVE, "Fare"),
        (3, HOLDOVER_STREAM, "Feed"),
        (4, HOLDOVER_PREFETCH, "Patient"),
    ];
    for (token, form, method) in forms {
        world.start(token, form, method, &ride("r1"));
    }
    world.free();
    let kinds = [HOLDOVER_EVENT_ANSWER, HOLDOVER_EVENT_STATE, HOLDOVER_EVENT_ENDED, HOLDOVER_EVENT_DONE];
    for ((token, ..), kind) in forms.into_iter().zip(kinds) {
        let end = world.host.wait(|heard| heard.token == token && heard.last);
        assert_eq!((end.kind, end.code), (kind, HOLDOVER_MISUSE));
    }
    assert_eq!(holdover_cancel(world.runtime, reserved), HOLDOVER_MISUSE);
}

#[test]
fn a_shutdown_is_done_when_it_is_and_the_runtime_is_still_to_be_freed() {
    let world = world();
    world.start(1, HOLDOVER_GET, "Quote", &ride("r1"));
    world.host.of(1);
    world.command(2, Command::Shutdown(Empty {}));
    let done = world.host.of(2);
    assert_eq!((done.kind, done.code, done.last), (HOLDOVER_EVENT_DONE, HOLDOVER_OK, true));
    let op = holdover_op_new(world.runtime);
    let mut error = NO_BUFFER;
    let request = ride("r2");
    let method = world.method("Quote");
    let code = unsafe {
        holdover_start(world.session, op, 3, HOLDOVER_GET, method, bytes(&request), NOTHING, &mut error)
    };
    assert_eq!(code, HOLDOVER_MISUSE);
    assert!(crate::host::take_error(error).message.contains("shut down"));
    world.free();
}

#[test]
fn a_runtime_that_could_not_be_made_leaves_the_host_alone() {
    let host = Host::new(|_, _| Reply::Nothing);
    let raw = host.raw();
    let mut error = NO_BUFFER;
    let config = RuntimeConfig { endpoints: Vec::new(), ..config() }.encode_to_vec();
    let runtime = unsafe { holdover_runtime_new(bytes(&config), &raw, &mut error) };
    assert_eq!(runtime, 0);
    assert!(crate::host::take_error(error).message.contains("endpoint"));
    // Its reference is still ours: it was not released.
    unsafe { drop(std::sync::Arc::from_raw(raw.context.cast::<Host>())) };
    assert_eq!(std::sync::Arc::strong_count(&host), 1);
}
