//! The generated Swift and Kotlin of the golden cases, compiled with warnings denied.
//!
//! Kotlin has real messages, made by protoc, and tests of what is generated. Swift has stand-ins for messages, because
//! SwiftProtobuf cannot be fetched everywhere; that the real ones fit was tried (see DESIGN.md).

use std::path::{Path, PathBuf};

use crate::step::{Outcome, root, run as step};
use crate::toolchain::{Kotlin, Missing, Swift};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Install what is missing, or fail, instead of skipping a language by name.
    #[arg(long)]
    require: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let missing = if arguments.require { Missing::Install } else { Missing::Skip };
    swift(missing)?;
    kotlin(missing)
}

/// Compiles all cases, and tests what is generated, against lite messages and full ones.
pub(crate) fn kotlin(missing: Missing) -> Outcome {
    let Some(kotlin) = Kotlin::find(missing)? else {
        println!("\n── golden Kotlin: skipped, because there is no JDK 17 with Maven");
        return Ok(());
    };
    every_case_is_named(&root().join("tests/golden/kotlin/parent/pom.xml"), "kotlin")?;
    let mut maven = kotlin.maven(&root().join("tests/golden/kotlin"));
    step("golden Kotlin", maven.args(["--quiet", "test"]))
}

/// A case that is not listed would not be compiled.
fn every_case_is_named(list: &Path, language: &str) -> Outcome {
    let text = std::fs::read_to_string(list).map_err(|error| format!("{}: {error}", list.display()))?;
    let unnamed =
        cases(language)?.into_iter().find(|case| !text.contains(&format!("/{case}/out/{language}")));
    match unnamed {
        Some(case) => Err(format!("{} does not list the golden case {case}; add it", list.display())),
        None => Ok(()),
    }
}

/// The cases that have code of a language.
fn cases(language: &str) -> Result<Vec<String>, String> {
    let golden = root().join("tests/golden");
    let entries = std::fs::read_dir(&golden).map_err(|error| format!("{}: {error}", golden.display()))?;
    let mut cases: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().join("out").join(language).is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    cases.sort();
    Ok(cases)
}

/// What every module is compiled with.
const SWIFT: [&str; 5] = ["-swift-version", "6", "-warnings-as-errors", "-parse-as-library", "-wmo"];

/// Compiles all cases in Swift 6 mode.
pub(crate) fn swift(missing: Missing) -> Outcome {
    let Some(swift) = Swift::find(missing)? else {
        println!("\n── golden Swift: skipped, because there is no Swift 6");
        return Ok(());
    };
    let golden = root().join("tests/golden/swift");
    let modules = built()?.join("golden-swift");
    std::fs::create_dir_all(&modules).map_err(|error| format!("{}: {error}", modules.display()))?;
    let package = root().join("runtime/swift/Sources");
    let module = |name: &str, sources: &[PathBuf]| {
        let mut compile = swift.command(&root(), "swiftc");
        compile.args(SWIFT).args(["-module-name", name, "-emit-module", "-emit-module-path"]);
        compile.arg(modules.join(format!("{name}.swiftmodule"))).arg("-I").arg(&modules);
        compile.arg("-I").arg(package.join("CHoldover")).args(sources);
        step(&format!("golden Swift: module {name}"), &mut compile)
    };
    module("SwiftProtobuf", &sources(&golden.join("SwiftProtobuf"))?)?;
    module("Holdover", &sources(&package.join("Holdover"))?)?;
    for case in cases("swift")? {
        let messages = golden.join("messages").join(&case);
        let elsewhere = mapped(&case)?;
        let (others, own): (Vec<PathBuf>, Vec<PathBuf>) = sources(&messages)?
            .into_iter()
            .partition(|file| elsewhere.iter().any(|(proto, _)| *file == messages.join(proto)));
        if own.is_empty() {
            return Err(format!(
                "{} has no messages; see tests/golden/swift/SwiftProtobuf",
                messages.display()
            ));
        }
        for (proto, name) in &elsewhere {
            let file = messages.join(proto);
            module(name, &others.iter().filter(|other| **other == file).cloned().collect::<Vec<_>>())?;
        }
        let mut compile = swift.command(&root(), "swiftc");
        compile.args(SWIFT).args(["-module-name", "Golden", "-emit-sil", "-o", "/dev/null"]);
        compile.arg("-I").arg(&modules).arg("-I").arg(package.join("CHoldover"));
        if !elsewhere.is_empty() {
            compile.args(["-enable-upcoming-feature", "InternalImportsByDefault"]);
        }
        let generated = root().join("tests/golden").join(&case).join("out/swift");
        step(&format!("golden Swift: {case}"), compile.args(sources(&generated)?).args(own))?;
    }
    Ok(())
}

/// The stand-ins that a case has in other modules: their files, and the modules, as `module_mapping` says.
fn mapped(case: &str) -> Result<Vec<(String, String)>, String> {
    let settings = root().join("tests/golden").join(case).join("case.toml");
    if !settings.exists() {
        return Ok(Vec::new());
    }
    let text =
        std::fs::read_to_string(&settings).map_err(|error| format!("{}: {error}", settings.display()))?;
    let mappings = text.split('"').filter_map(|part| part.strip_prefix("module_mapping=")?.split_once('='));
    Ok(mappings.map(|(proto, module)| (proto.replace(".proto", ".swift"), module.to_owned())).collect())
}

/// The Swift files below a folder.
fn sources(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(each) = folders.pop() {
        let entries = std::fs::read_dir(&each).map_err(|error| format!("{}: {error}", each.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "swift") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Where cargo puts what it builds.
fn built() -> Result<PathBuf, String> {
    let here = std::env::current_exe().map_err(|error| error.to_string())?;
    let built = here.ancestors().nth(2).ok_or("this program lies nowhere: run it by cargo")?;
    Ok(built.to_owned())
}
