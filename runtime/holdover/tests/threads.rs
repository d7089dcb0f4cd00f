//! What the runtime's threads are, and what never waits for them. One test, because it counts the threads of the process.
#![allow(clippy::unwrap_used, reason = "tests unwrap")]
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use futures_util::FutureExt as _;
use holdover::binding::Client;
use holdover::store::{StoreAnswer, StoreCommand, StoreFault};
use holdover::{
    Account, Event, MemoryStore, Protocol, Quality, Runtime, Source, Store, Streaming, UnaryCall,
};
use holdover_testkit::network::{Reply, ScriptedNetwork};
use prost::Message;

static POLICY: &[u8] = include_bytes!("../../../tests/vectors/api.policy");
/// The index of `Quote` in the policy.
const QUOTE: usize = 0;
/// The index of `Feed`, a stream, in the policy.
const FEED: usize = 23;

#[derive(Clone, PartialEq, Message)]
struct RideRequest {
    #[prost(string, tag = "1")]
    ride_id: String,
}

#[derive(Clone, PartialEq, Message)]
struct Ride {
    #[prost(string, optional, tag = "1")]
    id: Option<String>,
}

/// Stops at every save until it is let go, like a disk that hangs.
struct Hanging {
    inner: MemoryStore,
    reached: mpsc::Sender<()>,
    go: mpsc::Receiver<()>,
}

impl Store for Hanging {
    fn execute(&mut self, command: StoreCommand) -> Result<StoreAnswer, StoreFault> {
        if matches!(command, StoreCommand::Save { .. }) {
            self.reached.send(()).unwrap();
            self.go.recv().unwrap();
        }
        self.inner.execute(command)
    }
}

struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// The names of the process's threads, by id.
fn threads() -> BTreeMap<u32, String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path());
    let name = |task: &PathBuf| std::fs::read_to_string(task.join("comm")).ok();
    let id = |task: &PathBuf| task.file_name().unwrap().to_str().unwrap().parse().unwrap();
    tasks.filter_map(|task| Some((id(&task), name(&task)?.trim().to_owned()))).collect()
}

/// The names of the threads that were made since, whoever made them.
fn made_since(before: &BTreeMap<u32, String>) -> Vec<String> {
    let mut made: Vec<String> =
        threads().into_iter().filter(|(id, _)| !before.contains_key(id)).map(|(_, name)| name).collect();
    made.sort();
    made
}

#[test]
fn three_threads_are_made_on_first_use_and_memory_waits_for_none() {
    let before = threads();
    let (reached, at_the_disk) = mpsc::channel();
    let (go, gone) = mpsc::channel();
    let body = Bytes::from(Ride { id: Some("q1".to_owned()) }.encode_to_vec());
    let network = ScriptedNetwork::new({
        let body = body.clone();
        move |_| Reply::Ok(body.clone())
    });
    let (heard, hearing) = mpsc::channel();
    let (deaf, listen) = mpsc::channel::<()>();
    let on_event = {
        let heard = heard.clone();
        move |_: &Event, _: Option<&str>| {
            heard.send(std::thread::current().name().map(str::to_owned)).unwrap();
            // Slow: until the test is over.
            let _ = listen.recv();
        }
    };
    let runtime = Runtime::builder()
        .plain_text_endpoint("test", "http://rides.invalid", Protocol::Connect)
        .store_with(Hanging { inner: MemoryStore::new(), reached, go: gone })
        .transport(network.clone())
        .on_event(on_event)
        .on_quality_change(move |quality| assert_eq!(quality, Quality::Poor))
        .build()
        .unwrap();
    let called_on = Arc::new(Mutex::new(Vec::new()));
    let log = called_on.clone();
    let session = runtime.session(Account::user("u-1"), move |_| {
        log.lock().unwrap().push(std::thread::current().name().map(str::to_owned));
        async { Ok(holdover::Credentials::none()) }
    });
    let rides = Client::bind(&session, POLICY).unwrap();
    assert_eq!(made_since(&before), [""; 0], "building, sessions and clients need no thread");

    let request = RideRequest { ride_id: "r1".to_owned() };
    block_on(rides.unary::<_, Ride>(QUOTE, &request)).unwrap();
    // All of them run now: a thread has its name once it does.
    assert_eq!(hearing.recv().unwrap(), Some("holdover-events".to_owned()));
    at_the_disk.recv().unwrap();
    let all = ["holdover", "holdover-events", "holdover-store"];
    assert_eq!(made_since(&before), all);
    assert_eq!(*called_on.lock().unwrap(), [Some("holdover".to_owned())]);
    for _ in 0..100 {
        // The store hangs in its save and the listener in its first event, and still one poll is enough.
        let hit: UnaryCall<Ride> = rides.unary(QUOTE, &request);
        assert_eq!(hit.now_or_never().unwrap().unwrap().source(), Source::Cache);
        assert!(rides.cached::<_, Ride>(QUOTE, &request).is_some());
    }

    // Streams, measurements and listeners need no others.
    network.now(|_| Reply::Live);
    let mut feeds: Vec<Streaming<Ride>> = (0..20).map(|_| rides.server_stream(FEED, &request)).collect();
    for (n, feed) in feeds.iter_mut().enumerate() {
        assert!(feed.next().now_or_never().is_none());
        while network.streams() <= n {
            std::thread::yield_now();
        }
        let wire = network.stream(n);
        wire.head();
        wire.message(body.clone());
        assert_eq!(block_on(feed.next()).unwrap().unwrap().value.id.as_deref(), Some("q1"));
    }
    runtime.set_quality(Quality::Poor);
    assert_eq!(made_since(&before), all);

    go.send(()).unwrap();
    drop(deaf);
    drop(feeds);
    block_on(runtime.shutdown());
    drop((rides, session, runtime));
    // The last thing that a thread does is to let go of what it was given.
    drop(heard);
    while hearing.recv().is_ok() {}
}
