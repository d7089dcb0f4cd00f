//! `include/holdover.h` is what cbindgen makes of the functions.

use std::fs;
use std::path::Path;

/// Turns this test into a writer.
const FLAG: &str = "HOLDOVER_REGENERATE";

#[test]
fn the_header_is_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).expect("cbindgen.toml");
    let abi = folder.join("src/abi");
    let sources = ["codes", "types", "lifetime", "calls"];
    let builder = sources.iter().fold(cbindgen::Builder::new().with_config(config), |builder, name| {
        builder.with_src(abi.join(name).with_extension("rs"))
    });
    let mut made = Vec::new();
    builder.generate().expect("a header of the functions").write(&mut made);
    let made = String::from_utf8(made).expect("text");
    let path = folder.join("include/holdover.h");
    if std::env::var_os(FLAG).is_some() {
        fs::write(&path, &made).expect("the header");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == made, "include/holdover.h differs from the functions; run `cargo xtask regenerate`");
}
