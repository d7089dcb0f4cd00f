//! Clients that keep working on bad networks: what Rust apps import.
#![forbid(unsafe_code)]

pub use holdover_client::*;
/// What generated messages are made with.
pub use prost;
/// The well-known types, as generated messages use them.
pub use prost_types;

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
