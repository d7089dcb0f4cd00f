//! The differences that are known and explained: `differences.txt`.

use crate::compare::Difference;

/// One line of the list.
#[derive(Clone, Debug)]
pub struct Known {
    /// The line, for messages.
    pub line: &'static str,
    patterns: [&'static str; 4],
}

impl Known {
    /// The whole list.
    ///
    /// # Panics
    /// If a line is malformed, or gives no reason.
    pub fn all() -> Vec<Known> {
        let lines = include_str!("../differences.txt").lines().map(str::trim);
        lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| {
                let parts: Vec<&str> = line.splitn(5, " | ").map(str::trim).collect();
                let [file, path, ours, theirs, reason] = parts[..] else {
                    panic!("differences.txt: five parts are needed: {line}")
                };
                assert!(!reason.is_empty(), "differences.txt: a reason is needed: {line}");
                Known { line, patterns: [file, path, ours, theirs] }
            })
            .collect()
    }

    /// Whether this line explains a difference.
    pub fn explains(&self, difference: &Difference) -> bool {
        let texts = [&difference.file, &difference.path, &difference.ours, &difference.theirs];
        self.patterns.iter().zip(texts).all(|(pattern, text)| matches(pattern, text))
    }
}

/// `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    loop {
        if matches(rest, text) {
            return true;
        }
        let mut chars = text.chars();
        if chars.next().is_none() {
            return false;
        }
        text = chars.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        assert!(matches("a[*].b[*].c", "a[0].b[12].c"));
        assert!(matches("*", "") && matches("*", "x") && matches("x", "x"));
        assert!(!matches("a*c", "ab") && !matches("x", "") && !matches("a*", "ba"));
    }
}
