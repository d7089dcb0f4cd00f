//! Wrong configurations are refused with the way out; right ones take effect.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use holdover_client::binding::Client;
use holdover_client::{Account, Anonymous, ErrorKind, Event, Protocol, Runtime, RuntimeBuilder, Tag};
use holdover_engine::policy::{Feature, PolicySet};
use holdover_testkit::clock::ManualClock;
use holdover_testkit::network::ScriptedNetwork;
use prost::Message as _;

use crate::rides::{POLICY, QUOTE, Ride, World, answers, builder, request, ride};

fn with_transport() -> RuntimeBuilder {
    Runtime::builder().transport(ScriptedNetwork::new(answers("q1")))
}

fn refused(builder: RuntimeBuilder) -> String {
    let error = builder.build().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Misuse);
    error.message
}

#[test]
fn endpoints_are_checked() {
    assert!(refused(with_transport()).contains("no endpoint"));
    assert!(
        refused(with_transport().endpoint("prod", "http://api.example.com")).contains("plain_text_endpoint")
    );
    let plain = |url| with_transport().plain_text_endpoint("prod", url, Protocol::Connect);
    assert!(refused(plain("https://api.example.com")).contains("`endpoint`"));
    for url in [
        "",
        "api.example.com",
        "https://",
        "ftp://x",
        "/path",
        "https://u:p@x",
        "https://x/?q=1",
        "https://x y",
    ] {
        assert!(refused(with_transport().endpoint("prod", url)).contains("prod"), "{url}");
    }
    assert!(refused(with_transport().endpoint("", "https://x")).contains("name"));
    let twice = with_transport().endpoint("prod", "https://x").endpoint("prod", "https://y");
    assert!(refused(twice).contains("twice"));
    assert!(refused(Runtime::builder().endpoint("prod", "https://x")).contains("transport"));
    assert!(
        refused(with_transport().endpoint("prod", "https://x").varies(["not a name"])).contains("not a name")
    );
}

#[test]
fn sessions_are_at_the_first_endpoint_or_at_one_by_name() {
    let builder =
        with_transport().endpoint("prod", "https://x").endpoint_with("eu", "https://y", Protocol::Grpc);
    let runtime = builder.build().unwrap();
    assert_eq!(runtime.session(Account::Guest, Anonymous).endpoint().name(), "prod");
    let session = runtime.session_at("eu", Account::Guest, Anonymous).unwrap();
    assert_eq!((session.endpoint().protocol(), session.endpoint().is_plain_text()), (Protocol::Grpc, false));
    let error = runtime.session_at("us", Account::Guest, Anonymous).unwrap_err();
    assert!(error.message.contains("prod, eu"), "{error}");
}

#[test]
fn an_empty_id_is_nobodys_account() {
    let runtime = with_transport().endpoint("prod", "https://x").build().unwrap();
    let session = runtime.session(Account::user(""), Anonymous);
    let bound = Client::bind(&session, POLICY).unwrap_err();
    let named = runtime.session_at("prod", Account::user(""), Anonymous).unwrap_err();
    let invalidated = session.invalidate(Tag(Vec::new())).now_or_never();
    for error in [bound, named, invalidated.unwrap().unwrap_err()] {
        assert_eq!(error.kind, ErrorKind::Misuse);
        assert!(error.message.contains("empty id"), "{error}");
    }
    assert!(Client::bind(&runtime.session(Account::user("u"), Anonymous), POLICY).is_ok());
}

#[test]
fn policies_that_promise_too_much_are_refused_by_name() {
    let world = World::new();
    let mut set = PolicySet::decode(POLICY).unwrap();
    set.methods[1].required_features = vec![Feature::Outbox as i32];
    let error = Client::bind(&world.session, set.encode_to_vec().leak()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Misuse);
    assert!(error.message.contains("Fare") && error.message.contains("outbox"), "{error}");
    let error = Client::bind(&world.session, b"\xff\xff").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Misuse);
}

#[test]
fn a_method_that_the_policy_lacks_is_misuse() {
    let mut world = World::new();
    assert_eq!(world.get(999, "r1").unwrap_err().kind, ErrorKind::Misuse);
}

#[test]
fn account_names_and_credentials_are_not_shown() {
    let world = World::new();
    let shown = format!("{:?} {:?} {:?}", world.session, world.runtime, world.rides);
    assert!(!shown.contains("u-1"), "{shown}");
    let token = holdover_client::Credentials::bearer("secret").unwrap();
    assert!(!format!("{token:?}").contains("secret"));
}

/// A world of its own configuration, without a store.
fn world(configure: impl FnOnce(RuntimeBuilder) -> RuntimeBuilder) -> World {
    let (clock, network) = (ManualClock::new(), ScriptedNetwork::new(answers("q1")));
    let (runtime, driver) = configure(builder(&clock, &network)).build_inline().unwrap();
    let session = runtime.session(Account::user("u-1"), Anonymous);
    let rides = Client::bind(&session, POLICY).unwrap();
    World { clock, network, runtime, driver, session, rides }
}

#[test]
fn metadata_that_answers_vary_by_enters_the_key() {
    let mut world = world(|builder| builder.varies(["Accept-Language"]));
    world.session.set_metadata("accept-language", "en").unwrap();
    world.get(QUOTE, "r1").unwrap();
    world.session.set_metadata("accept-language", "de").unwrap();
    assert!(world.rides.cached::<_, Ride>(QUOTE, &request("r1")).is_none());
    world.network.now(answers("auf Deutsch"));
    assert_eq!(world.get(QUOTE, "r1").unwrap().value, ride("auf Deutsch"));
    world.session.set_metadata("accept-language", "en").unwrap();
    assert_eq!(world.get(QUOTE, "r1").unwrap().value, ride("q1"));
    let sent = world.network.requests();
    let languages: Vec<_> = sent.iter().map(|sent| sent.metadata.text("accept-language")).collect();
    assert_eq!(languages, [Some("en"), Some("de")]);
}

#[test]
fn events_name_the_method_that_they_are_about() {
    type Heard = Vec<(Event, Option<String>)>;
    let heard: Arc<Mutex<Heard>> = Arc::default();
    let log = heard.clone();
    let mut world = world(|builder| {
        builder.on_event(move |event, method| {
            log.lock().unwrap().push((event.clone(), method.map(str::to_owned)));
        })
    });
    world.get(QUOTE, "r1").unwrap();
    let heard = heard.lock().unwrap();
    let miss = heard.iter().find(|(event, _)| matches!(event, Event::Miss { .. })).unwrap();
    assert_eq!(miss.1.as_deref(), Some("vectors.v1.Rides/Quote"));
}

#[test]
fn a_message_over_the_limit_is_refused_before_it_is_sent() {
    let limits = holdover_client::Limits { message_bytes: 100, ..holdover_client::Limits::default() };
    let mut world = world(|builder| builder.limits(limits));
    let error = world.get(QUOTE, &"r".repeat(200)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge, "{error}");
    assert_eq!(world.network.sent(), 0);
}
