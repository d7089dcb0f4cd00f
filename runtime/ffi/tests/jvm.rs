//! A host on the JVM, checked by the JVM itself: `-Xcheck:jni` says nothing, and the process ends although a runtime is
//! still open. Needs `java` and `javac`; without them it is skipped by name.

use std::path::{Path, PathBuf};
use std::process::Command;

fn library() -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    let name = format!("{}holdover_ffi{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    test.parent().expect("in a folder").join(name)
}

#[allow(clippy::print_stderr, reason = "whoever runs the tests is to see what was not run")]
fn has(tool: &str) -> bool {
    let there = Command::new(tool).arg("-version").output().is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("SKIPPED: {tool} is not on this machine");
    }
    there
}

/// Runs a class with the library and the policy, and gives what it said.
fn run(class: &str, sources: &[&str]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let java = folder.join("tests/jni/dev/holdover/internal");
    let classes = tempfile::tempdir().expect("a folder for the classes");
    let compiled = Command::new("javac")
        .args(["-Xlint:all", "-Werror", "--release", "17", "-d"])
        .arg(classes.path())
        .args(sources.iter().map(|source| java.join(source)))
        .output()
        .expect("javac runs");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let output = Command::new("java")
        .args(["-Xcheck:jni", "-ea", "-cp"])
        .arg(classes.path())
        .arg(format!("dev.holdover.internal.{class}"))
        .arg(library())
        .arg(folder.join("../../tests/vectors/api.policy"))
        .output()
        .expect("java runs");
    let [said, errors] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{said}{errors}");
    assert!(errors.is_empty() && said.lines().count() == 1, "-Xcheck:jni found something: {said}{errors}");
    said
}

#[test]
fn a_host_on_the_jvm_makes_calls_cancels_them_and_exits() {
    if has("javac") && has("java") {
        let said = run("Scene", &["Native.java", "Scene.java"]);
        assert!(said.starts_with("20000 ends, "), "{said}");
    }
}

#[cfg(feature = "testing")]
#[test]
fn a_story_is_followed_on_the_jvm() {
    if has("javac") && has("java") {
        let said = run("Story", &["Native.java", "NativeStory.java", "Scene.java", "Story.java"]);
        assert_eq!(said, "passed\n");
    }
}
