//! Generated files that are checked in are what our own loader and prost-build make of the protos beside them.

use std::fs;
use std::path::Path;

use holdover_annotations::{ANNOTATIONS_PATH, ANNOTATIONS_PROTO, POLICY_PROTO};
use holdover_compiler::load::{MemorySources, load};
use holdover_tests_compiler::golden::FLAG;

#[test]
fn generated_annotations_are_current() {
    let policy = "holdover/policy/v1/policy.proto";
    let sources = MemorySources::new().with(ANNOTATIONS_PATH, ANNOTATIONS_PROTO).with(policy, POLICY_PROTO);
    check(&sources, &[ANNOTATIONS_PATH, policy], "annotations/src/generated");
}

#[test]
fn generated_messages_of_the_boundary_are_current() {
    let path = "holdover/boundary/v1/boundary.proto";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtime/ffi/proto").join(path);
    let text = fs::read_to_string(file).expect("the boundary's messages");
    check(&MemorySources::new().with(path, text), &[path], "runtime/ffi/src/generated");
}

fn check(sources: &MemorySources, files: &[&str], folder: &str) {
    let loaded = load(sources, files).unwrap_or_else(|report| panic!("{report}"));
    let requests = loaded
        .descriptor_set()
        .file
        .into_iter()
        .map(|file| (prost_build::Module::from_protobuf_package_name(file.package()), file))
        .collect();
    let generated = prost_build::Config::new().bytes(["."]).generate(requests).expect("prost-build");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    for (module, text) in generated {
        let path = folder.join(module.to_file_name_or("_"));
        if std::env::var_os(FLAG).is_some() && fs::read_to_string(&path).map_or(true, |old| old != text) {
            fs::write(&path, &text).expect("a generated file");
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "{} differs from its .proto; run `cargo xtask regenerate`", path.display());
    }
}
