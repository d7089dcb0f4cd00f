use prost_reflect::{ReflectMessage, Value};

use super::*;

fn one(text: &str) -> Result<Loaded, Box<Report>> {
    load(&MemorySources::new().with("a.proto", text), &["a.proto"])
}

fn many(files: &[(&str, &str)]) -> Result<Loaded, Box<Report>> {
    let sources = files.iter().fold(MemorySources::new(), |sources, (name, text)| sources.with(*name, *text));
    load(&sources, &[files[0].0])
}

/// The codes of what is wrong, each with the text that it underlines.
fn wrong(result: Result<Loaded, Box<Report>>) -> Vec<(&'static str, String)> {
    let report = result.expect_err("the schema is wrong");
    for diagnostic in &report.diagnostics {
        assert!(diagnostic.help_text().is_some(), "no help: {diagnostic:?}");
    }
    report
        .diagnostics
        .sorted()
        .into_iter()
        .map(|d| {
            let text = d.primary().and_then(|label| report.sources.slice(label.span)).unwrap_or_default();
            (d.code().as_str(), text.to_owned())
        })
        .collect()
}

const PRICING: &str = r#"syntax = "proto3";
package pricing.v1;
import "holdover/annotations.proto";

service Pricing {
  // Asks for a price.
  rpc GetQuote(GetQuoteRequest) returns (Quote) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (holdover.method).cache = {
      fresh_for: { seconds: 5 }
      tags: ["ride:{request.ride_id}", "all"]
    };
    option (holdover.method).cache.storage = MEMORY;
    option (.holdover.method).detail = { reduce_at: POOR };
  }
}
message GetQuoteRequest { string ride_id = 1; }
message Quote {
  optional string quote_id = 1 [(holdover.field).importance = REQUIRED, deprecated = true];
  repeated int32 prices = 2 [packed = false];
}
"#;

#[test]
fn options_are_read_and_found_again() {
    let loaded = one(PRICING).unwrap();
    assert!(loaded.warnings().is_empty());
    let names: Vec<&str> = loaded.files().iter().map(LoadedFile::name).collect();
    assert_eq!(
        names,
        [
            "google/protobuf/descriptor.proto",
            "google/protobuf/duration.proto",
            "holdover/annotations.proto",
            "a.proto"
        ]
    );
    assert_eq!(loaded.targets().map(LoadedFile::name).collect::<Vec<_>>(), ["a.proto"]);

    let pool = loaded.pool();
    let extension = pool.get_extension_by_name("holdover.method").unwrap();
    let service = pool.get_service_by_name("pricing.v1.Pricing").unwrap();
    let method = service.methods().next().unwrap();
    let options = method.options();
    let policy = options.get_extension(&extension);
    let cache = policy.as_message().unwrap().get_field_by_name("cache").unwrap().into_owned();
    let cache = cache.as_message().unwrap();
    assert_eq!(cache.get_field_by_name("storage").unwrap().as_enum_number(), Some(2));
    assert_eq!(cache.get_field_by_name("tags").unwrap().as_list().map(<[Value]>::len), Some(2));
    assert_eq!(cache.descriptor().full_name(), "holdover.Cache");
    // `[packed = false]` is seen, which takes prost-reflect two attempts.
    let quote = pool.get_message_by_name("pricing.v1.Quote").unwrap();
    assert!(!quote.get_field_by_name("prices").unwrap().is_packed());

    let shown = |span: Option<Span>| loaded.sources().slice(span.unwrap()).unwrap();
    let at = |path: &[&str]| shown(loaded.option_span("a.proto", method.path(), "holdover.method", path));
    assert_eq!(at(&["cache", "fresh_for"]), "fresh_for");
    assert_eq!(at(&["cache", "fresh_for", "seconds"]), "seconds");
    assert_eq!(at(&["cache", "storage"]), "storage");
    assert_eq!(at(&["cache", "scope"]), "cache");
    assert_eq!(at(&["detail", "reduce_at"]), "reduce_at");
    assert_eq!(at(&["delivery"]), "(holdover.method).cache");
    assert_eq!(shown(loaded.option_span("a.proto", method.path(), "other", &["x"])), "GetQuote");
    let field = quote.get_field_by_name("quote_id").unwrap();
    assert_eq!(
        shown(loaded.option_span("a.proto", field.path(), "holdover.field", &["importance"])),
        "importance"
    );

    let statements = loaded.statements("a.proto", method.path());
    assert_eq!(statements.iter().filter(|s| s.is("holdover.method")).count(), 3);
    assert_eq!(statements[0].name[0], OptionName { name: "idempotency_level".into(), extension: false });
    let tags: Vec<&str> =
        statements[1].members(&["cache", "tags"]).map(|m| shown(Some(m.value_span))).collect();
    assert_eq!(tags, ["\"ride:{request.ride_id}\"", "\"all\""]);
    assert_eq!(shown(Some(statements[2].value_span)), "MEMORY");
    assert_eq!(shown(Some(statements[3].span)), "option (.holdover.method).detail = { reduce_at: POOR };");
}

#[test]
fn comments_reach_the_generator() {
    let set = one(PRICING).unwrap().descriptor_set();
    let file = set.file.iter().find(|f| f.name() == "a.proto").unwrap();
    let location = &file.source_code_info.as_ref().unwrap().location;
    let method = location.iter().find(|l| l.path == [6, 0, 2, 0]).unwrap();
    assert_eq!(method.leading_comments(), " Asks for a price.\n");
}

#[test]
fn wrong_options_are_underlined_with_a_way_out() {
    let method = |option: &str| {
        let text = format!(
            "syntax = \"proto3\"; import \"holdover/annotations.proto\"; service S {{ rpc M(R) returns (R) {{ {option} }} }} message R {{}}"
        );
        wrong(one(&text))
    };
    assert_eq!(method("option (holdover.metod) = {};"), [("UNKNOWN_OPTION", "(holdover.metod)".into())]);
    assert_eq!(method("option (holdover.field) = {};"), [("WRONG_TARGET", "(holdover.field)".into())]);
    assert_eq!(method("option (holdover.method).cash.off = true;"), [("UNKNOWN_OPTION", "cash".into())]);
    assert_eq!(method("option idempotency = IDEMPOTENT;"), [("UNKNOWN_OPTION", "idempotency".into())]);
}

#[test]
fn a_name_in_a_file_that_is_not_imported_says_which() {
    let result = many(&[
        (
            "a.proto",
            "syntax = \"proto3\"; package a; import \"b.proto\"; message M { c.T t = 1; b.T u = 2; }",
        ),
        ("b.proto", "syntax = \"proto3\"; package b; import \"c.proto\"; message T { c.T t = 1; }"),
        ("c.proto", "syntax = \"proto3\"; package c; message T {}"),
    ]);
    assert_eq!(wrong(result), [("NAME_NOT_IMPORTED", "c.T".into())]);
}
