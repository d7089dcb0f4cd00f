//! What an app tells a runtime of the device, as the README shows it, so that it compiles. A test compares the two.
#![allow(clippy::print_stdout, dead_code, reason = "written as in an app of one's own, whose events call it")]

use std::time::Duration;

use holdover::{AppState, Error, Interface, KeyProvider, Part, Platform, Reachability, Runtime, Switch};

fn start(keychain: impl KeyProvider) -> Result<Runtime, Error> {
    Runtime::builder()
        .endpoint("prod", "https://api.example.com")
        .store("cache-dir")
        .key_provider(keychain) // what is stored is sealed, and what is sensitive is stored, too
        .grace_period(Duration::from_secs(20)) // how long streams outlive the foreground
        .on_quality_change(|quality| println!("the network is {}", quality.as_str_name()))
        .on_event(|event, method| println!("{} {}", event.name(), method.unwrap_or_default()))
        .build()
}

fn network_changed(runtime: &Runtime, network: Platform) {
    runtime.set_platform(network); // reachability, interface, path, data saving: as much as the platform says
}

fn on_wifi(runtime: &Runtime, network: u64) {
    let (reachability, interface) = (Reachability::Reachable, Interface::Wifi);
    network_changed(runtime, Platform { reachability, interface, path: network, ..Platform::default() });
}

fn app_moved(runtime: &Runtime, state: AppState) {
    runtime.set_app_state(state); // in the background, streams leave the wire and observers rest
}

async fn about_to_be_suspended(runtime: &Runtime) -> Result<(), Error> {
    runtime.pause().await // nothing is on the wire, and the store is closed; `resume()` opens it
}

async fn remote_configuration(runtime: &Runtime) -> Result<(), Error> {
    let quotes = vec!["pricing.v1.Pricing/GetQuote".to_owned()];
    runtime.disable([Switch { part: Part::Cache, methods: Some(quotes) }]).await
}

fn main() {}
