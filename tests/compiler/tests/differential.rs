//! Our loader against protoc: the same files must give the same descriptors, options included, the same comments, and
//! the same warnings about unused imports.
//!
//! `HOLDOVER_SCHEMAS=DIR cargo test -p holdover-tests-compiler --test differential -- --ignored` compares any other tree,
//! such as all of googleapis (`npm pack google-proto-files`).
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::path::PathBuf;

use holdover_compiler::load::{IncludePaths, Loaded, codes, load, load_descriptor_set};
use holdover_tests_compiler::compare::{Difference, differences};
use holdover_tests_compiler::known::Known;
use holdover_tests_compiler::{protoc, read, schemas::Schemas};

#[test]
fn real_schemas_give_the_descriptors_that_protoc_gives() {
    let schemas = [Schemas::envoy(), Schemas::google_ads()];
    // A package that lost its schemas would make this test pass by comparing nothing.
    assert!(schemas.iter().map(|schemas| schemas.files.len()).sum::<usize>() >= 1_500);
    let mut found = Vec::new();
    for schemas in &schemas {
        let differences = compare(schemas);
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
#[ignore = "compares the schemas in the directory that HOLDOVER_SCHEMAS names"]
fn other_schemas_give_the_descriptors_that_protoc_gives() {
    let root = std::env::var_os("HOLDOVER_SCHEMAS").expect("HOLDOVER_SCHEMAS names a directory with schemas");
    let known = Known::all();
    let schemas = Schemas::new("other", vec![PathBuf::from(root)]);
    let mut found = compare(&schemas);
    println!("{} files compared, {} differences", schemas.files.len(), found.len());
    found.retain(|difference| !known.iter().any(|known| known.explains(difference)));
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

#[test]
fn descriptor_sets_of_protoc_are_loaded_as_they_are() {
    let schemas = Schemas::envoy();
    let set = protoc(&schemas).set;
    let loaded =
        load_descriptor_set("envoy.pb", &set, &schemas.files).unwrap_or_else(|report| panic!("{report}"));
    let mut found = differences(&loaded, &set);
    found.retain(|difference| !difference.file.starts_with("google/protobuf/"));
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

fn include_paths(schemas: &Schemas) -> Vec<String> {
    let mut paths = schemas.include_paths();
    paths.push(protoc::well_known_types().to_str().expect("the path is UTF-8").to_owned());
    paths
}

fn protoc(schemas: &Schemas) -> protoc::Compiled {
    protoc::compile(&include_paths(schemas), &schemas.files)
        .unwrap_or_else(|errors| panic!("protoc refuses {}:\n{errors}", schemas.name))
}

/// Compiles all files with both, and compares.
fn compare(schemas: &Schemas) -> Vec<Difference> {
    let theirs = protoc(schemas);
    let sources = IncludePaths::new(include_paths(schemas), read);
    let ours = load(&sources, &schemas.files)
        .unwrap_or_else(|report| panic!("we refuse {}:\n{report}", schemas.name));
    let mut found = differences(&ours, &theirs.set);
    let (ours, theirs) = (unused_imports(&ours), theirs.unused_imports());
    let show = |there: bool| if there { "a warning" } else { "nothing" }.to_owned();
    found.extend(ours.symmetric_difference(&theirs).map(|unused| Difference {
        file: unused.0.clone(),
        path: format!("unused import {}", unused.1),
        ours: show(ours.contains(unused)),
        theirs: show(theirs.contains(unused)),
    }));
    found
}

/// The imports that we call unused: the path of the file, and what it imports.
fn unused_imports(loaded: &Loaded) -> BTreeSet<(String, String)> {
    let warnings = loaded.warnings().iter().filter(|warning| warning.code() == codes::IMPORT_UNUSED);
    warnings
        .map(|warning| {
            let span = warning.primary().expect("an import has a place").span;
            let statement = loaded.sources().slice(span).expect("the file has a text");
            let import = statement.split(['"', '\'']).nth(1).expect("an import names a file");
            (loaded.sources().path(span.file).to_owned(), import.to_owned())
        })
        .collect()
}
