//! Wrong configurations are refused with the way out; right ones do no IO.

use holdover_annotations_policy::{Feature, PolicySet};
use holdover_client::binding::Client;
use holdover_client::{Account, Anonymous, ErrorKind, Protocol, Runtime, RuntimeBuilder};
use holdover_engine::policy as holdover_annotations_policy;
use holdover_testkit::network::ScriptedNetwork;
use prost::Message as _;

use crate::rides::{POLICY, World, answers};

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
