//! "Did you mean".

/// The candidate that is most like `name`, if one is like it at all: few edits for its length, or the same last
/// component.
#[expect(single_use_lifetimes, reason = "an elided lifetime may not stand in an `impl Trait` argument")]
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let last = |s: &str| s.rsplit(['.', '/']).next().unwrap_or_default().to_ascii_lowercase();
    let lower = name.to_ascii_lowercase();
    // Names in schemas are short; whatever is not is no typo of anything.
    if lower.len() > 256 {
        return None;
    }
    let allowed = (lower.len() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= 256 && *candidate != name)
        .filter_map(|candidate| {
            let edits = distance(&lower, &candidate.to_ascii_lowercase(), allowed);
            let score = match edits {
                Some(edits) => edits,
                None if last(candidate) == last(name) => allowed + 1,
                None => return None,
            };
            Some((score, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

/// The Levenshtein distance, in which two neighbours that changed places are one edit (as in `cahce`), if it is at most
/// `allowed`.
fn distance(a: &str, b: &str, allowed: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > allowed {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut edits = (row[j] + usize::from(x != y)).min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                edits = edits.min(before[j - 1] + 1);
            }
            next.push(edits);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().filter(|edits| *edits <= allowed)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn typos_find_their_word() {
        let words = ["fresh_for", "stale_if_error", "storage", "scope"];
        assert_eq!(closest("fresh_fro", words).as_deref(), Some("fresh_for"));
        assert_eq!(closest("FreshFor", words).as_deref(), Some("fresh_for"));
        assert_eq!(closest("scop", words).as_deref(), Some("scope"));
        assert_eq!(closest("quality", words), None);
        assert_eq!(closest("cahce", ["offline", "cache", "detail"]).as_deref(), Some("cache"));
        assert_eq!(closest("acche", ["offline", "cache", "detail"]).as_deref(), Some("cache"));
        assert_eq!(closest("hcace", ["offline", "cache", "detail"]), None);
        assert_eq!(
            closest("Money", ["google.type.Money", "google.type.Date"]).as_deref(),
            Some("google.type.Money")
        );
    }
}
