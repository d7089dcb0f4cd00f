//! Generated clients that tests of other languages have beside them are what the compiler makes.

use std::path::{Path, PathBuf};

use holdover_compiler::load::IncludePaths;
use holdover_compiler::pipeline::compile;
use holdover_compiler::target::{Comments, Context, Language};
use holdover_tests_compiler::golden::FLAG;
use holdover_tests_compiler::read;

/// A generated client that is checked in. Paths are the repository's.
struct Client {
    language: &'static str,
    options: &'static [&'static str],
    protos: &'static str,
    folder: &'static str,
}

const CLIENTS: &[Client] = &[
    Client {
        language: "swift",
        options: &["visibility=package"],
        protos: "tests/e2e/proto",
        folder: "tests/e2e/swift/Sources/Rides/Generated",
    },
    Client {
        language: "swift",
        options: &[],
        protos: "examples/proto",
        folder: "examples/swift/Sources/ride-pricing/Generated",
    },
    Client {
        language: "kotlin",
        options: &[],
        protos: "tests/e2e/proto",
        folder: "tests/e2e/kotlin/src/main/kotlin",
    },
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn clients_of_the_ride_pricing_services_are_current() {
    for client in CLIENTS {
        check(client);
    }
}

fn check(client: &Client) {
    let Client { language: name, options, protos, folder } = client;
    let roots = root().join(protos);
    let sources = IncludePaths::new([roots.to_str().expect("the repository's path is UTF-8")], read);
    let compilation = compile(&sources, &["pricing/v1/pricing.proto".to_owned()])
        .unwrap_or_else(|report| panic!("{protos}:\n{report}"));
    let comments = Comments::of(&compilation.loaded.descriptor_set());
    let context = Context::new(&compilation, &comments).expect("a context");
    let mut language = Language::named(name).expect("a language that exists");
    for option in *options {
        language.set(option).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let files = language.generate(&context).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(!files.is_empty(), "{name}: no files");
    for file in files {
        let path = root().join(folder).join(file.path.as_str());
        if std::env::var_os(FLAG).is_some() {
            std::fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
            std::fs::write(&path, &file.content).expect("a new file");
        }
        assert!(
            std::fs::read(&path).is_ok_and(|found| found == file.content),
            "{folder}/{} is not what is generated; if that is right, run `cargo xtask regenerate`",
            file.path
        );
    }
}
