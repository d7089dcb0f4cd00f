//! How long the server itself took, by its own word: `server-timing` (W3C, "Server Timing").

use std::time::Duration;

use crate::metadata::Metadata;

const HEADER: &str = "server-timing";
/// The metric that stands for all of the server's work in the specification's example.
const TOTAL: &str = "total";
/// The longest time that is believed.
const LONGEST_MS: f64 = 86_400_000.0;

/// The server's own time: the metric `total`, else the longest of all. Metrics may contain one another, so that their sum
/// would be too much. What cannot be read says nothing.
pub(crate) fn server_time(metadata: &Metadata) -> Option<Duration> {
    let mut longest: Option<Duration> = None;
    for value in metadata.iter().filter(|(name, _)| *name == HEADER).map(|(_, value)| value) {
        let mut rest: &[u8] = value;
        while !rest.is_empty() {
            let (metric, after) = split(rest, b',');
            rest = after;
            let (name, duration) = read_metric(metric);
            let Some(duration) = duration else { continue };
            if name.eq_ignore_ascii_case(TOTAL.as_bytes()) {
                return Some(duration);
            }
            longest = longest.max(Some(duration));
        }
    }
    longest
}

/// The name of a metric, and its duration, which is in milliseconds. Of parameters of the same name the first counts, even
/// if it cannot be read.
fn read_metric(metric: &[u8]) -> (&[u8], Option<Duration>) {
    let (name, mut rest) = split(metric, b';');
    while !rest.is_empty() {
        let (parameter, after) = split(rest, b';');
        rest = after;
        let (key, value) = split(parameter, b'=');
        if key.trim_ascii().eq_ignore_ascii_case(b"dur") {
            return (name.trim_ascii(), read_duration(value.trim_ascii()));
        }
    }
    (name.trim_ascii(), None)
}

fn read_duration(value: &[u8]) -> Option<Duration> {
    let quoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    let text = std::str::from_utf8(quoted.unwrap_or(value)).ok()?;
    // Rust reads more than numbers: "inf" and "nan".
    let is_number = text.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    let ms: f64 = text.parse().ok().filter(|_| is_number)?;
    (0.0..=LONGEST_MS).contains(&ms).then(|| Duration::from_secs_f64(ms / 1000.0))
}

/// What is before and after the first separator that is not within a quoted string (RFC 9110, section 5.6.4).
fn split(text: &[u8], separator: u8) -> (&[u8], &[u8]) {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            byte if *byte == separator && !quoted => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    (text, &[])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(values: &[&str]) -> Option<Duration> {
        let mut metadata = Metadata::new();
        for value in values {
            metadata.push("server-timing", value.to_string()).unwrap();
        }
        server_time(&metadata)
    }

    fn ms(ms: u64) -> Option<Duration> {
        Some(Duration::from_millis(ms))
    }

    #[test]
    fn the_total_counts_else_the_longest() {
        assert_eq!(read(&["db;dur=53, app;dur=47.5"]), ms(53));
        assert_eq!(read(&["miss, db;dur=53", "cache;desc=\"Cache Read\";dur=23.2"]), ms(53));
        assert_eq!(read(&["db;dur=530", "Total;dur=123"]), ms(123));
        assert_eq!(read(&["app;dur=\"40\""]), ms(40));
        assert_eq!(read(&["app ; DUR = 40 ; desc=x"]), ms(40));
        assert_eq!(read(&["app;desc=\"a, b; dur=9 \\\" x\";dur=4e1"]), ms(40));
        assert_eq!(read(&["app;dur=0"]), ms(0));
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        let unclear = [
            "",
            "app",
            "app;dur",
            "app;dur=",
            "app;dur=x",
            "app;dur=-1",
            "app;dur=nan",
            "app;dur=inf",
            "app;dur=1e300",
            "app;dur=x;dur=5",
            ",,;;==",
            "app;desc=\"dur=5",
        ];
        for text in unclear {
            assert_eq!(read(&[text]), None, "{text:?}");
        }
        assert_eq!(read(&["total;dur=x, app;dur=5"]), ms(5));
        assert_eq!(server_time(&Metadata::new()), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: proptest::test_runner::RngSeed::Fixed(29),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn any_text_is_survived(text in "[ -~]{0,80}", values in prop::collection::vec("[a;,=\"\\\\dur0-9. ]{0,40}", 0..4)) {
            let longest = Duration::from_secs(86_400);
            prop_assert!(read(&[&text]).is_none_or(|time| time <= longest));
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            prop_assert!(read(&values).is_none_or(|time| time <= longest));
        }
    }
}
