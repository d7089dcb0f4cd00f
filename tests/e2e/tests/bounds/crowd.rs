//! A thousand calls and a hundred streams at once.

use futures_util::future::join_all;
use holdover_e2e::pricing::v1::{GetQuoteRequest, WatchRequest};
use holdover_e2e::{App, Rides, Site};

use crate::{allocated, grown_since};

const STREAMS: usize = 100;
const CALLS: usize = 1_000;
/// What the cache may keep. A quote has about 10 kB.
const CACHE: usize = 1 << 20;
/// For everything else: tables that have grown. The answers of all rounds have 44 MB.
const SLACK: usize = 6 << 20;

pub(crate) async fn comes_and_goes(site: &Site) {
    let rides = Rides::new();
    let server = site.serve(rides.clone());
    let mut app = App::with(site, &server, |builder| builder.memory_bytes(CACHE), holdover::Anonymous);
    let before = allocated();
    for round in 0..4 {
        let mut streams: Vec<_> = (0..STREAMS)
            .map(|n| app.pricing.watch(WatchRequest { ride_id: format!("w-{round}-{n}") }))
            .collect();
        for (n, stream) in streams.iter_mut().enumerate() {
            let quote = stream.next().await.unwrap().unwrap();
            assert_eq!(quote.value.quote_id(), format!("q-1 of w-{round}-{n}"), "{site:?}");
        }
        let calls = (0..CALLS).map(|n| {
            let call = app.pricing.get_quote(GetQuoteRequest { ride_id: format!("c-{round}-{n}") });
            async move { assert_eq!(call.await.unwrap().value.quote_id(), format!("q-1 of c-{round}-{n}")) }
        });
        join_all(calls).await;
        threads_are_few(site);
        assert_eq!(rides.watches(), STREAMS, "{site:?}");
        drop(streams);
        rides.idle().await;
        rides.forget_headers();
        app.forget_events();
        let kept = app.runtime.stats().memory.bytes;
        assert!(kept <= CACHE, "{site:?}: {kept} bytes in the cache");
        let grown = grown_since(before);
        assert!(grown < CACHE + SLACK, "{site:?}: {grown} bytes after round {round}");
    }
    app.runtime.shutdown().await;
}

/// A worker and the listeners' thread; there is no store, which would have one more (rule J1).
fn threads_are_few(site: &Site) {
    #[cfg(target_os = "linux")]
    {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok());
        let ours: Vec<String> = names.filter(|name| name.starts_with("holdover")).collect();
        assert!((1..=2).contains(&ours.len()), "{site:?}: {ours:?}");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = site;
}
