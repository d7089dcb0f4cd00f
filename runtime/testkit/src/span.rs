//! Durations as people write them: `5s`, `5s-1ns`, `1h+30m`.

/// Nanoseconds of each unit, longest name first so that `ms` is not read as `m`.
const UNITS: [(&str, i128); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// Reads a sum of terms; the result is in nanoseconds and may be negative.
///
/// # Errors
/// Says which term was not understood.
pub fn parse(text: &str) -> Result<i128, String> {
    let mut total = 0i128;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("a duration is empty; write it like `5s` or `5s-1ns`".into());
    }
    while !rest.is_empty() {
        let sign = match rest.as_bytes()[0] {
            b'-' => -1,
            _ => 1,
        };
        rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let letters = rest[digits..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit = &rest[digits..digits + letters];
        let nanos = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, nanos)| *nanos);
        let (Ok(count), Some(nanos)) = (rest[..digits].parse::<u64>(), nanos) else {
            return Err(format!("`{text}` is not a duration; write it like `5s`, `5s-1ns` or `1h+30m`"));
        };
        total += sign * i128::from(count) * nanos;
        rest = &rest[digits + letters..];
    }
    Ok(total)
}

/// Writes nanoseconds so that [`parse`] reads them back: the largest unit that divides them, or that is one nanosecond
/// away (limits are tested just before and just after), else a sum.
#[must_use]
pub fn print(nanos: i128) -> String {
    let exact = |n: i128| {
        UNITS
            .iter()
            .rev()
            .skip(3)
            .find(|(_, unit)| n % unit == 0)
            .map(|(name, unit)| format!("{}{name}", n / unit))
    };
    if nanos == 0 {
        return "0s".into();
    }
    for (near, tail) in [(nanos, ""), (nanos + 1, "-1ns"), (nanos - 1, "+1ns")] {
        if near != 0
            && near % UNITS[2].1 == 0
            && let Some(text) = exact(near)
        {
            return format!("{text}{tail}");
        }
    }
    let (whole, part) = (nanos / UNITS[3].1, nanos % UNITS[3].1);
    match whole {
        0 => format!("{part}ns"),
        _ => format!("{whole}s{part:+}ns"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_terms() {
        assert_eq!(parse("5s").unwrap(), 5_000_000_000);
        assert_eq!(parse("5s-1ns").unwrap(), 4_999_999_999);
        assert_eq!(parse("1h+30m").unwrap(), 5_400_000_000_000);
        assert_eq!(parse("-2ms").unwrap(), -2_000_000);
        for wrong in ["", "5", "s", "5 s", "5x", "1s--1s", "99999999999999999999s"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn printing_is_read_back() {
        for nanos in [
            0,
            1,
            -1,
            999,
            1_000_000,
            1_500_000_000,
            4_999_999_999,
            5_000_000_001,
            65_000_000_000,
            -7_000_000_003,
        ] {
            assert_eq!(parse(&print(nanos)).unwrap(), nanos, "{}", print(nanos));
        }
        assert_eq!(print(4_999_999_999), "5s-1ns");
        assert_eq!(print(1_500_000_000), "1500ms");
    }
}
