//! Nothing that the other tests do is left behind, or reads what is not there: they are run once more under valgrind.

use std::process::Command;

/// Those that would take too long there: they repeat what others do, often.
const LEFT_OUT: [&str; 3] = ["races::", "leaks::", "misuse::no_bytes"];

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "valgrind is at home on Linux")]
fn nothing_is_left_behind() {
    let there = Command::new("valgrind").arg("--version").output();
    if !there.is_ok_and(|output| output.status.success()) {
        skip();
        return;
    }
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--leak-check=full", "--show-leak-kinds=definite,indirect"]);
    valgrind.args(["--errors-for-leak-kinds=definite,indirect", "--error-exitcode=9"]);
    valgrind.arg(std::env::current_exe().unwrap()).arg("--test-threads=1");
    valgrind.args(LEFT_OUT.iter().flat_map(|name| ["--skip", name]));
    let output = valgrind.output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{}", said.concat());
    assert!(said[0].contains("test result: ok"), "{}", said[0]);
}

#[allow(clippy::print_stderr, reason = "whoever runs the tests is to see what was not run")]
fn skip() {
    eprintln!("SKIPPED: valgrind is not on this machine");
}
