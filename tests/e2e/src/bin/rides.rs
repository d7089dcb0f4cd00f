//! The ride-pricing service in a process of its own, for the tests of other languages: takes commands by lines, answers
//! each by a line, and ends with its input.
//!
//! `rides [gzip] [tls]` prints its address first; with `tls`, a space and the PEM of the root to trust, in base64, follow. It
//! speaks Connect, gRPC and gRPC-Web, over plain text or by TLS, and leaves out of answers what their policy says, for
//! clients on poor networks.
//!
//! | command | what happens |
//! | --- | --- |
//! | `stop`, `start` | the server goes down as in a crash, or comes up at the same address; by TLS as somebody else |
//! | `hold`, `release` | the next call waits, until all that wait are released |
//! | `refuse CODE` | the next call is refused, such as by `UNAVAILABLE` |
//! | `change DESTINATION` | quotes are different from now on, and open streams of `Watch` get the new one |
//! | `watches` | answers how many streams of `Watch` are open |
//! | `end-watches`, `end-watches CODE` | open streams of `Watch` end well, or are refused |
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

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use holdover::{Code, Protocol};
use holdover_e2e::{POLICY, Refusal, Rides, Site, Stack, portal};
use holdover_server::DetailLayer;
use http::Response;
use http_body_util::Full;

const ALPN: &[&str] = &["h2", "http/1.1"];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (mut gzip, mut tls) = (false, None);
    for word in std::env::args().skip(1) {
        match word.as_str() {
            "gzip" => gzip = true,
            "tls" => tls = Some(ALPN),
            _ => panic!("see the top of the source for the arguments"),
        }
    }
    // A server of connectrpc speaks all three protocols, whichever is named here.
    let site = Site { stack: Stack::Connectrpc, protocol: Protocol::Connect, tls, gzip };
    let rides = Rides::new();
    let layer = DetailLayer::new(POLICY).unwrap();
    let first = site.serve_behind(&layer, rides.clone());
    let address = first.address();
    match first.root_pem() {
        Some(root) => println!("{} {}", first.url(), STANDARD.encode(root)),
        None => println!("{}", first.url()),
    }
    let mut server = Some(first);
    let mut held = Vec::new();

    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let mut answer = "ok".to_owned();
        match words[..] {
            // Dropping it takes it down.
            ["stop"] => drop(server.take()),
            ["start"] => {
                drop(server.take());
                server = Some(site.serve_behind_at(address, &layer, rides.clone()));
            }
            ["portal"] => {
                drop(server.take());
                server = Some(portal(Some(address), |_| {
                    let page = Full::new(Bytes::from_static(b"<html>Sign in to use the Wi-Fi</html>"));
                    Response::builder().header("content-type", "text/html").body(page).unwrap()
                }));
            }
            ["hold"] => held.push(rides.hold_next()),
            ["release"] => held.clear(),
            ["refuse", code] => rides.refuse_next(refusal(code)),
            ["change", ..] => {
                let destination = words[1..].join(" ");
                rides.change_quote(|quote| quote.destination = destination);
            }
            ["watches"] => answer = rides.watches().to_string(),
            ["end-watches"] => rides.end_watches(None),
            ["end-watches", code] => rides.end_watches(Some(&refusal(code))),
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

fn refusal(code: &str) -> Refusal {
    let code = (1..=16).map(Code::from_number).find(|known| known.name() == code);
    Refusal::of(code.expect("a gRPC status, by its name"), "as the test says")
}
