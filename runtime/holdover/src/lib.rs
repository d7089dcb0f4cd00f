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
