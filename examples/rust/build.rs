//! Compiles the annotated protos: messages, clients and the server's policy by Holdover, the server's trait by tonic.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);

    // All that an app needs.
    let descriptors = out.join("pricing.binpb");
    holdover_build::configure()
        .policy_out(out.join("pricing.policy"))
        .file_descriptor_set_path(&descriptors)
        .compile(&["../proto/pricing/v1/pricing.proto"], &["../proto"])?;

    // This program is the server too, and tonic generates its trait over the same messages.
    let server = out.join("server");
    std::fs::create_dir_all(&server)?;
    let descriptors = prost_types::FileDescriptorSet::decode(&*std::fs::read(descriptors)?)?;
    tonic_prost_build::configure()
        .build_client(false)
        .extern_path(".pricing.v1", "crate::proto::pricing::v1")
        .out_dir(server)
        .compile_fds(descriptors)?;
    Ok(())
}

use prost::Message as _;
