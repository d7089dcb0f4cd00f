//! Drives the engine: sessions, calls and observers over pluggable transports and stores.
#![forbid(unsafe_code)]

pub mod binding;
pub mod fake;
pub mod store;
pub mod view;

mod call;
mod clock;
mod completion;
mod credentials;
mod driver;
mod endpoint;
mod enriching;
mod observation;
mod policy;
mod runtime;
mod session;
mod snapshot;
mod tag;
mod telemetry;
mod transport;

pub use holdover_engine::{
    Account, BootId, CacheMode, CallOptions, Code, Detail, DetailMode, Error, ErrorKind, Event, Failure,
    Freshness, Instant, Metadata, Now, Priority, Quality, Response, Source, StatusDetail, Tag, TagPart,
    TransportFailure,
};

pub use call::UnaryCall;
pub use clock::{Clock, SystemClock};
pub use completion::Completion;
pub use credentials::{Anonymous, Credentials, CredentialsError, CredentialsProvider, CredentialsRequest};
pub use driver::InlineDriver;
pub use endpoint::{Endpoint, Protocol};
pub use enriching::{Enrich, Enriching};
pub use observation::{Observation, Observed};
pub use runtime::{Runtime, RuntimeBuilder};
pub use session::Session;
pub use snapshot::{Provenance, Snapshot};
pub use store::OutboxChoice;
pub use store::{MemoryStore, Store};
pub use telemetry::Stats;
pub use transport::{Limits, OnHead, Timings, Transport, UnaryRequest, UnaryResponse};
pub use view::{Items, View};
