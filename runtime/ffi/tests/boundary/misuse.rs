//! Every function with every kind of wrong argument: a code and an error that says what to do, never anything worse.

use std::ptr::{null, null_mut};

use holdover_ffi::abi::*;
use prost::Message;

use crate::boundary;
use crate::host::{Host, NO_BUFFER, NOTHING, Reply, bytes, take_error};
use crate::rides::{POLICY, World, config, ride};

/// No pointer, and yet a length.
const NULL: HoldoverBytes = HoldoverBytes { ptr: null(), len: 5 };
/// Longer than anything can be.
const ENDLESS: HoldoverBytes = HoldoverBytes { ptr: [0u8].as_ptr(), len: usize::MAX };

fn garbage() -> HoldoverBytes {
    bytes(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")
}

fn world() -> World {
    World::new(Host::new(|_, _| Reply::Ok(ride("a"))))
}

/// Calls with a place for the error, and expects MISUSE with a message.
fn refused(call: impl FnOnce(*mut HoldoverBuffer) -> i32) -> String {
    let mut error = NO_BUFFER;
    assert_eq!(call(&mut error), HOLDOVER_MISUSE);
    let error = take_error(error);
    assert_eq!(error.kind, HOLDOVER_MISUSE as u32);
    assert!(error.message.len() > 10, "{}", error.message);
    error.message
}

/// Numbers that are no handles of this kind, nor of another test's.
fn wrong_handles(right: u64, of_another_kind: u64) -> [u64; 6] {
    [0, 1, u64::MAX, right ^ (1 << 40), of_another_kind, i64::MAX as u64]
}

#[test]
fn numbers_that_are_no_handles() {
    let world = world();
    for runtime in wrong_handles(world.runtime, world.session) {
        assert_eq!(holdover_runtime_free(runtime), HOLDOVER_MISUSE);
        assert_eq!(holdover_op_new(runtime), 0);
        assert_eq!(holdover_cancel(runtime, 1), HOLDOVER_MISUSE);
        assert_eq!(holdover_credit(runtime, 1, 1), HOLDOVER_MISUSE);
        assert_eq!(holdover_half_close(runtime, 1), HOLDOVER_MISUSE);
        assert_eq!(unsafe { holdover_send(runtime, 1, NOTHING) }, HOLDOVER_MISUSE);
        assert_eq!(unsafe { holdover_stats(runtime, &mut NO_BUFFER.clone()) }, HOLDOVER_MISUSE);
        refused(|error| unsafe {
            holdover_policy_register(runtime, bytes(POLICY), &mut NO_BUFFER.clone(), error)
        });
        refused(|error| unsafe {
            i32::from(holdover_session_new(runtime, NOTHING, error) != 0) + HOLDOVER_MISUSE
        });
        refused(|error| unsafe { holdover_command(runtime, 1, 1, NOTHING, error) });
        refused(|error| unsafe { holdover_hint(runtime, NOTHING, error) });
        refused(|error| unsafe { holdover_reply(runtime, 1, 1, NOTHING, error) });
    }
    for session in wrong_handles(world.session, world.runtime) {
        assert_eq!(holdover_session_close(session), HOLDOVER_MISUSE);
        assert_eq!(unsafe { holdover_probe(session, 1, NOTHING, NOTHING, &mut std::mem::zeroed()) }, 0);
        let op = holdover_op_new(world.runtime);
        refused(|error| unsafe { holdover_start(session, op, 1, HOLDOVER_GET, 1, NOTHING, NOTHING, error) });
        refused(|error| unsafe { holdover_put(session, op, 1, 1, NOTHING, NOTHING, NOTHING, error) });
    }
    for owner in [1, u64::MAX, world.runtime, world.session] {
        assert_eq!(holdover_release(owner), HOLDOVER_MISUSE);
    }
    world.free();
}

#[test]
fn operations_that_cannot_be_started() {
    let (world, other) = (world(), world());
    let start = |op| {
        let method = world.method("Quote");
        refused(|error| unsafe {
            holdover_start(world.session, op, 1, HOLDOVER_GET, method, NOTHING, NOTHING, error)
        })
    };
    for op in [0, 1, u64::MAX, holdover_op_new(other.runtime)] {
        assert!(start(op).contains("no operation"));
    }
    let used = world.start(5, HOLDOVER_GET, "Quote", &ride("r1"));
    start(used);
    world.host.of(5);
    start(used);
    let observer = world.start(6, HOLDOVER_OBSERVE, "Quote", &ride("r1"));
    start(observer);
    // One that could not be started is used up.
    let op = holdover_op_new(world.runtime);
    refused(|error| unsafe { holdover_start(world.session, op, 1, 77, 1, NOTHING, NOTHING, error) });
    start(op);
    assert_eq!(holdover_cancel(world.runtime, op), HOLDOVER_OK, "which does nothing");
    assert_eq!(holdover_cancel(world.runtime, 12345), HOLDOVER_OK);
    assert_eq!(holdover_credit(world.runtime, used, 1), HOLDOVER_OK);
    assert_eq!(unsafe { holdover_send(world.runtime, used, NOTHING) }, HOLDOVER_OK);
    assert_eq!(holdover_half_close(world.runtime, used), HOLDOVER_OK);
    // One that was cancelled first ends, and once, however it is started then.
    let op = holdover_op_new(world.runtime);
    holdover_cancel(world.runtime, op);
    let quote = world.method("Quote");
    let cancelled =
        unsafe { holdover_start(world.session, op, 2, HOLDOVER_STREAM, quote, NOTHING, NOTHING, null_mut()) };
    assert_eq!(cancelled, HOLDOVER_OK);
    assert_eq!(world.host.of(2).kind, HOLDOVER_EVENT_CANCELLED);
    world.free();
    other.free();
    assert!(!world.host.heard().iter().any(|heard| heard.token == 1), "no event of what never started");
}

#[test]
fn methods_forms_and_options_that_are_none() {
    let world = world();
    let start = |form, method, request, options| {
        let op = holdover_op_new(world.runtime);
        refused(|error| unsafe {
            holdover_start(world.session, op, 1, form, method, request, options, error)
        })
    };
    let quote = world.method("Quote");
    for method in [0, 10_000, u32::MAX] {
        assert!(start(HOLDOVER_GET, method, NOTHING, NOTHING).contains("method"));
        assert_eq!(
            unsafe { holdover_probe(world.session, method, NOTHING, NOTHING, &mut std::mem::zeroed()) },
            0
        );
    }
    for form in [0, 5, u32::MAX] {
        assert!(start(form, quote, NOTHING, NOTHING).contains("form"));
    }
    assert!(start(HOLDOVER_STREAM, quote, NOTHING, NOTHING).contains("stream"));
    for form in [HOLDOVER_GET, HOLDOVER_OBSERVE, HOLDOVER_PREFETCH] {
        assert!(start(form, world.method("Feed"), NOTHING, NOTHING).contains("stream"));
    }
    for wrong in [NULL, ENDLESS] {
        assert!(start(HOLDOVER_GET, quote, wrong, NOTHING).contains("`request`"));
        assert!(start(HOLDOVER_GET, quote, NOTHING, wrong).contains("`options`"));
    }
    assert!(start(HOLDOVER_GET, quote, NOTHING, garbage()).contains("CallOptions"));
    let options = |options: boundary::CallOptions| options.encode_to_vec();
    for wrong in [
        options(boundary::CallOptions { cache: 9, ..boundary::CallOptions::default() }),
        options(boundary::CallOptions { priority: -1, ..boundary::CallOptions::default() }),
        options(boundary::CallOptions {
            metadata: vec![crate::host::header("no name", "x")],
            ..boundary::CallOptions::default()
        }),
    ] {
        start(HOLDOVER_GET, quote, NOTHING, bytes(&wrong));
    }
    unsafe {
        let op = holdover_op_new(world.runtime);
        refused(|error| holdover_put(world.session, op, 1, quote, NOTHING, NULL, NOTHING, error));
        assert_eq!(holdover_probe(world.session, quote, NULL, NOTHING, &mut std::mem::zeroed()), 0);
        assert_eq!(holdover_probe(world.session, quote, NOTHING, garbage(), &mut std::mem::zeroed()), 0);
        world.start(2, HOLDOVER_GET, "Quote", &ride("r1"));
        world.host.of(2);
        let request = ride("r1");
        assert_eq!(
            holdover_probe(world.session, quote, bytes(&request), NOTHING, null_mut()),
            0,
            "nowhere to write"
        );
        assert_eq!(holdover_send(world.runtime, 1, NULL), HOLDOVER_MISUSE);
    }
    // A request that is no message of its type is the method's business: bypassed, not a panic.
    world.start(3, HOLDOVER_GET, "Quote", b"\xff\xff\xff");
    assert!(world.host.of(3).last);
    world.free();
}

#[test]
fn configurations_that_cannot_work() {
    let host = Host::new(|_, _| Reply::Nothing);
    let raw = host.raw();
    let open = |config: HoldoverBytes, host: *const HoldoverHost| {
        refused(|error| unsafe {
            assert_eq!(holdover_runtime_new(config, host, error), 0);
            HOLDOVER_MISUSE
        })
    };
    let good = config().encode_to_vec();
    open(bytes(&good), null());
    open(bytes(&good), &HoldoverHost { on_event: None, ..raw });
    for wrong in [NULL, ENDLESS, garbage(), NOTHING] {
        open(wrong, &raw);
    }
    let wrong = |change: fn(&mut boundary::RuntimeConfig)| {
        let mut config = config();
        change(&mut config);
        open(bytes(&config.encode_to_vec()), &raw)
    };
    wrong(|config| config.endpoints.clear());
    wrong(|config| config.endpoints[0].url = "ftp://x".to_owned());
    wrong(|config| config.endpoints[0].plain_text = false);
    wrong(|config| config.endpoints[0].protocol = 17);
    wrong(|config| config.endpoints.push(config.endpoints[0].clone()));
    wrong(|config| config.varies.push("no name".to_owned()));
    wrong(|config| config.transport = 5);
    wrong(|config| config.http_window_bytes = Some(0));
    wrong(|config| config.http_window_bytes = Some(u64::MAX));
    wrong(|config| {
        config.transport = boundary::Transport::Rust.into();
        config.trust_only_pem = b"no certificate".to_vec().into();
    });
    unsafe { drop(std::sync::Arc::from_raw(raw.context.cast::<Host>())) };

    let world = world();
    let session = |config: boundary::SessionConfig| {
        let config = config.encode_to_vec();
        refused(|error| unsafe {
            assert_eq!(holdover_session_new(world.runtime, bytes(&config), error), 0);
            HOLDOVER_MISUSE
        })
    };
    let nobody = Some(boundary::Account { user: Some(String::new()) });
    session(boundary::SessionConfig { account: nobody, ..boundary::SessionConfig::default() });
    session(boundary::SessionConfig { endpoint: "other".to_owned(), ..boundary::SessionConfig::default() });
    let metadata = vec![crate::host::header("", "x")];
    session(boundary::SessionConfig { metadata, ..boundary::SessionConfig::default() });
    for wrong in [NULL, ENDLESS, garbage()] {
        refused(|error| unsafe {
            assert_eq!(holdover_session_new(world.runtime, wrong, error), 0);
            HOLDOVER_MISUSE
        });
        let mut registered = NO_BUFFER;
        refused(|error| unsafe { holdover_policy_register(world.runtime, wrong, &mut registered, error) });
        assert_eq!(registered.owner, 0);
    }
    refused(|error| unsafe { holdover_policy_register(world.runtime, bytes(POLICY), null_mut(), error) });
    assert_eq!(unsafe { holdover_stats(world.runtime, null_mut()) }, HOLDOVER_MISUSE);
    world.free();
}

#[test]
fn commands_hints_and_replies_that_say_nothing() {
    use boundary::{command::Command, hint::Hint};

    let (world, other) = (world(), world());
    let command = |command: HoldoverBytes| {
        let op = holdover_op_new(world.runtime);
        refused(|error| unsafe { holdover_command(world.runtime, op, 1, command, error) })
    };
    let hint = |hint: HoldoverBytes| refused(|error| unsafe { holdover_hint(world.runtime, hint, error) });
    for wrong in [NULL, ENDLESS, garbage(), NOTHING] {
        command(wrong);
        hint(wrong);
    }
    let foreign = other.session;
    let said = |command: Command| boundary::Command { command: Some(command) }.encode_to_vec();
    for wrong in [
        said(Command::SignOut(boundary::SignOut { session: foreign, hold_outbox: false })),
        said(Command::Invalidate(boundary::Invalidate { session: 3, tag: vec![] })),
        said(Command::Invalidate(boundary::Invalidate {
            session: world.session,
            tag: vec![boundary::TagPart { part: None }],
        })),
        said(Command::Erase(boundary::Account { user: Some(String::new()) })),
        said(Command::Disable(boundary::Disable {
            switches: vec![boundary::Switch { part: 99, ..boundary::Switch::default() }],
        })),
    ] {
        command(bytes(&wrong));
    }
    let told = |hint: Hint| boundary::Hint { hint: Some(hint) }.encode_to_vec();
    for wrong in [
        told(Hint::AppState(7)),
        told(Hint::PinQuality(-7)),
        told(Hint::Platform(boundary::Platform { reachability: 9, ..boundary::Platform::default() })),
        told(Hint::Platform(boundary::Platform { interface: 99, ..boundary::Platform::default() })),
        told(Hint::CredentialsChanged(foreign)),
        told(Hint::SetMetadata(boundary::SetMetadata {
            session: world.session,
            name: "no name".to_owned(),
            ..boundary::SetMetadata::default()
        })),
    ] {
        hint(bytes(&wrong));
    }
    // Of an observer that is none: the operation ends, with an error.
    world.command(9, Command::Refresh(boundary::Refresh { observer: 4 }));
    let end = world.host.of(9);
    assert!(end.last && end.code != HOLDOVER_OK, "{end:?}");
    refused(|error| unsafe { holdover_reply(world.runtime, 1, 1, NULL, error) });
    let gone = unsafe { holdover_reply(world.runtime, 1, HOLDOVER_REPLY_KEY, NOTHING, null_mut()) };
    assert_eq!(gone, HOLDOVER_GONE);
    world.free();
    other.free();
}

/// The same numbers every time.
fn random(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

#[test]
fn no_bytes_are_worse_than_a_code() {
    let world = world();
    let good = [
        config().encode_to_vec(),
        boundary::CallOptions { timeout_ms: Some(9), full_detail: true, ..Default::default() }
            .encode_to_vec(),
        boundary::Command {
            command: Some(boundary::command::Command::Refresh(boundary::Refresh { observer: 1 })),
        }
        .encode_to_vec(),
        boundary::Hint { hint: Some(boundary::hint::Hint::SaveData(true)) }.encode_to_vec(),
        boundary::SessionConfig { endpoint: "test".to_owned(), ..Default::default() }.encode_to_vec(),
        POLICY[..400].to_vec(),
    ];
    let host = Host::new(|_, _| Reply::Nothing);
    let raw = HoldoverHost { release: None, ..host.raw() };
    let (mut state, mut made) = (7, 0);
    for round in 0..5000 {
        let mut input = good[random(&mut state) % good.len()].clone();
        for _ in 0..random(&mut state) % 4 {
            let at = random(&mut state) % input.len();
            input[at] = random(&mut state).to_le_bytes()[0];
        }
        input.truncate(input.len() - random(&mut state) % 3);
        let input = bytes(&input);
        unsafe {
            let runtime = holdover_runtime_new(input, &raw, null_mut());
            made += u32::from(runtime != 0);
            holdover_runtime_free(runtime);
            holdover_session_close(holdover_session_new(world.runtime, input, null_mut()));
            holdover_policy_register(world.runtime, input, &mut NO_BUFFER.clone(), null_mut());
            holdover_hint(world.runtime, input, null_mut());
            for kind in [HOLDOVER_REPLY_CREDENTIALS, HOLDOVER_REPLY_HTTP_HEAD, round] {
                holdover_reply(world.runtime, u64::from(round), kind, input, null_mut());
            }
            let op = holdover_op_new(world.runtime);
            holdover_command(world.runtime, op, 1, input, null_mut());
            let op = holdover_op_new(world.runtime);
            let quote = world.method("Quote");
            holdover_start(world.session, op, 1, HOLDOVER_GET, quote, input, input, null_mut());
            holdover_probe(world.session, quote, input, input, &mut std::mem::zeroed());
        }
    }
    assert!(made > 50, "{made} were good enough");
    world.start(9, HOLDOVER_GET, "Plain", &ride("r1"));
    assert_eq!(world.host.of(9).code, HOLDOVER_OK, "with this seed, no command has shut it down");
    world.free();
    unsafe { drop(std::sync::Arc::from_raw(raw.context.cast::<Host>())) };
}
