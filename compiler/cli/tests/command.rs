//! The command as people run it: what it prints, what it writes, and how it ends.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with an annotated API.
struct Folder(tempfile::TempDir);

const QUOTES: &str = r#"syntax = "proto3";

package quotes.v1;

import "holdover/annotations.proto";

service Quotes {
  // The price of a ride.
  rpc GetQuote(GetQuoteRequest) returns (Quote) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (holdover.method).cache = { fresh_for: { seconds: 5 } stale_if_error: { seconds: 60 } };
    option (holdover.method).detail = {};
  }
  rpc Watch(GetQuoteRequest) returns (stream Quote);
  rpc Keep(GetQuoteRequest) returns (Quote) {
    option idempotency_level = IDEMPOTENT;
    option (holdover.method).offline.outbox.expires_after = { seconds: 60 };
  }
}

message GetQuoteRequest {
  string ride_id = 1;
}

message Quote {
  optional string id = 1 [(holdover.field).importance = REQUIRED];
  optional string promo = 2 [(holdover.field).importance = ENRICHING];
}
"#;

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("proto/quotes.proto", QUOTES);
        folder
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Runs the command in the folder.
    fn run(&self, arguments: &[&str]) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_holdover"))
            .args(arguments)
            .current_dir(self.0.path())
            .env_remove("NO_COLOR")
            .output()
            .unwrap();
        Run {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Everything below the folder but the schema.
    fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(self.path("").join(&folder)).unwrap() {
                let path = folder.join(entry.unwrap().file_name());
                if self.path("").join(&path).is_dir() {
                    folders.push(path);
                } else if !path.starts_with("proto") && path != Path::new("holdover.toml") {
                    files.push(path.to_string_lossy().replace('\\', "/"));
                }
            }
        }
        files.sort();
        files
    }
}

/// How a run ended.
struct Run {
    code: i32,
    out: String,
    err: String,
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {}\n-- out\n{}-- err\n{}", self.code, self.out, self.err)
    }
}

const INPUT: [&str; 3] = ["-I", "proto", "proto/quotes.proto"];

fn with<'a>(first: &[&'a str], last: &[&'a str]) -> Vec<&'a str> {
    [first, &INPUT, last].concat()
}

#[test]
fn help_teaches() {
    let folder = Folder::new();
    insta::assert_snapshot!("help", folder.run(&["--help"]));
    insta::assert_snapshot!("help_generate", folder.run(&["generate", "--help"]));
    insta::assert_snapshot!("help_check", folder.run(&["check", "--help"]));
    insta::assert_snapshot!("help_explain", folder.run(&["explain", "--help"]));
}

#[test]
fn check_says_what_is_wrong_and_how_bad_it_is() {
    let folder = Folder::new();
    // A warning stops nobody, unless warnings are denied.
    insta::assert_snapshot!("check_warning", folder.run(&with(&["check"], &[])));
    assert_eq!(folder.run(&with(&["check", "--deny", "warnings"], &[])).code, 1);

    folder
        .write("proto/quotes.proto", QUOTES.replace("    option idempotency_level = NO_SIDE_EFFECTS;\n", ""));
    insta::assert_snapshot!("check_error", folder.run(&with(&["check"], &[])));
    let json = folder.run(&with(&["check", "--format", "json"], &[]));
    assert_eq!((json.code, json.err.as_str()), (1, ""));
    let found: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert!(found.to_string().contains("UNSAFE_CACHE"), "{found:#}");

    let outbox = "    option (holdover.method).offline.outbox.expires_after = { seconds: 60 };\n";
    let quiet = QUOTES.replace(outbox, "");
    folder.write("proto/quotes.proto", quiet);
    let clean = folder.run(&with(&["check", "--deny", "warnings"], &[]));
    assert_eq!((clean.code, clean.out.as_str(), clean.err.as_str()), (0, "", "No findings.\n"));
}

#[test]
fn overlays_annotate_what_may_not_be_edited() {
    let folder = Folder::new();
    folder.write(
        "proto/plain.proto",
        "syntax = \"proto3\"; package p; service S { rpc Get(A) returns (A); } message A {}",
    );
    let overlay = |fresh: &str| {
        format!(
            "method {{ name: \"p.S/Get\" policy {{ idempotency: NO_SIDE_EFFECTS cache {{ {fresh} {{ seconds: 7 }} }} }} }}"
        )
    };
    folder.write("proto/p.holdover.txtpb", overlay("fresh_for"));
    let explain =
        ["explain", "-I", "proto", "--overlay", "proto/p.holdover.txtpb", "p.S/Get", "proto/plain.proto"];
    let explained = folder.run(&explain);
    assert!(explained.code == 0 && explained.out.contains("method proto/p.holdover.txtpb:1:"), "{explained}");

    folder.write("proto/p.holdover.txtpb", overlay("fresh_fro"));
    folder.write("holdover.toml", "[input]\nfiles = [\"proto/plain.proto\"]\ninclude = [\"proto\"]\noverlay = [\"proto/p.holdover.txtpb\"]");
    let checked = folder.run(&["check"]);
    assert!(checked.code == 1 && checked.err.contains("did you mean `fresh_for`?"), "{checked}");
    folder.write(
        "proto/p.holdover.txtpb",
        overlay("fresh_for").replace("fresh_for { seconds: 7 }", "fresh_for: \"7s\""),
    );
    let checked = folder.run(&["check"]);
    assert!(checked.code == 1 && checked.err.contains("write `{ seconds: 30 }`"), "{checked}");
    let missing = folder.run(&["check", "--overlay", "nowhere.txtpb"]);
    assert!(missing.code == 2 && missing.err.contains("nowhere.txtpb"), "{missing}");
}

#[test]
fn generate_writes_all_or_nothing() {
    let folder = Folder::new();
    let arguments = with(&["generate"], &["--rust-out", "out/rust", "--policy-out", "out/quotes.policy"]);
    insta::assert_snapshot!("generate", folder.run(&arguments));
    assert_eq!(folder.files(), ["out/quotes.policy", "out/rust/quotes.v1.rs"]);
    let again = folder.run(&arguments);
    assert_eq!(again.code, 0);
    assert!(again.err.ends_with("2 unchanged\n"), "{again}");

    // Nothing is touched when anything is wrong, or denied.
    let before = fs::read(folder.path("out/rust/quotes.v1.rs")).unwrap();
    folder.write(
        "proto/quotes.proto",
        QUOTES.replace("GetQuoteRequest {", "GetQuoteRequest { string more = 0;"),
    );
    assert_eq!(folder.run(&arguments).code, 1);
    folder.write("proto/quotes.proto", QUOTES.replace("string ride_id", "string other_id"));
    let denied = folder.run(&[&arguments[..], &["--deny", "warnings"]].concat());
    assert_eq!(denied.code, 1);
    assert!(denied.err.contains("Nothing was written"), "{denied}");
    assert_eq!(fs::read(folder.path("out/rust/quotes.v1.rs")).unwrap(), before);
}

#[test]
fn options_reach_the_generator_and_unknown_ones_are_refused() {
    let folder = Folder::new();
    let rust = |option: &'static str| with(&["generate"], &["--rust-out", "out", "--rust-opt", option]);
    let run = folder.run(&rust("type_attribute=.quotes=#[derive(PartialOrd)]"));
    assert_eq!(run.code, 0, "{run}");
    assert!(fs::read_to_string(folder.path("out/quotes.v1.rs")).unwrap().contains("#[derive(PartialOrd)]"));
    let run = folder.run(&rust("type_attributes=.quotes=#[derive(PartialOrd)]"));
    assert_eq!(run.code, 2);
    assert!(run.err.contains("did you mean `type_attribute`?"), "{run}");
    let run = folder.run(&rust("include_file=../escaped.rs"));
    assert_eq!(run.code, 2);
    assert!(run.err.contains("inside the output folder"), "{run}");
    assert_eq!(folder.files(), ["out/quotes.v1.rs"]);
    for (out, option, wrong) in [
        ("--swift-out", "--swift-opt", "visibilty=public"),
        ("--kotlin-out", "--kotlin-opt", "visibilty=internal"),
    ] {
        let run = folder.run(&with(&["generate"], &[out, "other", option, wrong]));
        assert!(run.code == 2 && run.err.contains("did you mean `visibility`?"), "{run}");
    }
    assert_eq!(folder.run(&with(&["generate"], &["--dart-out", "out"])).code, 2);
    let run = folder.run(&with(&["generate"], &[]));
    assert_eq!((run.code, run.err.contains("--rust-out DIR")), (2, true), "{run}");
}

#[test]
fn languages_are_generated_together() {
    let folder = Folder::new();
    let run = folder.run(&with(
        &["generate"],
        &[
            "--rust-out",
            "rust",
            "--swift-out",
            "swift",
            "--swift-opt",
            "visibility=public",
            "--kotlin-out",
            "kotlin",
            "--kotlin-opt",
            "visibility=internal",
        ],
    ));
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(
        folder.files(),
        ["kotlin/quotes/v1/QuotesHoldover.kt", "rust/quotes.v1.rs", "swift/quotes.holdover.swift"]
    );
    let text = |path: &str| fs::read_to_string(folder.path(path)).unwrap();
    assert!(text("swift/quotes.holdover.swift").contains("public protocol Quotes_V1_QuotesClientInterface"));
    assert!(text("kotlin/quotes/v1/QuotesHoldover.kt").contains("internal interface QuotesClientInterface"));

    folder.write(
        "holdover.toml",
        "[generate.swift]\nout = \"from-config\"\nvisibility = \"package\"\n[generate.kotlin]\nvisibility = \"public\"\n",
    );
    let run = folder.run(&with(&["generate"], &[]));
    assert!(run.code == 2 && run.err.contains("[generate.kotlin] in holdover.toml has no `out`"), "{run}");
    let run = folder.run(&with(&["generate"], &["--kotlin-out", "kotlin"]));
    assert_eq!(run.code, 0, "{run}");
    assert!(
        text("from-config/quotes.holdover.swift")
            .contains("package protocol Quotes_V1_QuotesClientInterface")
    );
    assert!(text("kotlin/quotes/v1/QuotesHoldover.kt").contains("public interface QuotesClientInterface"));
}

#[test]
fn settings_come_from_holdover_toml() {
    let folder = Folder::new();
    folder.write(
        "holdover.toml",
        r#"
            [input]
            files = ["proto/quotes.proto"]
            include = ["proto"]
            [generate]
            policy_out = "out/quotes.policy"
            [generate.rust]
            out = "out/rust"
            include_file = "mod.rs"
        "#,
    );
    let run = folder.run(&["generate"]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(folder.files(), ["out/quotes.policy", "out/rust/mod.rs", "out/rust/quotes.v1.rs"]);
    assert_eq!(folder.run(&["check"]).code, 0);
    assert_eq!(folder.run(&["explain", "quotes.v1.Quotes/GetQuote"]).code, 0);

    // From another folder, its paths are its own.
    fs::create_dir(folder.path("elsewhere")).unwrap();
    let from = folder.path("holdover.toml");
    let run = Command::new(env!("CARGO_BIN_EXE_holdover"))
        .args(["check", "--config", from.to_str().unwrap()])
        .current_dir(folder.path("elsewhere"))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));

    folder.write(
        "holdover.toml",
        "[check]\ndeny = [\"warnings\"]\n[input]\nfiles = [\"proto/quotes.proto\"]\ninclude = [\"proto\"]\n",
    );
    assert_eq!(folder.run(&["check"]).code, 1);
    folder.write("holdover.toml", "[inputs]\n");
    let run = folder.run(&["check"]);
    assert_eq!(
        (run.code, run.err.as_str()),
        (2, "error: holdover.toml: unknown key `inputs`; did you mean `input`?\n")
    );
    assert_eq!(folder.run(&["check", "--config", "missing.toml"]).code, 2);
}

#[test]
fn explain_names_every_origin() {
    let folder = Folder::new();
    insta::assert_snapshot!("explain", folder.run(&with(&["explain", "quotes.v1.Quotes/GetQuote"], &[])));

    // A quote with an id and a promotion of ten bytes.
    folder.write("quote.binpb", b"\x0a\x03q-1\x12\x0ahalf price");
    let run = folder.run(&with(&["explain", "quotes.v1.Quotes/GetQuote"], &["--sample", "quote.binpb"]));
    assert_eq!(run.code, 0, "{run}");
    insta::assert_snapshot!("explain_sample", run.out.split_once("\nsample ").unwrap().1);
    let run = folder.run(&with(
        &["explain", "quotes.v1.Quotes/GetQuote", "--format", "json"],
        &["--sample", "quote.binpb"],
    ));
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(json["sample"]["full"], 17);
    assert_eq!(json["sample"]["reduced"], 5);
    assert_eq!(json["explanation"]["method"], "quotes.v1.Quotes/GetQuote");

    folder.write("empty.binpb", "");
    let run = folder.run(&with(&["explain", "quotes.v1.Quotes/GetQuote"], &["--sample", "empty.binpb"]));
    assert!(run.out.contains("lacks what its API promises: id"), "{run}");
    folder.write("text.binpb", "{\"id\": 1}");
    let run = folder.run(&with(&["explain", "quotes.v1.Quotes/GetQuote"], &["--sample", "text.binpb"]));
    assert_eq!(run.code, 2);
    assert!(run.err.contains("text.binpb is not one encoded response of quotes.v1.Quotes/GetQuote"), "{run}");

    let run = folder.run(&with(&["explain", "quotes.v1.Quotes/GetQuotes"], &[]));
    assert_eq!(run.code, 2);
    assert!(run.err.contains("did you mean `quotes.v1.Quotes/GetQuote`?"), "{run}");
}

#[test]
fn codes_are_explained() {
    let folder = Folder::new();
    let rules = folder.run(&["rules"]);
    assert_eq!(rules.code, 0);
    let codes: Vec<&str> =
        rules.out.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next()).collect();
    assert!(codes.len() > 50, "{codes:?}");
    let mut distinct = codes.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), codes.len(), "a code is listed twice");
    for code in codes {
        let run = folder.run(&["explain-rule", &code.to_lowercase()]);
        assert_eq!(run.code, 0, "{code}: {run}");
        assert!(run.out.starts_with(&format!("# {code}")), "{run}");
    }
    let run = folder.run(&["explain-rule", "UNSAVE_CACHE"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("did you mean UNSAFE_CACHE?"), "{run}");
}

#[test]
fn the_annotations_can_be_written_for_others() {
    let folder = Folder::new();
    let run = folder.run(&["proto", "--out", "third_party"]);
    assert_eq!(run.code, 0, "{run}");
    let written = fs::read_to_string(folder.path("third_party/holdover/annotations.proto")).unwrap();
    assert_eq!(written, holdover_annotations::ANNOTATIONS_PROTO);
    assert!(folder.run(&["proto", "--out", "third_party"]).err.starts_with("unchanged"));
    // And it may then be on the include path.
    let run = folder.run(&["check", "-I", "proto", "-I", "third_party", "proto/quotes.proto"]);
    assert_eq!(run.code, 0, "{run}");
}

#[test]
fn a_descriptor_set_that_is_damaged_is_a_finding() {
    let folder = Folder::new();
    folder.write("damaged.binpb", b"\x0a\xff\xff");
    let run = folder.run(&["check", "--descriptor-set", "damaged.binpb"]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.err.contains("DESCRIPTOR_INVALID") && run.err.contains("damaged.binpb"), "{run}");
}

#[test]
fn files_may_be_named_as_they_are_imported() {
    let folder = Folder::new();
    let run = folder.run(&["check", "-I", "proto", "quotes.proto"]);
    assert!(run.code == 0 && run.err.contains("proto/quotes.proto:"), "{run}");
    let run = folder.run(&["explain", "-I", "proto", "quotes.v1.Quotes/GetQuote", "quotes.proto"]);
    assert_eq!(run.code, 0, "{run}");
    let run = folder.run(&["generate", "-I", "proto", "--rust-out", "out", "quotes.proto"]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(folder.files(), ["out/quotes.v1.rs"]);
    // A file that is there under that very name comes first, and may be outside of what can be imported.
    folder.write("quotes.proto", "syntax = \"proto3\";");
    let run = folder.run(&["check", "-I", "proto", "quotes.proto"]);
    assert!(run.code == 2 && run.err.contains("is in none of the include paths"), "{run}");
}

#[test]
fn wrong_usage_says_what_to_do() {
    let folder = Folder::new();
    let usage = |arguments: &[&str], says: &str| {
        let run = folder.run(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {run}");
        assert!(run.err.contains(says), "{arguments:?}: {run}");
        assert_eq!(run.out, "");
    };
    usage(&["check"], "no input; name .proto files");
    usage(&["check", "missing.proto"], "there is no file missing.proto");
    usage(&["check", "-I", "missing", "proto/quotes.proto"], "the include path missing is no folder");
    usage(&["check", "-I", "elsewhere", "--descriptor-set", "a.binpb"], "cannot be used with");
    usage(&["check", "--descriptor-set", "missing.binpb"], "cannot read missing.binpb");
    usage(&["chekc"], "check");
    usage(
        &["explain", "-I", "proto", "proto/quotes.proto", "quotes.v1.Quotes/GetQuote"],
        "name the method first",
    );
    usage(
        &["generate", "-I", "proto", "proto/quotes.proto", "--rust-out", "proto/quotes.proto"],
        "cannot write",
    );
    // A file outside of every include path.
    folder.write("other/a.proto", "syntax = \"proto3\";");
    usage(&["check", "-I", "proto", "other/a.proto"], "is in none of the include paths");
}

#[test]
fn colours_are_for_terminals() {
    let folder = Folder::new();
    let plain = folder.run(&with(&["check"], &[]));
    assert!(!plain.err.contains('\u{1b}'), "{plain}");
    let forced = folder.run(&with(&["check", "--color", "always"], &[]));
    assert!(forced.err.contains('\u{1b}'), "{forced}");
    let no_color = Command::new(env!("CARGO_BIN_EXE_holdover"))
        .args(with(&["check"], &[]))
        .current_dir(folder.path(""))
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(no_color.status.success() && !no_color.stderr.contains(&0x1b));
}
