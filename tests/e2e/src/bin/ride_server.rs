//! The real server in a process of its own, for tests in other languages: takes commands by lines, answers each by a line.
//!
//! `ride_server` prints `<plain url> <url by TLS> <the TLS root's PEM in base64>` first. Both serve all three protocols
//! over HTTP/1.1 and HTTP/2, behind a layer that trims. It ends with its input.
//!
//! | command | |
//! | --- | --- |
//! | `calls` | how many calls have arrived |
//! | `arrived <n>`, `abandoned <n>` | waits until so many calls have arrived, or have ended without an answer |
//! | `idle` | waits until no call is under way |
//! | `watches` | how many streams of `Watch` are open |
//! | `header <call> <name>` | the value of a call's metadata, or `-` |
//! | `hold` | the next unscripted call waits for `release` |
//! | `release` | every held call goes on |
//! | `refuse <code>` | the next unscripted call is refused by this gRPC status |
//! | `destination <text>` | quotes have another destination; open streams hear of it |
//! | `end`, `end <code>` | ends open streams of `Watch`, well or by this gRPC status |
//! | `down`, `portal`, `up` | the servers are gone, or a captive portal answers at the plain url; or they are back |
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "its output is its interface, and only tests start it"
)]

use std::io::BufRead as _;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use holdover::{Code, Protocol};
use holdover_e2e::{Held, POLICY, Refusal, Rides, Server, Site, Stack, portal};
use holdover_server::DetailLayer;
use http::Response;
use http_body_util::Full;

const PLAIN: Site = Site { stack: Stack::Connectrpc, protocol: Protocol::Connect, tls: None, gzip: false };
const TLS: Site = Site { tls: Some(&["h2", "http/1.1"]), ..PLAIN };

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let rides = Rides::new();
    let layer = DetailLayer::new(POLICY).unwrap();
    let mut held: Vec<Held> = Vec::new();
    let plain = PLAIN.serve_behind(&layer, rides.clone());
    let by_tls = TLS.serve_behind(&layer, rides.clone());
    let root = STANDARD.encode(by_tls.root_pem().expect("it speaks TLS"));
    println!("{} {} {root}", plain.url(), by_tls.url());
    let mut up = Up { address: plain.address(), server: Some(plain), _by_tls: by_tls };

    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let answer = match words[..] {
            ["calls"] => rides.calls().to_string(),
            ["watches"] => rides.watches().to_string(),
            ["arrived", calls] => done(rides.arrived(calls.parse().unwrap()).await),
            ["abandoned", calls] => done(rides.abandoned(calls.parse().unwrap()).await),
            ["idle"] => done(rides.idle().await),
            ["header", call, name] => {
                let headers = rides.headers(call.parse().unwrap());
                headers.get(name).map_or("-", |value| value.to_str().unwrap()).to_owned()
            }
            ["hold"] => done(held.push(rides.hold_next())),
            ["release"] => done(held.clear()),
            ["refuse", code] => done(rides.refuse_next(refusal(code))),
            ["destination", ..] => {
                let destination = words[1..].join(" ");
                done(rides.change_quote(|quote| quote.destination = destination))
            }
            ["end"] => done(rides.end_watches(None)),
            ["end", code] => done(rides.end_watches(Some(&refusal(code)))),
            ["down"] => done(up.server = None),
            ["portal"] => {
                // The port is free again before another one listens there.
                up.server = None;
                done(up.server = Some(portal(Some(up.address), |_| sign_in_page())))
            }
            ["up"] => {
                up.server = None;
                let server = PLAIN.serve_behind_at(up.address, &layer, rides.clone());
                done(up.server = Some(server))
            }
            _ => panic!("no command {line:?}: see the top of the source"),
        };
        println!("{answer}");
    }
}

/// What is up.
struct Up {
    address: SocketAddr,
    server: Option<Server>,
    _by_tls: Server,
}

fn done((): ()) -> String {
    "done".to_owned()
}

fn refusal(code: &str) -> Refusal {
    Refusal::of(Code::from_number(code.parse().unwrap()), "as the test wants it")
}

fn sign_in_page() -> Response<Full<Bytes>> {
    let page = Bytes::from_static(b"<html><body>Welcome to our hotel</body></html>");
    Response::builder().header("content-type", "text/html").body(Full::new(page)).unwrap()
}
