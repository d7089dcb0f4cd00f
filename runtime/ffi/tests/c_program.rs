//! A host in C: it compiles with the header, works, and leaves nothing behind; and the library shows it nothing else.
//! Needs a C compiler and `nm`; what is not on the machine is skipped by name.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The folder that cargo puts the library into, beside this test.
fn libraries() -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    test.parent().expect("in a folder").to_owned()
}

fn library() -> PathBuf {
    let name = format!("{}holdover_ffi{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    libraries().join(name)
}

/// Whether the tool is here. Says so if it is not.
fn has(tool: &str) -> bool {
    let there = Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success());
    if !there {
        skip(tool);
    }
    there
}

#[allow(clippy::print_stderr, reason = "whoever runs the tests is to see what was not run")]
fn skip(tool: &str) {
    eprintln!("SKIPPED: {tool} is not on this machine");
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The program, compiled once.
fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let compile = || {
        if !has("cc") {
            return None;
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("host");
        let output = Command::new("cc")
            .args([
                "-std=c11",
                "-D_POSIX_C_SOURCE=200809L",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-pedantic",
                "-g",
                "-I",
            ])
            .arg(folder.join("include"))
            .arg(folder.join("tests/c/host.c"))
            .arg("-o")
            .arg(&program)
            .arg(library())
            .arg(format!("-Wl,-rpath,{}", libraries().display()))
            .arg("-lpthread")
            .output()
            .expect("cc runs");
        assert!(output.status.success(), "{}", said(&output));
        Some(program)
    };
    PROGRAM.get_or_init(compile).as_deref()
}

fn policy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/api.policy")
}

fn run(mut command: Command) {
    let store = tempfile::tempdir().expect("a folder for the store");
    command.arg(policy());
    if cfg!(feature = "sqlite") {
        command.arg(store.path());
    }
    let output = command.output().expect("the program runs");
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn a_host_in_c_makes_calls_and_cancels_them() {
    if let Some(program) = program() {
        run(Command::new(program));
    }
}

#[test]
fn it_leaks_nothing_and_reads_nothing_that_is_not_there() {
    let Some(program) = program() else { return };
    if !has("valgrind") {
        return;
    }
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--leak-check=full", "--show-leak-kinds=definite,indirect"]);
    command.args(["--errors-for-leak-kinds=definite,indirect", "--error-exitcode=9"]);
    command.arg(program);
    run(command);
}

#[test]
fn only_our_names_are_exported() {
    if !has("nm") {
        return;
    }
    let mut command = Command::new("nm");
    command.args(if cfg!(target_vendor = "apple") { &["-gU"][..] } else { &["-D", "--defined-only"] });
    let output = command.arg(library()).output().expect("nm runs");
    assert!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8(output.stdout).expect("names");
    let names: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .map(|name| name.strip_prefix('_').filter(|_| cfg!(target_vendor = "apple")).unwrap_or(name))
        .collect();
    let ours =
        |name: &str| name.starts_with("holdover_") || cfg!(feature = "jni") && name.starts_with("Java_");
    let others: Vec<_> = names.iter().filter(|name| !ours(name)).collect();
    assert!(others.is_empty(), "{others:?}");
    for name in exported("holdover.h") {
        assert!(names.contains(&name.as_str()), "{name} is in the header, and not in the library");
    }
    for name in exported("holdover_testing.h") {
        assert_eq!(names.contains(&name.as_str()), cfg!(feature = "testing"), "{name} is for tests alone");
    }
}

/// The functions of a header.
fn exported(header: &str) -> Vec<String> {
    let header = Path::new(env!("CARGO_MANIFEST_DIR")).join("include").join(header);
    let header = std::fs::read_to_string(header).expect("the header");
    let declared = header.lines().filter(|line| !line.starts_with("//") && line.contains("holdover_"));
    let name = |line: &str| {
        let start = line.find("holdover_")?;
        let end = line[start..].find('(')?;
        Some(line[start..start + end].to_owned())
    };
    let names: Vec<String> = declared.filter_map(name).collect();
    assert!(names.len() > 2, "{names:?}");
    names
}
