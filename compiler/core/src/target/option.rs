//! Generator options that cannot be followed.

use crate::load::closest;
use thiserror::Error;

/// Why a generator option cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OptionError {
    /// There is no such option.
    #[error("unknown {target} option `{name}`{}; there are: {}", suggestion(similar.as_deref()), known.join(", "))]
    Unknown {
        /// The language.
        target: &'static str,
        /// What was written.
        name: String,
        /// What was probably meant.
        similar: Option<String>,
        /// All that there are.
        known: &'static [&'static str],
    },
    /// Not of the form `name=value`.
    #[error("`{option}` is not a generator option; write name=value")]
    Syntax {
        /// What was written.
        option: String,
    },
    /// The value must be a pair.
    #[error("{name} takes a protobuf path and a value; write {name}=.package.Type=value")]
    Pair {
        /// The option.
        name: String,
    },
    /// Not a protobuf path.
    #[error(
        "{name}: {path:?} is not a protobuf path; write a full name with a dot before it, such as .pricing.v1.Quote"
    )]
    ProtoPath {
        /// The option.
        name: &'static str,
        /// What was written.
        path: String,
    },
    /// A path was given twice.
    #[error("{name}: {path} is given twice; keep one of them")]
    Duplicate {
        /// The option.
        name: &'static str,
        /// The path.
        path: String,
    },
    /// Not a path of the language.
    #[error("{name}: {path:?} cannot be used as a Rust path; write one such as ::google_types")]
    RustPath {
        /// The option.
        name: &'static str,
        /// What was written.
        path: String,
    },
    /// Not one of the values that an option can have.
    #[error("{name}: {value:?} is not understood; write {expected}")]
    Value {
        /// The option.
        name: &'static str,
        /// What was written.
        value: String,
        /// What can be written.
        expected: String,
    },
    /// Not a file and a module.
    #[error(
        "module_mapping takes a .proto as it is imported and a Swift module; write \
         module_mapping=common/types.proto=CommonProtos instead of {mapping:?}"
    )]
    ModuleMapping {
        /// What was written.
        mapping: String,
    },
    /// Not an attribute of the language.
    #[error("{name}: {attribute:?} is not a Rust attribute; write one such as #[derive(serde::Serialize)]")]
    Attribute {
        /// The option.
        name: &'static str,
        /// What was written.
        attribute: String,
    },
}

fn suggestion(similar: Option<&str>) -> String {
    similar.map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default()
}

impl OptionError {
    /// An option that does not exist, with the most similar one that does.
    pub fn unknown(target: &'static str, name: &str, known: &'static [&'static str]) -> Self {
        let similar = closest(name, known.iter().copied());
        Self::Unknown { target, name: name.to_owned(), similar, known }
    }

    /// One of a few values, by its name.
    pub(crate) fn choose<T: Copy>(
        name: &'static str,
        value: &str,
        all: &[T],
        named: impl Fn(T) -> &'static str,
    ) -> Result<T, Self> {
        all.iter().copied().find(|each| named(*each) == value).ok_or_else(|| {
            let names: Vec<&str> = all.iter().map(|each| named(*each)).collect();
            Self::Value { name, value: value.to_owned(), expected: format!("one of {}", names.join(", ")) }
        })
    }

    /// `true` or `false`.
    pub(crate) fn flag(name: &'static str, value: &str) -> Result<bool, Self> {
        let word = |flag: bool| if flag { "true" } else { "false" };
        Self::choose(name, value, &[true, false], word)
    }
}
