//! The hook: one question at a time, kept answers, refusals (rules A3 to A5).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::time::Duration;

use holdover_engine::{Account, Code, CredentialsAnswer, ErrorKind, Event, Input, Metadata, Observed, OpId};
use rig::{ALICE, BOB, Rig, ride};

fn rig() -> Rig {
    let mut rig = Rig::new();
    rig.answers_hook = false;
    rig
}

fn token(text: &str) -> Metadata {
    let mut metadata = Metadata::new();
    metadata.push("authorization", text.to_owned()).unwrap();
    metadata
}

fn answer(rig: &mut Rig, question: usize, answer: CredentialsAnswer) {
    let ask = rig.asks[question].ask;
    rig.input(Input::Credentials { ask, answer });
}

fn use_token(text: &str) -> CredentialsAnswer {
    CredentialsAnswer::Use { metadata: token(text), expires_ms: None }
}

fn sent_token(rig: &Rig) -> String {
    String::from_utf8(rig.sends.last().unwrap().metadata.get("authorization").unwrap().to_vec()).unwrap()
}

fn error(rig: &Rig, op: OpId) -> ErrorKind {
    rig.result(op).unwrap().unwrap_err().kind
}

#[test]
fn one_question_at_a_time_per_account() {
    let mut rig = rig();
    rig.get(ALICE, "Quote", "r1");
    rig.get(ALICE, "Fare", "r1");
    rig.get(ALICE, "Quote", "r2");
    rig.get(BOB, "Fare", "r1");
    assert_eq!(rig.asks.len(), 2, "one for each account");
    answer(&mut rig, 0, use_token("quote"));
    assert_eq!(rig.sends.len(), 2, "both quotes");
    assert_eq!(rig.asks.len(), 3);
    assert_eq!(&*rig.asks[2].path, "/vectors.v1.Rides/Fare");
    assert_eq!(rig.asks[2].account, Account::user("alice"));
}

#[test]
fn nobody_is_asked_for_a_call_that_is_gone() {
    let mut rig = rig();
    rig.get(ALICE, "Quote", "r1");
    let gone = rig.get(ALICE, "Fare", "r1");
    rig.input(Input::Cancel { op: gone });
    answer(&mut rig, 0, use_token("quote"));
    assert_eq!(rig.asks.len(), 1);
}

#[test]
fn a_refused_answer_is_asked_about_once_and_the_call_repeated_once() {
    let mut rig = rig();
    let op = rig.get(ALICE, "Update", "r1");
    answer(&mut rig, 0, use_token("old"));
    rig.fail_last(Code::Unauthenticated);
    assert_eq!(rig.asks[1].rejected, Some(token("old")));
    answer(&mut rig, 1, use_token("new"));
    assert_eq!(sent_token(&rig), "new");
    rig.fail_last(Code::Unauthenticated);
    assert_eq!(rig.asks.len(), 2);
    assert_eq!(error(&rig, op), ErrorKind::SignInRequired);
    let events = rig.events.iter().filter(|event| matches!(event, Event::SignInRequired { .. })).count();
    assert_eq!(events, 1);
}

#[test]
fn a_herd_that_is_refused_asks_once() {
    let mut rig = rig();
    let ops: Vec<OpId> = ["r1", "r2", "r3"].map(|ride| rig.get(ALICE, "Quote", ride)).into();
    answer(&mut rig, 0, use_token("old"));
    let attempts: Vec<_> = rig.sends.iter().map(|request| request.attempt).collect();
    for attempt in &attempts[..2] {
        let failure = holdover_engine::Failure::Status {
            code: Code::Unauthenticated,
            message: String::new(),
            details: bytes::Bytes::new(),
            metadata: Metadata::new(),
        };
        rig.input(Input::Failed { attempt: *attempt, failure });
    }
    assert_eq!(rig.asks.len(), 2);
    answer(&mut rig, 1, use_token("new"));
    let failure = holdover_engine::Failure::Status {
        code: Code::Unauthenticated,
        message: String::new(),
        details: bytes::Bytes::new(),
        metadata: Metadata::new(),
    };
    rig.input(Input::Failed { attempt: attempts[2], failure });
    assert_eq!(rig.asks.len(), 2, "the third one uses what the others asked for");
    assert_eq!(rig.sends.len(), 6);
    for (send, ride) in [(3, "a"), (4, "b"), (5, "c")] {
        rig.answer(rig.sends[send].attempt, ride);
    }
    assert!(ops.iter().all(|op| rig.result(*op).unwrap().is_ok()));
}

#[test]
fn the_same_answer_as_was_refused_meanwhile_is_asked_about() {
    let mut rig = rig();
    rig.get(ALICE, "Quote", "r1");
    let expires_ms = Some(rig.now.wall_ms + 1000);
    answer(&mut rig, 0, CredentialsAnswer::Use { metadata: token("old"), expires_ms });
    let first = rig.last_attempt();
    rig.pass(Duration::from_secs(1));
    rig.get(ALICE, "Quote", "r2");
    assert_eq!(rig.asks[1].rejected, None, "it has only expired");
    let failure = holdover_engine::Failure::Status {
        code: Code::Unauthenticated,
        message: String::new(),
        details: bytes::Bytes::new(),
        metadata: Metadata::new(),
    };
    rig.input(Input::Failed { attempt: first, failure });
    assert_eq!(rig.asks.len(), 2);
    answer(&mut rig, 1, use_token("old"));
    assert_eq!(rig.asks[2].rejected, Some(token("old")));
    answer(&mut rig, 2, use_token("new"));
    assert_eq!(rig.sends.len(), 3);
}

#[test]
fn a_hook_that_throws_signs_nobody_out() {
    let mut rig = rig();
    rig.fetch_with_token("Plan", "r1", "q1");
    rig.pass(Duration::from_secs(11));
    rig.input(Input::CredentialsChanged { account: Account::user("alice") });
    let cold = rig.get(ALICE, "Status", "r1");
    let question = rig.asks.len() - 1;
    answer(&mut rig, question, CredentialsAnswer::Failed { message: "keychain".into() });
    assert_eq!(error(&rig, cold), ErrorKind::Unreachable);
    let stale = rig.get(ALICE, "Plan", "r1");
    let question = rig.asks.len() - 1;
    answer(&mut rig, question, CredentialsAnswer::Failed { message: "keychain".into() });
    let snapshot = rig.result(stale).unwrap().unwrap();
    assert_eq!((snapshot.value, snapshot.error.unwrap().kind), (ride("q1"), ErrorKind::Unreachable));
    assert!(!rig.has_event(|event| matches!(event, Event::SignInRequired { .. })));
}

#[test]
fn observers_fail_without_credentials_and_recover_with_new_ones() {
    let mut rig = rig();
    let observer = rig.observe(ALICE, "Quote", "r1");
    answer(&mut rig, 0, CredentialsAnswer::SignInRequired);
    assert!(matches!(
        rig.states(observer).last(),
        Some(Observed::Failed(error)) if error.kind == ErrorKind::SignInRequired
    ));
    let read = rig.get(ALICE, "Fare", "r1");
    assert_eq!(error(&rig, read), ErrorKind::SignInRequired, "without a question");
    assert_eq!(rig.asks.len(), 1);
    rig.input(Input::CredentialsChanged { account: Account::user("alice") });
    assert_eq!(rig.asks.len(), 2);
    answer(&mut rig, 1, use_token("new"));
    rig.answer_last("q1");
    assert!(
        matches!(rig.states(observer).last(), Some(Observed::Value(snapshot)) if snapshot.value == ride("q1"))
    );
}

#[test]
fn a_switch_of_accounts_keeps_everything_apart() {
    let mut rig = rig();
    let alices = rig.get(ALICE, "Quote", "r1");
    let bobs = rig.get(BOB, "Quote", "r1");
    assert_eq!((rig.asks[0].session, rig.asks[1].session), (ALICE, BOB));
    answer(&mut rig, 1, use_token("bob"));
    assert_eq!((rig.sends.len(), sent_token(&rig)), (1, "bob".into()));
    rig.answer_last("bobs");
    assert!(rig.result(alices).is_none());
    answer(&mut rig, 0, use_token("alice"));
    assert_eq!(sent_token(&rig), "alice");
    rig.answer_last("alices");
    assert_eq!(rig.result(alices).unwrap().unwrap().value, ride("alices"));
    assert_eq!(rig.result(bobs).unwrap().unwrap().value, ride("bobs"));
}

impl Rig {
    fn fetch_with_token(&mut self, method: &str, ride: &str, id: &str) {
        self.get(ALICE, method, ride);
        let question = self.asks.len() - 1;
        answer(self, question, use_token("t"));
        self.answer_last(id);
    }
}

#[test]
fn a_closed_session_is_not_asked_while_another_one_waits() {
    let mut rig = rig();
    rig.get(ALICE, "Fare", "r0");
    rig.start(ALICE, "Quote", "r1", holdover_engine::CallOptions::default(), holdover_engine::Form::Prefetch);
    let other = holdover_engine::SessionId(9);
    rig.open(other, Account::user("alice"));
    let read = rig.get(other, "Quote", "r2");
    rig.input(Input::CloseSession { session: ALICE });
    answer(&mut rig, 0, use_token("fare"));
    assert_eq!(rig.asks[1].session, other, "the hook of the first one is gone");
    answer(&mut rig, 1, use_token("quote"));
    rig.answer_last("q2");
    assert!(rig.result(read).unwrap().is_ok());
}
