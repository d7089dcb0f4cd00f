//! What generated clients embed is the policy that stands beside them.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use holdover_tests_golden::{evil, imports, ride_pricing, streams};

/// A policy's method names, read with the contract's own types.
fn methods(policy: &[u8]) -> Vec<String> {
    use holdover::prost::Message as _;
    let set = holdover_annotations::policy::PolicySet::decode(policy).unwrap();
    set.methods.iter().map(|method| format!("{}/{}", method.service, method.name)).collect()
}

#[test]
fn clients_embed_the_methods_that_they_call() {
    assert_eq!(
        methods(ride_pricing::pricing::v1::PricingClient::POLICY),
        [
            "pricing.v1.Pricing/GetQuote",
            "pricing.v1.Pricing/GetProfile",
            "pricing.v1.Pricing/GetReceipt",
            "pricing.v1.Pricing/UpdateDestination",
            "pricing.v1.Pricing/WatchPrices"
        ]
    );
    let kinds =
        ["Watch", "Upload", "Chat", "New", "Send", "Next"].map(|name| format!("streams.v1.Streams/{name}"));
    assert_eq!(methods(streams::streams::v1::StreamsClient::POLICY), kinds);
    assert_eq!(methods(imports::shop::v1::api::ShopClient::POLICY).len(), 3);
    // Its own message is called EvilClient.
    assert_eq!(methods(evil::EvilClient_::POLICY).len(), 10);
}

/// A promise that the runtime cannot keep yet is refused where an app can still be told.
#[test]
fn a_client_is_refused_when_the_runtime_cannot_keep_a_promise() {
    use holdover::{Account, Anonymous, ErrorKind, Runtime};
    let runtime = Runtime::builder().endpoint("prod", "https://api.example.com").build().unwrap();
    let session = runtime.session(Account::Guest, Anonymous);
    let error = streams::streams::v1::QueuedClient::new(&session).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Misuse);
    assert!(error.message.contains("streams.v1.Queued/Log") && error.message.contains("outbox"), "{error}");
    streams::streams::v1::MixedClient::new(&session).unwrap();
    streams::streams::v1::StreamsClient::new(&session).unwrap();
    ride_pricing::pricing::v1::PricingClient::new(&session).unwrap();
}
