//! The generated Rust of every golden case, compiled as an app compiles it, with warnings denied. That it is here also
//! runs rustdoc over its comments: a comment that becomes a test or a broken link fails.
#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_docs,
    clippy::pedantic,
    rustdoc::all,
    reason = "generated code must give no warnings"
)]

/// Stands for the crate that `extern-path` finds `common` in.
#[path = "../extern-path/common_crate.rs"]
pub mod common_crate;

/// `deprecation`
#[path = "../deprecation/out/rust/mod.rs"]
pub mod deprecation;
/// `device`
#[path = "../device/out/rust/mod.rs"]
pub mod device;
/// `evil`
#[path = "../evil/out/rust/mod.rs"]
pub mod evil;
/// `extern-path`
#[path = "../extern-path/out/rust/mod.rs"]
pub mod extern_path;
/// `google-masks`
#[path = "../google-masks/out/rust/mod.rs"]
pub mod google_masks;
/// `imports`
#[path = "../imports/out/rust/mod.rs"]
pub mod imports;
/// `invalidates`
#[path = "../invalidates/out/rust/mod.rs"]
pub mod invalidates;
/// `naming`
#[path = "../naming/out/rust/mod.rs"]
pub mod naming;
/// `nested`
#[path = "../nested/out/rust/mod.rs"]
pub mod nested;
/// `no-service`
#[path = "../no-service/out/rust/mod.rs"]
pub mod no_service;
/// `primitives`
#[path = "../primitives/out/rust/mod.rs"]
pub mod primitives;
/// `ride-pricing`
#[path = "../ride-pricing/out/rust/mod.rs"]
pub mod ride_pricing;
/// `streams`
#[path = "../streams/out/rust/mod.rs"]
pub mod streams;
