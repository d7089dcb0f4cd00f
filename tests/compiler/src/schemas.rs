//! Real schemas, read from where cargo unpacked the packages that ship them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cargo_metadata::MetadataCommand;

/// A tree of schemas that can be compiled together.
#[derive(Clone, Debug)]
pub struct Schemas {
    /// Its name in reports.
    pub name: &'static str,
    /// Include paths, in order.
    pub roots: Vec<PathBuf>,
    /// Import paths of all files, sorted.
    pub files: Vec<String>,
}

impl Schemas {
    /// The API of Envoy, with what it imports: 507 files that use most of what protobuf has, groups aside.
    pub fn envoy() -> Self {
        let proto = package("envoy-types").join("proto");
        let roots = [
            "data-plane-api",
            "xds",
            "googleapis",
            "protoc-gen-validate",
            "opentelemetry-proto",
            "client_model",
            "cel-spec/proto",
            "ratelimit",
        ];
        Self::new("envoy", roots.iter().map(|root| proto.join(root)).collect())
    }

    /// The Google Ads API, with Google's common types: 1,022 files of googleapis.
    pub fn google_ads() -> Self {
        Self::new("google-ads", vec![package("googleads-rs").join("proto")])
    }

    /// All `.proto` files below some directories.
    ///
    /// # Panics
    /// If a directory cannot be read, or holds no schema: a comparison of nothing proves nothing.
    pub fn new(name: &'static str, roots: Vec<PathBuf>) -> Self {
        let mut files = BTreeSet::new();
        for root in &roots {
            let before = files.len();
            collect(root, root, &mut files);
            assert!(files.len() > before, "no schemas in {}", root.display());
        }
        Schemas { name, roots, files: files.into_iter().collect() }
    }

    /// The include paths as text.
    pub fn include_paths(&self) -> Vec<String> {
        self.roots
            .iter()
            .map(|root| root.to_str().expect("paths of the registry are UTF-8").to_owned())
            .collect()
    }
}

/// Where cargo unpacked a dependency of this package.
fn package(name: &str) -> PathBuf {
    let metadata = MetadataCommand::new()
        .manifest_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .exec()
        .unwrap_or_else(|error| panic!("`cargo metadata` must find the packages that ship schemas: {error}"));
    let found = metadata.packages.iter().find(|package| package.name.as_str() == name);
    let package = found.unwrap_or_else(|| panic!("`{name}` must be a dependency of this package"));
    package.manifest_path.parent().expect("a manifest lies in a directory").as_std_path().to_owned()
}

fn collect(root: &Path, directory: &Path, files: &mut BTreeSet<String>) {
    let entries = std::fs::read_dir(directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display()));
    for entry in entries {
        let path = entry.unwrap_or_else(|e| panic!("{}: {e}", directory.display())).path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            let relative = path.strip_prefix(root).expect("the walk stays below its root");
            let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
            files.insert(parts.join("/"));
        }
    }
}
