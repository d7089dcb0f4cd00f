//! Our loader against protoc: the same files must give the same descriptors, options included, the same comments, and
//! the same warnings about unused imports.
//!
//! `cargo run -p holdover-tests-compiler --bin compare-schemas -- DIR` compares any other tree, such as all of googleapis
//! (`npm pack google-proto-files`).
#![forbid(unsafe_code)]

use holdover_compiler::load::load_descriptor_set;
use holdover_tests_compiler::compare::differences;
use holdover_tests_compiler::differential::{compare, protoc_alone};
use holdover_tests_compiler::known::Known;
use holdover_tests_compiler::schemas::Schemas;

#[test]
fn real_schemas_give_the_descriptors_that_protoc_gives() {
    let schemas = [Schemas::envoy(), Schemas::google_ads()];
    // A package that lost its schemas would make this test pass by comparing nothing.
    assert!(schemas.iter().map(|schemas| schemas.files.len()).sum::<usize>() >= 1_500);
    let mut found = Vec::new();
    for schemas in &schemas {
        let differences = compare(schemas).unwrap_or_else(|error| panic!("{error}"));
        println!(
            "{}: {} files compared, {} differences",
            schemas.name,
            schemas.files.len(),
            differences.len()
        );
        found.extend(differences);
    }
    let known = Known::all();
    let unexplained: Vec<String> = found
        .iter()
        .filter(|difference| !known.iter().any(|known| known.explains(difference)))
        .map(ToString::to_string)
        .collect();
    assert!(unexplained.is_empty(), "{} differences:\n{}", unexplained.len(), unexplained.join("\n"));
    for known in &known {
        let needed = found.iter().any(|difference| known.explains(difference));
        assert!(needed, "no schema shows this difference any more; remove it from the list: {}", known.line);
    }
}

#[test]
fn descriptor_sets_of_protoc_are_loaded_as_they_are() {
    let schemas = Schemas::envoy();
    let set = protoc_alone(&schemas).unwrap_or_else(|error| panic!("{error}")).set;
    let loaded =
        load_descriptor_set("envoy.pb", &set, &schemas.files).unwrap_or_else(|report| panic!("{report}"));
    let mut found = differences(&loaded, &set);
    found.retain(|difference| !difference.file.starts_with("google/protobuf/"));
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}
