//! Annotations that come in a descriptor set mean what they mean in sources.

use holdover_compiler::load::{MemorySources, load, load_descriptor_set};
use holdover_compiler::pipeline::{compile, compile_loaded};
use prost::Message as _;

const PRICING: &str = include_str!("../../../examples/proto/pricing/v1/pricing.proto");

/// What protoc would write for a file.
fn set(path: &str, text: &str) -> Vec<u8> {
    let loaded = load(&MemorySources::new().with(path, text), &[path]);
    loaded.expect("the file is valid").pool().encode_to_vec()
}

#[test]
fn the_policy_is_the_same() {
    let path = "pricing/v1/pricing.proto";
    let from_sources = compile(&MemorySources::new().with(path, PRICING), &[path]).unwrap();
    let loaded = load_descriptor_set("pricing.binpb", &set(path, PRICING), &[path]).unwrap();
    let from_set = compile_loaded(loaded, &mut ()).unwrap();
    assert_eq!(from_set.policy, from_sources.policy);
}

#[test]
fn findings_are_the_same_without_places() {
    let text = PRICING.replace("option idempotency_level = NO_SIDE_EFFECTS;", "");
    let path = "pricing/v1/pricing.proto";
    let codes = |report: &holdover_compiler::diagnostic::Report| {
        let all = report.diagnostics.iter();
        let mut codes: Vec<String> =
            all.map(|d| format!("{} {}", d.code(), d.subject_name().unwrap_or_default())).collect();
        codes.sort();
        codes
    };
    let from_sources = compile(&MemorySources::new().with(path, text.clone()), &[path]).unwrap_err();
    let loaded = load_descriptor_set("pricing.binpb", &set(path, &text), &[path]).unwrap();
    let from_set = compile_loaded(loaded, &mut ()).unwrap_err();
    assert_eq!(codes(&from_set), codes(&from_sources));
    assert!(codes(&from_set).contains(&"UNSAFE_CACHE pricing.v1.Pricing/GetQuote".to_owned()));
}

#[test]
fn a_written_set_keeps_annotations_and_one_without_them_is_told_of() {
    let path = "pricing/v1/pricing.proto";
    let from_sources = compile(&MemorySources::new().with(path, PRICING), &[path]).unwrap();
    let warnings = |bytes: &[u8]| {
        let loaded = load_descriptor_set("pricing.binpb", bytes, &[path]).unwrap();
        let compiled = compile_loaded(loaded, &mut ()).unwrap();
        let codes: Vec<&str> = compiled.warnings.iter().map(|warning| warning.code().as_str()).collect();
        (codes.join(" "), compiled)
    };
    let (codes, compiled) = warnings(&from_sources.loaded.encoded_set());
    assert_eq!(codes, from_sources.warnings.iter().map(|w| w.code().as_str()).collect::<Vec<_>>().join(" "));
    assert_eq!(compiled.policy, from_sources.policy);
    // What a tool that has no place for custom options makes of it.
    let (codes, compiled) = warnings(&from_sources.loaded.descriptor_set().encode_to_vec());
    assert_eq!(codes, "ANNOTATIONS_LOST", "{}", compiled.report());
    assert!(compiled.report().to_string().contains("descriptor_set_out"));
}

/// A set that was made with a newer vocabulary must not lose what this one does not know.
#[test]
fn what_a_newer_vocabulary_says_is_an_error() {
    let text = "syntax = \"proto3\"; package t; import \"holdover/annotations.proto\";
        service S { rpc M(A) returns (A) { option (holdover.method).invalidates = \"AAAA\"; } } message A {}";
    let mut bytes = set("t.proto", text);
    let known = [0x2a, 4, b'A', b'A', b'A', b'A'];
    let at = bytes.windows(known.len()).position(|window| window == known).unwrap();
    // Field 15 instead of 5.
    bytes[at] = 0x7a;
    let report = match load_descriptor_set("t.binpb", &bytes, &["t.proto"]) {
        Ok(loaded) => compile_loaded(loaded, &mut ()).unwrap_err(),
        Err(report) => report,
    };
    let text = report.to_string();
    assert!(text.contains("UNKNOWN_OPTION") && text.contains("unknown field with number 15"), "{text}");
}
