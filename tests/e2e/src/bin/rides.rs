//! The ride-pricing service in a process of its own, for the tests of other languages: takes commands by lines, answers
//! each by a line, and ends with its input.
//!
//! `rides [gzip]` prints its address first. It speaks Connect, gRPC and gRPC-Web over plain text, and leaves
//! out of answers what their policy says, for clients on poor networks.
//!
//! | command | what happens |
//! | --- | --- |
//! | `stop`, `start` | the server goes down as in a crash, or comes up at the same address |
//! | `hold`, `release` | the next call waits, until all that wait are released |
//! | `refuse CODE` | the next call is refused, such as by `UNAVAILABLE` |
//! | `change DESTINATION` | quotes are different from now on, and open streams of `Watch` get the new one |
//! | `end-watches` | open streams of `Watch` end well |
//! | `calls` | answers how many calls have arrived |
//! | `arrived N`, `abandoned N`, `idle` | waits until so many have arrived, or were given up, or none is under way |
//! | `header N NAME` | answers the value of a header of call N, counted from 0; an empty line if there is none |
//! | `portal` | somebody else's page is at the address instead, until `start` |
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "its output is its interface, and only tests start it"
)]

use std::io::BufRead as _;

use bytes::Bytes;
use holdover::{Code, Protocol};
use holdover_e2e::{POLICY, Refusal, Rides, Site, Stack, portal};
use holdover_server::DetailLayer;
use http::Response;
use http_body_util::Full;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let gzip = match &std::env::args().skip(1).collect::<Vec<_>>()[..] {
        [] => false,
        [word] if word == "gzip" => true,
        _ => panic!("see the top of the source for the arguments"),
    };
    // A server of connectrpc speaks all three protocols, whichever is named here.
    let site = Site { stack: Stack::Connectrpc, protocol: Protocol::Connect, tls: None, gzip };
    let rides = Rides::new();
    let layer = DetailLayer::new(POLICY).unwrap();
    let first = site.serve_behind(&layer, rides.clone());
    let address = first.address();
    let mut server = Some(first);
    println!("http://{address}");
    let mut held = Vec::new();

    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let mut answer = "ok".to_owned();
        match words[..] {
            // Dropping it takes it down.
            ["stop"] => server = None,
            ["start"] => {
                server = None;
                server = Some(site.serve_behind_at(address, &layer, rides.clone()));
            }
            ["portal"] => {
                server = None;
                server = Some(portal(Some(address), |_| {
                    let page = Full::new(Bytes::from_static(b"<html>Sign in to use the Wi-Fi</html>"));
                    Response::builder().header("content-type", "text/html").body(page).unwrap()
                }));
            }
            ["hold"] => held.push(rides.hold_next()),
            ["release"] => held.clear(),
            ["refuse", code] => rides.refuse_next(Refusal::of(code_named(code), "as the test says")),
            ["change", destination] => {
                rides.change_quote(|quote| destination.clone_into(&mut quote.destination));
            }
            ["end-watches"] => rides.end_watches(None),
            ["calls"] => answer = rides.calls().to_string(),
            ["arrived", calls] => rides.arrived(calls.parse().unwrap()).await,
            ["abandoned", calls] => rides.abandoned(calls.parse().unwrap()).await,
            ["idle"] => rides.idle().await,
            ["header", call, name] => {
                let headers = rides.headers(call.parse().unwrap());
                answer =
                    headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
            }
            _ => panic!("no command {line:?}"),
        }
        println!("{answer}");
    }
}

fn code_named(name: &str) -> Code {
    match name {
        "UNAVAILABLE" => Code::Unavailable,
        "UNAUTHENTICATED" => Code::Unauthenticated,
        "NOT_FOUND" => Code::NotFound,
        "INTERNAL" => Code::Internal,
        _ => panic!("no code {name:?}"),
    }
}
