//! Real schemas, thousands of messages with every kind of name and comment, come out as code: as Rust that parses, and as
//! Swift and Kotlin whose brackets and quotes match.

use std::collections::BTreeSet;

use holdover_compiler::load::{IncludePaths, load};
use holdover_compiler::pipeline::compile_loaded;
use holdover_compiler::target::{Comments, Context, Language, OutputFile};
use holdover_tests_compiler::{read, schemas::Schemas};

/// Generates everything. What does not parse as Rust is an error of the target, and prost-build panics on what it does
/// not understand.
fn generates(schemas: &Schemas, at_least: usize) {
    let sources = IncludePaths::new(schemas.include_paths(), read);
    let loaded =
        load(&sources, &schemas.files).unwrap_or_else(|report| panic!("{}:\n{report}", schemas.name));
    let compilation =
        compile_loaded(loaded, &mut ()).unwrap_or_else(|report| panic!("{}:\n{report}", schemas.name));
    let comments = Comments::of(&compilation.loaded.descriptor_set());
    let context = Context::new(&compilation, &comments).expect("a context");
    let services = context.packages().iter().map(|package| package.services.len()).sum::<usize>();
    let protos: BTreeSet<&str> = context
        .packages()
        .iter()
        .flat_map(|package| &package.services)
        .map(|service| service.ir.file.as_str())
        .collect();
    for (name, client) in [
        ("rust", "binding::Client::bind"),
        ("swift", " = Holdover.BoundClient("),
        ("kotlin", " = BoundClient(session, "),
    ] {
        let language = Language::named(name).expect("a language that exists");
        let files =
            language.generate(&context).unwrap_or_else(|error| panic!("{} as {name}: {error}", schemas.name));
        // Others have their messages from elsewhere.
        let at_least = if name == "rust" { at_least } else { protos.len() };
        assert!(files.len() >= at_least, "{} as {name}: only {} files", schemas.name, files.len());
        let clients: usize = files.iter().map(|file| text(file).matches(client).count()).sum();
        assert_eq!(clients, services, "{} as {name}: every service has a client", schemas.name);
        if name != "rust" {
            files.iter().for_each(balanced);
        }
    }
}

fn text(file: &OutputFile) -> &str {
    std::str::from_utf8(&file.content).expect("generated text")
}

/// Whatever names and comments there are, brackets close in the order in which they open, and quotes on their line.
fn balanced(file: &OutputFile) {
    let mut open = Vec::new();
    let mut in_comment = false;
    for (number, line) in text(file).lines().enumerate() {
        let place = || format!("{}:{}: {line}", file.path, number + 1);
        let code = line.trim_start();
        in_comment |= code.starts_with("/**");
        if in_comment || code.starts_with("//") {
            assert_eq!(code.matches("/*").count(), usize::from(code.starts_with("/**")), "{}", place());
            in_comment = in_comment && !code.contains("*/");
            continue;
        }
        // Swift's literals of several lines hold base64, which has neither brackets nor quotes.
        let code = code.replace("\"\"\"", "");
        let mut chars = code.chars();
        let mut quoted = false;
        while let Some(c) = chars.next() {
            match c {
                '\\' if quoted => drop(chars.next()),
                '"' => quoted = !quoted,
                _ if quoted => {}
                '(' => open.push(')'),
                '[' => open.push(']'),
                '{' => open.push('}'),
                ')' | ']' | '}' => assert_eq!(open.pop(), Some(c), "{}", place()),
                _ => {}
            }
        }
        assert!(!quoted, "{}", place());
    }
    assert!(open.is_empty(), "{}: {open:?} is missing", file.path);
}

#[test]
fn envoy_generates() {
    generates(&Schemas::envoy(), 100);
}

#[test]
fn google_ads_generates() {
    generates(&Schemas::google_ads(), 10);
}
