//! Bounded memory and threads, whatever callers do. One test, because it counts the bytes and the threads of the process.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod crowd;
mod slow;
mod storm;

use std::alloc::System;
use std::time::Duration;

use cap::Cap;
use holdover_e2e::Site;
use tokio::runtime::Builder;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// How many bytes the process has allocated, servers included.
fn allocated() -> usize {
    ALLOCATOR.allocated()
}

/// How many bytes more than `before` are allocated.
fn grown_since(before: usize) -> usize {
    allocated().saturating_sub(before)
}

/// Runs a part in paused time, which would pass for ever where something hangs.
fn paused(part: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime
        .block_on(async { tokio::time::timeout(Duration::from_secs(7_200), part).await })
        .expect("it ends");
}

#[test]
fn memory_and_threads_are_bounded() {
    for site in Site::plain() {
        // Over HTTP/1.1 every call of the crowd has a connection of its own, a thousand of them at once: nobody has measured
        // yet how much of that memory is the server's.
        if site.http_version() == http::Version::HTTP_2 {
            Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(crowd::comes_and_goes(&site));
        }
        paused(slow::readers_stop_their_servers(&site));
        paused(storm::leaves_nothing_behind(&site));
    }
}
