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

/// The lines of a text that says bytes.
pub(super) fn base64(bytes: &[u8]) -> Vec<String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    // 75 bytes are 100 characters.
    let lines = bytes.chunks(75).map(|line| {
        let digits = line.chunks(3).flat_map(|chunk| {
            let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            (0..4).map(move |digit| {
                let sextet = bits >> (18 - 6 * digit) & 63;
                if digit > chunk.len() { '=' } else { char::from(ALPHABET[sextet as usize]) }
            })
        });
        digits.collect()
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_hold_any_text() {
        assert_eq!(literal("a\"\\\n\u{2028}(\\"), r#""a\"\\\u{A}\u{2028}(\\""#);
    }

    /// <https://www.rfc-editor.org/rfc/rfc4648#section-10>
    #[test]
    fn bytes_are_base64() {
        let text = |text: &str| base64(text.as_bytes()).concat();
        assert_eq!(["", "f", "fo", "foo", "foob"].map(text), ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
        assert_eq!(base64(&[0; 76]), ["A".repeat(100), "AA==".to_owned()]);
    }

    #[test]
    fn comments_cannot_be_left() {
        let mut code = CodeWriter::default();
        document(&mut code, Some(" ends */ here\n\n /* and \u{202e} there\r\u{0}fatal"), "", &["Below.".to_owned()]);
        assert_eq!(code.text(), "/// ends */ here\n///\n/// /* and  there\n/// fatal\n///\n/// Below.\n");
    }
}
