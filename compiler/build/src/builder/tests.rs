use super::*;
use std::fs;

const ANNOTATED: &str = r#"
    syntax = "proto3";
    package a.v1;
    import "b.proto";
    import "holdover/annotations.proto";
    service S {
      rpc Get(Request) returns (b.B) {
        option idempotency_level = NO_SIDE_EFFECTS;
        option (holdover.method).cache = { fresh_for: { seconds: 5 } };
      }
      rpc Watch(Request) returns (stream b.B);
      rpc Log(Request) returns (Request) {
        option idempotency_level = IDEMPOTENT;
        option (holdover.method).offline.outbox.expires_after = { seconds: 60 };
      }
    }
    message Request { string id = 1; }
"#;

struct Crate(tempfile::TempDir);

impl Crate {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// What cargo is told, with paths relative to the crate.
    fn build(&self, builder: Builder, files: &[&str]) -> (Result<(), Error>, String) {
        let input = Input::Files {
            files: files.iter().map(|file| self.path(file)).collect(),
            includes: vec![self.path("proto"), self.path("more")],
        };
        let mut told = Vec::new();
        let result = builder.out_dir(self.path("out")).run(&input, &mut told);
        let told = String::from_utf8(told).unwrap();
        (result, told.replace(&format!("{}/", self.0.path().display()), ""))
    }

    fn out(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("out")) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn a_build_writes_files_and_tells_cargo_what_it_read() {
    let files = [
        ("proto/a/a.proto", ANNOTATED),
        ("more/b.proto", "syntax = \"proto3\"; package b; message B { string id = 1; }"),
    ];
    let here = Crate::new(&files);
    let builder = configure()
        .include_file("all.rs")
        .policy_out(here.path("out/api.policy"))
        .file_descriptor_set_path(here.path("out/api.binpb"));
    let (result, told) = here.build(builder, &["proto/a/a.proto"]);
    result.unwrap();
    assert_eq!(here.out(), ["a.v1.rs", "all.rs", "api.binpb", "api.policy", "b.rs"]);
    assert!(told.contains("cargo:rerun-if-changed=proto/a/a.proto\n"), "{told}");
    assert!(told.contains("cargo:rerun-if-changed=more/b.proto\n"), "{told}");
    // `b.proto` would be found in `proto` first.
    assert!(told.contains("cargo:rerun-if-changed=proto\n"), "{told}");
    let warning = "cargo:warning=proto/a/a.proto:14:42: [NOT_ENFORCED] `Log` has `offline.outbox`, which the runtime does \
                   not enforce yet: building a client of `S` fails with MISUSE; remove the block until the runtime \
                   enforces it\n";
    assert!(told.contains(warning), "{told}");
    let policy = fs::read(here.path("out/api.policy")).unwrap();
    assert!(policy.windows(4).any(|bytes| bytes == b"a.v1"));
}

#[test]
fn files_may_be_named_as_they_are_imported() {
    let here =
        Crate::new(&[("more/b.proto", "syntax = \"proto3\"; package b; message B { string id = 1; }")]);
    let input = Input::Files { files: vec!["b.proto".into()], includes: vec![here.path("more")] };
    let mut told = Vec::new();
    configure().out_dir(here.path("out")).run(&input, &mut told).unwrap();
    assert_eq!(here.out(), ["b.rs"]);
    let rerun = format!("cargo:rerun-if-changed={}\n", here.path("more/b.proto").display());
    assert!(String::from_utf8(told).unwrap().contains(&rerun));
}

#[test]
fn a_descriptor_set_gives_the_same_code_and_policy_as_its_sources() {
    let files = [
        ("proto/a/a.proto", ANNOTATED),
        ("more/b.proto", "syntax = \"proto3\"; package b; message B { string id = 1; }"),
    ];
    let here = Crate::new(&files);
    let set = here.path("api.binpb");
    let builder = configure().file_descriptor_set_path(&set).policy_out(here.path("out/api.policy"));
    let (result, _) = here.build(builder, &["proto/a/a.proto"]);
    result.unwrap();
    let (read, again) = (fs::read(&set).unwrap(), here.path("again.binpb"));
    let input = Input::DescriptorSet { path: set, files: vec!["a/a.proto".to_owned()] };
    let mut told = Vec::new();
    configure()
        .out_dir(here.path("again"))
        .policy_out(here.path("again/api.policy"))
        .file_descriptor_set_path(&again)
        .run(&input, &mut told)
        .unwrap();
    for file in ["a.v1.rs", "b.rs", "api.policy"] {
        let out = |folder: &str| fs::read(here.path(folder).join(file)).unwrap();
        assert_eq!(out("out"), out("again"), "{file}");
    }
    // The annotation is in force: the policy caches for five seconds.
    let compiled = input.compile(&mut Seen::default()).unwrap();
    assert_eq!(compiled.warnings.iter().count(), 0, "{}", compiled.report());
    let get = compiled.policy.methods.iter().find(|method| method.name == "Get").unwrap();
    assert_eq!(get.cache.as_ref().unwrap().fresh_for, 5_000_000_000);
    assert_eq!(read, fs::read(again).unwrap(), "a set that is read and written is the same");
    let told = String::from_utf8(told).unwrap();
    assert!(told.contains("api.binpb"));
    assert!(told.contains("a/a.proto:12:11: [NOT_ENFORCED]"), "{told}");
}

#[test]
fn cargo_shows_what_checks_warn_of() {
    let orphan = ANNOTATED.replace("b.B", "Request").replace("import \"b.proto\";", "").replace(
        "rpc Watch(Request) returns (stream Request);",
        "rpc Put(Request) returns (Request) { option (holdover.method).invalidates = \"nobody\"; }",
    );
    let here = Crate::new(&[("proto/a/a.proto", &orphan)]);
    let (result, told) = here.build(configure(), &["proto/a/a.proto"]);
    result.unwrap();
    assert!(told.contains("cargo:warning=proto/a/a.proto:11:69: [TAG_ORPHAN]"), "{told}");
}

#[test]
fn errors_are_readable_where_cargo_shows_them_and_nothing_is_written() {
    let wrong = ANNOTATED
        .replace("fresh_for", "fresh_fro")
        .replace("b.B", "Request")
        .replace("import \"b.proto\";", "");
    let here = Crate::new(&[("proto/a/a.proto", &wrong)]);
    let (result, told) = here.build(configure(), &["proto/a/a.proto"]);
    let error = format!("{:?}", result.unwrap_err());
    assert!(error.contains("error["), "{error}");
    assert!(error.contains("proto/a/a.proto:9"), "{error}");
    assert!(!error.contains('\u{1b}'), "{error}");
    assert!(told.contains("rerun-if-changed=proto/a/a.proto"), "{told}");
    assert!(here.out().is_empty());
}

#[test]
fn wrong_choices_are_refused_before_anything_is_written() {
    let here = Crate::new(&[("proto/a.proto", "syntax = \"proto3\"; package a; message A {}")]);
    let (result, _) = here.build(configure().extern_path("a", "::a"), &["proto/a.proto"]);
    assert!(result.unwrap_err().to_string().contains("dot before it"));
    let (result, _) = here.build(configure().include_file("../escaped.rs"), &["proto/a.proto"]);
    assert!(result.unwrap_err().to_string().contains("inside the output folder"));
    let clash = "syntax = \"proto3\"; package c; message A {} message a {}";
    let clashing = Crate::new(&[("proto/c.proto", clash)]);
    let (result, _) = clashing.build(configure(), &["proto/c.proto"]);
    let error = result.unwrap_err().to_string();
    assert!(error.contains("two types are called `A` in Rust"), "{error}");
    let (result, _) = here.build(configure(), &["elsewhere/a.proto"]);
    assert!(result.unwrap_err().to_string().contains("include paths"));
    let (result, _) = here.build(configure(), &[]);
    assert!(result.unwrap_err().to_string().contains("no .proto file"));
    assert!(here.out().is_empty());
}
