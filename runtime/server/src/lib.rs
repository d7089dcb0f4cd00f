//! A tower layer that trims responses when a client on a poor network asks for it.
//!
//! The compiler writes the policy of an API with `--policy-out`; those bytes are the whole change to a server:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let policy = std::fs::read("pricing.policy.binpb")?;
//! let layer = holdover_server::DetailLayer::new(&policy)?;
//! // tonic: Server::builder().layer(layer); axum and connectrpc: the same, on their router or service.
//! # Ok(()) }
//! ```
//!
//! A request that says `holdover-detail: reduced; plan=<hash>` with the plan of its method gets a response without that
//! plan's fields, which says so in `holdover-detail-applied`. It works on encoded messages, in gRPC, gRPC-Web and Connect
//! with protobuf, compressed with gzip or not (`grpc-web-text` passes in full). Nothing is ever trimmed unasked; on any
//! doubt (another plan, encoding or content type, a failed call, a message that is too large or not protobuf) the
//! original bytes pass. All that others can see of the layer is `vary: holdover-detail` on the responses of methods that
//! have a plan.
//!
//! Unary answers are held back until they are complete, because their heads say whether they were trimmed. Streams of every
//! kind pass message by message: the head goes out at once, no more than one unfinished message and one chunk is held, and the
//! service is asked for more only when everything before has gone. `reduced` in the head of a stream says that the plan's
//! fields may be missing from its messages; one that cannot be trimmed passes in full.
//!
//! Trimming is never access control.
#![forbid(unsafe_code)]

mod body;
mod format;
mod future;
mod gzip;
mod layer;
mod message;
mod methods;
mod metrics;
mod request;
mod stream;
mod trim;

pub use body::DetailBody;
pub use future::DetailFuture;
pub use layer::{DetailLayer, DetailService};
pub use methods::DetailPolicyError;
pub use metrics::{DetailCounts, DetailMetrics};

/// How a client asks: `reduced; plan=<hash>`.
pub const DETAIL: http::HeaderName = http::HeaderName::from_static("holdover-detail");

/// What the server did: `reduced; plan=<hash>`, or `full`. A unary answer's `; dropped=<bytes>` says how much was left out of
/// the message, uncompressed; a stream's head, which goes out first, does not.
pub const DETAIL_APPLIED: http::HeaderName = http::HeaderName::from_static("holdover-detail-applied");
