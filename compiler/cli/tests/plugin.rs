//! `protoc-gen-holdover`, started by the real protoc.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const PLUGIN: &str = env!("CARGO_BIN_EXE_protoc-gen-holdover");

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs protoc on the example with the plugin.
fn protoc(options: &str, out: &Path) -> Output {
    protoc_on("examples/proto", &["pricing/v1/pricing.proto"], options, out)
}

/// Runs protoc with the plugin on files in a folder of the repository.
fn protoc_on(folder: &str, files: &[&str], options: &str, out: &Path) -> Output {
    let root = repository();
    Command::new(protoc_bin_vendored::protoc_bin_path().unwrap())
        .arg(format!("--plugin=protoc-gen-holdover={PLUGIN}"))
        .arg(format!("-I{}", root.join(folder).display()))
        .arg(format!("-I{}", root.join("annotations/proto").display()))
        .arg(format!("--holdover_out={}", out.display()))
        .arg(format!("--holdover_opt={options}"))
        .args(files)
        .output()
        .unwrap()
}

/// The files below a folder, by their paths in it.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(each) = folders.pop() {
        for entry in fs::read_dir(&each).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn protoc_gets_what_the_command_writes() {
    for (options, golden) in
        [("target=rust,include_file=mod.rs", "rust"), ("target=swift", "swift"), ("target=kotlin", "kotlin")]
    {
        let out = tempfile::tempdir().unwrap();
        let output = protoc(options, out.path());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let expected = files(&repository().join("tests/golden/ride-pricing/out").join(golden));
        let found = files(out.path());
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        assert!(found == expected, "{golden} differs");
    }
}

/// Options of every form, as `tests/golden/naming/case.toml` has them.
#[test]
fn options_go_through_protoc() {
    for (options, golden) in [
        (
            "target=swift,visibility=public,file_naming=path_to_underscores,\
             module_mapping=other/types.proto=OtherProtos,extra_module_imports=Dispatch,keep_method_casing=true,\
             use_access_level_on_imports=true",
            "swift",
        ),
        ("target=kotlin,visibility=internal", "kotlin"),
    ] {
        let out = tempfile::tempdir().unwrap();
        let output = protoc_on("tests/golden/naming", &["input.proto", "second.proto"], options, out.path());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let expected = files(&repository().join("tests/golden/naming/out").join(golden));
        assert!(files(out.path()) == expected, "{golden} differs");
    }
}

#[test]
fn protoc_says_what_cannot_be_followed() {
    let out = tempfile::tempdir().unwrap();
    for (options, expected) in [
        ("visibility=public", "target=…"),
        ("target=swift,visibilty=public", "did you mean `visibility`?"),
        ("target=swift,colour=red", "there are: visibility, file_naming, module_mapping, "),
        ("target=kotlin,java_package=a", "there are: visibility"),
        ("target=rust,crate=a", "there are: extern_path, type_attribute, "),
        ("target=swift,file_naming=flat", "one of full_path, path_to_underscores, drop_path"),
    ] {
        let output = protoc(options, out.path());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(expected), "{options}: {said}");
    }
    assert!(files(out.path()).is_empty());
}

#[test]
fn findings_reach_protoc() {
    let folder = tempfile::tempdir().unwrap();
    let proto = "syntax = \"proto3\";\npackage wrong.v1;\nimport \"holdover/annotations.proto\";\nservice S {\n  rpc Change(M) \
                 returns (M) { option (holdover.method).cache.fresh_for.seconds = 1; }\n}\nmessage M {}\n";
    fs::write(folder.path().join("wrong.proto"), proto).unwrap();
    let output = Command::new(protoc_bin_vendored::protoc_bin_path().unwrap())
        .arg(format!("--plugin=protoc-gen-holdover={PLUGIN}"))
        .arg(format!("-I{}", folder.path().display()))
        .arg(format!("-I{}", repository().join("annotations/proto").display()))
        .arg(format!("--holdover_out=target=kotlin:{}", folder.path().display()))
        .arg("wrong.proto")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("error[UNSAFE_CACHE]"), "{said}");
}

#[test]
fn what_is_no_request_is_refused() {
    let mut plugin = Command::new(PLUGIN)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    plugin.stdin.take().unwrap().write_all(b"\xff\xff").unwrap();
    let output = plugin.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("CodeGeneratorRequest"));
    assert!(output.stdout.is_empty());
}
