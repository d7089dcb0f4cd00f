//! What the runtime's threads are, and what never waits for them. One test, because it counts the threads of the process.
#![allow(clippy::unwrap_used, reason = "tests unwrap")]
#![cfg(target_os = "linux")]

use std::pin::pin;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use futures_util::FutureExt as _;
use holdover::binding::Client;
use holdover::store::{StoreAnswer, StoreCommand, StoreFault};
use holdover::{Account, MemoryStore, Protocol, Runtime, Source, Store, UnaryCall};
use holdover_testkit::network::{Reply, ScriptedNetwork};
use prost::Message;

static POLICY: &[u8] = include_bytes!("../../../tests/vectors/api.policy");
/// The index of `Quote` in the policy.
const QUOTE: usize = 0;

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

/// The names of the runtime's threads.
fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok());
    let mut ours: Vec<String> =
        names.map(|name| name.trim().to_owned()).filter(|name| name.starts_with("holdover")).collect();
    ours.sort();
    ours
}

#[test]
fn two_threads_are_made_on_first_use_and_memory_waits_for_neither() {
    let (reached, at_the_disk) = mpsc::channel();
    let (go, gone) = mpsc::channel();
    let body = Bytes::from(Ride { id: Some("q1".to_owned()) }.encode_to_vec());
    let network = ScriptedNetwork::new(move |_| Reply::Ok(body.clone()));
    let runtime = Runtime::builder()
        .plain_text_endpoint("test", "http://rides.invalid", Protocol::Connect)
        .store_with(Hanging { inner: MemoryStore::new(), reached, go: gone })
        .transport(network)
        .build()
        .unwrap();
    let called_on = Arc::new(Mutex::new(Vec::new()));
    let log = called_on.clone();
    let session = runtime.session(Account::user("u-1"), move |_| {
        log.lock().unwrap().push(std::thread::current().name().map(str::to_owned));
        async { Ok(holdover::Credentials::none()) }
    });
    let rides = Client::bind(&session, POLICY).unwrap();
    assert_eq!(threads(), [""; 0], "building, sessions and clients need no thread");

    let request = RideRequest { ride_id: "r1".to_owned() };
    block_on(rides.unary::<_, Ride>(QUOTE, &request)).unwrap();
    assert_eq!(threads(), ["holdover", "holdover-store"]);
    assert_eq!(*called_on.lock().unwrap(), [Some("holdover".to_owned())]);

    at_the_disk.recv().unwrap();
    for _ in 0..100 {
        // The store hangs in its save, and still one poll is enough.
        let hit: UnaryCall<Ride> = rides.unary(QUOTE, &request);
        assert_eq!(hit.now_or_never().unwrap().unwrap().source(), Source::Cache);
        assert!(rides.cached::<_, Ride>(QUOTE, &request).is_some());
    }
    go.send(()).unwrap();
    block_on(runtime.shutdown());
}
