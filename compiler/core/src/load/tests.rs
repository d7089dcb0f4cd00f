mod malformed;

use prost_reflect::{ReflectMessage, Value};

use prost::Message as _;
use prost_types::{DescriptorProto, FieldDescriptorProto};

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

#[test]
fn a_missing_import_of_the_annotations_is_told_of_once_per_file() {
    let text = |name: &str, more: &str| {
        format!(
            "syntax = \"proto3\"; package {name}; {more} message M {{
               string a = 1 [(holdover.field).importance = REQUIRED];
               string b = 2 [(.holdover.field).sensitive = true, (holdover.file) = {{}}];
             }}"
        )
    };
    let a = one(&text("a", "")).expect_err("nothing is imported");
    let help: Vec<_> = a.diagnostics.iter().filter_map(|found| found.help_text()).collect();
    assert_eq!(help, ["add `import \"holdover/annotations.proto\";`"], "{a}");
    // Another file of the load imports them, and one more does not.
    let result = many(&[
        ("a.proto", &text("a", "import \"b.proto\"; import \"c.proto\";")),
        ("b.proto", &text("b", "")),
        (
            "c.proto",
            "syntax = \"proto3\"; import \"holdover/annotations.proto\"; option (holdover.file) = {};",
        ),
    ]);
    let told = ("NAME_NOT_IMPORTED", "(holdover.field)".to_owned());
    assert_eq!(wrong(result), [told.clone(), told]);
}

#[test]
fn all_errors_of_a_file_are_told_at_once() {
    let result =
        one("syntax = \"proto3\"; /* é */ message M { int32 a = 1; int32 b = 1; reserved 7; int32 c = 7; }");
    assert_eq!(wrong(result), [("SCHEMA_INVALID", "1".into()), ("SCHEMA_INVALID", "7".into())]);
}

#[test]
fn typos_inside_a_value_are_underlined_there() {
    let method = |option: &str| {
        let text = format!(
            "syntax = \"proto3\"; import \"holdover/annotations.proto\"; service S {{ rpc M(R) returns (R) {{ {option} }} }} message R {{}}"
        );
        wrong(one(&text))
    };
    assert_eq!(
        method("option (holdover.method).cache = { fresh_for: { second: 5 } /* x */ scop: DEVICE };"),
        [("UNKNOWN_OPTION", "second".into()), ("UNKNOWN_OPTION", "scop".into())]
    );
    assert_eq!(
        method("option (holdover.method) = { detail: { reduce_at: POR } };"),
        [("OPTION_VALUE", "POR".into())]
    );
    assert_eq!(method("option (holdover.method).cache.storage = MEMRY;"), [("OPTION_VALUE", "MEMRY".into())]);
    assert_eq!(method("option (holdover.method).cache = { fresh_for: 5 };"), [("OPTION_VALUE", "5".into())]);
}

#[test]
fn a_duration_says_how_it_is_written() {
    let method = |option: &str| {
        let text = format!(
            "syntax = \"proto3\"; import \"holdover/annotations.proto\"; service S {{ rpc M(R) returns (R) {{ {option} }} }} message R {{}}"
        );
        let report = one(&text).expect_err("it is no duration");
        let found: Vec<_> = report.diagnostics.iter().collect();
        let [found] = found.as_slice() else { panic!("{report}") };
        assert_eq!(found.help_text(), Some("write `{ seconds: 30 }`; fractions go in `nanos`"), "{report}");
        let text = report.sources.slice(found.primary().unwrap().span).unwrap();
        format!("{} {text}", found.code())
    };
    let cache = |value: &str| method(&format!("option (holdover.method).cache = {{ {value} }};"));
    assert_eq!(cache("fresh_for: \"30s\""), "OPTION_VALUE \"30s\"");
    assert_eq!(cache("fresh_for: 30"), "OPTION_VALUE 30");
    assert_eq!(cache("fresh_for: { seconds: 1.5 }"), "OPTION_VALUE 1.5");
    assert_eq!(method("option (holdover.method).cache.fresh_for = \"30s\";"), "OPTION_VALUE \"30s\"");
    assert_eq!(method("option (holdover.method).cache.fresh_for.seconds = 1.5;"), "OPTION_VALUE 1.5");
}

/// prost-reflect says these in words only.
#[test]
fn what_is_said_twice_is_to_be_said_once() {
    let help = |options: &str| {
        let text = format!(
            "syntax = \"proto3\"; import \"holdover/annotations.proto\"; service S {{ rpc M(R) returns (R) {{ {options} }} }} message R {{}}"
        );
        let report = one(&text).expect_err("it is said twice");
        let found: Vec<_> = report.diagnostics.iter().collect();
        let [found] = found.as_slice() else { panic!("{report}") };
        assert_eq!(found.code().as_str(), "OPTION_VALUE");
        let help = found.help_text().unwrap_or_default().to_owned();
        (report.sources.slice(found.primary().unwrap().span).unwrap().to_owned(), help)
    };
    let (_, said) = help("option (holdover.method).cache = {}; option (holdover.method).cache = {};");
    assert!(said.starts_with("an option is set once"), "{said}");
    let (place, said) =
        help("option (holdover.method).cache = { fresh_for: { seconds: 5 } fresh_for: { seconds: 6 } };");
    assert!(said.starts_with("say it once"), "{said}");
    assert_eq!(place, "{ seconds: 6 }");
    let (place, said) = help("option (holdover.method).offline = { wait: { } fail_fast: {} };");
    assert!(said.starts_with("the members of a oneof exclude each other"), "{said}");
    assert_eq!(place, "{}");
}

/// The files of a load as a descriptor set with source information, as protoc would write it.
fn encoded(loaded: &Loaded) -> Vec<u8> {
    let mut set = Vec::new();
    for file in loaded.files() {
        let mut bytes = loaded.encoded(file);
        let info =
            FileDescriptorProto { source_code_info: Some(file.source_code_info()), ..Default::default() };
        bytes.extend(info.encode_to_vec());
        prost::encoding::bytes::encode(1, &bytes, &mut set);
    }
    set
}

const ALL: &[&str] = &[];

#[test]
fn a_descriptor_set_gives_what_its_sources_gave() {
    let source = one(PRICING).unwrap();
    let bytes = encoded(&source);
    let loaded = load_descriptor_set("set.pb", &bytes, ALL).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(loaded.targets().map(LoadedFile::name).collect::<Vec<_>>(), ["a.proto"]);
    for (ours, theirs) in loaded.files().iter().zip(source.files()) {
        assert_eq!(ours.name(), theirs.name());
        assert_eq!(loaded.encoded(ours), source.encoded(theirs));
    }
    // Places without texts, and no statements.
    let method = loaded.pool().get_service_by_name("pricing.v1.Pricing").unwrap().methods().next().unwrap();
    let span = loaded.option_span("a.proto", method.path(), "holdover.method", &["cache"]).unwrap();
    assert_eq!(loaded.sources().place(span), "a.proto:7:7");
    assert!(loaded.statements("a.proto", method.path()).is_empty());
    assert_eq!(loaded.descriptor_set().file.last(), source.descriptor_set().file.last());
}

#[test]
fn built_in_files_may_be_missing_from_a_descriptor_set() {
    let source = one(PRICING).unwrap();
    let mut set = Vec::new();
    prost::encoding::bytes::encode(1, &source.encoded(source.file("a.proto").unwrap()), &mut set);
    let loaded =
        load_descriptor_set("set.pb", &set, &["a.proto"]).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(loaded.files().len(), source.files().len());
    let file = loaded.file("a.proto").unwrap();
    assert_eq!(loaded.encoded(file), source.encoded(source.file("a.proto").unwrap()));
}

#[test]
fn wrong_descriptor_sets_are_refused() {
    let file = |name: &str| FileDescriptorProto { name: Some(name.to_owned()), ..Default::default() };
    let field = |name: &str| FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(1),
        label: Some(1),
        r#type: Some(5),
        ..Default::default()
    };
    let message = |fields: Vec<FieldDescriptorProto>| FileDescriptorProto {
        message_type: vec![DescriptorProto {
            name: Some("M".to_owned()),
            field: fields,
            ..Default::default()
        }],
        ..file("a.proto")
    };
    let set = |files: Vec<FileDescriptorProto>| FileDescriptorSet { file: files }.encode_to_vec();
    let code = |bytes: &[u8]| wrong(load_descriptor_set("set.pb", bytes, ALL))[0].0;

    assert_eq!(code(b""), "DESCRIPTOR_INVALID");
    assert_eq!(code(b"no set"), "DESCRIPTOR_INVALID");
    assert_eq!(
        code(&set(vec![FileDescriptorProto { syntax: Some("editions".into()), ..file("a.proto") }])),
        "EDITION_UNSUPPORTED"
    );
    assert_eq!(
        code(&set(vec![FileDescriptorProto { syntax: Some("proto4".into()), ..file("a.proto") }])),
        "DESCRIPTOR_INVALID"
    );
    assert_eq!(code(&set(vec![file("a.proto"), file("a.proto")])), "DESCRIPTOR_INVALID");
    let importer =
        |name: &str, import: &str| FileDescriptorProto { dependency: vec![import.to_owned()], ..file(name) };
    assert_eq!(code(&set(vec![importer("a.proto", "b.proto")])), "IMPORT_NOT_FOUND");
    assert_eq!(
        code(&set(vec![importer("a.proto", "b.proto"), importer("b.proto", "a.proto")])),
        "IMPORT_CYCLE"
    );
    assert_eq!(code(&set(vec![message(vec![field("a"), field("a")])])), "NAME_DUPLICATE");
    assert_eq!(code(&set(vec![message(vec![field("a"), field("b")])])), "SCHEMA_INVALID");
    for broken in [
        FieldDescriptorProto { name: Some("fn()".into()), ..field("a") },
        FieldDescriptorProto { oneof_index: Some(3), ..field("a") },
        FieldDescriptorProto { oneof_index: Some(-1), ..field("a") },
        FieldDescriptorProto { proto3_optional: Some(true), ..field("a") },
        FieldDescriptorProto { label: None, ..field("a") },
        FieldDescriptorProto { r#type: Some(99), ..field("a") },
        FieldDescriptorProto { r#type: Some(11), ..field("a") },
        FieldDescriptorProto { r#type: Some(11), type_name: Some("M".into()), ..field("a") },
        FieldDescriptorProto { r#type: Some(12), default_value: Some("\\777".into()), ..field("a") },
    ] {
        assert_eq!(code(&set(vec![message(vec![broken])])), "DESCRIPTOR_INVALID");
    }
    let mut annotations = one(PRICING).unwrap().descriptor_set().file;
    annotations.retain(|file| file.name() == "holdover/annotations.proto");
    annotations[0].message_type.pop();
    assert_eq!(code(&set(annotations)), "ANNOTATIONS_DIFFER");
}

#[test]
fn extensions_may_not_share_a_number() {
    let text = "syntax = \"proto2\"; message M { extensions 100 to 200; extend M { optional int32 a = 100; } } extend M { optional int32 b = 100; }";
    assert_eq!(wrong(one(text)), [("EXTENSION_DUPLICATE", "a".into())]);
}

#[test]
fn options_stay_where_their_targets_allow_them() {
    let text = "syntax = \"proto3\"; import \"google/protobuf/descriptor.proto\";
        extend google.protobuf.MessageOptions { Policy policy = 50000; }
        message Policy { bool anywhere = 1; bool field_only = 2 [targets = TARGET_TYPE_FIELD]; }
        message M { option (policy).anywhere = true; option (policy).field_only = true; }";
    let found = wrong(one(text));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "WRONG_TARGET");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config {
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        failure_persistence: None,
        ..proptest::test_runner::Config::with_cases(500)
    })]

    #[test]
    fn arbitrary_bytes_are_refused_or_loaded(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = load(&MemorySources::new().with("a.proto", bytes.clone()), &["a.proto"]);
        let _ = load_descriptor_set("set.pb", &bytes, ALL);
    }

    #[test]
    fn arbitrary_tokens_are_refused_with_a_place_or_loaded(
        tokens in "((syntax|message|enum|oneof|map|extend|option|import|rpc|M|x|=|;|\\{|\\}|\\[|\\]|\\(|\\)|<|>|\"|'|\\.|,|-|1|0x|1e|/\\*|//|\n|é) ?){0,60}"
    ) {
        if let Err(report) = one(&tokens) {
            for diagnostic in &report.diagnostics {
                let span = diagnostic.primary().expect("a text has places").span;
                assert!(report.sources.bytes(span).is_some());
            }
            assert!(!report.to_string().is_empty());
        }
    }
}
