//! Holdover's sans-IO engine: every decision of the runtime, and no effect.
//!
//! [`Engine::handle`] takes a fact (a call, an answer, a loaded record, the time), [`Engine::poll_output`] says what to do
//! (send, load, save, deliver) until it says [`Output::Timeout`]. The engine has no clock, no threads, no async and no
//! randomness but its [`Seed`]: the same inputs give the same outputs, byte for byte. Numbers such as "rule C4" refer to
//! `runtime/SEMANTICS.md`.
//!
//! A driver is a loop. Effects are carried out elsewhere, and what comes of them is the next input:
//!
//! ```
//! use holdover_engine::{Config, Engine, Input, Instant, Now, Output, Seed};
//!
//! fn drive(engine: &mut Engine, input: Input, now: Now, mut effect: impl FnMut(Output)) -> Option<Instant> {
//!     engine.handle(input, now);
//!     loop {
//!         match engine.poll_output() {
//!             Output::Timeout(at) => return at, // Nothing more to do before `at`; then `Input::Tick`.
//!             output => effect(output),
//!         }
//!     }
//! }
//!
//! let mut engine = Engine::new(Config::default(), &Seed([0; 32]));
//! assert_eq!(drive(&mut engine, Input::Tick, Now::default(), |_| ()), None);
//! ```
#![forbid(unsafe_code)]

mod backoff;
mod call;
mod clock;
mod config;
mod counts;
mod credentials;
mod detail;
mod engine;
mod entry;
mod error;
mod event;
mod failure;
#[cfg(not(feature = "faults"))]
mod fault;
#[cfg(feature = "faults")]
pub mod fault;
mod flight;
mod input;
mod key;
mod ledger;
mod lifecycle;
mod memory;
mod metadata;
mod method;
mod network;
mod operation;
mod output;
mod partition;
mod quality;
mod random;
mod record;
mod retry;
mod session;
mod snapshot;
mod store;
mod stream;
mod switches;
mod time;
mod timer;
mod window;

pub use holdover_annotations::policy;

pub use call::{CacheMode, CallOptions, DetailMode, Form, MethodId, OpId, Priority};
pub use config::Config;
pub use counts::Counts;
pub use credentials::{AskCredentials, AskId, CredentialsAnswer};
pub use engine::{Engine, Registered, Seed};
pub use error::{Code, Error, ErrorKind, StatusDetail};
pub use event::{Bypass, Event, NotStored, QualitySource, Tier};
pub use holdover_wire::json;
pub use input::Input;
pub use lifecycle::AppState;
pub use memory::MemoryUse;
pub use metadata::Metadata;
pub use network::{
    AttemptId, Estimate, Failure, Head, Interface, Kind, Platform, Probe, Quality, Reachability, Request,
    Response, TransportFailure,
};
pub use output::{Delivered, Output};
pub use session::{Account, Endpoint, Session, SessionId, Tag, TagPart};
pub use snapshot::{Detail, Freshness, NotAPlanHash, Observed, PlanHash, Snapshot, Source, Withheld};
pub use store::{
    KeyHash, Loaded, MAX_SWITCHES, OutboxChoice, PartitionId, PartitionKey, Record, StoreAnswer,
    StoreCommand, StoreFault, StoreFaultKind, StoreId, StoreRequest, TagHash, TagWrite, Variant,
};
pub use switches::{Part, Switch};
pub use time::{BootId, Instant, Now};
