//! `holdover.toml`: what one would otherwise repeat on the command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use holdover_build::files::read_named;
use holdover_compiler::load::closest;
use holdover_compiler::target::rust::RustOptions;
use serde::Deserialize;
use toml::{Table, Value};

use crate::failure::Failure;

/// The file's name.
const NAME: &str = "holdover.toml";

/// What the file says. Paths are relative to the folder that it is in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Config {
    pub(crate) input: Input,
    pub(crate) check: Check,
    pub(crate) generate: Generate,
    /// The folder that the file is in.
    #[serde(skip)]
    pub(crate) folder: PathBuf,
}

/// Where the schema comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Input {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) include: Vec<PathBuf>,
    pub(crate) descriptor_set: Option<PathBuf>,
    pub(crate) overlay: Vec<PathBuf>,
}

/// What stops generating.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Check {
    pub(crate) deny: Vec<Deny>,
}

/// What may be denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Deny {
    Warnings,
}

/// What is generated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Generate {
    pub(crate) policy_out: Option<PathBuf>,
    pub(crate) rust: Option<Rust>,
}

/// Rust, and its options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Rust {
    pub(crate) out: Option<PathBuf>,
    extern_path: BTreeMap<String, String>,
    type_attribute: BTreeMap<String, String>,
    field_attribute: BTreeMap<String, String>,
    btree_map: Vec<String>,
    bytes: Vec<String>,
    holdover_path: Option<String>,
    include_file: Option<String>,
}

impl Rust {
    /// The options as the target takes them.
    pub(crate) fn options(self) -> RustOptions {
        let defaults = RustOptions::default();
        RustOptions {
            extern_path: self.extern_path.into_iter().collect(),
            type_attribute: self.type_attribute.into_iter().collect(),
            field_attribute: self.field_attribute.into_iter().collect(),
            btree_map: self.btree_map,
            bytes: self.bytes,
            holdover_path: self.holdover_path.unwrap_or(defaults.holdover_path),
            include_file: self.include_file,
        }
    }
}

/// Every table and key that there is.
const KEYS: &[(&str, &[&str])] = &[
    ("", &["input", "check", "generate"]),
    ("input", &["files", "include", "descriptor_set", "overlay"]),
    ("check", &["deny"]),
    ("generate", &["policy_out", "rust"]),
    (
        "generate.rust",
        &[
            "out",
            "extern_path",
            "type_attribute",
            "field_attribute",
            "btree_map",
            "bytes",
            "holdover_path",
            "include_file",
        ],
    ),
];

impl Config {
    /// The file that was named, or else the one of this folder, or else nothing.
    pub(crate) fn load(named: Option<&Path>) -> Result<Self, Failure> {
        let path = match named {
            Some(path) => path,
            None if matches!(Path::new(NAME).try_exists(), Ok(true)) => Path::new(NAME),
            None => return Ok(Self::default()),
        };
        let bytes = read_named(path)?;
        let wrong = |reason: String| Failure::Config { path: path.to_owned(), reason };
        let text = String::from_utf8(bytes)
            .map_err(|_| wrong("it is not UTF-8; save it with that encoding".to_owned()))?;
        let mut config = Self::parse(&text).map_err(wrong)?;
        path.parent().unwrap_or(Path::new("")).clone_into(&mut config.folder);
        Ok(config)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
        for (name, keys) in KEYS {
            if let Some(table) = find(&table, name) {
                unknown(name, table, keys)?;
            }
        }
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// A path of the file, from where we are.
    pub(crate) fn path(&self, path: &Path) -> PathBuf {
        if self.folder.as_os_str().is_empty() { path.to_owned() } else { self.folder.join(path) }
    }
}

fn find<'a>(table: &'a Table, name: &str) -> Option<&'a Table> {
    name.split('.')
        .filter(|part| !part.is_empty())
        .try_fold(table, |table, part| table.get(part).and_then(Value::as_table))
}

fn unknown(name: &str, table: &Table, keys: &[&str]) -> Result<(), String> {
    let Some(key) = table.keys().find(|key| !keys.contains(&key.as_str())) else { return Ok(()) };
    let place = if name.is_empty() { String::new() } else { format!(" in [{name}]") };
    let meant = match closest(key, keys.iter().copied()) {
        Some(similar) => format!("did you mean `{similar}`?"),
        None => format!("there are: {}", keys.join(", ")),
    };
    Err(format!("unknown key `{key}`{place}; {meant}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_can_be_said() {
        let text = r##"
            [input]
            files = ["a.proto"]
            include = ["proto"]
            descriptor_set = "a.binpb"
            [check]
            deny = ["warnings"]
            [generate]
            policy_out = "a.policy"
            [generate.rust]
            out = "src/generated"
            extern_path = { ".google.type" = "::google_types" }
            type_attribute = { "." = "#[derive(serde::Serialize)]" }
            field_attribute = { ".a.B.c" = "#[serde(skip)]" }
            btree_map = ["."]
            bytes = [".a"]
            holdover_path = "crate::holdover"
            include_file = "mod.rs"
        "##;
        let config = Config::parse(text).unwrap();
        assert_eq!(config.check.deny, [Deny::Warnings]);
        let options = config.generate.rust.clone().unwrap().options();
        assert_eq!(options.extern_path, [(".google.type".to_owned(), "::google_types".to_owned())]);
        assert_eq!(options.holdover_path, "crate::holdover");
        assert_eq!(config.generate.rust.unwrap().out, Some("src/generated".into()));
        // Whatever can be said here can be said on the command line, and the reverse.
        let (_, keys) = KEYS.last().unwrap();
        let mut names: Vec<&str> = RustOptions::NAMES.to_vec();
        names.push("out");
        names.sort_unstable();
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        assert_eq!(keys, names);
    }

    #[test]
    fn unknown_keys_are_refused() {
        let wrong = |text: &str| Config::parse(text).unwrap_err();
        assert_eq!(wrong("[inputs]"), "unknown key `inputs`; did you mean `input`?");
        assert_eq!(
            wrong("[input]\nincludes = []"),
            "unknown key `includes` in [input]; did you mean `include`?"
        );
        assert_eq!(
            wrong("[generate]\nswift = {}"),
            "unknown key `swift` in [generate]; there are: policy_out, rust"
        );
        assert!(wrong("[generate.rust]\nextern_paths = {}").contains("`extern_path`"));
        assert!(wrong("[check]\ndeny = [\"errors\"]").contains("warnings"));
        assert!(wrong("[input\n").contains("line 1"));
    }
}
