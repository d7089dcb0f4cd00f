//! Golden folders: what goes in, and what must come out.
//!
//! `tests/golden/<case>/` has `.proto` files, what is compiled of them (`case.toml`; default: `input.proto`), the policy
//! as text (`policy.txtpb`), findings that stop nobody (`warnings.txt`), and one folder of generated files per language
//! (`out/rust`, `out/swift`, `out/kotlin`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use holdover_annotations::POLICY_PROTO;
use holdover_annotations::policy::PolicySet;
use holdover_compiler::diagnostic::{Diagnostics, Report, Style};
use holdover_compiler::load::{IncludePaths, MemorySources, load, load_descriptor_set};
use holdover_compiler::pipeline::{Compilation, compile, compile_loaded};
use holdover_compiler::target::{Comments, Context, Language, OutputFile, warnings};
use prost::Message as _;
use prost_reflect::DynamicMessage;
use prost_reflect::text_format::FormatOptions;
use serde::Deserialize;

/// The environment variable that makes [`Case::expect`] write instead of compare.
pub const FLAG: &str = "HOLDOVER_REGENERATE";

/// The folder of all cases.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden")
}

/// A case.
#[derive(Debug)]
pub struct Case {
    /// The folder's name.
    pub name: String,
    folder: PathBuf,
    settings: Settings,
}

/// `case.toml`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// Include paths, from the case's folder.
    include: Vec<String>,
    /// Files as they are imported.
    files: Vec<String>,
    /// Options for Rust.
    options: Vec<String>,
    /// Options for Swift.
    swift: Vec<String>,
    /// Options for Kotlin.
    kotlin: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            include: vec![".".to_owned()],
            files: vec!["input.proto".to_owned()],
            options: Vec::new(),
            swift: Vec::new(),
            kotlin: Vec::new(),
        }
    }
}

/// All cases, by name: the folders that have `.proto` files or settings.
pub fn cases() -> Vec<Case> {
    let entries = fs::read_dir(folder()).expect("tests/golden").map(|entry| entry.expect("an entry").path());
    let mut cases: Vec<Case> = entries
        .filter(|path| path.join("case.toml").is_file() || path.join("input.proto").is_file())
        .map(|folder| {
            let settings = fs::read_to_string(folder.join("case.toml")).map_or_else(
                |_| Settings::default(),
                |text| toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display())),
            );
            let name = folder.file_name().expect("a folder has a name").to_string_lossy().into_owned();
            Case { name, folder, settings }
        })
        .collect();
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    cases
}

impl Case {
    /// The case, compiled.
    ///
    /// # Panics
    /// If it has errors.
    pub fn compilation(&self) -> Compilation {
        let folder = self.folder.to_str().expect("the repository's path is UTF-8");
        let roots = self.settings.include.iter().map(|root| format!("{folder}/{root}"));
        let sources = IncludePaths::new(roots, |path: &str| match fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        });
        compile(&sources, &self.settings.files).unwrap_or_else(|report| panic!("{}:\n{report}", self.name))
    }

    /// What the compiler makes of the case: text files by their paths in the case's folder.
    pub fn outputs(&self) -> BTreeMap<String, String> {
        let folder = self.folder.to_str().expect("the repository's path is UTF-8");
        let compilation = self.compilation();
        let mut outputs = generated(&compilation, &self.settings);
        outputs.insert("policy.txtpb".to_owned(), policy_text(&compilation.policy));
        let mut diagnostics: Diagnostics = compilation.warnings.clone();
        diagnostics.extend(warnings(&compilation));
        if !diagnostics.is_empty() {
            let report = Report { diagnostics, sources: compilation.loaded.sources().clone() };
            let text = report
                .human(Style::plain())
                .replace(&format!("{folder}/./"), "")
                .replace(&format!("{folder}/"), "");
            outputs.insert("warnings.txt".to_owned(), text);
        }
        outputs
    }

    /// What the compiler makes of a descriptor set that protoc made of the case, but for findings, which have no text to
    /// underline there.
    pub fn outputs_by_protoc(&self) -> BTreeMap<String, String> {
        let folder = self.folder.to_str().expect("the repository's path is UTF-8");
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../annotations/proto");
        let mut roots: Vec<String> =
            self.settings.include.iter().map(|root| format!("{folder}/{root}")).collect();
        roots.push(own.to_string_lossy().into_owned());
        roots.push(crate::protoc::well_known_types().to_string_lossy().into_owned());
        let set = crate::protoc::compile(&roots, &self.settings.files)
            .unwrap_or_else(|messages| panic!("{}: {messages}", self.name))
            .set;
        let loaded = load_descriptor_set("set.binpb", &set, &self.settings.files);
        let compilation = loaded
            .and_then(|loaded| compile_loaded(loaded, &mut ()))
            .unwrap_or_else(|report| panic!("{}:\n{report}", self.name));
        let mut outputs = generated(&compilation, &self.settings);
        outputs.insert("policy.txtpb".to_owned(), policy_text(&compilation.policy));
        outputs
    }

    /// Compares what the compiler makes with what is checked in. With [`FLAG`] set, checks it in instead.
    ///
    /// # Errors
    ///
    /// The files that differ.
    pub fn expect(&self) -> Result<(), Vec<String>> {
        let outputs = self.outputs();
        if std::env::var_os(FLAG).is_some() {
            self.write(&outputs);
        }
        let found = self.checked_in();
        let names: BTreeSet<&String> = outputs.keys().chain(found.keys()).collect();
        let different: Vec<String> = names
            .into_iter()
            .filter(|name| outputs.get(*name) != found.get(*name))
            .map(|name| {
                let what = match (outputs.get(name), found.get(name)) {
                    (Some(new), Some(old)) => difference(old, new),
                    (Some(_), None) => "is not checked in".to_owned(),
                    _ => "is checked in, but not generated any more".to_owned(),
                };
                format!("tests/golden/{}/{name}: {what}", self.name)
            })
            .collect();
        if different.is_empty() { Ok(()) } else { Err(different) }
    }

    fn write(&self, outputs: &BTreeMap<String, String>) {
        for name in self.checked_in().keys().filter(|name| !outputs.contains_key(*name)) {
            fs::remove_file(self.folder.join(name)).expect("an old file goes");
        }
        for (name, text) in outputs {
            let path = self.folder.join(name);
            if fs::read_to_string(&path).is_ok_and(|old| old == *text) {
                continue;
            }
            fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
            fs::write(path, text).expect("a new file");
        }
    }

    fn checked_in(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for name in ["policy.txtpb", "warnings.txt"] {
            if let Ok(text) = fs::read_to_string(self.folder.join(name)) {
                found.insert(name.to_owned(), text);
            }
        }
        let mut folders = vec![PathBuf::from("out")];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(self.folder.join(&folder)) else { continue };
            for entry in entries {
                let entry = entry.expect("an entry");
                let path = folder.join(entry.file_name());
                if entry.path().is_dir() {
                    folders.push(path);
                } else {
                    let text = fs::read_to_string(entry.path()).expect("a text file");
                    found.insert(path.to_string_lossy().replace('\\', "/"), text);
                }
            }
        }
        found
    }
}

/// What all targets make of a compilation.
fn generated(compilation: &Compilation, settings: &Settings) -> BTreeMap<String, String> {
    let comments = Comments::of(&compilation.loaded.descriptor_set());
    let context = Context::new(compilation, &comments).expect("a context");
    let mut outputs = BTreeMap::new();
    let mut add = |language: &str, files: Vec<OutputFile>| {
        let text = |content| String::from_utf8(content).expect("generated text");
        let files = files.into_iter();
        outputs.extend(files.map(|file| (format!("out/{language}/{}", file.path), text(file.content))));
    };

    for (name, options) in
        [("rust", &settings.options), ("swift", &settings.swift), ("kotlin", &settings.kotlin)]
    {
        let mut language = Language::named(name).expect("a language that exists");
        let includes = (name == "rust").then(|| "include_file=mod.rs".to_owned());
        for option in includes.iter().chain(options) {
            language.set(option).expect("an option that exists");
        }
        add(name, language.generate(&context).unwrap_or_else(|error| panic!("{name}: {error}")));
    }
    outputs
}

/// The policy as text, by its own descriptors.
pub fn policy_text(policy: &PolicySet) -> String {
    let path = "holdover/policy/v1/policy.proto";
    let loaded = load(&MemorySources::new().with(path, POLICY_PROTO), &[path]).expect("our own file");
    let descriptor =
        loaded.pool().get_message_by_name("holdover.policy.v1.PolicySet").expect("our own message");
    let message =
        DynamicMessage::decode(descriptor, policy.encode_to_vec().as_slice()).expect("our own encoding");
    let text = message.to_text_format_with_options(&FormatOptions::new().pretty(true));
    format!("# proto-file: {path}\n# proto-message: holdover.policy.v1.PolicySet\n\n{}\n", text.trim_end())
}

/// The first lines that differ.
fn difference(old: &str, new: &str) -> String {
    let line = old.lines().zip(new.lines()).take_while(|(old, new)| old == new).count();
    // An embedded policy is one long line.
    let short = |line: &str| line.chars().take(160).collect::<String>();
    let at = |text: &str| text.lines().skip(line).take(3).map(short).collect::<Vec<_>>().join("\n        ");
    format!("differs from line {}\n  was   {}\n  is    {}", line + 1, at(old), at(new))
}
