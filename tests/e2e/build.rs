//! Generates the client of the ride-pricing API, and the policy that its servers need.

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    holdover_build::configure()
        .policy_out(out.join("policy.binpb"))
        .compile(&["proto/pricing/v1/pricing.proto"], &["proto"])?;
    Ok(())
}
