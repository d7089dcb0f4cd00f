//! What a user may choose about generated Rust.

use crate::target::OptionError;

/// Choices about generated Rust. Paths of types and fields are full names with a dot before them (`.pricing.v1.Quote`),
/// and stand for everything below; `.` is everything. They mean what they mean in prost-build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RustOptions {
    /// Protobuf packages or types that other crates have: (`.google.type`, `::google_types`).
    pub extern_path: Vec<(String, String)>,
    /// Attributes for types: (`.pricing.v1`, `#[derive(serde::Serialize)]`).
    pub type_attribute: Vec<(String, String)>,
    /// Attributes for fields.
    pub field_attribute: Vec<(String, String)>,
    /// Map fields that become `BTreeMap` instead of `HashMap`.
    pub btree_map: Vec<String>,
    /// Bytes fields that become `bytes::Bytes` instead of `Vec<u8>`.
    pub bytes: Vec<String>,
    /// Where generated code finds the crate `holdover`, which also carries `prost` and `prost_types`.
    pub holdover_path: String,
    /// A file that includes all others as nested modules, the way types of one package refer to another's.
    pub include_file: Option<String>,
}

impl Default for RustOptions {
    fn default() -> Self {
        Self {
            extern_path: Vec::new(),
            type_attribute: Vec::new(),
            field_attribute: Vec::new(),
            btree_map: Vec::new(),
            bytes: Vec::new(),
            holdover_path: "::holdover".to_owned(),
            include_file: None,
        }
    }
}

impl RustOptions {
    /// The names of all options, as they are written on command lines and in `holdover.toml`.
    pub const NAMES: &'static [&'static str] = &[
        "extern_path",
        "type_attribute",
        "field_attribute",
        "btree_map",
        "bytes",
        "holdover_path",
        "include_file",
    ];

    /// Sets an option from text: `btree_map=.pricing.v1`, `extern_path=.google.type=::google_types`.
    pub fn set(&mut self, option: &str) -> Result<(), OptionError> {
        let (name, value) =
            option.split_once('=').ok_or_else(|| OptionError::Syntax { option: option.to_owned() })?;
        let pair = || {
            let (path, value) =
                value.split_once('=').ok_or_else(|| OptionError::Pair { name: name.to_owned() })?;
            Ok((path.to_owned(), value.to_owned()))
        };
        match name {
            "extern_path" => self.extern_path.push(pair()?),
            "type_attribute" => self.type_attribute.push(pair()?),
            "field_attribute" => self.field_attribute.push(pair()?),
            "btree_map" => self.btree_map.push(value.to_owned()),
            "bytes" => self.bytes.push(value.to_owned()),
            "holdover_path" => value.clone_into(&mut self.holdover_path),
            "include_file" => self.include_file = Some(value.to_owned()),
            unknown => return Err(OptionError::unknown("rust", unknown, Self::NAMES)),
        }
        Ok(())
    }

    /// Checks what prost-build would panic on, or what would end in Rust that does not parse.
    pub(crate) fn check(&self) -> Result<(), OptionError> {
        let pairs = [
            ("extern_path", &self.extern_path),
            ("type_attribute", &self.type_attribute),
            ("field_attribute", &self.field_attribute),
        ];
        let paths = pairs
            .iter()
            .flat_map(|(name, pairs)| pairs.iter().map(move |(path, _)| (*name, path)))
            .chain(self.btree_map.iter().map(|path| ("btree_map", path)))
            .chain(self.bytes.iter().map(|path| ("bytes", path)));
        for (name, path) in paths {
            if path != "." && (!path.starts_with('.') || path.split('.').skip(1).any(str::is_empty)) {
                return Err(OptionError::ProtoPath { name, path: path.clone() });
            }
        }
        for (position, (path, rust)) in self.extern_path.iter().enumerate() {
            if self.extern_path[..position].iter().any(|(other, _)| other == path) {
                return Err(OptionError::Duplicate { name: "extern_path", path: path.clone() });
            }
            if path == "." || syn::parse_str::<syn::Type>(rust).is_err() {
                return Err(OptionError::RustPath { name: "extern_path", path: rust.clone() });
            }
        }
        if syn::parse_str::<syn::Path>(&self.holdover_path).is_err() {
            return Err(OptionError::RustPath { name: "holdover_path", path: self.holdover_path.clone() });
        }
        for (name, pairs) in &pairs[1..] {
            for (_, attribute) in pairs.iter() {
                let item = format!("{attribute} struct S;");
                if !matches!(syn::parse_str::<syn::Item>(&item), Ok(syn::Item::Struct(_))) {
                    return Err(OptionError::Attribute { name, attribute: attribute.clone() });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_from_text() {
        let mut options = RustOptions::default();
        options.set("extern_path=.google.type=::google_types").unwrap();
        options.set("type_attribute=.=#[derive(Eq = x)]").unwrap();
        options.set("btree_map=.").unwrap();
        assert_eq!(options.extern_path, [(".google.type".to_owned(), "::google_types".to_owned())]);
        assert_eq!(options.type_attribute, [(".".to_owned(), "#[derive(Eq = x)]".to_owned())]);
        assert_eq!(options.btree_map, ["."]);
        let unknown = options.set("extern_paths=x").unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "unknown rust option `extern_paths` (did you mean `extern_path`?); there are: extern_path, type_attribute, \
             field_attribute, btree_map, bytes, holdover_path, include_file"
        );
        assert!(options.set("bytes").unwrap_err().to_string().contains("bytes"));
        assert!(options.set("extern_path=.a").unwrap_err().to_string().contains("extern_path"));
    }

    #[test]
    fn what_prost_build_would_panic_on_is_refused() {
        let wrong = [
            "extern_path=google.type=::g",
            "extern_path=.google..type=::g",
            "extern_path=.=::g",
            "extern_path=.a=not a type",
            "btree_map=pricing",
            "type_attribute=.=#[unclosed",
            "type_attribute=.=fn f() {}",
            "holdover_path=a b",
        ];
        for option in wrong {
            let mut options = RustOptions::default();
            options.set(option).unwrap();
            assert!(options.check().is_err(), "{option}");
        }
        let mut twice = RustOptions::default();
        twice.set("extern_path=.a=::a").unwrap();
        twice.set("extern_path=.a=::b").unwrap();
        assert!(twice.check().unwrap_err().to_string().contains("twice"));
    }
}
