//! The text of the rules, to cite them.

/// `runtime/SEMANTICS.md`.
pub const SEMANTICS: &str = include_str!("../../SEMANTICS.md");

/// The paragraph of a rule ("C4"), or the line of a row of the table of windows ("row 3").
#[must_use]
pub fn text(rule: &str) -> Option<&'static str> {
    let start = match rule.strip_prefix("row ") {
        Some(row) => format!("| {row} |"),
        None => format!("- {rule}. "),
    };
    let from = SEMANTICS.match_indices(&start).map(|(at, _)| at).find(|at| {
        // At the beginning of a line.
        SEMANTICS[..*at].ends_with('\n')
    })?;
    let paragraph = &SEMANTICS[from..];
    let end = if rule.starts_with("row ") {
        paragraph.find('\n')
    } else {
        ["\n- ", "\n\n", "\n#"].iter().filter_map(|stop| paragraph.find(stop)).min()
    };
    Some(&paragraph[..end.unwrap_or(paragraph.len())])
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn rules_and_rows_are_found() {
        assert!(text("C4").unwrap().starts_with("- C4. INTERCEPTED"));
        assert!(!text("C4").unwrap().contains("C5"));
        assert!(text("row 3").unwrap().contains("network first"));
        assert!(text("A1").unwrap().contains("guest"));
        assert_eq!(text("Z9"), None);
    }
}
