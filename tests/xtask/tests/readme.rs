//! The README's code is code that compiles.

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_tour_is_the_example_that_ci_compiles() {
    let tour = read("examples/rust/examples/tour.rs");
    // The example's own head ends at the first empty line.
    let (_, code) = tour.split_once("\n\n").expect("a head and a tour");
    assert!(
        read("README.md").contains(&format!("```rust\n{code}```")),
        "README.md and examples/rust/examples/tour.rs differ: copy the example's code into the README's tour"
    );
}

#[test]
fn nothing_is_left_to_fill_in() {
    let readme = read("README.md");
    for word in ["COST_TABLE", "GENERATED_TOUR", "TODO", "TBD"] {
        assert!(!readme.contains(word), "README.md still says {word}");
    }
}
