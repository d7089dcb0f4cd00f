//! Compiles annotated protos from a build script.
//!
//! ```no_run
//! // build.rs
//! fn main() -> Result<(), holdover_build::Error> {
//!     holdover_build::configure().compile(&["proto/pricing/v1/pricing.proto"], &["proto"])
//! }
//! ```
//!
//! ```ignore
//! // lib.rs
//! pub mod pricing {
//!     pub mod v1 {
//!         holdover::include_proto!("pricing.v1");
//!     }
//! }
//! ```
//!
//! With many packages, let [`Builder::include_file`] write the modules down.
#![forbid(unsafe_code)]

pub mod files;

mod builder;
mod compile;
mod error;
mod rerun;

pub use builder::{Builder, configure};
pub use compile::Input;
pub use error::Error;
