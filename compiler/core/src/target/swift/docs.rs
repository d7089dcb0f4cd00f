//! Documentation and marks of declarations.

use crate::target::sentences;
use crate::target::writer::CodeWriter;

/// A doc comment. Every line has its mark, so that nothing in a text can end it.
pub(super) fn document(code: &mut CodeWriter, comment: Option<&str>, otherwise: &str, below: &[String]) {
    for line in sentences::documented(comment, otherwise, below) {
        code.line(if line.is_empty() { "///".to_owned() } else { format!("/// {line}") });
    }
}

/// The mark of what is deprecated.
pub(super) fn deprecate(code: &mut CodeWriter, deprecated: bool) {
    if deprecated {
        code.line("@available(*, deprecated)");
    }
}

/// A text as a literal.
pub(super) fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            ' '..='~' => literal.push(c),
            _ => literal.push_str(&format!("\\u{{{:X}}}", u32::from(c))),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_hold_any_text() {
        assert_eq!(literal("a\"\\\n\u{2028}(\\"), r#""a\"\\\u{A}\u{2028}(\\""#);
    }

    #[test]
    fn comments_cannot_be_left() {
        let mut code = CodeWriter::default();
        document(
            &mut code,
            Some(" ends */ here\n\n /* and \u{202e} there\r\u{0} fatal"),
            "",
            &["Below.".to_owned()],
        );
        assert_eq!(code.text(), "/// ends */ here\n///\n/// /* and  there\n/// fatal\n///\n/// Below.\n");
    }
}
