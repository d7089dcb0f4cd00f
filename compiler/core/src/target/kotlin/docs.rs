//! Documentation and marks of declarations.

use crate::target::sentences;
use crate::target::writer::CodeWriter;

/// A KDoc comment. What would end it, open another one inside, or begin a tag is written otherwise.
pub(super) fn document(code: &mut CodeWriter, comment: Option<&str>, otherwise: &str, below: &[String]) {
    let lines: Vec<String> =
        sentences::documented(comment, otherwise, below).iter().map(|line| harmless(line)).collect();
    if let [line] = lines.as_slice() {
        code.line(format!("/** {line} */"));
        return;
    }
    code.line("/**");
    code.lines(lines.iter().map(|line| if line.is_empty() { " *".to_owned() } else { format!(" * {line}") }));
    code.line(" */");
}

/// Comments nest in Kotlin, so that an opening mark is as bad as a closing one.
fn harmless(line: &str) -> String {
    let line = line.replace("*/", "*&#47;").replace("/*", "/&#42;");
    match line.trim_start().strip_prefix('@') {
        Some(rest) => format!("&#64;{rest}"),
        None => line,
    }
}

/// A text as a literal.
pub(super) fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' | '$' => {
                literal.push('\\');
                literal.push(c);
            }
            ' '..='~' => literal.push(c),
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    literal.push_str(&format!("\\u{unit:04x}"));
                }
            }
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
        assert_eq!(literal("a\"\\$b\n\u{1F600}"), r#""a\"\\\$b\u000a\ud83d\ude00""#);
    }

    #[test]
    fn comments_cannot_be_left_or_opened() {
        let mut code = CodeWriter::default();
        document(&mut code, Some("ends */ and /* opens"), "", &[]);
        document(&mut code, Some("  @param x\n\n */*\n/"), "", &["Below.".to_owned()]);
        assert_eq!(
            code.text(),
            "/** ends *&#47; and /&#42; opens */\n/**\n * &#64;param x\n *\n *  *&#47;*\n * /\n *\n * Below.\n */\n"
        );
    }
}
