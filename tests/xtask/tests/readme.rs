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
    let without_main = "\nfn main() {}\n";
    let programs = [
        ("examples/tour.rs", ""),
        ("examples/errors.rs", without_main),
        ("examples/device.rs", without_main),
        ("examples/serve.rs", without_main),
        ("tests/fakes.rs", ""),
    ];
    for (path, end) in programs {
        let path = format!("examples/rust/{path}");
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

/// But for its paths, and the comments between.
#[test]
fn the_servers_build_script_is_the_examples() {
    let lines = |text: &str| -> Vec<String> {
        let code = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
        code.map(|line| line.replace("\"../proto", "\"proto")).collect()
    };
    let readme = read("README.md");
    let blocks = readme.split("```rust\n").filter_map(|block| block.split("```").next());
    let scripts: Vec<&str> = blocks.filter(|block| block.contains("tonic_prost_build")).collect();
    let [script] = scripts[..] else { panic!("README.md has {} build scripts with tonic", scripts.len()) };
    let mut example = lines(&read("examples/rust/build.rs"));
    let mut script = lines(script);
    // The order of imports does not matter.
    example.sort();
    script.sort();
    assert_eq!(script, example, "README.md and examples/rust/build.rs differ");
}

#[test]
fn nothing_is_left_to_fill_in() {
    let readme = read("README.md");
    for word in ["COST_TABLE", "GENERATED_TOUR", "TODO", "TBD"] {
        assert!(!readme.contains(word), "README.md still says {word}");
    }
}
