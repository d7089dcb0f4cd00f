//! Writing code of a language with braces, line by line.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Text that grows by lines at the depth of the blocks that are open, and the imports that it needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct CodeWriter {
    text: String,
    depth: usize,
    imports: BTreeSet<String>,
}

/// What a block is indented by: what the formatters of Swift and Kotlin use.
const INDENT: &str = "    ";

impl CodeWriter {
    /// Writes a line. Empty text gives an empty line.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        let text = text.as_ref();
        if !text.is_empty() {
            let indent = INDENT.repeat(self.depth);
            // Writing to a string cannot fail.
            let _ = write!(self.text, "{indent}{text}");
        }
        self.text.push('\n');
    }

    /// Writes lines.
    pub(crate) fn lines<S: AsRef<str>>(&mut self, lines: impl IntoIterator<Item = S>) {
        for line in lines {
            self.line(line);
        }
    }

    /// An empty line, unless a block or the text begins here or there is one already.
    pub(crate) fn blank(&mut self) {
        let begins = self.text.is_empty() || self.text.ends_with("{\n") || self.text.ends_with("\n\n");
        if !begins {
            self.text.push('\n');
        }
    }

    /// A line that opens a block, what is in it, and a brace that closes it.
    pub(crate) fn block(&mut self, head: impl AsRef<str>, body: impl FnOnce(&mut Self)) {
        self.nested(&format!("{} {{", head.as_ref()), "}", body);
    }

    /// Lines between an opening and a closing one.
    pub(crate) fn nested(&mut self, open: &str, close: &str, body: impl FnOnce(&mut Self)) {
        self.line(open);
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.line(close);
    }

    /// What is in a block that the line before has opened, and the brace that closes it.
    pub(crate) fn nested_body(&mut self, line: &str) {
        self.depth += 1;
        self.line(line);
        self.depth -= 1;
        self.line("}");
    }

    /// Remembers that the code needs an import.
    pub(crate) fn import(&mut self, import: impl Into<String>) {
        self.imports.insert(import.into());
    }

    /// What the code needs.
    pub(crate) fn imports(&self) -> &BTreeSet<String> {
        &self.imports
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Nothing was written.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Adds what another one wrote, after an empty line.
    pub(crate) fn append(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        self.blank();
        self.text.push_str(&other.text);
        self.imports.extend(other.imports.iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::CodeWriter;

    #[test]
    fn blocks_are_indented_and_apart() {
        let mut code = CodeWriter::default();
        code.blank();
        code.block("struct A", |code| {
            code.blank();
            code.line("let a");
            code.blank();
            code.blank();
            code.nested("call(", ")", |code| code.lines(["1,", "", "2"]));
        });
        code.import("B");
        let mut file = CodeWriter::default();
        file.append(&code);
        file.append(&CodeWriter::default());
        file.append(&code);
        let once = "struct A {\n    let a\n\n    call(\n        1,\n\n        2\n    )\n}\n";
        assert_eq!(file.text(), format!("{once}\n{once}"));
        assert!(file.imports().contains("B"));
    }
}
