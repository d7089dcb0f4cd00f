//! Credentials and the end of sessions.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use holdover_client::store::{StoreAnswer, StoreCommand};
use holdover_client::{
    Account, Anonymous, CallRequest, Code, Credentials, CredentialsError, CredentialsRequest, ErrorKind,
    MemoryStore, Metadata, OutboxChoice, Store, UnaryCall,
};
use holdover_testkit::clock::ManualClock;
use holdover_testkit::network::{Reply, ScriptedNetwork};

use crate::rides::{PLAIN, QUOTE, Ride, World, answers, encode, request, ride};

fn only_token(token: &'static str) -> impl Fn(&CallRequest) -> Reply + Send + Sync {
    move |request| match request.metadata.text("authorization") {
        Some(given) if given == format!("Bearer {token}") => Reply::Ok(encode(&ride("q1"))),
        _ => Reply::status(Code::Unauthenticated),
    }
}

#[test]
fn a_refused_token_is_replaced_once() {
    let asked: Arc<Mutex<Vec<Option<Metadata>>>> = Arc::default();
    let log = asked.clone();
    let tokens = move |request: CredentialsRequest| {
        log.lock().unwrap().push(request.rejected.clone());
        let token = if request.rejected.is_some() { "new" } else { "old" };
        async move { Ok(Credentials::bearer(token)?) }
    };
    let network = ScriptedNetwork::new(only_token("new"));
    let mut world = World::with(&ManualClock::new(), &network, MemoryStore::new(), tokens);
    assert_eq!(world.get(QUOTE, "r1").unwrap().value, ride("q1"));
    assert_eq!(network.sent(), 2);
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0], None);
    assert_eq!(asked[1].as_ref().unwrap().text("authorization"), Some("Bearer old"));
}

#[test]
fn without_a_valid_token_the_user_has_to_sign_in() {
    let network = ScriptedNetwork::new(only_token("unknown"));
    let tokens = |_: CredentialsRequest| async { Ok(Credentials::bearer("old")?) };
    let mut world = World::with(&ManualClock::new(), &network, MemoryStore::new(), tokens);
    assert_eq!(world.get(QUOTE, "r1").unwrap_err().kind, ErrorKind::SignInRequired);
    network.now(answers("q1"));
    world.session.credentials_changed();
    assert_eq!(world.get(QUOTE, "r1").unwrap().value, ride("q1"));
}

#[test]
fn a_hook_that_fails_or_panics_signs_nobody_out() {
    type Hook = fn() -> Result<Credentials, CredentialsError>;
    let hooks: [Hook; 2] = [|| Err("the key store is locked".into()), || panic!("as the test says")];
    for hook in hooks {
        let network = ScriptedNetwork::new(answers("q1"));
        let tokens = move |_: CredentialsRequest| async move { hook() };
        let mut world = World::with(&ManualClock::new(), &network, MemoryStore::new(), tokens);
        let error = world.get(PLAIN, "r1").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
        assert_eq!(error.message.matches("the credentials hook").count(), 1, "{error}");
        assert_eq!(network.sent(), 0);
    }
}

#[test]
fn signing_out_ends_calls_and_destroys_what_is_stored() {
    let store = MemoryStore::new();
    let network = ScriptedNetwork::new(answers("q1"));
    let clock = ManualClock::new();
    let mut world = World::with(&clock, &network, store.clone(), Anonymous);
    world.get(QUOTE, "r1").unwrap();
    let _held = network.hold();
    let mut waiting: UnaryCall<Ride> = world.rides.unary(QUOTE, &request("r2"));
    assert!((&mut waiting).now_or_never().is_none());
    world.driver.run();
    let gone = world.session.sign_out(OutboxChoice::Discard);
    world.finish(gone).unwrap();
    assert_eq!(world.finish(waiting).unwrap_err().kind, ErrorKind::SignedOut);
    assert_eq!(world.get(QUOTE, "r1").unwrap_err().kind, ErrorKind::SignedOut);
    assert!(world.rides.cached::<_, Ride>(QUOTE, &request("r1")).is_none());

    let mut left = store.clone();
    let opened = left.execute(StoreCommand::Open).unwrap();
    assert!(matches!(opened, StoreAnswer::Opened { unfinished, .. } if unfinished.is_empty()));
    network.now(answers("of the next one"));
    let mut next = World::with(&clock, &network, store, Anonymous);
    assert_eq!(next.get(QUOTE, "r1").unwrap().value, ride("of the next one"));
}

#[test]
fn accounts_see_nothing_of_each_other() {
    let mut world = World::new();
    world.get(QUOTE, "r1").unwrap();
    let other = world.runtime.session(Account::Guest, Anonymous);
    let rides = holdover_client::binding::Client::bind(&other, crate::rides::POLICY).unwrap();
    assert!(rides.cached::<_, Ride>(QUOTE, &request("r1")).is_none());
    world.network.now(answers("the guest's"));
    let guest = rides.unary::<_, Ride>(QUOTE, &request("r1"));
    assert_eq!(world.finish(guest).unwrap().value, ride("the guest's"));
    assert_eq!(world.get(QUOTE, "r1").unwrap().value, ride("q1"));
}

#[test]
fn an_account_without_a_session_can_be_erased() {
    let store = MemoryStore::new();
    let network = ScriptedNetwork::new(answers("q1"));
    let clock = ManualClock::new();
    let mut first = World::with(&clock, &network, store.clone(), Anonymous);
    first.get(QUOTE, "r1").unwrap();
    first.driver.run();
    drop(first);
    let (runtime, mut driver) =
        crate::rides::builder(&clock, &network).store(store.clone()).build_inline().unwrap();
    let mut erased = runtime.erase(Account::user("u-1"));
    assert!((&mut erased).now_or_never().is_none());
    driver.run();
    (&mut erased).now_or_never().unwrap().unwrap();
    drop(runtime);
    network.now(answers("q2"));
    let mut again = World::with(&clock, &network, store, Anonymous);
    assert_eq!(again.get(QUOTE, "r1").unwrap().value, ride("q2"));
}
