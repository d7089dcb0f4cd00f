//! `include/holdover.h` is what cbindgen makes of the functions, and `include/holdover_testing.h` of those for tests.

use std::fs;
use std::path::Path;

use cbindgen::{Builder, Config};

/// Turns this test into a writer.
const FLAG: &str = "HOLDOVER_REGENERATE";

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn config() -> Config {
    Config::from_file(folder().join("cbindgen.toml")).expect("cbindgen.toml")
}

fn check(name: &str, config: Config, sources: &[&str]) {
    let abi = folder().join("src/abi");
    let builder = sources.iter().fold(Builder::new().with_config(config), |builder, name| {
        builder.with_src(abi.join(name).with_extension("rs"))
    });
    let mut made = Vec::new();
    builder.generate().expect("a header of the functions").write(&mut made);
    let made = String::from_utf8(made).expect("text");
    let path = folder().join("include").join(name);
    if std::env::var_os(FLAG).is_some() {
        fs::write(&path, &made).expect("the header");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == made, "include/{name} differs from the functions; run `cargo xtask regenerate`");
}

#[test]
fn the_header_is_current() {
    check("holdover.h", config(), &["codes", "types", "lifetime", "calls"]);
}

#[test]
fn the_header_of_what_is_for_tests_is_current() {
    let mut config = config();
    config.include_guard = Some("HOLDOVER_TESTING_H".to_owned());
    config.includes = vec!["holdover.h".to_owned()];
    config.header = Some(
        "// What libraries that are built for tests have beside holdover.h: vectors, replayed through a package. The protocol\n\
         // is said in runtime/ffi/src/story.rs. Made by cbindgen; `cargo xtask regenerate` renews it."
            .to_owned(),
    );
    check("holdover_testing.h", config, &["stories"]);
}
