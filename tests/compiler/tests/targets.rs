//! Real schemas, thousands of messages with every kind of name and comment, come out as code that parses.

use holdover_compiler::load::{IncludePaths, load};
use holdover_compiler::pipeline::compile_loaded;
use holdover_compiler::target::rust::{Rust, RustOptions};
use holdover_compiler::target::{Comments, Context, generate};
use holdover_tests_compiler::{read, schemas::Schemas};

/// Generates everything. What does not parse as Rust is an error of the target, and prost-build panics on what it does
/// not understand.
fn generates(schemas: &Schemas, at_least: usize) {
    let sources = IncludePaths::new(schemas.include_paths(), read);
    let loaded =
        load(&sources, &schemas.files).unwrap_or_else(|report| panic!("{}:\n{report}", schemas.name));
    let compilation =
        compile_loaded(loaded, &mut ()).unwrap_or_else(|report| panic!("{}:\n{report}", schemas.name));
    let comments = Comments::of(&compilation.loaded.descriptor_set());
    let context = Context::new(&compilation, &comments).expect("a context");
    let rust = Rust::new(&context, RustOptions::default())
        .unwrap_or_else(|error| panic!("{}: {error}", schemas.name));
    let files = generate(&rust, &context).unwrap_or_else(|error| panic!("{}: {error}", schemas.name));
    let services = context.packages().iter().map(|package| package.services.len()).sum::<usize>();
    assert!(files.len() >= at_least, "{}: only {} files", schemas.name, files.len());
    let clients = files
        .iter()
        .map(|file| String::from_utf8_lossy(&file.content).matches("binding::Client::bind").count())
        .sum::<usize>();
    assert_eq!(clients, services, "{}: every service has a client", schemas.name);
}

#[test]
fn envoy_generates() {
    generates(&Schemas::envoy(), 100);
}

#[test]
fn google_ads_generates() {
    generates(&Schemas::google_ads(), 10);
}
