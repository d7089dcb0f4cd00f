//! What else the core asks: credentials and keys.

use holdover_ffi::abi::*;
use prost::Message;

use crate::boundary::{self, credentials_reply};
#[cfg(feature = "sqlite")]
use crate::boundary::{key_ask, key_reply};
#[cfg(feature = "sqlite")]
use crate::host::Heard;
use crate::host::{Host, Reply, header};
use crate::rides::{World, config, ride};

fn world() -> World {
    let host = Host::new(|_, request| {
        let token = request.headers.iter().find(|header| header.name == "authorization");
        Reply::Ok(ride(
            &token.map_or("nobody".into(), |header| String::from_utf8_lossy(&header.value).into_owned()),
        ))
    });
    let account = Some(boundary::Account { user: Some("u-1".to_owned()) });
    let session =
        boundary::SessionConfig { account, credentials: true, ..boundary::SessionConfig::default() };
    World::with(host, &config(), &session)
}

fn asked(world: &World) -> (u64, boundary::CredentialsAsk) {
    let heard = world.host.wait(|heard| heard.kind == HOLDOVER_EVENT_ASK_CREDENTIALS);
    (heard.op, boundary::CredentialsAsk::decode(&*heard.bytes).unwrap())
}

fn reply(world: &World, id: u64, reply: credentials_reply::Reply) -> i32 {
    let reply = boundary::CredentialsReply { reply: Some(reply) }.encode_to_vec();
    world.host.reply(id, HOLDOVER_REPLY_CREDENTIALS, &reply)
}

fn bearer(token: &str) -> credentials_reply::Reply {
    credentials_reply::Reply::Use(boundary::UseCredentials {
        metadata: vec![header("authorization", token)],
        expires_in_ms: Some(60_000),
    })
}

#[test]
fn credentials_are_asked_for_once_and_sent_with_calls() {
    let world = world();
    world.start(1, HOLDOVER_GET, "Plain", &ride("r1"));
    let (id, ask) = asked(&world);
    assert_eq!(
        (ask.session, &*ask.endpoint, &*ask.method),
        (world.session, "test", "/vectors.v1.Rides/Plain")
    );
    assert_eq!(ask.account.and_then(|account| account.user).as_deref(), Some("u-1"));
    assert!(!ask.has_rejected);
    assert_eq!(reply(&world, id, bearer("t-1")), HOLDOVER_OK);
    assert_eq!(world.host.of(1).snapshot.unwrap().value, ride("t-1"));
    assert_eq!(reply(&world, id, bearer("t-2")), HOLDOVER_GONE);
    world.start(2, HOLDOVER_GET, "Plain", &ride("r1"));
    assert_eq!(world.host.of(2).snapshot.unwrap().value, ride("t-1"));
    world.free();
}

#[test]
fn a_host_may_say_that_nobody_is_signed_in_or_that_it_failed_or_nonsense() {
    let world = world();
    let failed = credentials_reply::Reply::Failed("the keychain is locked".to_owned());
    let bad = boundary::UseCredentials { metadata: vec![header("no name", "x")], expires_in_ms: None };
    for (token, answer, code) in [
        (1, Some(failed), HOLDOVER_UNREACHABLE),
        (2, None, HOLDOVER_UNREACHABLE),
        (3, Some(credentials_reply::Reply::Use(bad)), HOLDOVER_UNREACHABLE),
        (4, Some(credentials_reply::Reply::SignInRequired(boundary::Empty {})), HOLDOVER_SIGN_IN_REQUIRED),
    ] {
        world.start(token, HOLDOVER_GET, "Plain", &ride("r1"));
        let (id, _) = asked(&world);
        let replied = boundary::CredentialsReply { reply: answer }.encode_to_vec();
        let took = world.host.reply(id, HOLDOVER_REPLY_CREDENTIALS, &replied);
        assert_eq!(took, if matches!(token, 2 | 3) { HOLDOVER_MISUSE } else { HOLDOVER_OK });
        assert_eq!(world.host.of(token).code, code, "{token}");
    }
    world.free();
}

#[test]
fn a_host_that_never_answers_holds_nothing_up_but_its_own_calls() {
    let world = world();
    let op = world.start(1, HOLDOVER_GET, "Plain", &ride("r1"));
    let (id, _) = asked(&world);
    holdover_cancel(world.runtime, op);
    assert_eq!(world.host.of(1).kind, HOLDOVER_EVENT_CANCELLED);
    world.start(2, HOLDOVER_GET, "Plain", &ride("r1"));
    world.free();
    assert_eq!(world.host.of(2).code, HOLDOVER_MISUSE, "the runtime has ended");
    assert_eq!(reply(&world, id, bearer("late")), HOLDOVER_MISUSE, "there is no such runtime");
}

#[test]
fn closing_a_session_ends_nothing_that_runs() {
    let world = world();
    world.start(1, HOLDOVER_GET, "Plain", &ride("r1"));
    let (id, _) = asked(&world);
    assert_eq!(holdover_session_close(world.session), HOLDOVER_OK);
    assert_eq!(reply(&world, id, bearer("t-1")), HOLDOVER_OK);
    assert_eq!(world.host.of(1).snapshot.unwrap().value, ride("t-1"));
    world.free();
}

/// Wraps a key by turning its bits around.
#[cfg(feature = "sqlite")]
fn keys(host: &Host, heard: &Heard) {
    let ask = boundary::KeyAsk::decode(&*heard.bytes).unwrap().ask.unwrap();
    let (key_ask::Ask::Wrap(key) | key_ask::Ask::Unwrap(key)) = ask;
    let key = key.iter().map(|byte| !byte).collect::<Vec<_>>();
    let answer = boundary::KeyReply { reply: Some(key_reply::Reply::Key(key.into())) };
    assert_eq!(host.reply(heard.op, HOLDOVER_REPLY_KEY, &answer.encode_to_vec()), HOLDOVER_OK);
}

#[cfg(feature = "sqlite")]
#[test]
fn what_is_stored_outlives_the_process_under_the_hosts_key() {
    let folder = tempfile::tempdir().unwrap();
    let config = boundary::RuntimeConfig {
        store_directory: folder.path().to_str().unwrap().to_owned(),
        key_provider: true,
        ..config()
    };
    let begin = || {
        let host = Host::new(|_, _| Reply::Ok(ride("stored")));
        World::with(host, &config, &boundary::SessionConfig::default())
    };
    let first = begin();
    first.start(1, HOLDOVER_GET, "Quote", &ride("r1"));
    let ask = first.host.wait(|heard| heard.kind == HOLDOVER_EVENT_ASK_KEY);
    keys(&first.host, &ask);
    let mut others = 0;
    // One partition, or two, may be opened for a call.
    loop {
        let heard = first.host.wait(|heard| heard.kind == HOLDOVER_EVENT_ASK_KEY || heard.token == 1);
        if heard.token == 1 {
            assert_eq!(heard.code, HOLDOVER_OK);
            break;
        }
        keys(&first.host, &heard);
        others += 1;
    }
    assert!(others <= 1);
    first.command(2, boundary::command::Command::Shutdown(boundary::Empty {}));
    loop {
        let heard = first.host.wait(|heard| heard.kind == HOLDOVER_EVENT_ASK_KEY || heard.token == 2);
        if heard.token == 2 {
            assert_eq!((heard.kind, heard.code, heard.last), (HOLDOVER_EVENT_DONE, HOLDOVER_OK, true));
            break;
        }
        keys(&first.host, &heard);
    }
    first.free();

    let second = begin();
    let only = boundary::CallOptions {
        cache: boundary::CacheMode::CacheOnly.into(),
        ..boundary::CallOptions::default()
    };
    second.start_with(1, HOLDOVER_GET, "Quote", &ride("r1"), &only);
    let answer = loop {
        let heard = second.host.wait(|heard| heard.kind == HOLDOVER_EVENT_ASK_KEY || heard.token == 1);
        if heard.token == 1 {
            break heard;
        }
        keys(&second.host, &heard);
    };
    let found = answer.snapshot.unwrap();
    assert_eq!((found.value, found.source), (ride("stored"), HOLDOVER_SOURCE_CACHE));
    second.free();
}

#[cfg(feature = "sqlite")]
#[test]
fn a_store_that_waits_for_a_key_does_not_hold_up_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let config = boundary::RuntimeConfig {
        store_directory: folder.path().to_str().unwrap().to_owned(),
        key_provider: true,
        ..config()
    };
    let host = Host::new(|_, _| Reply::Ok(ride("stored")));
    let world = World::with(host, &config, &boundary::SessionConfig::default());
    world.start(1, HOLDOVER_GET, "Quote", &ride("r1"));
    world.host.wait(|heard| heard.kind == HOLDOVER_EVENT_ASK_KEY);
    world.free();
}

#[cfg(feature = "sqlite")]
#[test]
fn memory_answers_while_the_store_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let config = boundary::RuntimeConfig {
        store_directory: folder.path().to_str().unwrap().to_owned(),
        key_provider: true,
        ..config()
    };
    let host = Host::new(|_, _| Reply::Ok(ride("kept")));
    let world = World::with(host, &config, &boundary::SessionConfig::default());
    world.start(1, HOLDOVER_GET, "Quote", &ride("r1"));
    loop {
        let heard = world.host.wait(|heard| heard.kind == HOLDOVER_EVENT_ASK_KEY || heard.token == 1);
        if heard.token == 1 {
            break;
        }
        keys(&world.host, &heard);
    }
    // The store's thread waits for the key of another account, which nobody gives it.
    let account = Some(boundary::Account { user: Some("u-2".to_owned()) });
    let other = boundary::SessionConfig { account, ..boundary::SessionConfig::default() };
    let other = crate::rides::open_session(world.runtime, &other);
    let op = holdover_op_new(world.runtime);
    let (method, request) = (world.method("Quote"), ride("r2"));
    let code = unsafe {
        let (request, options) = (crate::host::bytes(&request), crate::host::NOTHING);
        holdover_start(other, op, 2, HOLDOVER_GET, method, request, options, std::ptr::null_mut())
    };
    assert_eq!(code, HOLDOVER_OK);
    world.host.wait(|heard| heard.kind == HOLDOVER_EVENT_ASK_KEY);
    for token in 3..50 {
        assert_eq!(world.probe("Quote", &ride("r1")).unwrap().value, ride("kept"));
        world.start(token, HOLDOVER_GET, "Quote", &ride("r1"));
        assert_eq!(world.host.of(token).snapshot.unwrap().source, HOLDOVER_SOURCE_CACHE);
    }
    world.free();
}
