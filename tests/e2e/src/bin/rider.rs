//! An app in a process of its own, so that it can be killed: takes commands by lines, answers each by a line.
//!
//! `rider <url> <protocol> <cache folder> <number of the boot> <seconds from the first boot> <seconds since>`
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "its output is its interface, and only tests start it"
)]

use std::io::BufRead as _;
use std::time::Duration;

use holdover::{Account, Anonymous, Error, Event, OutboxChoice, Protocol, Runtime, Snapshot};
use holdover_e2e::TestClock;
use holdover_e2e::pricing::v1::{
    GetProfileRequest, GetQuoteRequest, PricingClient, UpdateDestinationRequest,
};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, protocol, folder, boot, booted, since] = &arguments[..] else {
        panic!("see the top of the source for the arguments");
    };
    let protocol = match protocol.as_str() {
        "Connect" => Protocol::Connect,
        "Grpc" => Protocol::Grpc,
        "GrpcWeb" => Protocol::GrpcWeb,
        other => panic!("no protocol {other}"),
    };
    let seconds = |text: &str| Duration::from_secs(text.parse().unwrap());
    let clock = TestClock::at(boot.parse().unwrap(), seconds(booted), seconds(since));
    let runtime = Runtime::builder()
        .plain_text_endpoint("prod", url, protocol)
        .store(folder)
        .clock(clock)
        .on_event(|event, _| match event {
            Event::StoreFailed { kind, .. } => println!("! StoreFailed {kind:?}"),
            Event::StoreRecreated => println!("! StoreRecreated"),
            Event::StoreDistrusted => println!("! StoreDistrusted"),
            Event::RecordUnreadable { .. } => println!("! RecordUnreadable"),
            _ => {}
        })
        .build()
        .unwrap();
    let session = runtime.session(Account::user("u-17"), Anonymous);
    let pricing = PricingClient::new(&session).unwrap();

    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["quote", ride] => {
                let quote = pricing.get_quote(GetQuoteRequest { ride_id: ride.to_owned() }).await;
                tell(quote, |quote| format!("{} to {}", quote.quote_id(), quote.destination));
            }
            ["profile"] => {
                tell(pricing.get_profile(GetProfileRequest {}).await, |profile| profile.name.clone());
            }
            ["update", ride, destination] => {
                let (ride_id, destination) = (ride.to_owned(), destination.to_owned());
                let update = UpdateDestinationRequest { ride_id, destination };
                tell(pricing.update_destination(update).await, |updated| updated.destination.clone());
            }
            ["sign-out"] => {
                session.sign_out(OutboxChoice::Discard).await.unwrap();
                println!("signed out");
            }
            _ => panic!("no command {line:?}"),
        }
    }
    runtime.shutdown().await;
}

fn tell<T>(outcome: Result<Snapshot<T>, Error>, describe: impl Fn(&T) -> String) {
    match outcome {
        Ok(answer) => {
            println!("{:?} {:?} {}", answer.source(), answer.freshness(), describe(&answer.value));
        }
        Err(error) => println!("{}", error.kind.name()),
    }
}
