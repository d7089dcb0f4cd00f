//! "Did you mean …?"

/// The most similar of some names, if one is similar enough to be meant. Ties go to the first in alphabetical order.
pub fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).clamp(1, 4);
    names
        .into_iter()
        .map(|other| (distance(&name.to_lowercase(), &other.to_lowercase()), other))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, other)| other)
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let width = b.len() + 1;
    let mut table = vec![0; (a.len() + 1) * width];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[i * width + j] = if i == 0 || j == 0 {
                i + j
            } else {
                let changed = usize::from(a[i - 1] != b[j - 1]);
                let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                let mut least = (table[(i - 1) * width + j] + 1)
                    .min(table[i * width + j - 1] + 1)
                    .min(table[(i - 1) * width + j - 1] + changed);
                if swapped {
                    least = least.min(table[(i - 2) * width + j - 2] + 1);
                }
                least
            };
        }
    }
    table[a.len() * width + b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn typing_errors_are_found() {
        let names = ["ride_id", "rider", "page_token", "id"];
        assert_eq!(nearest("rideid", names), Some("ride_id"));
        assert_eq!(nearest("pgae_token", names), Some("page_token"));
        assert_eq!(nearest("RIDE_ID", names), Some("ride_id"));
        assert_eq!(nearest("ridr", names), Some("rider"));
    }

    #[test]
    fn nothing_is_made_up() {
        assert_eq!(nearest("destination", ["ride_id", "id"]), None);
        assert_eq!(nearest("", ["id"]), None);
    }
}
