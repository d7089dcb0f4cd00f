//! Drives the engine: sessions, calls and observers over pluggable transports and stores.
#![forbid(unsafe_code)]

pub mod binding;
pub mod fake;
#[doc(hidden)]
pub mod host;
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
mod options;
mod policy;
mod runtime;
mod session;
mod snapshot;
mod stream;
mod tag;
mod telemetry;
mod transport;

pub use holdover_engine::{
    Account, AppState, BootId, CacheMode, CallOptions, Code, Counts, Detail, DetailMode, Error, ErrorKind,
    Estimate, Event, Failure, Freshness, Head, Instant, Interface, Kind, MemoryUse, Metadata, Now, Part,
    Platform, Priority, Quality, Reachability, Response, Source, StatusDetail, Switch, Tag, TagPart,
    TransportFailure,
};

pub use call::UnaryCall;
pub use clock::{Clock, SystemClock};
pub use completion::Completion;
pub use credentials::{Anonymous, Credentials, CredentialsError, CredentialsProvider, CredentialsRequest};
pub use driver::InlineDriver;
#[doc(hidden)]
pub use driver::Tapped;
pub use endpoint::{Endpoint, Protocol};
pub use enriching::{Enrich, Enriching};
pub use observation::{Observation, Observed};
pub use runtime::{Runtime, RuntimeBuilder};
pub use session::Session;
pub use snapshot::{Provenance, Snapshot};
pub use store::OutboxChoice;
pub use store::{KeyError, KeyProvider, MemoryStore, Store};
pub use stream::{BidiStream, ClientStream, Sender, Streaming};
pub use telemetry::{Measure, MeasureKind, Stats};
pub use transport::{CallRequest, Limits, OnProgress, Progress, Received, Transport};
pub use view::{Items, View};
