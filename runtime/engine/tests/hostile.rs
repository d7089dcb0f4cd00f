//! Bytes from outside: damaged policies, requests and answers are refused or used, and never a panic.

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

use bytes::Bytes;
use holdover_engine::{
    Account, CallOptions, Config, CredentialsAnswer, Endpoint, Engine, Form, Input, Instant, Loaded,
    Metadata, Now, OpId, Output, Quality, Record, Response, Seed, Session, SessionId, StoreAnswer,
    StoreCommand, Variant,
};
use proptest::prelude::*;

const POLICY: &[u8] = include_bytes!("../../../tests/vectors/api.policy");
const METHODS: [&str; 7] = ["Quote", "Search", "Driver", "Update", "Trip", "ReadMasked", "Hinted"];

/// Everything that the engine asks for is answered with these bytes.
fn play(policy: &Bytes, request: &Bytes, answer: &Bytes, header: &str) {
    let mut engine = Engine::new(Config::default(), &Seed([3; 32]));
    let Ok(methods) = engine.register(policy) else { return };
    let mut now = Now { boot: Instant(1), wall_ms: 1, ..Now::default() };
    let session = SessionId(1);
    let config = Session {
        account: Account::Guest,
        endpoint: Endpoint::new("prod"),
        metadata: Metadata::new(),
        varies: vec!["locale".into()],
    };
    let mut inputs = vec![Input::OpenSession { session, config }, Input::PinQuality(Some(Quality::Poor))];
    for (index, name) in (1..).zip(METHODS) {
        let Some(method) = methods.method(&format!("vectors.v1.Rides/{name}")) else { continue };
        for form in [Form::Get, Form::Observe, Form::Prefetch] {
            let op = OpId(index * 10 + form as u64);
            let options = CallOptions::default();
            inputs.push(Input::Call { op, session, method, request: request.clone(), options, form });
        }
    }
    inputs.reverse();
    let mut steps = 0;
    while let Some(input) = inputs.pop() {
        engine.handle(input, now);
        now.boot = Instant(now.boot.0 + 1_000_000);
        loop {
            match engine.poll_output() {
                Output::Timeout(_) => break,
                Output::Send(sent) => {
                    let mut metadata = Metadata::new();
                    // A header that is not printable does not get this far.
                    let _ = metadata.push("holdover-detail-applied", header.to_owned());
                    let _ = metadata.push("age", header.to_owned());
                    let response = Response { body: answer.clone(), metadata, ..Response::default() };
                    inputs.push(Input::Response { attempt: sent.attempt, response });
                }
                Output::AskCredentials(ask) => {
                    let answer = CredentialsAnswer::Use { metadata: Metadata::new(), expires_ms: None };
                    inputs.push(Input::Credentials { ask: ask.ask, answer });
                }
                Output::Store(store) => {
                    let result = match store.command {
                        StoreCommand::Open | StoreCommand::Recreate => StoreAnswer::Opened {
                            highest_wall_ms: Some(i64::MAX),
                            unfinished: Vec::new(),
                            switches: Bytes::from_static(b"\xff"),
                            distrusted: true,
                        },
                        StoreCommand::OpenPartition { fresh_key, .. } => {
                            StoreAnswer::Partition { key: fresh_key, sequence: u64::MAX }
                        }
                        StoreCommand::Load { partition, key } => {
                            let record = Record {
                                partition,
                                key,
                                variant: Variant::Full,
                                value: answer.clone(),
                                meta: request.clone(),
                                tags: Vec::new(),
                                expires_ms: i64::MIN,
                            };
                            StoreAnswer::Found(vec![Loaded { record, tag_sequence: u64::MAX }])
                        }
                        _ => StoreAnswer::Done,
                    };
                    inputs.push(Input::Stored { id: store.id, result: Ok(result) });
                }
                _ => {}
            }
        }
        steps += 1;
        assert!(steps < 10_000, "a loop without end");
    }
}

fn message() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from),
        Just(Bytes::from_static(b"\x0a\x02r1")),
        Just(Bytes::from_static(b"\x0a\x02r1\x22\x01x\x2a\x01d")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        rng_seed: proptest::test_runner::RngSeed::Fixed(17),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_request_and_answer(request in message(), answer in message(), header in "[ -~]{0,40}|reduced; plan=[0-9a-f]{32}") {
        play(&Bytes::from_static(POLICY), &request, &answer, &header);
    }

    #[test]
    fn a_damaged_policy(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        request in message(),
    ) {
        let mut policy = POLICY.to_vec();
        for (at, byte) in damage {
            *at.get_mut(&mut policy) = byte;
        }
        play(&policy.into(), &request, &Bytes::from_static(b"\x0a\x01x"), "full");
    }
}
