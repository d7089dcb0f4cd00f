//! The README's code is code that compiles.

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn its_programs_are_the_examples_that_ci_compiles() {
    let readme = read("README.md");
    for (name, end) in [("tour", ""), ("device", "\nfn main() {}\n")] {
        let path = format!("examples/rust/examples/{name}.rs");
        let example = read(&path);
        // The example's own head ends at the first empty line.
        let (_, code) = example.split_once("\n\n").expect("a head and a program");
        let code = code.strip_suffix(end).expect("a program that ends as written here");
        assert!(
            readme.contains(&format!("```rust\n{code}```")),
            "README.md and {path} differ: copy the example's code into the README"
        );
    }
}

#[test]
fn nothing_is_left_to_fill_in() {
    let readme = read("README.md");
    for word in ["COST_TABLE", "GENERATED_TOUR", "TODO", "TBD"] {
        assert!(!readme.contains(word), "README.md still says {word}");
    }
}
