//! Policies and calls that are refused, and what the message says (rules J3, J7).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use bytes::Bytes;
use holdover_engine::policy::{self, Feature};
use holdover_engine::{
    CacheMode, CallOptions, Config, Engine, ErrorKind, Form, Input, Metadata, Response, Seed, SessionId,
};
use prost::Message as _;
use rig::{ALICE, Disk, Rig, ride};

fn set() -> policy::PolicySet {
    policy::PolicySet::decode(&include_bytes!("../../../tests/vectors/api.policy")[..]).unwrap()
}

fn refusal(set: &policy::PolicySet) -> String {
    let mut engine = Engine::new(Config::default(), &Seed([0; 32]));
    let error = engine.register(&Bytes::from(set.encode_to_vec())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Misuse);
    error.message
}

#[test]
fn the_same_bytes_are_registered_once() {
    let mut engine = Engine::new(Config::default(), &Seed([0; 32]));
    let bytes = Bytes::from(set().encode_to_vec());
    let one = engine.register(&bytes).unwrap();
    let two = engine.register(&bytes.clone()).unwrap();
    let name = "vectors.v1.Rides/Quote";
    assert!(one.method(name).is_some());
    assert_eq!(one.method(name), two.method(name));
    assert_eq!(one.method("/vectors.v1.Rides/Quote"), None);
}

#[test]
fn every_feature_that_is_missing_is_named_with_its_method() {
    let mut outbox = set();
    outbox.methods[3].required_features.push(Feature::Outbox as i32);
    let message = refusal(&outbox);
    let method = format!("{}/{}", outbox.methods[3].service, outbox.methods[3].name);
    assert!(message.contains(&method) && message.contains("offline.outbox"), "{message}");
    let mut set = set();
    set.methods[0].required_features.push(99);
    assert!(refusal(&set).contains("99"));
}

#[test]
fn a_block_that_is_not_declared_is_refused_all_the_same() {
    let mut set = set();
    let mode = Some(policy::offline::Mode::Outbox(policy::Outbox::default()));
    set.methods[0].offline = Some(policy::Offline { mode });
    assert!(refusal(&set).contains("offline.outbox"));
}

#[test]
fn what_is_no_policy_or_a_newer_one_is_refused() {
    let mut engine = Engine::new(Config::default(), &Seed([0; 32]));
    let error = engine.register(&Bytes::from_static(b"\xff\xff")).unwrap_err();
    assert!(error.message.contains("PolicySet"), "{error}");
    let mut set = set();
    set.format_version += 1;
    assert!(refusal(&set).contains("update the runtime"));
}

#[test]
fn what_needs_a_cache_is_misuse_without_one() {
    let mut rig = Rig::new();
    let observer = rig.observe(ALICE, "Plain", "r1");
    assert_eq!(rig.states(observer), []);
    assert_eq!(rig.ended(observer).unwrap().unwrap_err().kind, ErrorKind::Misuse, "nothing follows");
    let prefetch = rig.start(ALICE, "Plain", "r1", CallOptions::default(), Form::Prefetch);
    assert_eq!(rig.done(prefetch).unwrap().unwrap_err().kind, ErrorKind::Misuse);
    let only = CallOptions { cache: CacheMode::CacheOnly, ..CallOptions::default() };
    let get = rig.start(ALICE, "Plain", "r1", only, Form::Get);
    assert_eq!(rig.result(get).unwrap().unwrap_err().kind, ErrorKind::Misuse);
    let op = rig.op();
    let method = rig.method("Plain");
    rig.input(Input::Put {
        op,
        session: ALICE,
        method,
        request: Bytes::new(),
        value: ride("x"),
        options: CallOptions::default(),
    });
    assert_eq!(rig.done(op).unwrap().unwrap_err().kind, ErrorKind::Misuse);
    let nowhere = rig.get(SessionId(77), "Plain", "r1");
    assert_eq!(rig.result(nowhere).unwrap().unwrap_err().kind, ErrorKind::Misuse);
    assert!(rig.sends.is_empty());
}

#[test]
fn what_is_over_a_limit_is_refused_before_it_is_sent_and_after_it_came() {
    let config = Config { max_message_bytes: 20, max_metadata_bytes: 200, ..Config::default() };
    let mut rig = Rig::with(Disk::default(), config);
    let long = rig.get(ALICE, "Plain", "a ride that is too long");
    assert_eq!(rig.result(long).unwrap().unwrap_err().kind, ErrorKind::TooLarge);
    let mut metadata = Metadata::new();
    metadata.push("note", vec![b'x'; 200]).unwrap();
    let options = CallOptions { metadata, ..CallOptions::default() };
    let heavy = rig.start(ALICE, "Plain", "r1", options, Form::Get);
    assert_eq!(rig.result(heavy).unwrap().unwrap_err().kind, ErrorKind::TooLarge);
    assert!(rig.sends.is_empty());
    let answered = rig.get(ALICE, "Quote", "r1");
    let response = Response { body: ride("an answer that is too long"), ..Response::default() };
    rig.input(Input::Response { attempt: rig.last_attempt(), response });
    assert_eq!(rig.result(answered).unwrap().unwrap_err().kind, ErrorKind::TooLarge);
}

#[test]
fn metadata_is_checked_where_it_is_made() {
    let mut metadata = Metadata::new();
    assert_eq!(metadata.push("no spaces", "x").unwrap_err().kind, ErrorKind::Misuse);
    assert_eq!(metadata.push("", "x").unwrap_err().kind, ErrorKind::Misuse);
    assert_eq!(metadata.push("name", "line\nbreak").unwrap_err().kind, ErrorKind::Misuse);
    metadata.push("Name-Bin", &b"\x00\xff"[..]).unwrap();
    metadata.set("name-bin", &b"\x01"[..]).unwrap();
    assert_eq!(metadata.iter().collect::<Vec<_>>(), [("name-bin", &Bytes::from_static(b"\x01"))]);
}

#[test]
fn what_may_be_logged_holds_no_credentials() {
    let mut metadata = Metadata::new();
    metadata.push("authorization", "Bearer secret").unwrap();
    let answer = holdover_engine::CredentialsAnswer::Use { metadata, expires_ms: None };
    let printed = format!("{answer:?} {:?}", holdover_engine::PartitionKey::from([0x5a; 32]));
    assert!(printed.contains("authorization"));
    assert!(!printed.contains("secret") && !printed.contains("90"), "{printed}");
}

#[test]
fn an_engine_can_move_between_threads() {
    fn check<T: Send>() {}
    check::<Engine>();
}
