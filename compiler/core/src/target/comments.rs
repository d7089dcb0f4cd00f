//! What people wrote above the things that they declared.

use prost_types::SourceCodeInfo;
use std::collections::BTreeMap;

/// The comments of all files, as they were written, by file and by place in its descriptor
/// (`SourceCodeInfo.Location.path`).
#[derive(Clone, Debug, Default)]
pub struct Comments {
    files: BTreeMap<String, BTreeMap<Vec<i32>, String>>,
}

impl Comments {
    /// Adds the comments of a file: those above a declaration, then the one behind it.
    pub fn add(&mut self, file: &str, source: &SourceCodeInfo) {
        let comments = self.files.entry(file.to_owned()).or_default();
        for location in &source.location {
            let parts: Vec<&str> = [&location.leading_comments, &location.trailing_comments]
                .into_iter()
                .flatten()
                .map(String::as_str)
                .filter(|comment| !comment.trim().is_empty())
                .collect();
            if !parts.is_empty() {
                comments.insert(location.path.clone(), parts.join("\n"));
            }
        }
    }

    /// The comment of what is at a place.
    pub fn of(&self, file: &str, path: &[i32]) -> Option<&str> {
        Some(self.files.get(file)?.get(path)?.as_str())
    }
}
