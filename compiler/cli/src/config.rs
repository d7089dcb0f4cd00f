//! `holdover.toml`: what one would otherwise repeat on the command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use holdover_build::files::read_named;
use holdover_compiler::load::closest;
use holdover_compiler::target::OptionError;
use holdover_compiler::target::kotlin::KotlinOptions;
use holdover_compiler::target::rust::RustOptions;
use holdover_compiler::target::swift::SwiftOptions;
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
    pub(crate) swift: Option<Swift>,
    pub(crate) kotlin: Option<Kotlin>,
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

/// Swift, and its options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Swift {
    pub(crate) out: Option<PathBuf>,
    visibility: Option<String>,
    file_naming: Option<String>,
    module_mapping: BTreeMap<String, String>,
    extra_module_imports: Vec<String>,
    swift_protobuf_module_name: Option<String>,
    keep_method_casing: Option<bool>,
    use_access_level_on_imports: Option<bool>,
}

impl Swift {
    /// The options as the target takes them.
    pub(crate) fn options(self) -> Result<SwiftOptions, OptionError> {
        let text = |name: &str, value: Option<String>| value.map(|value| format!("{name}={value}"));
        let flag = |name: &str, value: Option<bool>| value.map(|value| format!("{name}={value}"));
        let said = [
            text("visibility", self.visibility),
            text("file_naming", self.file_naming),
            text("swift_protobuf_module_name", self.swift_protobuf_module_name),
            flag("keep_method_casing", self.keep_method_casing),
            flag("use_access_level_on_imports", self.use_access_level_on_imports),
        ];
        let mappings =
            self.module_mapping.iter().map(|(file, module)| format!("module_mapping={file}={module}"));
        let imports = self.extra_module_imports.iter().map(|module| format!("extra_module_imports={module}"));
        let mut options = SwiftOptions::default();
        for option in said.into_iter().flatten().chain(mappings).chain(imports) {
            options.set(&option)?;
        }
        Ok(options)
    }
}

/// Kotlin, and its options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Kotlin {
    pub(crate) out: Option<PathBuf>,
    visibility: Option<String>,
}

impl Kotlin {
    /// The options as the target takes them.
    pub(crate) fn options(self) -> Result<KotlinOptions, OptionError> {
        let mut options = KotlinOptions::default();
        if let Some(visibility) = self.visibility {
            options.set(&format!("visibility={visibility}"))?;
        }
        Ok(options)
    }
}

/// Every table and key that there is.
const KEYS: &[(&str, &[&str])] = &[
    ("", &["input", "check", "generate"]),
    ("input", &["files", "include", "descriptor_set", "overlay"]),
    ("check", &["deny"]),
    ("generate", &["policy_out", "rust", "swift", "kotlin"]),
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
    (
        "generate.swift",
        &[
            "out",
            "visibility",
            "file_naming",
            "module_mapping",
            "extra_module_imports",
            "swift_protobuf_module_name",
            "keep_method_casing",
            "use_access_level_on_imports",
        ],
    ),
    ("generate.kotlin", &["out", "visibility"]),
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
            [generate.swift]
            out = "ios/Generated"
            visibility = "public"
            file_naming = "drop_path"
            module_mapping = { "common/types.proto" = "CommonProtos" }
            extra_module_imports = ["Extra"]
            swift_protobuf_module_name = "Proto"
            keep_method_casing = true
            use_access_level_on_imports = true
            [generate.kotlin]
            out = "android/generated"
            visibility = "internal"
        "##;
        let config = Config::parse(text).unwrap();
        assert_eq!(config.check.deny, [Deny::Warnings]);
        let options = config.generate.rust.clone().unwrap().options();
        assert_eq!(options.extern_path, [(".google.type".to_owned(), "::google_types".to_owned())]);
        assert_eq!(options.holdover_path, "crate::holdover");
        assert_eq!(config.generate.rust.unwrap().out, Some("src/generated".into()));
        let swift = config.generate.swift.unwrap();
        assert_eq!(swift.out, Some("ios/Generated".into()));
        let swift = swift.options().unwrap();
        assert_eq!((swift.visibility.name(), swift.file_naming.name()), ("public", "drop_path"));
        assert_eq!(swift.module_mapping["common/types.proto"], "CommonProtos");
        assert_eq!(
            (swift.extra_module_imports, &*swift.swift_protobuf_module_name),
            (vec!["Extra".to_owned()], "Proto")
        );
        assert!(swift.keep_method_casing && swift.use_access_level_on_imports);
        let kotlin = config.generate.kotlin.unwrap();
        assert_eq!(kotlin.out, Some("android/generated".into()));
        assert_eq!(kotlin.options().unwrap().visibility.name(), "internal");
        // Whatever can be said here can be said on the command line, and the reverse.
        for (table, names) in [
            ("generate.rust", RustOptions::NAMES),
            ("generate.swift", SwiftOptions::NAMES),
            ("generate.kotlin", KotlinOptions::NAMES),
        ] {
            let (_, keys) = KEYS.iter().find(|(name, _)| *name == table).unwrap();
            let sorted = |names: &[&'static str], also: &[&'static str]| {
                let mut names: Vec<&str> = names.iter().chain(also).copied().collect();
                names.sort_unstable();
                names
            };
            assert_eq!(sorted(keys, &[]), sorted(names, &["out"]), "{table}");
        }
        let wrong = Config::parse("[generate.swift]\nvisibility = \"open\"").unwrap();
        assert!(wrong.generate.swift.unwrap().options().unwrap_err().to_string().contains("one of internal"));
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
            wrong("[generate]\ndart = {}"),
            "unknown key `dart` in [generate]; there are: policy_out, rust, swift, kotlin"
        );
        assert!(wrong("[generate.rust]\nextern_paths = {}").contains("`extern_path`"));
        assert!(wrong("[check]\ndeny = [\"errors\"]").contains("warnings"));
        assert!(wrong("[input\n").contains("line 1"));
    }
}
