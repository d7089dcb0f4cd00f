use super::*;

const TEXT: &str = "service Pricing {\n  rpc GetQuote(Request) returns (Quote) {\n    option (holdover.method).cache = { fresh_for: { seconds: 5 } };\n  }\n}\n";

fn sample() -> Report {
    let mut sources = SourceMap::new();
    let pricing = sources.add("pricing.proto", Some(TEXT.to_owned()));
    let quote = sources.add("quote.proto", Some("// é\nmessage Quote {}\n".to_owned()));
    let bare = sources.add("set.pb", None);
    let option = TEXT.find("fresh_for").unwrap();
    let method = TEXT.find("GetQuote").unwrap();
    let mut diagnostics = Diagnostics::new();
    diagnostics.push(Diagnostic::warning(Code::new("LATER"), "something about a file without a text").at(
        Span { file: bare, start: Position { line: 3, column: 2 }, end: Position { line: 3, column: 9 } },
        "here",
    ));
    diagnostics.push(
        Diagnostic::error(Code::new("UNSAFE_CACHE"), "`GetQuote` is cached, but may have side effects")
            .subject("Pricing/GetQuote")
            .at(sources.span(pricing, option..option + 9), "cached here")
            .also(sources.span(pricing, method..method + 8), "this method")
            .also(sources.span(quote, 6..21), "its answer")
            .note("a cached answer replaces a call")
            .help("add `option idempotency_level = NO_SIDE_EFFECTS;`"),
    );
    diagnostics.push(Diagnostic::error(Code::new("NO_PLACE"), "nothing to underline"));
    Report { diagnostics, sources }
}

#[test]
fn people_see_the_option_underlined() {
    insta::assert_snapshot!(sample().human(Style::plain()));
}

#[test]
fn programs_see_every_place() {
    insta::assert_snapshot!(sample().json());
}

#[test]
fn colours_and_boxes_are_a_choice() {
    let plain = sample().human(Style::plain());
    assert!(!plain.contains(['│', '\u{1b}']));
    let terminal = sample().human(Style::terminal());
    assert!(terminal.contains('\u{1b}') && terminal.contains('│'));
}

#[test]
fn order_is_that_of_the_source_and_repetitions_vanish() {
    let report = sample();
    let mut twice = Diagnostics::new();
    twice.extend(report.diagnostics.clone().into_iter().collect::<Vec<_>>().into_iter().rev());
    twice.extend(report.diagnostics.clone());
    assert_eq!(human(&twice, &report.sources, Style::plain()), report.human(Style::plain()));
    assert_eq!(json(&twice, &report.sources), report.json());
    let codes: Vec<_> = twice.sorted().iter().map(|d| d.code().as_str()).collect();
    assert_eq!(codes, ["NO_PLACE", "UNSAFE_CACHE", "LATER"]);
}

#[test]
fn floods_are_cut_and_counted() {
    let many: Diagnostics =
        (0..100).map(|n| Diagnostic::error(Code::new("FLOOD"), format!("number {n:03}"))).collect();
    let text = human(&many, &SourceMap::new(), Style::plain());
    assert_eq!(text.matches("error[FLOOD]").count(), 40);
    assert!(text.contains("... and 60 more"), "{text}");
    assert!(text.ends_with("100 errors\n"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&json(&many, &SourceMap::new())).unwrap();
    assert_eq!(json["diagnostics"].as_array().unwrap().len(), 100);
}

#[test]
fn nothing_is_printed_for_nothing() {
    assert_eq!(Report::default().human(Style::plain()), "");
}

#[test]
fn places_stay_inside_the_text() {
    let mut sources = SourceMap::new();
    let file = sources.add("a.proto", Some("é\nx".to_owned()));
    let odd = Span { file, start: Position { line: 0, column: 1 }, end: Position { line: 9, column: 9 } };
    assert_eq!(sources.bytes(odd), Some(0..4));
    assert_eq!(sources.slice(odd), Some("é\nx"));
    let backwards = Span { file, start: odd.end, end: odd.start };
    assert_eq!(sources.bytes(backwards), Some(4..4));
    assert_eq!(sources.span(file, 100..200).start, Position { line: 1, column: 1 });
    assert_eq!(sources.line_column(file, Position { line: 0, column: 2 }), (1, 2));
}
