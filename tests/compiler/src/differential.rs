//! Our loader and protoc on the same files.

use std::collections::BTreeSet;

use holdover_compiler::load::{IncludePaths, Loaded, codes, load};

use crate::compare::{Difference, differences};
use crate::protoc::{self, Compiled};
use crate::read;
use crate::schemas::Schemas;

/// Compiles all files with both, and compares the descriptors and the warnings about unused imports.
///
/// # Errors
/// What either of them says where it refuses the files.
pub fn compare(schemas: &Schemas) -> Result<Vec<Difference>, String> {
    let theirs = protoc_alone(schemas)?;
    let sources = IncludePaths::new(include_paths(schemas), read);
    let ours =
        load(&sources, &schemas.files).map_err(|report| format!("we refuse {}:\n{report}", schemas.name))?;
    let mut found = differences(&ours, &theirs.set);
    let (ours, theirs) = (unused_imports(&ours), theirs.unused_imports());
    let show = |there: bool| if there { "a warning" } else { "nothing" }.to_owned();
    found.extend(ours.symmetric_difference(&theirs).map(|unused| Difference {
        file: unused.0.clone(),
        path: format!("unused import {}", unused.1),
        ours: show(ours.contains(unused)),
        theirs: show(theirs.contains(unused)),
    }));
    Ok(found)
}

/// Compiles all files with protoc.
///
/// # Errors
/// What it says where it refuses the files.
pub fn protoc_alone(schemas: &Schemas) -> Result<Compiled, String> {
    protoc::compile(&include_paths(schemas), &schemas.files)
        .map_err(|errors| format!("protoc refuses {}:\n{errors}", schemas.name))
}

fn include_paths(schemas: &Schemas) -> Vec<String> {
    let mut paths = schemas.include_paths();
    paths.push(protoc::well_known_types().to_str().expect("the path is UTF-8").to_owned());
    paths
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
