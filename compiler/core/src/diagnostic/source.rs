//! Files, and places in them.

use std::ops::Range;
use std::sync::Arc;

/// A file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A place in a file. Lines and columns count from 0, columns in bytes of UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Lines before it.
    pub line: u32,
    /// Bytes before it in its line.
    pub column: u32,
}

/// A stretch of a file. Lines rather than offsets, because a descriptor set gives places without giving text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Where it starts.
    pub start: Position,
    /// Just after it.
    pub end: Position,
}

/// The files that diagnostics point into.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<Arc<File>>,
}

#[derive(Debug)]
struct File {
    path: String,
    text: Option<Text>,
}

#[derive(Debug)]
struct Text {
    text: String,
    /// Where lines start.
    lines: Vec<usize>,
}

impl SourceMap {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file. `path` is what people are shown; `text` is `None` where only places are known.
    pub fn add(&mut self, path: impl Into<String>, text: Option<String>) -> FileId {
        let id = u32::try_from(self.files.len()).expect("fewer than 2^32 files fit in memory");
        let text = text.map(|text| {
            let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
            Text { text, lines }
        });
        self.files.push(Arc::new(File { path: path.into(), text }));
        FileId(id)
    }

    /// What people are shown as the name of the file.
    pub fn path(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].path
    }

    /// The text of the file, where it is known.
    pub fn text(&self, file: FileId) -> Option<&str> {
        self.files[file.0 as usize].text.as_ref().map(|t| t.text.as_str())
    }

    /// The stretch of text between two byte offsets, each moved back to the start of a character of the text.
    pub fn span(&self, file: FileId, bytes: Range<usize>) -> Span {
        let start = self.position(file, bytes.start);
        Span { file, start, end: self.position(file, bytes.end.max(bytes.start)) }
    }

    /// The whole first line, for what concerns a file as such.
    pub fn first_line(&self, file: FileId) -> Span {
        let end = self.text(file).and_then(|t| t.lines().next()).map_or(0, str::len);
        self.span(file, 0..end)
    }

    fn position(&self, file: FileId, offset: usize) -> Position {
        let Some(text) = &self.files[file.0 as usize].text else { return Position::default() };
        let mut offset = offset.min(text.text.len());
        while !text.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = text.lines.partition_point(|start| *start <= offset) - 1;
        Position { line: saturate(line), column: saturate(offset - text.lines[line]) }
    }

    /// The byte offsets of a span in its file's text. They are always inside the text and on character boundaries.
    pub fn bytes(&self, span: Span) -> Option<Range<usize>> {
        let text = self.files[span.file.0 as usize].text.as_ref()?;
        let offset = |position: Position| {
            let line = position.line as usize;
            let Some(start) = text.lines.get(line).copied() else { return text.text.len() };
            let end = text.lines.get(line + 1).copied().unwrap_or(text.text.len());
            let mut offset = start.saturating_add(position.column as usize).min(end);
            while !text.text.is_char_boundary(offset) {
                offset -= 1;
            }
            offset
        };
        let start = offset(span.start);
        Some(start..offset(span.end).max(start))
    }

    /// The text that a span covers.
    pub fn slice(&self, span: Span) -> Option<&str> {
        self.text(span.file)?.get(self.bytes(span)?)
    }

    /// The width, in bytes, of the widest line that a drawing of the span would show: its own, and one more on each side.
    pub(crate) fn widest_line(&self, span: Span) -> usize {
        let Some(text) = &self.files[span.file.0 as usize].text else { return 0 };
        let first = (span.start.line as usize).saturating_sub(1);
        let last = (span.end.line as usize).saturating_add(2).min(text.lines.len());
        let end = |line: usize| text.lines.get(line + 1).copied().unwrap_or(text.text.len());
        (first..last).map(|line| end(line) - text.lines[line]).max().unwrap_or(0)
    }

    /// Line and column as people count them: from 1, columns in characters (in bytes where the text is not known).
    pub fn line_column(&self, file: FileId, position: Position) -> (u32, u32) {
        let column = self.files[file.0 as usize]
            .text
            .as_ref()
            .and_then(|text| {
                let start = *text.lines.get(position.line as usize)?;
                let before = text.text.get(start..start.saturating_add(position.column as usize))?;
                Some(saturate(before.chars().count()))
            })
            .unwrap_or(position.column);
        (position.line.saturating_add(1), column.saturating_add(1))
    }

    /// `path:line:column`.
    pub fn place(&self, span: Span) -> String {
        let (line, column) = self.line_column(span.file, span.start);
        format!("{}:{line}:{column}", self.path(span.file))
    }
}

fn saturate(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
