//! The generated files of the annotations crate are what our own loader and prost-build make of its protos.

use std::fs;
use std::path::Path;

use holdover_annotations::{ANNOTATIONS_PATH, ANNOTATIONS_PROTO, POLICY_PROTO};
use holdover_compiler::load::{MemorySources, load};
use holdover_tests_compiler::golden::FLAG;

#[test]
fn generated_annotations_are_current() {
    let policy = "holdover/policy/v1/policy.proto";
    let sources = MemorySources::new().with(ANNOTATIONS_PATH, ANNOTATIONS_PROTO).with(policy, POLICY_PROTO);
    let loaded = load(&sources, &[ANNOTATIONS_PATH, policy]).unwrap_or_else(|report| panic!("{report}"));
    let requests = loaded
        .descriptor_set()
        .file
        .into_iter()
        .map(|file| (prost_build::Module::from_protobuf_package_name(file.package()), file))
        .collect();
    let generated = prost_build::Config::new().bytes(["."]).generate(requests).expect("prost-build");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../annotations/src/generated");
    for (module, text) in generated {
        let path = folder.join(module.to_file_name_or("_"));
        if std::env::var_os(FLAG).is_some() && fs::read_to_string(&path).is_ok_and(|old| old != text) {
            fs::write(&path, &text).expect("a generated file");
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "{} differs from its .proto; run `cargo xtask regenerate`", path.display());
    }
}
