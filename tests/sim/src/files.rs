//! The files in `tests/vectors/`.

use std::fs;
use std::path::{Path, PathBuf};

use holdover_testkit::vector::Vector;

/// The folders of vectors, one for each section of the rules.
pub const SECTIONS: [&str; 10] = [
    "a-sessions",
    "b-snapshots",
    "c-windows",
    "d-invalidation",
    "e-keys",
    "f-detail",
    "g-streams",
    "h-quality",
    "i-offline",
    "j-limits",
];

/// A file and the vector in it.
pub struct VectorFile {
    /// Relative to `tests/vectors/`: "c-windows/row1-F.json".
    pub name: String,
    /// As it is in the file.
    pub text: String,
    /// Parsed.
    pub vector: Vector,
}

/// `tests/vectors/`.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors")
}

/// All vectors, by name.
///
/// # Errors
/// Names the file that cannot be read.
pub fn vectors() -> Result<Vec<VectorFile>, String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root()).map_err(|error| format!("{}: {error}", root().display()))? {
        let entry = entry.map_err(|error| format!("{}: {error}", root().display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !SECTIONS.contains(&name.as_str()) {
            return Err(format!("{name}: no such section of vectors; add it to SECTIONS"));
        }
    }
    for section in SECTIONS {
        let folder = root().join(section);
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|error| format!("{}: {error}", folder.display()))?.path();
            let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let name = format!("{section}/{file}");
            let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
            let vector = Vector::parse(&text).map_err(|error| format!("{name}: {error}"))?;
            files.push(VectorFile { name, text, vector });
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}
