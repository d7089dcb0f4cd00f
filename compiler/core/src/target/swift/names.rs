//! Names as SwiftProtobuf makes them, so that our code finds its messages. The rules are those of its plugin library
//! (`NamingUtils`, `SwiftProtobufNamer`, the same from 1.27 to 1.38), which other generators for Swift follow, too.

use crate::target::spelling::capitalized;

/// Keywords that declarations begin with.
const DECLARATIONS: &[&str] = &[
    "associatedtype",
    "class",
    "deinit",
    "enum",
    "extension",
    "fileprivate",
    "func",
    "import",
    "init",
    "inout",
    "internal",
    "let",
    "open",
    "operator",
    "private",
    "protocol",
    "public",
    "static",
    "struct",
    "subscript",
    "typealias",
    "var",
];

/// Keywords that statements begin with.
const STATEMENTS: &[&str] = &[
    "break",
    "case",
    "continue",
    "default",
    "defer",
    "do",
    "else",
    "fallthrough",
    "for",
    "guard",
    "if",
    "in",
    "repeat",
    "return",
    "switch",
    "where",
    "while",
];

/// Keywords of expressions and types.
const EXPRESSIONS: &[&str] = &[
    "as", "Any", "catch", "false", "is", "nil", "rethrows", "super", "self", "Self", "throw", "throws",
    "true", "try",
];

/// Types that the code of messages speaks of.
const COMMON_TYPES: &[&str] =
    &["Bool", "Data", "Double", "Float", "Int", "Int32", "Int64", "String", "UInt", "UInt32", "UInt64"];

const SPECIAL: &[&str] = &["__COLUMN__", "__FILE__", "__FUNCTION__", "__LINE__"];

/// Members of messages, and names that mean something after a dot.
const MEMBERS: &[&str] = &[
    "isInitialized",
    "unknownFields",
    "debugDescription",
    "description",
    "dynamicType",
    "hashValue",
    "Type",
    "Protocol",
];

/// What no type may be called besides: modules, protocols, and members of all messages.
const TYPE_MEMBERS: &[&str] = &[
    "SwiftProtobuf",
    "Extensions",
    "protoMessageName",
    "decodeMessage",
    "traverse",
    "Swift",
    "Equatable",
    "Hashable",
    "Sendable",
];

fn is_keyword(name: &str) -> bool {
    [DECLARATIONS, STATEMENTS, EXPRESSIONS].iter().any(|words| words.contains(&name))
}

fn is_reserved_type(name: &str) -> bool {
    is_keyword(name)
        || [COMMON_TYPES, SPECIAL, MEMBERS, TYPE_MEMBERS].iter().any(|words| words.contains(&name))
}

fn is_reserved_field(name: &str) -> bool {
    matches!(name, "init" | "self")
        || [COMMON_TYPES, SPECIAL, MEMBERS].iter().any(|words| words.contains(&name))
}

fn is_underscores(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte == b'_')
}

/// What a type gets behind its name if that is taken: by what it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Suffix {
    Message,
    Enum,
    Oneof,
}

impl Suffix {
    fn text(self) -> &'static str {
        match self {
            Self::Message => "Message",
            Self::Enum => "Enum",
            Self::Oneof => "Oneof",
        }
    }
}

/// The name of a type. `protobuf` is the name of SwiftProtobuf's module, which no type may have.
pub(super) fn type_name(name: &str, suffix: Suffix, protobuf: &str) -> String {
    let text = suffix.text();
    if is_reserved_type(name) || is_underscores(name) {
        return format!("{name}{text}");
    }
    // `Foo` may become `FooMessage`, so a `FooMessage` of the schema must not stay what it is.
    match name.strip_suffix(text) {
        Some(stem) if !stem.is_empty() => format!("{}{text}", type_name(stem, suffix, protobuf)),
        _ if name == protobuf => format!("{name}{text}"),
        _ => name.to_owned(),
    }
}

/// A name of a field, such as `hasPromo`, by that of the field itself, `promo`.
pub(super) fn field_name(name: &str, base: &str) -> String {
    let begins = |prefix: &str| {
        base.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    if begins("clear") || begins("has") || is_reserved_field(base) {
        format!("{name}_p")
    } else if name == base && is_keyword(base) {
        format!("`{name}`")
    } else if is_underscores(base) {
        format!("{name}__")
    } else {
        name.to_owned()
    }
}

/// What is written in capitals within names.
const ABBREVIATIONS: &[&str] = &["url", "http", "https", "id"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Digit,
    Lower,
    Upper,
    Underscore,
    None,
}

/// `quote_id` as `quoteID`, or as `QuoteID`. Words end at underscores, at digits, and where capitals begin.
pub(super) fn camel(name: &str, upper: bool) -> String {
    let mut result = String::new();
    let mut word = String::new();
    let mut last = Class::None;
    let finish = |result: &mut String, word: &mut String| {
        if word.is_empty() {
            return;
        }
        if result.is_empty() && !upper {
            result.push_str(word);
        } else if ABBREVIATIONS.contains(&word.as_str()) {
            result.push_str(&word.to_ascii_uppercase());
        } else {
            result.push_str(&capitalized(word));
        }
        word.clear();
    };
    for c in name.chars() {
        let class = match c {
            '0'..='9' => Class::Digit,
            'A'..='Z' => Class::Upper,
            '_' => Class::Underscore,
            _ => Class::Lower,
        };
        match class {
            Class::Digit => {
                if last != Class::Digit {
                    finish(&mut result, &mut word);
                }
                if result.is_empty() {
                    // No identifier begins with a digit.
                    result.push('_');
                }
                word.push(c);
            }
            Class::Upper => {
                if last != Class::Upper {
                    finish(&mut result, &mut word);
                }
                word.push(c.to_ascii_lowercase());
            }
            Class::Lower | Class::None => {
                if last != Class::Lower && last != Class::Upper {
                    finish(&mut result, &mut word);
                }
                word.push(c);
            }
            Class::Underscore => {
                finish(&mut result, &mut word);
                if last == Class::Underscore {
                    result.push('_');
                }
            }
        }
        last = class;
    }
    finish(&mut result, &mut word);
    if last == Class::Underscore {
        result.push('_');
    }
    result
}

/// What the types of a file begin with: `Pricing_V1_`.
pub(super) fn prefix(package: &str, swift_prefix: Option<&str>) -> String {
    if let Some(prefix) = swift_prefix {
        return prefix.to_owned();
    }
    if package.is_empty() {
        return String::new();
    }
    let mut prefix = String::new();
    let mut upper = true;
    for c in package.chars() {
        match c {
            '_' => upper = true,
            '.' => {
                upper = true;
                prefix.push('_');
            }
            _ => {
                if prefix.is_empty() && c.is_ascii_digit() {
                    prefix.push('_');
                }
                prefix.push(if upper { c.to_ascii_uppercase() } else { c });
                upper = false;
            }
        }
    }
    prefix.push('_');
    prefix
}

/// A name of a function or parameter of ours. Some words mean something after a dot even in backticks.
pub(super) fn escaped(name: &str) -> String {
    if is_keyword(name) { format!("`{name}`") } else { name.to_owned() }
}

/// A name that can be one of a function.
pub(super) fn function_name(name: &str) -> String {
    let special = matches!(name, "self" | "Self" | "Type" | "Protocol" | "init" | "dynamicType");
    if special || is_underscores(name) { format!("{name}_") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples are those of SwiftProtobuf's own tests.
    #[test]
    fn fields_are_called_as_swift_protobuf_calls_them() {
        for (name, lower, upper) in [
            ("cat", "cat", "Cat"),
            ("type_name", "typeName", "TypeName"),
            ("quote_id", "quoteID", "QuoteID"),
            ("url", "url", "URL"),
            ("http_request", "httpRequest", "HTTPRequest"),
            ("HTTPRequest", "httprequest", "Httprequest"),
            ("a1b2", "a1B2", "A1B2"),
            ("field1_name", "field1Name", "Field1Name"),
            ("_leading", "leading", "Leading"),
            ("trailing_", "trailing_", "Trailing_"),
            ("two__in", "two_In", "Two_In"),
            ("__", "__", "__"),
            ("_1st", "_1St", "_1St"),
            ("camelCase", "camelCase", "CamelCase"),
        ] {
            assert_eq!(
                (camel(name, false), camel(name, true)),
                (lower.to_owned(), upper.to_owned()),
                "{name}"
            );
        }
    }

    #[test]
    fn what_is_taken_is_escaped_as_swift_protobuf_escapes_it() {
        let field = |name: &str| field_name(name, name);
        assert_eq!(
            ["in", "self", "hasPromo", "hash", "clearAll", "String", "description"].map(field),
            ["`in`", "self_p", "hasPromo_p", "hash", "clearAll_p", "String_p", "description_p"]
        );
        assert_eq!(field_name("hasIn", "in"), "hasIn");
        assert_eq!(field_name("hasHasPromo", "hasPromo"), "hasHasPromo_p");
        let message = |name: &str| type_name(name, Suffix::Message, "SwiftProtobuf");
        assert_eq!(
            ["Self", "SelfMessage", "Quote", "String", "Type", "SwiftProtobuf", "Sendable", "Message", "_"]
                .map(message),
            [
                "SelfMessage",
                "SelfMessageMessage",
                "Quote",
                "StringMessage",
                "TypeMessage",
                "SwiftProtobufMessage",
                "SendableMessage",
                "Message",
                "_Message"
            ]
        );
        assert_eq!(type_name("Type", Suffix::Enum, "SwiftProtobuf"), "TypeEnum");
        assert_eq!(type_name("OneOf_Kind", Suffix::Oneof, "SwiftProtobuf"), "OneOf_Kind");
    }

    #[test]
    fn packages_become_prefixes() {
        for (package, expected) in
            [("pricing.v1", "Pricing_V1_"), ("", ""), ("foo_bar.baz", "FooBar_Baz_"), ("_2nd", "_2nd_")]
        {
            assert_eq!(prefix(package, None), expected);
        }
        assert_eq!((prefix("a.b", Some("XX")), prefix("a.b", Some(""))), ("XX".to_owned(), String::new()));
    }
}
