//! What a target produces: files, by paths that cannot leave the output folder.

use std::fmt;
use thiserror::Error;

/// Where a generated file goes, relative to the output folder: `pricing.v1.rs`, with `/` between folders.
///
/// Such a path names something inside the folder on every platform: no root, no drive, no `..`, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutputPath(String);

/// A path that does not stay inside the output folder.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{path:?} is not a path inside the output folder: {reason}; give a relative path such as `api/v1.rs`"
)]
pub struct OutputPathError {
    path: String,
    reason: &'static str,
}

impl OutputPath {
    /// Checks a path.
    pub fn new(path: impl Into<String>) -> Result<Self, OutputPathError> {
        let path = path.into();
        let reason = if path.is_empty() {
            "it is empty"
        } else if path.chars().any(char::is_control) {
            "it has control characters"
        } else if path.contains(['\\', ':']) {
            "it has a backslash or a colon, which mean something else on some systems"
        } else if path.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
            "it has an empty part, `.` or `..`"
        } else {
            return Ok(Self(path));
        };
        Err(OutputPathError { path, reason })
    }

    /// The path, with `/` between folders.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OutputPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Where it goes.
    pub path: OutputPath,
    /// What it holds.
    pub content: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::OutputPath;

    #[test]
    fn paths_stay_inside() {
        for good in ["a.rs", "pricing.v1.rs", "a/b/c.rs", "..a", "a..b/c"] {
            assert_eq!(OutputPath::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "/a", "a//b", "a/", "../a", "a/../b", "./a", "c:a", "a\\b", "a\nb", "a\0"] {
            assert!(OutputPath::new(bad).is_err(), "{bad:?}");
        }
    }
}
