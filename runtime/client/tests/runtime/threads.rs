//! The threaded runtime: any executor, and an end to everything.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use holdover_client::binding::Client;
use holdover_client::{
    Account, Anonymous, BidiStream, ErrorKind, MemoryStore, Runtime, Source, Streaming, UnaryCall,
};
use holdover_testkit::clock::ManualClock;
use holdover_testkit::network::{Reply, ScriptedNetwork};

use crate::rides::{CHAT, FEED, POLICY, QUOTE, Ride, RideRequest, answers, builder, encode, request, ride};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest executor there is.
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

fn start(network: &ScriptedNetwork, store: MemoryStore) -> (Runtime, Client) {
    let runtime = builder(&ManualClock::new(), network).store(store).build().unwrap();
    let session = runtime.session(Account::user("u-1"), Anonymous);
    let rides = Client::bind(&session, POLICY).unwrap();
    (runtime, rides)
}

#[test]
fn futures_run_on_any_executor() {
    let network = ScriptedNetwork::new(answers("q1"));
    let (_runtime, rides) = start(&network, MemoryStore::new());
    let cold = block_on(rides.unary::<_, Ride>(QUOTE, &request("r1"))).unwrap();
    assert_eq!((cold.source(), cold.value), (Source::Network, ride("q1")));
    assert_eq!(block_on(rides.unary::<_, Ride>(QUOTE, &request("r1"))).unwrap().source(), Source::Cache);
}

#[test]
fn many_threads_share_one_request() {
    let network = ScriptedNetwork::new(answers("q1"));
    let (runtime, rides) = start(&network, MemoryStore::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let answer = block_on(rides.unary::<_, Ride>(QUOTE, &request("r1"))).unwrap();
                    assert_eq!(answer.value, ride("q1"));
                }
            });
        }
    });
    assert_eq!(network.sent(), 1);
    let stats = runtime.stats();
    assert_eq!(stats.counts.hits[0] + stats.counts.misses, 400, "{stats:?}");
    assert_eq!(stats.counts.misses, stats.counts.joins + 1, "{stats:?}");
}

#[test]
fn shutting_down_ends_every_call_and_closes_the_store() {
    let network = ScriptedNetwork::new(answers("q1"));
    let store = MemoryStore::new();
    let (runtime, rides) = start(&network, store.clone());
    block_on(rides.unary::<_, Ride>(QUOTE, &request("r1"))).unwrap();
    let _held = network.hold();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| block_on(rides.unary::<_, Ride>(QUOTE, &request("r2"))));
        while network.sent() < 2 {
            std::thread::yield_now();
        }
        block_on(runtime.shutdown());
        let error = waiting.join().unwrap().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Misuse, "{error}");
    });
    let error = block_on(rides.unary::<_, Ride>(QUOTE, &request("r1"))).unwrap_err();
    assert!(error.message.contains("shut down"), "{error}");
    // Everything was written before the store closed.
    network.now(|_| Reply::unreachable());
    let (_again, rides) = start(&network, store);
    assert_eq!(block_on(rides.unary::<_, Ride>(QUOTE, &request("r1"))).unwrap().value, ride("q1"));
}

#[test]
fn a_call_outlives_the_handles_it_came_from() {
    let network = ScriptedNetwork::new(answers("q1"));
    let (runtime, rides) = start(&network, MemoryStore::new());
    let call: UnaryCall<Ride> = rides.unary(QUOTE, &request("r1"));
    drop(rides);
    drop(runtime);
    assert_eq!(block_on(call).unwrap().value, ride("q1"));
}

#[test]
fn streams_run_on_any_executor_and_a_storm_of_cancellations_leaves_nothing_behind() {
    let network = ScriptedNetwork::new(|_| Reply::Live);
    let (runtime, rides) = start(&network, MemoryStore::new());
    // A server that sends without end.
    let served = network.clone();
    let over = Arc::new(AtomicBool::new(false));
    let stop = over.clone();
    let server = std::thread::spawn(move || {
        let mut begun = 0;
        while !stop.load(Relaxed) {
            for n in 0..served.streams() {
                let wire = served.stream(n);
                if n >= begun {
                    wire.head();
                    begun = n + 1;
                }
                if !wire.is_dropped() {
                    wire.message(encode(&ride(&n.to_string())));
                }
            }
            std::thread::yield_now();
        }
    });
    std::thread::scope(|scope| {
        for n in 0..4 {
            let rides = &rides;
            scope.spawn(move || {
                for m in 0..25 {
                    let mut feed: Streaming<Ride> = rides.server_stream(FEED, &request("r1"));
                    for _ in 0..(n + m) % 4 {
                        block_on(feed.next()).unwrap().unwrap();
                    }
                    let mut chat: BidiStream<RideRequest, Ride> = rides.bidi_stream(CHAT);
                    block_on(chat.send(&request("hello"))).unwrap();
                    let (mut sender, mut replies) = chat.split();
                    block_on(replies.next()).unwrap().unwrap();
                    block_on(sender.send(&request("again"))).unwrap();
                }
            });
        }
    });
    over.store(true, Relaxed);
    server.join().unwrap();
    // Whatever was cancelled is gone once something that comes after it is done.
    network.now(answers("q1"));
    block_on(rides.unary::<_, Ride>(QUOTE, &request("r1"))).unwrap();
    while !(0..network.streams()).all(|n| network.stream(n).is_dropped()) {
        std::thread::yield_now();
    }
    block_on(runtime.shutdown());
}
