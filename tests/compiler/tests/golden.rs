//! What the compiler makes of the golden cases is what is checked in.

use holdover_tests_compiler::golden::{FLAG, cases};
use holdover_wire::Schema;

#[test]
fn golden_files_are_current() {
    let cases = cases();
    assert!(
        cases.len() >= 12,
        "cases are missing: {:?}",
        cases.iter().map(|case| &case.name).collect::<Vec<_>>()
    );
    let different: Vec<String> = cases.iter().filter_map(|case| case.expect().err()).flatten().collect();
    assert!(
        different.is_empty(),
        "generated files differ; if that is right, run `cargo xtask regenerate` and look at the difference\n\n{}",
        different.join("\n")
    );
}

/// What the compiler emits is what runtimes accept.
#[test]
fn runtimes_read_every_golden_policy() {
    for case in cases() {
        if let Err(error) = Schema::new(&case.compilation().policy) {
            panic!("{}: {error}", case.name);
        }
    }
}

/// Nothing of an output may depend on the order of a hash map.
#[test]
fn the_same_input_gives_the_same_output() {
    if std::env::var_os(FLAG).is_some() {
        return;
    }
    for case in cases() {
        assert_eq!(case.outputs(), case.outputs(), "{}", case.name);
    }
}

/// What comes from protoc as descriptors comes out as if it had been compiled from sources, comments and all.
#[test]
fn descriptor_sets_of_protoc_give_the_same_output() {
    if std::env::var_os(FLAG).is_some() {
        return;
    }
    for case in cases() {
        let mut expected = case.outputs();
        expected.remove("warnings.txt");
        for (path, text) in case.outputs_by_protoc() {
            assert!(
                expected.remove(&path).as_ref() == Some(&text),
                "{}/{path} differs when it comes from protoc",
                case.name
            );
        }
        assert!(expected.is_empty(), "{}: {:?} are not generated", case.name, expected.keys());
    }
}
