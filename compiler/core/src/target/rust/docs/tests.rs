use super::*;
use proptest::prelude::*;

fn doc(text: &str) -> String {
    doc_lines(text).join("\n")
}

#[test]
fn ordinary_prose_is_left_alone() {
    let text = " The price of a ride_id.\n\n * one\n * two\n   more of two\n\n 1. `code` & *stars*\n";
    assert_eq!(doc(text), "The price of a ride_id.\n\n* one\n* two\n  more of two\n\n1. `code` & *stars*");
}

#[test]
fn indented_text_is_no_test() {
    assert_eq!(
        doc(" Like this:\n\n     let x = 1;\n       more\n\n After."),
        "Like this:\n\n```text\nlet x = 1;\n  more\n```\n\nAfter."
    );
}

#[test]
fn fences_say_text_and_are_closed() {
    assert_eq!(doc("```rust\npanic!()\n```"), "```text\npanic!()\n```");
    assert_eq!(doc("~~~\npanic!()"), "~~~text\npanic!()\n~~~");
    assert_eq!(doc("```"), "```text\n```");
    assert_safe("- ```rust\n  panic!()\n  ```\n> ```\n> panic!()\n");
}

#[test]
fn links_that_lead_nowhere_are_text() {
    assert_eq!(
        doc("See [Foo] and [bar][baz] and [a](Self::b)."),
        "See \\[Foo] and \\[bar]\\[baz] and \\[a](Self::b)."
    );
    assert_eq!(doc("[RFC](https://x.example/a_b)"), "[RFC](https://x.example/a_b)");
    assert_eq!(doc("[0, 9) and \\[kept\\]"), "\\[0, 9) and \\[kept\\]");
}

#[test]
fn html_is_text_and_addresses_are_links() {
    assert_eq!(doc("A Vec<T> or <b>bold</b>."), "A Vec\\<T> or \\<b>bold\\</b>.");
    assert_eq!(doc("See https://x.example/a_b?c=1."), "See <https://x.example/a_b?c=1>.");
    assert_eq!(doc("<https://x.example>"), "<https://x.example>");
    assert_safe("<div>\n<script>alert()</script>\n</div>");
}

#[test]
fn characters_that_rustc_rejects_are_gone() {
    assert_eq!(doc("a\u{202E}b\0c\rd\u{7}"), "abc\nd");
    assert_eq!(doc("  \n\n"), "");
}

/// What rustdoc would see holds no code to compile, no link to resolve and no HTML, and ends outside every block.
fn assert_safe(text: &str) {
    let lines = doc_lines(text);
    let safe = lines.join("\n");
    assert!(hazards(&safe).is_empty(), "{text:?} became {safe:?}");
    assert!(!swallows(&safe), "{text:?} swallows what follows: {safe:?}");
    assert!(lines.iter().all(|line| !line.contains(['\r', '\n', '\0'])));
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(41),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_gets_through(text in r"([ \t]{0,9}|[-*>+] {1,6}|[0-9][.)] |```|~~~|rust|\[[a-z]?\]?|\(x\)|<[a-z]?>?|`|\\|!|#|:|https?://|\n|\n\n|[a-z|_]{1,3}){0,24}") {
        assert_safe(&text);
    }
}
