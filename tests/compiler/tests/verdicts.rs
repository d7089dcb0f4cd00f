//! What protoc takes and refuses, we take and refuse: one small schema for every rule of protobuf that comes to mind.

use holdover_compiler::load::{IncludePaths, load};
use holdover_tests_compiler::{protoc, read};

/// Schemas by syntax, each with whether it is right.
const PROTO3: &[(&str, bool)] = &[
    ("message M { reserved 1 to 5, 9; reserved \"x\"; int32 a = 6; }", true),
    ("message M { reserved 5 to 1; }", false),
    ("message M { reserved 1, 1; }", false),
    ("message M { reserved 1 to 5, 3; }", false),
    ("message M { reserved \"x\"; int32 x = 1; }", false),
    ("message M { reserved \"x\", \"x\"; }", false),
    ("message M { reserved 1; int32 x = 1; }", false),
    ("enum E { reserved 1; reserved \"X\"; A = 0; }", true),
    ("enum E { reserved 1; A = 0; B = 1; }", false),
    ("enum E { reserved \"A\"; A = 0; }", false),
    ("enum E { reserved 2 to 1; A = 0; }", false),
    ("enum E { reserved 1 to 3, 2; A = 0; }", false),
    ("enum E { reserved \"X\", \"X\"; A = 0; }", false),
    ("enum E { option allow_alias = true; A = 0; }", false),
    ("enum E { option allow_alias = true; A = 0; B = 0; }", true),
    ("enum E { A = 0; B = 0; }", false),
    ("enum E { A = 1; }", false),
    ("enum E { A = 0; a = 1; }", false),
    ("enum E { E_A = 0; A = 1; }", false),
    ("enum E { A = 0; B = -1; }", true),
    ("message M { extensions 1 to 2; }", false),
    ("message M {} extend M { int32 a = 1; }", false),
    ("message M { message_set_wire_format a = 1; }", false),
    ("message M { option message_set_wire_format = true; }", false),
    ("message M { option map_entry = true; int32 key = 1; int32 value = 2; }", false),
    ("message M { int32 a = 1 [packed = true]; }", false),
    ("message M { repeated string a = 1 [packed = true]; }", false),
    ("message M { repeated int32 a = 1 [packed = true]; repeated M m = 2; }", true),
    ("message M { int32 a = 1 [lazy = true]; }", false),
    ("message M { M a = 1 [lazy = true]; }", true),
    ("message M { int32 a = 1 [jstype = JS_STRING]; }", false),
    ("message M { int64 a = 1 [jstype = JS_STRING]; }", true),
    ("message M { int32 a = 1 [json_name = \"[a]\"]; }", false),
    ("message M { int32 a = 1 [json_name = \"b\"]; int32 b = 2; }", false),
    ("message M { int32 a = 1 [deprecated = true, deprecated = false]; }", false),
    ("message M { int32 foo_bar = 1; int32 fooBar = 2; }", false),
    ("message M { int32 a = 1; oneof o { int32 b = 1; } }", false),
    ("message M { oneof o { int32 a = 1; } int32 o = 2; }", false),
    ("message M { optional int32 a = 1; int32 _a = 2; }", true),
    ("message M { optional int32 a = 1; oneof _a { int32 b = 2; } optional int32 _c = 3; }", true),
    ("message M { map<string, M> m = 1; message MEntry {} }", false),
    ("message M { map<string, M> m = 1 [deprecated = true]; }", true),
    ("message M { map<string, E> m = 1; } enum E { A = 0; }", true),
    ("message M { group G = 1 {} }", false),
    ("message M { int32 a = 19999; }", false),
    ("message M { int32 a = 536870911; }", true),
    ("message M { stream a = 1; } message stream {}", true),
    ("service S { rpc A(M) returns (M); rpc A(M) returns (M); } message M {}", false),
    ("service S { rpc A(stream M) returns (stream M) {} option deprecated = true; } message M {}", true),
    ("service S { rpc A(.M) returns (S.M); } message M {}", false),
    ("message M { N.P p = 1; message N {} } message N { message P {} }", false),
    ("message M { .N.P p = 1; message N {} } message N { message P {} }", true),
    ("message M { N n = 1; enum N2 { N = 0; } } message N {}", true),
    ("option uninterpreted_option = {};", false),
    ("option (nothing) = 1;", false),
    ("option java_package.x = 1;", false),
    ("option cc_enable_arenas = 1;", false),
    ("option cc_enable_arenas = true;", true),
    ("option optimize_for = 1;", false),
    ("import weak \"google/protobuf/any.proto\"; message M { google.protobuf.Any a = 1; }", true),
    (
        "import \"google/protobuf/descriptor.proto\"; extend google.protobuf.FileOptions { int32 a = 50000; } option (a) = 1;",
        true,
    ),
    (
        "import \"google/protobuf/descriptor.proto\"; extend google.protobuf.FileOptions { int32 a = 50000; } option (a) = 1; option (a) = 2;",
        false,
    ),
    (
        "import \"google/protobuf/descriptor.proto\"; extend google.protobuf.FileOptions { int32 a = 50000; } option (a) = 3000000000;",
        false,
    ),
    (
        "import \"google/protobuf/descriptor.proto\"; extend google.protobuf.FileOptions { float a = 50000; } option (a) = -inf;",
        true,
    ),
    (
        "import \"google/protobuf/descriptor.proto\"; extend google.protobuf.FileOptions { repeated int32 a = 50000; } option (a) = 1; option (a) = 2;",
        true,
    ),
    (
        "import \"google/protobuf/descriptor.proto\"; extend google.protobuf.FileOptions { O o = 50000; } message O { oneof k { int32 a = 1; int32 b = 2; } } option (o).a = 1; option (o).b = 2;",
        true,
    ),
    (
        "import \"google/protobuf/descriptor.proto\"; extend google.protobuf.FileOptions { O o = 50000; } message O { int32 a = 1; } option (o) = { a: 1 }; option (o).a = 2;",
        false,
    ),
    (
        "import \"google/protobuf/descriptor.proto\"; extend google.protobuf.FileOptions { O o = 50000; } message O { int32 a = 1; } option (o).a = 2; option (o) = { a: 1 };",
        false,
    ),
    (
        "import \"google/protobuf/descriptor.proto\"; message O { extend google.protobuf.MessageOptions { int32 a = 50000; } option (a) = 1; }",
        false,
    ),
    (
        "import \"google/protobuf/descriptor.proto\"; message O { extend google.protobuf.MessageOptions { int32 a = 50000; } option (O.a) = 1; }",
        true,
    ),
    (
        "import \"google/protobuf/descriptor.proto\"; extend google.protobuf.MethodOptions { int32 a = 7; }",
        false,
    ),
    (
        "import \"google/protobuf/descriptor.proto\"; message P { bool f = 1 [targets = TARGET_TYPE_FIELD]; } extend google.protobuf.MessageOptions { P p = 50000; } message M { option (p).f = true; }",
        false,
    ),
];

const PROTO2: &[(&str, bool)] = &[
    ("message M { extensions 1 to 5, 7; extensions 9 to max; }", true),
    ("message M { extensions 1 to 5, 3; }", false),
    ("message M { extensions 5 to 1; }", false),
    ("message M { extensions 1 to 5; reserved 4; }", false),
    ("message M { extensions 1 to 5; optional int32 a = 3; }", false),
    ("message M { extensions 0 to 5; }", false),
    ("message M { extensions 1 to 5; } extend M { optional int32 a = 1; optional int32 b = 1; }", false),
    ("message M { extensions 1 to 5; } extend M { required int32 a = 1; }", false),
    ("message M { extensions 1 to 5; } extend M { optional int32 a = 6; }", false),
    ("message M { extensions 1 to 5; } extend M { optional int32 a = 1 [json_name = \"x\"]; }", false),
    ("message M { extensions 4 [deprecated = true]; }", false),
    ("message M { extensions 4 to 5 [verification = UNVERIFIED]; }", true),
    ("message M { extensions 4 [verification = UNVERIFIED]; }", true),
    ("message M { optional int32 a = 1 [default = 1.5]; }", false),
    ("message M { optional int32 a = 1 [default = -2147483648]; }", true),
    ("message M { optional int32 a = 1 [default = 2147483648]; }", false),
    ("message M { optional uint32 a = 1 [default = -1]; }", false),
    ("message M { optional bool a = 1 [default = 1]; }", false),
    ("message M { optional float a = 1 [default = nan]; optional double b = 2 [default = -inf]; }", true),
    ("message M { optional string a = 1 [default = b]; }", false),
    ("message M { optional E a = 1 [default = B]; } enum E { A = 1; }", false),
    ("message M { optional E a = 1 [default = A]; } enum E { A = 1; }", true),
    ("message M { optional M a = 1 [default = A]; }", false),
    ("message M { repeated int32 a = 1 [default = 1]; }", false),
    ("message M { optional group G = 1 { optional G g = 1; } }", true),
    ("message M { optional group g = 1 {} }", false),
    ("message M { optional group G = 1 {} optional int32 g = 2; }", false),
    ("message M { oneof o { group G = 1 {} int32 a = 2; } }", true),
    ("message M { map<int32, E> m = 1; } enum E { A = 1; }", false),
    ("message M { option message_set_wire_format = true; extensions 4 to max; }", true),
    (
        "message M { option message_set_wire_format = true; optional int32 a = 1; extensions 4 to max; }",
        false,
    ),
    ("message M { option message_set_wire_format = true; }", true),
    (
        "import \"google/protobuf/descriptor.proto\"; message O { required int32 a = 1; optional int32 b = 2; } extend google.protobuf.FileOptions { optional O o = 50000; } option (o).b = 1;",
        false,
    ),
];

/// Where we differ, and why that is harmless.
const DIFFERENT: &[(&str, &str)] = &[
    (
        "message M { optional int32 a = 1; int32 _a = 2; }",
        "prost-reflect compares names without underscores, as protoc did before version 22: one name in some languages",
    ),
    (
        "import \"google/protobuf/descriptor.proto\"; extend google.protobuf.FileOptions { float a = 50000; } option (a) = -inf;",
        "protox-parse takes `inf` after a minus in a `{ }` value only",
    ),
    (
        "message M { extensions 4 [verification = UNVERIFIED]; }",
        "protox-parse wants `4 to 4` where options follow",
    ),
    (
        "message M { map<int32, E> m = 1; } enum E { A = 1; }",
        "an unset value reads as the first one, which is what the schema's owner wrote",
    ),
    (
        "import \"google/protobuf/descriptor.proto\"; message O { required int32 a = 1; optional int32 b = 2; } extend google.protobuf.FileOptions { optional O o = 50000; } option (o).b = 1;",
        "required fields of other people's options are theirs to check",
    ),
];

#[test]
fn protoc_and_we_agree_on_what_is_wrong() {
    let scratch = tempfile::tempdir().unwrap();
    let mut includes = vec![scratch.path().to_str().unwrap().to_owned()];
    includes.push(protoc::well_known_types().to_str().unwrap().to_owned());
    let mut surprises = Vec::new();
    for (syntax, schemas) in [("proto3", PROTO3), ("proto2", PROTO2)] {
        for (schema, right) in schemas {
            let text = format!("syntax = \"{syntax}\"; {schema}");
            std::fs::write(scratch.path().join("a.proto"), &text).unwrap();
            let files = ["a.proto".to_owned()];
            let theirs = protoc::compile(&includes, &files);
            let ours = load(&IncludePaths::new(includes.clone(), read), &files);
            if theirs.is_ok() != *right {
                surprises.push(format!("protoc: {text}\n{theirs:?}"));
            }
            let known = DIFFERENT.iter().any(|(different, _)| different == schema);
            if (ours.is_ok() != *right) != known {
                let said = ours.err().map(|report| report.to_string()).unwrap_or_default();
                surprises.push(format!("we: {text}\n{said}"));
            }
        }
    }
    assert!(surprises.is_empty(), "{} surprises\n{}", surprises.len(), surprises.join("\n"));
}
