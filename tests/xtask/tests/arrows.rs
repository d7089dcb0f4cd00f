//! The architecture's arrows: which of our crates may depend on which. `DESIGN.md` explains them.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Crate → what it may depend on. Development dependencies are free, except that nothing ships the testkit.
const ARROWS: &[(&str, &[&str])] = &[
    ("holdover-annotations", &[]),
    ("holdover-wire", &["holdover-annotations"]),
    ("holdover-compiler", &["holdover-annotations"]),
    ("holdover-cli", &["holdover-build", "holdover-compiler", "holdover-annotations", "holdover-wire"]),
    ("holdover-build", &["holdover-compiler"]),
    ("holdover-engine", &["holdover-annotations", "holdover-wire"]),
    ("holdover-client", &["holdover-engine", "holdover-wire"]),
    ("holdover-transport-connect", &["holdover-client", "holdover-wire"]),
    ("holdover-store-sqlite", &["holdover-client"]),
    ("holdover", &["holdover-client", "holdover-transport-connect", "holdover-store-sqlite"]),
    // The testkit comes with the feature `testing`, which no app ships.
    (
        "holdover-ffi",
        &["holdover-client", "holdover-transport-connect", "holdover-store-sqlite", "holdover-testkit"],
    ),
    ("holdover-server", &["holdover-annotations", "holdover-wire"]),
    ("holdover-testkit", &["holdover-annotations", "holdover-engine", "holdover-client"]),
];

#[test]
fn crates_depend_only_along_the_arrows() {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata of this workspace");
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();

    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let folder = package.manifest_path.as_str().replace('\\', "/");
        if folder.contains("/tests/") || folder.contains("/examples/") {
            continue;
        }
        let name = package.name.as_str();
        let Some(allowed) = arrows.get(name) else {
            wrong.push(format!("{name} has no arrows: add it to ARROWS and to DESIGN.md"));
            continue;
        };
        for dependency in &package.dependencies {
            let shipped = dependency.kind != DependencyKind::Development;
            if shipped && ours.contains(dependency.name.as_str()) && !allowed.contains(&&*dependency.name) {
                wrong.push(format!("{name} → {} is not an arrow of the architecture", dependency.name));
            }
        }
    }
    let gone =
        ARROWS.iter().filter(|(name, _)| !ours.contains(name)).map(|(name, _)| format!("{name} is gone"));
    wrong.extend(gone);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
