//! What people wrote above the things that they declared.

use prost_types::FileDescriptorSet;
use std::collections::BTreeMap;

/// The comments of all files, as they were written, by file and by place in its descriptor
/// (`SourceCodeInfo.Location.path`).
#[derive(Clone, Debug, Default)]
pub struct Comments {
    files: BTreeMap<String, BTreeMap<Vec<i32>, String>>,
}

impl Comments {
    /// The comments of files with source info: of each declaration the one above it, then the one behind it.
    pub fn of(files: &FileDescriptorSet) -> Self {
        let comments = files.file.iter().map(|file| {
            let locations = file.source_code_info.iter().flat_map(|source| &source.location);
            let comments = locations.filter_map(|location| {
                let parts: Vec<&str> = [&location.leading_comments, &location.trailing_comments]
                    .into_iter()
                    .flatten()
                    .map(String::as_str)
                    .filter(|comment| !comment.trim().is_empty())
                    .collect();
                (!parts.is_empty()).then(|| (location.path.clone(), parts.join("\n")))
            });
            (file.name().to_owned(), comments.collect())
        });
        Self { files: comments.collect() }
    }

    /// The comment of what is at a place.
    pub(crate) fn at(&self, file: &str, path: &[i32]) -> Option<&str> {
        Some(self.files.get(file)?.get(path)?.as_str())
    }
}

/// The text without what must not stand in source code: control characters and those that change the direction of
/// text (which compilers reject). Common indentation goes, so that `//   text` and `/* text */` read alike.
pub(crate) fn plain(text: &str) -> String {
    let text: String = text
        .replace("\r\n", "\n")
        .replace('\t', "    ")
        .chars()
        .map(|c| if c == '\r' { '\n' } else { c })
        .filter(|c| *c == '\n' || !(c.is_control() || is_bidi(*c)))
        .collect();
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let common = text.lines().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or_default();
    let lines: Vec<&str> =
        text.lines().map(|line| line.get(common..).unwrap_or_default().trim_end()).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
