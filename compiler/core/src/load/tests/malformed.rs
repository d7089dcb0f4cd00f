//! Schemas that are wrong in one way each. Every one is refused with its code, and underlines the culprit.

use super::{many, one, wrong};
use crate::load::{IncludePaths, MemorySources, SourceFile, Sources, load};
use std::io;

/// A schema, the code that it is refused with, and what is underlined.
const MALFORMED: &[(&str, &str, &str)] = &[
    // What no parser takes.
    ("syntax = \"proto3\"", "SYNTAX", "\""),
    ("syntax = \"proto3\"; message M {", "SYNTAX", "{"),
    ("syntax = \"proto4\";", "SYNTAX", "\"proto4\""),
    ("syntax = \"proto3\"; message 1M {}", "SYNTAX", "1"),
    ("syntax = \"proto3\"; message M { int32 a 1; }", "SYNTAX", "1"),
    ("syntax = \"proto3\"; message M { int32 a = 0; }", "SYNTAX", "0"),
    ("syntax = \"proto3\"; message M { int32 a = 536870912; }", "SYNTAX", "536870912"),
    ("syntax = \"proto3\"; message M { int32 a = 99999999999999999999; }", "SYNTAX", "99999999999999999999"),
    ("syntax = \"proto3\"; message M { int32 a = 1 }", "SYNTAX", "}"),
    ("syntax = \"proto3\"; message M { required int32 a = 1; }", "SYNTAX", "required"),
    ("syntax = \"proto3\"; message M { int32 a = 1 [default = 1]; }", "SYNTAX", "default = 1"),
    ("syntax = \"proto2\"; message M { int32 a = 1; }", "SYNTAX", "int32 a = 1;"),
    ("syntax = \"proto3\"; message M { map<float, int32> a = 1; }", "SYNTAX", "float"),
    ("syntax = \"proto3\"; message M { repeated map<int32, int32> a = 1; }", "SYNTAX", "repeated"),
    ("syntax = \"proto3\"; message M { oneof o {} }", "SYNTAX", "oneof o {}"),
    ("syntax = \"proto3\"; message M { oneof o { repeated int32 a = 1; } }", "SYNTAX", "repeated"),
    ("syntax = \"proto3\"; import \"../a.proto\";", "SYNTAX", "\"../a.proto\""),
    ("syntax = \"proto3\"; import \"a\\nb\nc\";", "SYNTAX", "\n"),
    ("syntax = \"proto3\"; package a; package b;", "SYNTAX", "package a;"),
    ("syntax = \"proto3\"; /* /* */ message M {}", "SYNTAX", "/*"),
    ("syntax = \"proto3\"; # no", "SYNTAX", "# no"),
    ("syntax = \"proto3\"; option java_package = \"\\q\";", "SYNTAX", "\\"),
    ("syntax = \"proto3\"; service S { rpc M(R) returns R; }", "SYNTAX", "R"),
    ("\u{0}", "SYNTAX", "\u{0}"),
    ("<html><body>Sign in</body></html>", "SYNTAX", "<"),
    // What this compiler does not read yet.
    ("// x\nedition = \"2023\"; message M {}", "EDITION_UNSUPPORTED", "edition = \"2023\""),
    // Imports.
    ("syntax = \"proto3\"; import \"b.proto\";", "IMPORT_NOT_FOUND", "import \"b.proto\";"),
    ("syntax = \"proto3\"; import \"a.proto\";", "IMPORT_CYCLE", "import \"a.proto\";"),
    (
        "syntax = \"proto3\"; import \"google/protobuf/any.proto\"; import public \"google/protobuf/any.proto\";",
        "IMPORT_DUPLICATE",
        "import public \"google/protobuf/any.proto\";",
    ),
    // Names.
    ("syntax = \"proto3\"; message M { N n = 1; }", "NAME_UNKNOWN", "N"),
    ("syntax = \"proto3\"; message M { map<string, N> n = 1; }", "NAME_UNKNOWN", "map<string, N>"),
    ("syntax = \"proto2\"; extend N { optional int32 a = 1; }", "NAME_UNKNOWN", "N"),
    ("syntax = \"proto3\"; service S { rpc M(N) returns (N); }", "NAME_UNKNOWN", "N"),
    (
        "syntax = \"proto3\"; enum E { Z = 0; } service S { rpc M(E) returns (M); } message M {}",
        "NAME_WRONG_KIND",
        "E",
    ),
    ("syntax = \"proto3\"; message M { Z z = 1; enum E { Z = 0; } }", "NAME_UNKNOWN", "Z"),
    ("syntax = \"proto3\"; package a; message A { message a { } a.A x = 1; }", "NAME_SHADOWED", "a.A"),
    ("syntax = \"proto3\"; message M {} message M {}", "NAME_DUPLICATE", "M"),
    ("syntax = \"proto3\"; enum E { A = 0; } enum F { A = 0; }", "NAME_DUPLICATE", "A"),
    ("syntax = \"proto3\"; package a.b; message M { int32 x = 1; string x = 2; }", "NAME_DUPLICATE", "x"),
    // Rules of protobuf.
    ("syntax = \"proto3\"; message M { int32 a = 1; int32 b = 1; }", "SCHEMA_INVALID", "1"),
    ("syntax = \"proto3\"; message M { int32 a = 19000; }", "SCHEMA_INVALID", "19000"),
    ("syntax = \"proto3\"; message M { reserved 1; int32 a = 1; }", "SCHEMA_INVALID", "1"),
    ("syntax = \"proto3\"; enum E { A = 1; }", "SCHEMA_INVALID", "1"),
    ("syntax = \"proto3\"; enum E { A = 0; B = 0; }", "SCHEMA_INVALID", "0"),
    ("syntax = \"proto3\"; enum E { }", "SCHEMA_INVALID", "enum E { }"),
    ("syntax = \"proto3\"; message M { int32 a_b = 1; int32 aB = 2; }", "SCHEMA_INVALID", "a_b"),
    ("syntax = \"proto2\"; message M {} extend M { optional int32 a = 1; }", "SCHEMA_INVALID", "1"),
    (
        "syntax = \"proto2\"; message M { optional E e = 1 [default = B]; enum E { A = 1; } }",
        "SCHEMA_INVALID",
        "B",
    ),
    // Options.
    ("syntax = \"proto3\"; option java_pakage = \"x\";", "UNKNOWN_OPTION", "java_pakage"),
    ("syntax = \"proto3\"; option (x) = 1;", "UNKNOWN_OPTION", "(x)"),
    ("syntax = \"proto3\"; option java_package = 1;", "OPTION_VALUE", "option java_package = 1;"),
    ("syntax = \"proto3\"; option optimize_for = FAST;", "OPTION_VALUE", "FAST"),
    (
        "syntax = \"proto3\"; option java_package = \"a\"; option java_package = \"b\";",
        "OPTION_VALUE",
        "option java_package = \"b\";",
    ),
    (
        "syntax = \"proto3\"; import \"holdover/annotations.proto\"; message M { int32 a = 1 [(holdover.field) = { importance: KEPT importance: KEPT }]; }",
        "OPTION_VALUE",
        "KEPT",
    ),
];

#[test]
fn malformed_schemas_are_refused_at_the_culprit() {
    let mut wrong_ones = Vec::new();
    for (text, code, culprit) in MALFORMED {
        let found = wrong(one(text));
        if (found[0].0, found[0].1.as_str()) != (*code, *culprit) {
            wrong_ones.push(format!("{text}\n  wanted {code} at {culprit:?}, found {found:?}"));
        }
    }
    assert!(wrong_ones.is_empty(), "{}", wrong_ones.join("\n"));
}

#[test]
fn hostile_nesting_is_refused_without_exhausting_the_stack() {
    let deep = |open: &str, close: &str, n: usize| format!("{}{}", open.repeat(n), close.repeat(n));
    let messages = format!("syntax = \"proto3\"; {}", deep("message M { ", "}", 50_000));
    assert_eq!(wrong(one(&messages))[0].0, "NESTING_TOO_DEEP");
    let option = |name: &str, value: &str| {
        let text = format!(
            "syntax = \"proto3\"; import \"google/protobuf/descriptor.proto\"; message R {{ R r = 1; repeated R s = 2; }}
             extend google.protobuf.FileOptions {{ R r = 50000; }} option (r){name} = {{ {value} }};"
        );
        wrong(one(&text))[0].0
    };
    assert_eq!(option("", &deep("r { ", "}", 50_000)), "NESTING_TOO_DEEP");
    assert_eq!(option("", &deep("s: [ ", "]", 50_000)), "NESTING_TOO_DEEP");
    assert_eq!(option(&".r".repeat(50_000), ""), "NESTING_TOO_DEEP");
    assert_eq!(option(&".r".repeat(32), &deep("r { ", "}", 33)), "NESTING_TOO_DEEP");
    // Within the limit, both together are fine.
    let fine = format!(
        "syntax = \"proto3\"; import \"google/protobuf/descriptor.proto\"; message R {{ R r = 1; }}
         extend google.protobuf.FileOptions {{ R r = 50000; }} option (r){} = {{ {} }};",
        ".r".repeat(30),
        deep("r { ", "}", 30)
    );
    assert!(one(&fine).is_ok());
    let name = format!("syntax = \"proto3\"; message M {{ {} x = 1; }}", vec!["M"; 100_000].join("."));
    assert_eq!(wrong(one(&name))[0].0, "NAME_UNKNOWN");
}

#[test]
fn a_long_chain_of_imports_is_no_deep_recursion() {
    let mut sources = MemorySources::new();
    let length = 5_000;
    for i in 0..length {
        let import = if i + 1 < length { format!("import \"{}.proto\";", i + 1) } else { String::new() };
        sources = sources.with(format!("{i}.proto"), format!("syntax = \"proto3\"; {import}"));
    }
    let loaded = load(&sources, &["0.proto"]).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(loaded.files().len(), length);
    assert_eq!(loaded.files()[0].name(), "4999.proto");
    let circle = sources.with("4999.proto", "syntax = \"proto3\"; import \"0.proto\";");
    let report = load(&circle, &["0.proto"]).unwrap_err();
    assert_eq!(report.diagnostics.iter().next().unwrap().code().as_str(), "IMPORT_CYCLE");
}

#[test]
fn many_unknown_names_are_reported_in_reasonable_time() {
    let fields: String = (0..2_000).map(|i| format!("Unknown{i} a{i} = {};", i + 1)).collect();
    let messages: String = (0..2_000).map(|i| format!("message Known{i} {{}}")).collect();
    let found = wrong(one(&format!(
        "syntax = \"proto3\"; message M {{ reserved 19000 to 19999; {fields} }} {messages}"
    )));
    assert_eq!(found.len(), 2_000);
}

#[test]
fn public_imports_are_seen_through_any_number_of_files() {
    // Twenty layers of two files that import both of the next layer: a million ways through.
    let mut files = Vec::new();
    for layer in 0..20 {
        for side in ["a", "b"] {
            let imports = if layer == 19 {
                String::new()
            } else {
                format!("import public \"a{0}.proto\"; import public \"b{0}.proto\";", layer + 1)
            };
            let message = format!("message {}{layer} {{}}", side.to_uppercase());
            files.push((format!("{side}{layer}.proto"), format!("syntax = \"proto3\"; {imports} {message}")));
        }
    }
    let user = "syntax = \"proto3\"; import \"a0.proto\"; message U { A19 a = 1; B19 b = 2; B0 c = 3; }";
    let mut all = vec![("user.proto", user)];
    all.extend(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    // `b0.proto` is beside `a0.proto`, not below it, and is not even read.
    assert_eq!(wrong(many(&all)), [("NAME_UNKNOWN", "B0".to_owned())]);
    all[0].1 = "syntax = \"proto3\"; import \"a0.proto\"; message U { A19 a = 1; B19 b = 2; }";
    let loaded = many(&all).unwrap_or_else(|report| panic!("{report}"));
    let set = loaded.descriptor_set();
    let user = set.file.iter().find(|file| file.name() == "user.proto").unwrap();
    assert_eq!(user.dependency, ["a0.proto"]);
    let a0 = set.file.iter().find(|file| file.name() == "a0.proto").unwrap();
    assert_eq!(a0.public_dependency, [0, 1]);
}

#[test]
fn texts_may_start_with_a_mark_and_end_lines_in_any_way() {
    let text = "\u{feff}syntax = \"proto3\";\r\n\r\nmessage M {\r\n  // é\r\n  N n = 1;\r\n}\r\n";
    let report = one(text).unwrap_err();
    let label = report.diagnostics.iter().next().unwrap().primary().unwrap().clone();
    assert_eq!(report.sources.place(label.span), "a.proto:5:3");
    assert_eq!(report.sources.slice(label.span), Some("N"));
}

#[test]
fn what_is_too_large_to_be_a_schema_is_not_parsed() {
    let sources = MemorySources::new().with("a.proto", vec![b' '; (64 << 20) + 1]);
    let found = wrong(load(&sources, &["a.proto"]));
    assert_eq!(found, [("FILE_TOO_LARGE", String::new())]);
}

#[test]
fn texts_that_are_no_utf8_say_where() {
    let sources = MemorySources::new().with("a.proto", &b"syntax = \"proto3\"; // \xe9t\xe9\n"[..]);
    let report = load(&sources, &["a.proto"]).unwrap_err();
    assert!(report.to_string().contains("byte 0xe9, 22 bytes into the file"), "{report}");
    let sources = MemorySources::new().with("a.proto", &b"\xff\xfes\0y\0"[..]);
    assert!(load(&sources, &["a.proto"]).unwrap_err().to_string().contains("looks like UTF-16"));
}

#[test]
fn files_that_are_asked_for_must_exist() {
    let sources = MemorySources::new().with("pricing/v1/pricing.proto", "syntax = \"proto3\";");
    let help = |file: &str| {
        let report = load(&sources, &[file]).unwrap_err();
        let diagnostic = report.diagnostics.iter().next().unwrap().clone();
        assert_eq!(diagnostic.code().as_str(), "FILE_NOT_FOUND");
        diagnostic.help_text().unwrap().to_owned()
    };
    assert_eq!(help("pricing/v1/princing.proto"), "did you mean `pricing/v1/pricing.proto`?");
    assert_eq!(help("pricing.proto"), "did you mean `pricing/v1/pricing.proto`?");
    for path in ["", "/a.proto", "../a.proto", "a//b.proto", "./a.proto", "a\\b.proto"] {
        assert!(help(path).starts_with("name the file as `import` would"));
    }
}

#[test]
fn one_file_under_two_names_is_an_error() {
    let read = |path: &str| {
        Ok(match path {
            "proto/a.proto" => {
                Some(b"syntax = \"proto3\"; import \"proto/b.proto\"; import \"b.proto\";".to_vec())
            }
            "proto/b.proto" => Some(b"syntax = \"proto3\"; message B {}".to_vec()),
            _ => None,
        })
    };
    let sources = IncludePaths::new([".", "./proto/"], read);
    assert_eq!(wrong(load(&sources, &["a.proto"])), [("FILE_DUPLICATE", "import \"b.proto\";".to_owned())]);
    assert_eq!(sources.import_path("./proto/a.proto").as_deref(), Ok("proto/a.proto"));
    let sources = IncludePaths::new(["proto", "."], read);
    assert_eq!(sources.import_path("./proto/a.proto").as_deref(), Ok("a.proto"));
    assert!(sources.import_path("/elsewhere/a.proto").unwrap_err().to_string().contains("`proto`, `.`"));
    let hidden = IncludePaths::new(["proto", "other"], |path: &str| {
        Ok(matches!(path, "proto/a.proto" | "other/a.proto").then(Vec::new))
    });
    let error = hidden.import_path("other/a.proto").unwrap_err().to_string();
    assert!(error.contains("hidden by `proto/a.proto`"), "{error}");
}

#[test]
fn a_missing_import_says_where_it_was_looked_for() {
    let read = |path: &str| {
        Ok(match path {
            "proto/a.proto" => Some(b"syntax = \"proto3\"; import \"v1/b.proto\";".to_vec()),
            "proto/b.proto" => Some(Vec::new()),
            _ => None,
        })
    };
    let report = load(&IncludePaths::new(["proto", "third_party"], read), &["a.proto"]).unwrap_err();
    let text = report.to_string();
    assert!(text.contains("looked in `proto`, `third_party`"), "{text}");
    assert!(text.contains("did you mean `b.proto`?"), "{text}");
}

#[test]
fn a_file_that_cannot_be_read_is_reported() {
    struct Broken;
    impl Sources for Broken {
        fn read(&self, _: &str) -> io::Result<Option<SourceFile>> {
            Err(io::Error::new(io::ErrorKind::PermissionDenied, "permission denied"))
        }
    }
    assert_eq!(wrong(load(&Broken, &["a.proto"]))[0].0, "FILE_UNREADABLE");
}

#[test]
fn another_copy_of_the_annotations_is_refused() {
    let user = "syntax = \"proto3\"; import \"holdover/annotations.proto\"; option (holdover.file).detail.off = true;";
    let with_copy = |copy: String| many(&[("a.proto", user), ("holdover/annotations.proto", &copy)]);
    let text = holdover_annotations::ANNOTATIONS_PROTO;
    assert!(with_copy(text.replace('\n', "\r\n")).is_ok());
    let found = wrong(with_copy(text.replace("message Wait {}", "message Wait { bool x = 1; }")));
    assert_eq!(found, [("ANNOTATIONS_DIFFER", "import \"holdover/annotations.proto\";".to_owned())]);
}

#[test]
fn several_wrong_files_are_reported_together() {
    let found = wrong(many(&[
        (
            "a.proto",
            "syntax = \"proto3\"; import \"b.proto\"; import \"c.proto\"; import \"nowhere.proto\"; message M { X x = 1; }",
        ),
        ("b.proto", "syntax = \"proto3\"; message"),
        ("c.proto", "syntax = \"proto3\"; enum {}"),
    ]));
    let codes: Vec<&str> = found.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, ["IMPORT_NOT_FOUND", "SYNTAX", "SYNTAX"]);
}
