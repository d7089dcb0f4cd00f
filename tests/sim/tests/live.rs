//! A whole client does what the vectors say: the runtime with its driver, called as packages of other languages call it.
#![allow(clippy::unwrap_used, reason = "tests unwrap")]

use std::fs;

use holdover_client::host::{self, Call, Form, Sink, Start, Told, next_op};
use holdover_client::{Account, CallOptions, Protocol};
use holdover_sim::files::{self, root};
use holdover_sim::host::replay;
use holdover_testkit::api::Api;
use holdover_testkit::live::{Action, Instruction, LiveStory, Report};
use holdover_testkit::vector::Vector;

const CONNECT: Protocol = Protocol::Connect;

fn api() -> Api {
    Api::new(fs::read(root().join("api.policy")).unwrap()).unwrap()
}

#[test]
fn a_whole_client_satisfies_every_vector() {
    let api = api();
    let only = std::env::var("VECTOR").ok();
    let files = files::vectors().unwrap();
    let mut failures = Vec::new();
    let mut satisfied = 0;
    for file in files.iter().filter(|file| only.as_ref().is_none_or(|only| file.name.contains(only))) {
        match replay(&api, &file.vector) {
            Ok(()) => satisfied += 1,
            Err(mismatch) => failures.push(format!("{}: {mismatch}", file.name)),
        }
    }
    assert!(failures.is_empty(), "{satisfied} satisfied, {} not:\n\n{}", failures.len(), failures.join("\n"));
}

/// A story of one answer, as of the vector with this expectation.
fn one_answer(age: &str, aborted: bool) -> Vector {
    let abort = if aborted { r#", {"abort": 1}"# } else { "" };
    Vector::parse(&format!(
        r#"{{
            "title": "One answer", "rules": {{"row 1": "holds"}},
            "steps": [
                {{"in": {{"get": "a", "method": "Quote", "request": {{"1": "r1"}}}},
                  "out": [{{"send": 1, "method": "Quote", "body": {{"1": "r1"}}}}]}},
                {{"in": {{"answer": 1, "body": {{"1": "q1"}}}},
                  "out": [{{"to": "a", "value": {{"1": "q1"}}, "source": "NETWORK", "freshness": "FRESH", "age": "0s"}}]}},
                {{"at": "4s", "in": {{"get": "b", "method": "Quote", "request": {{"1": "r1"}}}},
                  "out": [{{"to": "b", "value": {{"1": "q1"}}, "source": "CACHE", "freshness": "FRESH",
                            "age": "{age}"}}{abort}]}}
            ]
        }}"#
    ))
    .unwrap()
}

#[test]
fn what_departs_from_a_vector_is_said() {
    replay(&api(), &one_answer("4s", false)).unwrap();
    let older = replay(&api(), &one_answer("5s", false)).unwrap_err();
    assert!(older.contains("step 3") && older.contains("- {\"age\":\"5s\""), "{older}");
    let aborted = replay(&api(), &one_answer("4s", true)).unwrap_err();
    assert!(aborted.contains("- {\"abort\":1}"), "{aborted}");
}

/// Reports nothing.
struct Deaf;

impl Sink for Deaf {
    fn tell(&self, _: Told, _: bool) {}
}

#[test]
fn a_host_that_keeps_a_delivery_to_itself_does_not_pass() {
    let mut story = LiveStory::new(&api(), &one_answer("4s", false)).unwrap();
    let mut runtimes = Vec::new();
    let failed = loop {
        match story.next(Vec::new()) {
            Instruction::Do(action) => match *action {
                Action::Start { .. } => {
                    let builder =
                        story.builder().plain_text_endpoint("prod", "http://rides.invalid", CONNECT);
                    let (runtime, driver) = builder.build_inline().unwrap();
                    story.attach(driver);
                    runtimes.push(runtime);
                }
                Action::Get(call) => {
                    let session = runtimes[0].session(Account::user("u1"), story.credentials("me"));
                    let method =
                        host::register(&runtimes[0], api().policy()).unwrap().swap_remove(call.index);
                    let (request, options) = (call.request.0.into(), CallOptions::default());
                    let running = Call::new(&runtimes[0], next_op(), Deaf);
                    running
                        .start(Start::Call { session, method, form: Form::Get, request, options })
                        .unwrap();
                }
                _ => {}
            },
            Instruction::Wait(_) => {}
            Instruction::Passed(_) => panic!("a delivery was never reported"),
            Instruction::Failed(text) => break text,
        }
    };
    assert!(failed.contains("deliveries were made that the host does not report: 1"), "{failed}");
    assert_eq!(story.next(vec![Report::default()]), Instruction::Failed(failed), "that is the end of it");
}

#[test]
fn reports_that_cannot_be_read_are_refused() {
    let mut story = LiveStory::new(&api(), &one_answer("4s", false)).unwrap();
    for wrong in
        ["", "{}", r#"[{"to": 1}]"#, r#"[{"to": "a", "what": true}]"#, r#"[{"to": "a", "value": "0"}]"#]
    {
        let said = story.next_json(wrong);
        assert!(said.contains("the reports cannot be read"), "{wrong}: {said}");
    }
}
