//! Rust names, by the rules of prost-build, so that our code finds what prost generated.

use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{Ident, Span};
use std::collections::BTreeSet;

/// Words that must be written `r#word`, as prost-build lists them.
const RAW: &[&str] = &[
    "as", "break", "const", "continue", "else", "enum", "false", "fn", "for", "if", "impl", "in", "let",
    "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "static", "struct", "trait", "true",
    "type", "unsafe", "use", "where", "while", "dyn", "abstract", "become", "box", "do", "final", "macro",
    "override", "priv", "typeof", "unsized", "virtual", "yield", "async", "await", "try", "gen",
];

/// Words that cannot even be raw.
const NEVER_RAW: &[&str] = &["_", "super", "self", "Self", "extern", "crate"];

/// A name as an identifier, escaped where it is a keyword or begins with a digit.
pub(crate) fn ident(name: &str) -> Ident {
    let name = name.strip_prefix("r#").unwrap_or(name);
    if RAW.contains(&name) {
        Ident::new_raw(name, Span::call_site())
    } else if name.is_empty() || NEVER_RAW.contains(&name) {
        Ident::new(&format!("{name}_"), Span::call_site())
    } else if name.starts_with(|c: char| c.is_numeric()) {
        Ident::new(&format!("_{name}"), Span::call_site())
    } else {
        Ident::new(name, Span::call_site())
    }
}

/// The name of a field, method or module.
pub(crate) fn snake(name: &str) -> Ident {
    ident(&name.to_snake_case())
}

/// The name of a type or variant.
pub(crate) fn camel(name: &str) -> Ident {
    ident(&name.to_upper_camel_case())
}

/// The names that are taken in one place, and those that are still to be had.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(BTreeSet<String>);

impl Names {
    /// Names that others have.
    pub(crate) fn taken(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().map(|name| name.trim_start_matches("r#").to_owned()).collect())
    }

    /// Takes a name, with as many underscores behind it as it takes to be the only one.
    pub(crate) fn take(&mut self, wanted: &Ident) -> Ident {
        let text = wanted.to_string();
        let mut name = text.trim_start_matches("r#").to_owned();
        while !self.0.insert(name.clone()) {
            name.push('_');
        }
        ident(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_escaped() {
        for (name, rust) in [
            ("type", "r#type"),
            ("Self", "self_"),
            ("fooBar", "foo_bar"),
            ("_1st", "_1st"),
            ("r#Type", "r_type"),
        ] {
            assert_eq!(snake(name).to_string(), rust);
        }
        assert_eq!(camel("self").to_string(), "Self_");
        assert_eq!(camel("XMLHttp_request").to_string(), "XmlHttpRequest");
    }

    #[test]
    fn nobody_gets_a_name_twice() {
        let mut names = Names::taken(["Pricing".to_owned(), "r#type".to_owned()]);
        let got = ["Pricing", "Pricing", "Other", "type"].map(|name| names.take(&ident(name)).to_string());
        assert_eq!(got, ["Pricing_", "Pricing__", "Other", "type_"]);
    }
}
