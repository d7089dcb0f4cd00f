//! What cannot become Swift or Kotlin is refused, in words that say what to do.

use holdover_compiler::load::MemorySources;
use holdover_compiler::pipeline::compile;
use holdover_compiler::target::{Comments, Context, Language};

/// Why nothing is generated.
fn refusal(language: &str, options: &[&str], files: &[(&str, &str)]) -> String {
    let mut sources = MemorySources::new();
    for (name, text) in files {
        sources = sources.with(*name, format!("syntax = \"proto3\";\n{text}"));
    }
    let names: Vec<String> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
    let compilation = compile(&sources, &names).unwrap_or_else(|report| panic!("{report}"));
    let comments = Comments::of(&compilation.loaded.descriptor_set());
    let context = Context::new(&compilation, &comments).expect("a context");
    let mut language = Language::named(language).expect("a language that exists");
    for option in options {
        language.set(option).expect("an option that exists");
    }
    match language.generate(&context) {
        Ok(files) => panic!("generated {:?}", files.iter().map(|file| &file.path).collect::<Vec<_>>()),
        Err(error) => error.to_string(),
    }
}

const SERVICE: &str = "service S { rpc Get(M) returns (M); } message M {}";

#[test]
fn options_of_files_cannot_become_code_or_leave_the_folder() {
    for (language, option, value) in [
        ("kotlin", "java_package", "a;import evil"),
        ("kotlin", "java_package", "../../etc"),
        ("kotlin", "java_package", "a..b"),
        ("kotlin", "java_outer_classname", "../Outer"),
        ("kotlin", "java_outer_classname", ""),
        ("swift", "swift_prefix", "NM {}; struct "),
        ("swift", "swift_prefix", "1st"),
    ] {
        let text = format!("package a.v1;\noption {option} = \"{value}\";\n{SERVICE}");
        assert_eq!(
            refusal(language, &[], &[("a.proto", &text)]),
            format!(
                "a.proto: {option} = {value:?} is no name; write letters, digits and underscores, with dots between packages"
            )
        );
    }
}

#[test]
fn a_message_that_hides_the_module_is_refused() {
    let said = refusal("swift", &[], &[("a.proto", &format!("message Holdover {{}}\n{SERVICE}"))]);
    assert!(said.contains("would hide the module") && said.contains("swift_prefix"), "{said}");
    let text = format!("package a.v1;\nmessage Outer {{ message Holdover {{}} }}\n{SERVICE}");
    assert!(refusal("swift", &[], &[("a.proto", &text)]).contains("would hide the module"));
}

#[test]
fn two_files_cannot_have_one_path() {
    let file = |package: &str| format!("package {package};\n{SERVICE}");
    let (one, two) = (file("a.v1"), file("b.v1"));
    let files = [("a/api.proto", &*one), ("b/api.proto", &*two)];
    let said = refusal("swift", &["file_naming=drop_path"], &files);
    assert_eq!(said, "api.holdover.swift would be generated twice; choose another name for one of them");

    let file = |service: &str| {
        format!(
            "package {service};\noption java_package = \"c\";\noption java_multiple_files = true;\nservice {service} {{ rpc Get({service}M) returns ({service}M); }} message {service}M {{}}"
        )
    };
    let (one, two) = (file("A"), file("B"));
    let said = refusal("kotlin", &[], &[("a/api.proto", &*one), ("b/api.proto", &*two)]);
    assert_eq!(said, "c/ApiHoldover.kt would be generated twice; choose another name for one of them");
}
