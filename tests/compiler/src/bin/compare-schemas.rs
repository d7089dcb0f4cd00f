//! Compares our loader with protoc on any tree of schemas: `compare-schemas DIR…`, each directory an include path.
//!
//! Exit codes: 0 no unexplained difference, 1 differences or files that one of them refuses, 2 wrong usage.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks to the terminal")]

use std::path::PathBuf;
use std::process::ExitCode;

use holdover_tests_compiler::differential::compare;
use holdover_tests_compiler::known::Known;
use holdover_tests_compiler::schemas::Schemas;

fn main() -> ExitCode {
    let roots: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if roots.is_empty() {
        eprintln!(
            "usage: compare-schemas DIR…   (directories that imports start from; every .proto below is compared)"
        );
        return ExitCode::from(2);
    }
    if let Some(root) = roots.iter().find(|root| !root.is_dir()) {
        eprintln!("{} is no directory; name the directory that imports start from", root.display());
        return ExitCode::from(2);
    }
    let schemas = Schemas::new("the schemas", roots);
    let found = match compare(&schemas) {
        Ok(found) => found,
        Err(refusal) => {
            eprintln!("{refusal}");
            return ExitCode::FAILURE;
        }
    };
    let known = Known::all();
    let unexplained: Vec<_> =
        found.iter().filter(|difference| !known.iter().any(|known| known.explains(difference))).collect();
    for difference in &unexplained {
        println!("{difference}");
    }
    println!(
        "{} files compared, {} differences, {} of them unexplained",
        schemas.files.len(),
        found.len(),
        unexplained.len()
    );
    if unexplained.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
