//! Clients that keep working on bad networks: what Rust apps import.
//!
//! An API's owner says in its `.proto` files how long an answer stays fresh, what a poor network may leave out, and what a
//! call makes outdated. Generated clients keep those promises on one [`Runtime`]:
//!
//! ```
//! use holdover::{Account, Anonymous, Runtime};
//!
//! # fn main() -> Result<(), holdover::Error> {
//! // Does no input or output; the cache is opened, and threads are made, on first use.
//! let runtime = Runtime::builder()
//!     .endpoint("prod", "https://api.example.com")
//!     .store(std::env::temp_dir().join("holdover-example"))
//!     .build()?;
//! let session = runtime.session(Account::user("u-17"), Anonymous);
//! session.set_metadata("accept-language", "en")?;
//!
//! // let pricing = PricingClient::new(&session)?;                    // generated
//! // let quote = pricing.get_quote(request).await?;                  // Snapshot<Quote>
//! # Ok(())
//! # }
//! ```
//!
//! Futures and streams run on any executor. **Screens observe, buttons get**: `observe_…` keeps a screen current and does
//! not end on errors; `get_…` returns one usable answer.
//!
//! # Streams
//!
//! Methods that send or receive a sequence of messages return [`Streaming`], [`ClientStream`] or [`BidiStream`]. Nothing is
//! sent before they are used, dropping them cancels, and a side that is slower makes the other one wait:
//!
//! ```
//! use holdover::{Error, Source, Streaming};
//!
//! # #[derive(Debug)]
//! # struct Price { text: String }
//! async fn show(mut prices: Streaming<Price>) -> Result<(), Error> {
//!     // prices = pricing.watch_prices(request), which is generated
//!     while let Some(price) = prices.next().await {
//!         let price = price?;
//!         match price.source() {
//!             Source::Replay => println!("{} a while ago", price.value.text),
//!             _ if price.gap() => println!("{}, and some were missed", price.value.text),
//!             _ => println!("{}", price.value.text),
//!         }
//!     }
//!     Ok(())
//! }
//!
//! # let fake = holdover::fake::FakeServerStream::new("pricing.v1.Pricing/WatchPrices");
//! # fake.answer(|()| [Ok(holdover::Snapshot::fresh(Price { text: "12.50".to_owned() }))]);
//! # let mut shown = Box::pin(show(fake.call(())));
//! # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
//! # assert!(shown.as_mut().poll(&mut context).is_ready());
//! ```
//!
//! Where the method has `replay`, a stream that is opened again shows its last message first, several readers share one
//! stream on the wire, and it opens again by itself when it breaks. Tell the runtime when the app leaves the screen and
//! comes back, by [`set_app_state`](holdover_client::Runtime::set_app_state), and streams leave the wire with it.
//!
//! # Bad networks
//!
//! The runtime judges the network by the app's own traffic. On a poor one, answers lose what merely enriches them, as
//! their annotations say; when it recovers, what screens observe is fetched in full by itself.
//! [`set_platform`](holdover_client::Runtime::set_platform) adds what the platform knows,
//! [`set_quality`](holdover_client::Runtime::set_quality) overrides everything, and
//! [`quality`](holdover_client::Runtime::quality) is the class in force.
//!
//! Offline, what is stored is served at once, and calls fail with [`ErrorKind::Offline`], wait, or get what has expired, as
//! their methods say. Then screens refresh themselves, and streams open again.
//!
//! # The app's life
//!
//! In the background ([`set_app_state`](holdover_client::Runtime::set_app_state)) nothing happens by itself after a
//! [grace period](RuntimeBuilder::grace_period). [`pause`](holdover_client::Runtime::pause) and
//! [`resume`](holdover_client::Runtime::resume) go around a suspension,
//! [`memory_pressure`](holdover_client::Runtime::memory_pressure) drops what memory holds, and
//! [`disable`](holdover_client::Runtime::disable) turns parts of policies off, for later processes, too.
//!
//! With a [key provider](RuntimeBuilder::key_provider), what is stored of answers is sealed by a key of the platform.
//!
//! # Seeing what it does
//!
//! [`RuntimeBuilder::on_event`] hears of every decision, `tracing` gets the same, and
//! [`stats`](holdover_client::Runtime::stats) counts them. With the feature `opentelemetry`, `Runtime::register_metrics`
//! makes instruments of a meter of them.
//!
//! # Threads
//!
//! A runtime makes at most three threads, on first use: one for the network, one for the store, and one for listeners of
//! events. The default transport borrows a further one while the system's resolver looks a name up, because that blocks.
//! An answer from memory changes no thread.
#![forbid(unsafe_code)]

#[cfg(feature = "opentelemetry")]
mod meter;
mod runtime;

// What is named here as well takes precedence: the runtime of this crate has a transport and a store.
pub use holdover_client::*;
pub use holdover_store_sqlite::SqliteStore;
pub use holdover_transport_connect::{ConnectTransport, HyperService, HyperServiceBuilder, TlsError};
/// What generated messages are made with.
pub use prost;
/// The well-known types, as generated messages use them.
pub use prost_types;
pub use runtime::{Runtime, RuntimeBuilder};

/// Includes what a build script generated for a package: `holdover::include_proto!("pricing.v1");`.
///
/// Put it into modules that are nested like the package, so that types of one package find those of another:
/// `mod pricing { pub mod v1 { holdover::include_proto!("pricing.v1"); } }`, or let the build script's `include_file`
/// write that down.
#[macro_export]
macro_rules! include_proto {
    ($package:literal) => {
        include!(concat!(env!("OUT_DIR"), "/", $package, ".rs"));
    };
}
