//! What the runtime costs, as ratios measured in one run: `cargo bench -p holdover`.
//!
//! - A memory hit, decode included, against a `moka` get and the same decode: at most 2×.
//! - A hit on the disk: at most 50 µs in the median.
//! - A call over loopback against the bare transport: at most 5 % or 15 µs slower, whichever is larger.
//!
//! Both sides of a comparison take turns, in many short rounds, and each is represented by its quietest round: whatever
//! else the machine does can only add time. Exits with 1 when a bar is missed, unless `--print` is given.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that prints, and that stops when it is wrong"
)]

#[path = "../common/mod.rs"]
mod common;

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use holdover::{CallRequest, ConnectTransport, Source, Transport};
use prost::Message as _;

use common::loopback::Loopback;
use common::message::{Ride, RideRequest};
use common::{bar, block_on, client, quietest, runtime};

/// `Map`: fresh for 30 s, then stale for a minute while it is refreshed.
const QUOTE: usize = 5;
/// Not annotated.
const PLAIN: usize = 11;

fn main() {
    let server = Loopback::start();
    let bars = [memory_hit(&server), disk_hit(&server), network_call(&server)];
    let print_only = std::env::args().any(|argument| argument == "--print");
    if bars.contains(&false) && !print_only {
        std::process::exit(1);
    }
}

fn memory_hit(server: &Loopback) -> bool {
    const BATCH: u32 = 100;

    let runtime = runtime(server).build().unwrap();
    let rides = client(&runtime);
    let request = RideRequest { ride_id: "r-1".to_owned() };
    let answer = block_on(rides.unary::<_, Ride>(QUOTE, &request)).unwrap();
    let size = answer.value.encoded_len();
    let cache = moka::sync::Cache::<Vec<u8>, Bytes>::new(10_000);
    cache.insert(request.encode_to_vec(), answer.value.encode_to_vec().into());
    let mut hits = Vec::new();
    let mut gets = Vec::new();
    let mut decodes = Vec::new();
    let encoded = answer.value.encode_to_vec();
    for _ in 0..10_000 {
        hits.push(timed(BATCH, || {
            let snapshot = ready(rides.unary::<_, Ride>(QUOTE, black_box(&request))).unwrap();
            assert_eq!(snapshot.source(), Source::Cache);
            black_box(snapshot.value);
        }));
        gets.push(timed(BATCH, || {
            let bytes = cache.get(&black_box(&request).encode_to_vec()).unwrap();
            black_box(Ride::decode(&bytes[..]).unwrap());
        }));
        decodes.push(timed(BATCH, || {
            black_box(Ride::decode(&black_box(&encoded)[..]).unwrap());
        }));
    }
    let (hit, get, decode) = (quietest(&hits), quietest(&gets), quietest(&decodes));
    let ratio = hit.as_secs_f64() / get.as_secs_f64();
    println!("memory hit, {size} bytes: {hit:?}; moka get and decode: {get:?}; the decode alone: {decode:?}");
    bar("memory hit / (moka get + decode)", ratio <= 2.0, &format!("{ratio:.2}x, bar 2x"))
}

fn disk_hit(server: &Loopback) -> bool {
    let folder = tempfile::tempdir().unwrap();
    // No room in memory, so that every hit is read from the file.
    let runtime = runtime(server).store(folder.path()).memory_bytes(0).build().unwrap();
    let rides = client(&runtime);
    let requests: Vec<RideRequest> = (0..500).map(|n| RideRequest { ride_id: format!("r-{n}") }).collect();
    for request in &requests {
        block_on(rides.unary::<_, Ride>(QUOTE, request)).unwrap();
    }
    let mut hits = Vec::new();
    for _ in 0..6 {
        for request in &requests {
            let begun = Instant::now();
            let snapshot = block_on(rides.unary::<_, Ride>(QUOTE, black_box(request))).unwrap();
            hits.push(begun.elapsed());
            assert_eq!(snapshot.source(), Source::Cache);
        }
    }
    hits.sort_unstable();
    let (hit, slow) = (hits[hits.len() / 2], hits[hits.len() * 99 / 100]);
    println!(
        "hit on the disk, 1 kB, two changes of thread included: median {hit:?}, 99th percentile {slow:?}"
    );
    bar("hit on the disk, median", hit <= Duration::from_micros(50), &format!("{hit:?}, bar 50 µs"))
}

fn network_call(server: &Loopback) -> bool {
    let runtime = runtime(server).build().unwrap();
    let rides = client(&runtime);
    let transport = ConnectTransport::new();
    let executor = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let request = RideRequest { ride_id: "r-1".to_owned() };
    let endpoint = rides.session().endpoint().clone();
    let bare = || {
        let request = CallRequest {
            kind: holdover::Kind::Unary,
            endpoint: endpoint.clone(),
            path: "/vectors.v1.Rides/Plain".into(),
            metadata: holdover::Metadata::new(),
            body: request.encode_to_vec().into(),
            timeout: Some(Duration::from_secs(10)),
            priority: holdover::Priority::Interactive,
            idempotent: false,
            no_side_effects: false,
        };
        let answer = executor.block_on(transport.unary(request, Box::new(|_| ()))).unwrap();
        Ride::decode(&answer.body[..]).unwrap()
    };
    let ours = || block_on(rides.unary::<_, Ride>(PLAIN, &request)).unwrap();
    let (mut bares, mut calls) = (Vec::new(), Vec::new());
    for round in 0..200 {
        let (bare, call) = (median_of(40, bare), median_of(40, ours));
        // Connections are made in the first rounds.
        if round >= 5 {
            bares.push(bare);
            calls.push(call);
        }
    }
    let (bare, call) = (quietest(&bares), quietest(&calls));
    let extra = call.saturating_sub(bare);
    let percent = 100.0 * extra.as_secs_f64() / bare.as_secs_f64();
    println!("call over loopback, median: {call:?}; the bare transport: {bare:?}");
    let within = extra <= Duration::from_micros(15) || percent <= 5.0;
    bar("call / bare transport", within, &format!("{extra:?} or {percent:.1} % slower, bar 15 µs or 5 %"))
}

fn timed(batch: u32, mut run: impl FnMut()) -> Duration {
    let begun = Instant::now();
    (0..batch).for_each(|_| run());
    begun.elapsed() / batch
}

/// The median of so many calls.
fn median_of<T>(calls: u32, run: impl Fn() -> T) -> Duration {
    let time = |_| {
        let begun = Instant::now();
        black_box(run());
        begun.elapsed()
    };
    let mut times: Vec<Duration> = (0..calls).map(time).collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// The answer of a future that needs no waiting.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a hit has to be answered at once"),
    }
}
