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

/// The characters that a line may have, where it can be broken.
pub(crate) const WIDTH: usize = 110;

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

    /// Whether text is a line of its own here.
    pub(crate) fn fits(&self, text: &str) -> bool {
        self.depth * INDENT.len() + text.chars().count() <= WIDTH
    }

    /// Something with items in parentheses: on one line, or else each item on its own. `comma` is what the last item has
    /// behind it there.
    pub(crate) fn items(&mut self, open: &str, items: &[String], comma: &str, close: &str) {
        let line = format!("{open}{}{close}", items.join(", "));
        if items.is_empty() || self.fits(&line) {
            self.line(line);
            return;
        }
        self.nested(open, close, |code| {
            for (index, item) in items.iter().enumerate() {
                let comma = if index + 1 < items.len() { "," } else { comma };
                code.line(format!("{item}{comma}"));
            }
        });
    }

    /// A line that opens a block, what is in it, and a brace that closes it.
    pub(crate) fn block(&mut self, head: impl AsRef<str>, body: impl FnOnce(&mut Self)) {
        self.nested(&format!("{} {{", head.as_ref()), "}", body);
    }

    /// What is in a block that the line before has opened, and the brace that closes it.
    pub(crate) fn inside(&mut self, body: impl FnOnce(&mut Self)) {
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.line("}");
    }

    /// Lines between an opening and a closing one.
    pub(crate) fn nested(&mut self, open: &str, close: &str, body: impl FnOnce(&mut Self)) {
        self.line(open);
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.line(close);
    }

    /// Lines that are in a block that the line before has opened, and the brace that closes it.
    pub(crate) fn nested_body<S: AsRef<str>>(&mut self, lines: impl IntoIterator<Item = S>) {
        self.inside(|code| code.lines(lines));
    }

    /// Lines that go on with the one before them.
    pub(crate) fn continued<S: AsRef<str>>(&mut self, lines: impl IntoIterator<Item = S>) {
        self.depth += 1;
        self.lines(lines);
        self.depth -= 1;
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

    #[test]
    fn items_have_lines_of_their_own_where_one_is_too_short() {
        let items = |count: usize| {
            let mut code = CodeWriter::default();
            code.items("f(", &vec!["a".repeat(20); count], ",", ") {");
            code.text().to_owned()
        };
        let item = "a".repeat(20);
        assert_eq!(items(0), "f() {\n");
        assert_eq!(items(2), format!("f({item}, {item}) {{\n"));
        assert_eq!(items(5), format!("f(\n{}) {{\n", format!("    {item},\n").repeat(5)));
    }
}
