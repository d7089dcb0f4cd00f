//! What a request asks for.

use http::HeaderMap;

use crate::DETAIL;

/// The value of `holdover-detail`, as far as it is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Nothing.
    Nothing,
    /// Reduced detail, by the plan of the method.
    Reduced,
    /// Something else: another plan, or words from the future.
    Other,
}

/// Reads what is asked of a method whose plan has this hash.
pub(crate) fn asked(headers: &HeaderMap, hash: &str) -> Asked {
    let mut values = headers.get_all(DETAIL).iter();
    let Some(value) = values.next() else { return Asked::Nothing };
    if values.next().is_some() {
        return Asked::Other;
    }
    let Ok(value) = value.to_str() else { return Asked::Other };
    let mut parts = value.split(';').map(str::trim);
    let reduced = parts.next().is_some_and(|word| word.eq_ignore_ascii_case("reduced"));
    let mut plans = parts.filter_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("plan").then(|| value.trim())
    });
    match (reduced, plans.next(), plans.next()) {
        (true, Some(plan), None) if plan == hash => Asked::Reduced,
        _ => Asked::Other,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{Asked, asked};
    use crate::DETAIL;

    fn read(values: &[&str]) -> Asked {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(DETAIL, HeaderValue::from_str(value).unwrap());
        }
        asked(&headers, "0123")
    }

    #[test]
    fn only_the_plan_of_the_method_is_honoured() {
        assert_eq!(read(&[]), Asked::Nothing);
        assert_eq!(read(&["reduced; plan=0123"]), Asked::Reduced);
        assert_eq!(read(&["Reduced;plan=0123 ; more=1"]), Asked::Reduced);
        for other in [
            "",
            "full",
            "reduced",
            "reduced; plan=4567",
            "reduced; plan=0123; plan=0123",
            "x; plan=0123",
            "\u{e9}",
        ] {
            assert_eq!(read(&[other]), Asked::Other, "{other}");
        }
        assert_eq!(read(&["reduced; plan=0123", "reduced; plan=0123"]), Asked::Other);
    }
}
