//! What the benchmarks share: a server, a message, and how measurements are taken and told.

pub(crate) mod loopback;
pub(crate) mod message;

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use holdover::binding::Client;
use holdover::{Account, Anonymous, Protocol, Runtime};

use loopback::Loopback;
use message::POLICY;

pub(crate) fn runtime(server: &Loopback) -> holdover::RuntimeBuilder {
    Runtime::builder().plain_text_endpoint("bench", server.url(), Protocol::Connect)
}

pub(crate) fn client(runtime: &Runtime) -> Client {
    Client::bind(&runtime.session(Account::user("u-1"), Anonymous), POLICY).unwrap()
}

pub(crate) fn quietest(rounds: &[Duration]) -> Duration {
    rounds.iter().min().copied().unwrap_or_default()
}

pub(crate) fn bar(what: &str, met: bool, how: &str) -> bool {
    println!("  {} {what}: {how}", if met { "met   " } else { "MISSED" });
    met
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread, so that no executor is measured.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
