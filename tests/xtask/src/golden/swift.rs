//! Golden Swift: with stand-ins for messages, because SwiftProtobuf cannot be fetched everywhere, or with its own messages
//! from a checkout.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Case, failed, files};
use crate::step::{Outcome, built, root, run as step};
use crate::toolchain::{Missing, Swift};

/// Compiles all cases in Swift 6 mode, with stand-ins.
pub(crate) fn test(missing: Missing) -> Outcome {
    let Some(swift) = Swift::find(missing)? else {
        println!("\nSkipped, because there is no Swift 6 here: the golden Swift");
        return Ok(());
    };
    let build = Build::new(&swift, None)?;
    build.module("SwiftProtobuf", &files(&stand_ins().join("SwiftProtobuf"), "swift")?)?;
    build.all(|case| files(&case.stand_ins(), "swift"))
}

/// Compiles all cases in Swift 6 mode, with the messages that SwiftProtobuf's plugin makes of them.
pub(super) fn with_swift_protobuf(checkout: &Path) -> Outcome {
    let swift = Swift::find(Missing::Install)?.ok_or("there is no Swift 6")?;
    let mut plugin = swift.command(checkout, "swift");
    step("SwiftProtobuf's plugin", plugin.args(["build", "--product", "protoc-gen-swift"]))?;
    let build = Build::new(&swift, Some(checkout))?;
    // It starts the plugin, so it runs where Swift does, which may not see where it was found.
    let protoc = build.modules.join("protoc");
    let found = protoc_bin_vendored::protoc_bin_path().map_err(|error| error.to_string())?;
    fs::copy(&found, &protoc).map_err(|error| failed(&found, &error))?;
    build.all(|case| {
        case.messages(&swift, &protoc, checkout, &build.modules.join("messages").join(&case.name))
    })
}

fn stand_ins() -> PathBuf {
    root().join("tests/golden/swift")
}

impl Case {
    fn stand_ins(&self) -> PathBuf {
        stand_ins().join("messages").join(&self.name)
    }

    /// The messages of the case, made into a folder: those that it has stand-ins for.
    fn messages(
        &self,
        swift: &Swift,
        protoc: &Path,
        checkout: &Path,
        out: &Path,
    ) -> Result<Vec<PathBuf>, String> {
        let folder = self.stand_ins();
        let protos: Vec<PathBuf> = files(&folder, "swift")?
            .iter()
            .filter_map(|file| Some(file.strip_prefix(&folder).ok()?.with_extension("proto")))
            .collect();
        let own = self.folder();
        let is_own = protos.iter().all(|proto| own.join(proto).exists());
        let include = protoc_bin_vendored::include_path().map_err(|error| error.to_string())?;
        if out.exists() {
            fs::remove_dir_all(out).map_err(|error| failed(out, &error))?;
        }
        fs::create_dir_all(out).map_err(|error| failed(out, &error))?;
        let (set, mappings) = (out.join("set.binpb"), out.join("mappings.txtpb"));
        let text: String = self
            .mappings()?
            .iter()
            .map(|(proto, module)| {
                let proto = proto.display();
                format!("mapping {{ module_name: \"{module}\" proto_file_path: \"{proto}\" }}\n")
            })
            .collect();
        fs::write(&mappings, text).map_err(|error| failed(&mappings, &error))?;

        let mut compile = Command::new(protoc);
        compile.arg("-I").arg(if is_own { own } else { root().join("examples/proto") });
        compile.arg("-I").arg(root().join("annotations/proto")).arg("-I").arg(include);
        compile.args(["--include_imports", "--include_source_info", "-o"]).arg(&set).args(&protos);
        step(&format!("golden Swift: descriptors of {}", self.name), &mut compile)?;
        let option = |name: &str, value: &Path| format!("{name}={}", value.display());
        let mut generate = swift.command(&root(), protoc);
        generate.arg(option("--descriptor_set_in", &set));
        generate.arg(option("--plugin", &checkout.join(".build/debug/protoc-gen-swift")));
        generate.arg(option("--swift_out", out)).arg("--swift_opt=Visibility=Public");
        if self.says_access_levels()? {
            generate.arg("--swift_opt=UseAccessLevelOnImports=true");
        }
        generate.arg(option("--swift_opt=ProtoPathModuleMappings", &mappings)).args(&protos);
        step(&format!("golden Swift: messages of {}", self.name), &mut generate)?;
        files(out, "swift")
    }

    fn settings(&self) -> Result<String, String> {
        let settings = self.folder().join("case.toml");
        if !settings.exists() {
            return Ok(String::new());
        }
        fs::read_to_string(&settings).map_err(|error| failed(&settings, &error))
    }

    /// The files that the case has in other modules, and those modules, as `module_mapping` says.
    fn mappings(&self) -> Result<Vec<(PathBuf, String)>, String> {
        let settings = self.settings()?;
        let mappings =
            settings.split('"').filter_map(|part| part.strip_prefix("module_mapping=")?.split_once('='));
        Ok(mappings.map(|(proto, module)| (PathBuf::from(proto), module.to_owned())).collect())
    }

    /// Its imports are as public as its declarations, as modules need it whose imports are internal by default.
    fn says_access_levels(&self) -> Result<bool, String> {
        Ok(self.settings()?.contains("use_access_level_on_imports=true"))
    }
}

/// What every module is compiled with.
const FLAGS: [&str; 7] =
    ["-swift-version", "6", "-warnings-as-errors", "-parse-as-library", "-wmo", "-package-name", "golden"];

/// The package of the runtime, as sources.
fn package() -> PathBuf {
    root().join("runtime/swift/Sources")
}

/// The compiler, and where it finds and puts modules.
struct Build<'a> {
    swift: &'a Swift,
    modules: PathBuf,
    imports: Vec<PathBuf>,
    /// The compiler knows modules whose declarations are the main actor's unless they say otherwise: Swift 6.2.
    has_default_isolation: bool,
}

impl<'a> Build<'a> {
    fn new(swift: &'a Swift, checkout: Option<&Path>) -> Result<Self, String> {
        let name = if checkout.is_some() { "golden-swift-protobuf" } else { "golden-swift" };
        let modules = built()?.join(name);
        fs::create_dir_all(&modules).map_err(|error| failed(&modules, &error))?;
        let mut imports = vec![modules.clone(), package().join("CHoldover")];
        imports.extend(checkout.map(|checkout| checkout.join(".build/debug/Modules")));
        let has_default_isolation = swift
            .command(&modules, "swiftc")
            .args(["-frontend", "-help-hidden"])
            .output()
            .is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains("-default-isolation"));
        let build = Self { swift, modules, imports, has_default_isolation };
        build.module("Holdover", &files(&package().join("Holdover"), "swift")?)?;
        Ok(build)
    }

    fn compiler(&self, module: &str) -> Command {
        let mut compile = self.swift.command(&root(), "swiftc");
        compile.args(FLAGS).args(["-module-name", module]);
        for folder in &self.imports {
            compile.arg("-I").arg(folder);
        }
        compile
    }

    /// Compiles a module that others import.
    fn module(&self, name: &str, sources: &[PathBuf]) -> Outcome {
        let mut compile = self.compiler(name);
        compile.args(["-emit-module", "-emit-module-path"]);
        compile.arg(self.modules.join(format!("{name}.swiftmodule"))).args(sources);
        step(&format!("golden Swift: module {name}"), &mut compile)
    }

    /// Compiles all cases with their messages.
    fn all(&self, messages: impl Fn(&Case) -> Result<Vec<PathBuf>, String>) -> Outcome {
        for case in Case::all("swift")? {
            self.case(&case, messages(&case)?)?;
        }
        Ok(())
    }

    fn case(&self, case: &Case, messages: Vec<PathBuf>) -> Outcome {
        let mappings = case.mappings()?;
        let is_of = |file: &Path, proto: &Path| {
            let stem = proto.with_extension("");
            [stem.with_extension("swift"), stem.with_extension("pb.swift")]
                .iter()
                .any(|end| file.ends_with(end))
        };
        let (others, own): (Vec<PathBuf>, Vec<PathBuf>) =
            messages.into_iter().partition(|file| mappings.iter().any(|(proto, _)| is_of(file, proto)));
        if own.is_empty() {
            return Err(format!("{} has no messages; see tests/golden/swift/SwiftProtobuf", case.name));
        }
        for (proto, name) in &mappings {
            let files: Vec<PathBuf> = others.iter().filter(|file| is_of(file, proto)).cloned().collect();
            self.module(name, &files)?;
        }
        let generated = files(&case.folder().join("out/swift"), "swift")?;
        let compile = |how: &str, flags: &[&str]| {
            let mut compile = self.compiler("Golden");
            compile.args(flags).args(["-emit-sil", "-o", "/dev/null"]);
            step(&format!("golden Swift: {}{how}", case.name), compile.args(&generated).args(&own))
        };
        let access: &[&str] = match case.says_access_levels()? {
            true => &["-enable-upcoming-feature", "InternalImportsByDefault"],
            false => &[],
        };
        compile("", access)?;
        if self.has_default_isolation {
            let isolated = [access, &["-default-isolation", "MainActor"]].concat();
            compile(", isolated to the main actor by default", &isolated)?;
        }
        Ok(())
    }
}
