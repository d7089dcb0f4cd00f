//! Generates the messages that the runner speaks.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    holdover_build::configure()
        .compile(&["proto/connectrpc/conformance/v1/client_compat.proto"], &["proto"])?;
    Ok(())
}
