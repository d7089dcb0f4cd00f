//! The engine does what the vectors say.

use std::fs;

use holdover_sim::files::{self, root};
use holdover_testkit::api::Api;
use holdover_testkit::replay::replay;

/// Vectors that the engine does not satisfy yet, each with the reason. Empty in a release.
const PENDING: [(&str, &str); 0] = [];

#[test]
fn the_engine_satisfies_every_vector() {
    let api = Api::new(fs::read(root().join("api.policy")).unwrap()).unwrap();
    let only = std::env::var("VECTOR").ok();
    let files = files::vectors().unwrap();
    let mut failures = Vec::new();
    let mut satisfied = 0;
    for file in files.iter().filter(|file| only.as_ref().is_none_or(|only| file.name.contains(only))) {
        let pending = PENDING.iter().any(|(name, _)| *name == file.name);
        match replay(&api, &file.vector) {
            Ok(()) if pending => {
                failures.push(format!("{} is satisfied: take it off the pending list\n", file.name));
            }
            Ok(()) => satisfied += 1,
            Err(_) if pending => {}
            Err(mismatch) => failures.push(format!("{}: {mismatch}", file.name)),
        }
    }
    assert!(failures.is_empty(), "{satisfied} satisfied, {} not:\n\n{}", failures.len(), failures.join("\n"));
}
