//! What streams cost, measured in one run: `cargo bench -p holdover --bench engine`.
//!
//! - The kept message of a stream that is opened again, from the call to the item: at most 1 ms, from memory and from the
//!   disk.
//! - A message of a stream over loopback against the bare transport: at most 5 % or 5 µs more, whichever is larger, by the
//!   throughput of a burst, of a method that passes messages through and of one that keeps the last. How much later a
//!   message arrives that comes alone, changes of thread included, is printed.
//!
//! Both sides of a comparison take turns, in many rounds, and each is represented by its quietest round: whatever else
//! the machine does can only add time. Exits with 1 when a bar is missed, unless `--print` is given.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that prints, and that stops when it is wrong"
)]

#[path = "../common/mod.rs"]
mod common;

use std::hint::black_box;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use holdover::binding::Client;
use holdover::{
    CallRequest, ConnectTransport, Endpoint, HyperService, Kind, Received, Source, Streaming, Transport,
};
use prost::Message as _;

use common::loopback::{EPOCH, Loopback};
use common::message::{Ride, RideRequest};
use common::{bar, block_on, client, quietest, runtime};

/// Keeps its last message for a minute.
const WATCH: usize = 19;
/// Passed through, one message each millisecond.
const FOLLOW: usize = 22;
/// Passed through, as fast as it can.
const FEED: usize = 23;

fn main() {
    let server = Loopback::start();
    let bars = [replay(&server), burst(&server), kept_burst(&server)];
    one_by_one(&server);
    let print_only = std::env::args().any(|argument| argument == "--print");
    if bars.contains(&false) && !print_only {
        std::process::exit(1);
    }
}

fn request(number: usize) -> RideRequest {
    RideRequest { ride_id: number.to_string() }
}

/// Opens a stream, and takes the time until its first item.
fn opened(rides: &Client, ride: usize, source: Source) -> (Duration, Streaming<Ride>) {
    let begun = Instant::now();
    let mut stream: Streaming<Ride> = rides.server_stream(WATCH, &request(ride));
    let first = block_on(stream.next()).unwrap().unwrap();
    let took = begun.elapsed();
    assert_eq!(first.source(), source);
    (took, stream)
}

fn replay(server: &Loopback) -> bool {
    const RIDES: usize = 50;

    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    let folder = tempfile::tempdir().unwrap();
    let warm = runtime(server).store(folder.path()).build().unwrap();
    let rides = client(&warm);
    (0..RIDES).for_each(|ride| drop(opened(&rides, ride, Source::Network)));
    let memory = median((0..RIDES).map(|ride| opened(&rides, ride, Source::Replay).0).collect());
    block_on(warm.shutdown());

    let cold = runtime(server).store(folder.path()).build().unwrap();
    let rides = client(&cold);
    let start = opened(&rides, 0, Source::Replay).0;
    // Each for the first time in this process, so that it is read from the file.
    let disk = median((1..RIDES).map(|ride| opened(&rides, ride, Source::Replay).0).collect());
    block_on(cold.shutdown());

    println!(
        "replay of a stream that is opened again, median: {memory:?} from memory, {disk:?} from the disk"
    );
    println!("  the first of a process, threads and opening the store included: {start:?}");
    let most = Duration::from_millis(1);
    let from_memory = bar("replay from memory", memory <= most, &format!("{memory:?}, bar 1 ms"));
    bar("replay from the disk", disk <= most, &format!("{disk:?}, bar 1 ms")) && from_memory
}

/// The same stream, by the transport alone.
struct Bare {
    transport: ConnectTransport<HyperService>,
    executor: tokio::runtime::Runtime,
    endpoint: Endpoint,
}

impl Bare {
    fn new(rides: &Client) -> Self {
        let executor = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let endpoint = rides.session().endpoint().clone();
        Self { transport: ConnectTransport::new(), executor, endpoint }
    }

    fn read(&self, method: &str, messages: usize, mut each: impl FnMut(Ride)) {
        let request = CallRequest {
            kind: Kind::ServerStream,
            endpoint: self.endpoint.clone(),
            path: format!("/vectors.v1.Rides/{method}").into(),
            metadata: holdover::Metadata::new(),
            body: request(messages).encode_to_vec().into(),
            timeout: None,
            priority: holdover::Priority::Interactive,
            idempotent: false,
            no_side_effects: false,
        };
        let mut read = 0;
        self.executor.block_on(async {
            let mut stream = self.transport.stream(request, futures_util::stream::empty().boxed());
            while let Some(received) = stream.next().await {
                if let Received::Message(message) = received.unwrap() {
                    each(Ride::decode(message).unwrap());
                    read += 1;
                }
            }
        });
        assert_eq!(read, messages);
    }
}

fn read(rides: &Client, method: usize, messages: usize, mut each: impl FnMut(Ride)) {
    let mut stream: Streaming<Ride> = rides.server_stream(method, &request(messages));
    let mut read = 0;
    block_on(async {
        while let Some(item) = stream.next().await {
            each(item.unwrap().value);
            read += 1;
        }
    });
    assert_eq!(read, messages);
}

/// How many messages a burst has.
const MESSAGES: usize = 2_000;

fn per_message(run: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    run();
    begun.elapsed() / u32::try_from(MESSAGES).unwrap()
}

/// Compares a message of a burst with one of the bare transport.
fn beside_bare(what: &str, ours: &[Duration], bares: &[Duration]) -> bool {
    let (bare, call) = (quietest(bares), quietest(ours));
    let extra = call.saturating_sub(bare);
    let percent = 100.0 * extra.as_secs_f64() / bare.as_secs_f64();
    println!("a message of {what}, decoded: {call:?}; the bare transport: {bare:?}");
    let within = extra <= Duration::from_micros(5) || percent <= 5.0;
    let how = format!("{extra:?} or {percent:.1} % more, bar 5 µs or 5 %");
    bar(&format!("message of {what} / bare transport"), within, &how)
}

fn burst(server: &Loopback) -> bool {
    let runtime = runtime(server).build().unwrap();
    let rides = client(&runtime);
    let bare = Bare::new(&rides);
    let (mut bares, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..60 {
        bares.push(per_message(|| bare.read("Feed", MESSAGES, |ride| _ = black_box(ride))));
        ours.push(per_message(|| read(&rides, FEED, MESSAGES, |ride| _ = black_box(ride))));
    }
    beside_bare("a burst", &ours, &bares)
}

/// A burst over a stream that keeps its last message, which others could share. Its reader may be shown less than all: the
/// time is that until the server's last message was read.
fn kept_burst(server: &Loopback) -> bool {
    let runtime = runtime(server).build().unwrap();
    let rides = client(&runtime);
    let bare = Bare::new(&rides);
    let (mut bares, mut ours, mut shown) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..60 {
        bares.push(per_message(|| bare.read("Feed", MESSAGES, |ride| _ = black_box(ride))));
        // Another ride each time: one that was watched before would begin with its last message.
        let request = RideRequest { ride_id: format!("{MESSAGES}-messages-{round}") };
        let mut items = 0;
        ours.push(per_message(|| {
            let mut stream: Streaming<Ride> = rides.server_stream(WATCH, &request);
            block_on(async {
                while let Some(item) = stream.next().await {
                    black_box(item.unwrap().value);
                    items += 1;
                }
            });
        }));
        assert!((1..=MESSAGES).contains(&items), "{items} items");
        shown.push(items);
    }
    let met = beside_bare("a burst with `replay`", &ours, &bares);
    shown.sort_unstable();
    println!("  of {MESSAGES} messages the reader was shown {} (median)", shown[shown.len() / 2]);
    met
}

/// How long ago a message was sent.
fn since_sent(ride: &Ride) -> Duration {
    let sent = u64::try_from(ride.cents.unwrap()).unwrap();
    EPOCH.elapsed().saturating_sub(Duration::from_nanos(sent))
}

fn one_by_one(server: &Loopback) {
    const MESSAGES: usize = 500;

    let runtime = runtime(server).build().unwrap();
    let rides = client(&runtime);
    let bare = Bare::new(&rides);
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[MESSAGES / 2]
    };
    let (mut bares, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let mut times = Vec::with_capacity(MESSAGES);
        bare.read("Follow", MESSAGES, |ride| times.push(since_sent(&ride)));
        bares.push(median(times));
        let mut times = Vec::with_capacity(MESSAGES);
        read(&rides, FOLLOW, MESSAGES, |ride| times.push(since_sent(&ride)));
        ours.push(median(times));
    }
    let (bare, call) = (quietest(&bares), quietest(&ours));
    let extra = call.saturating_sub(bare);
    println!("a message that comes alone, from send to item, median: {call:?}; the bare transport: {bare:?}");
    println!("  {extra:?} later, a change of thread included");
}
