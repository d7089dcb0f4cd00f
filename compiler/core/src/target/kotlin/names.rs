//! Names as protoc's Java generator makes them, so that our code finds its messages, and names of Kotlin's own.
//!
//! <https://protobuf.dev/reference/java/java-generated/>

use prost_reflect::{FieldDescriptor, FileDescriptor, Kind, MessageDescriptor, OneofDescriptor};

/// Words that cannot be names without backticks. <https://kotlinlang.org/docs/keyword-reference.html#hard-keywords>
const KEYWORDS: &[&str] = &[
    "as",
    "break",
    "class",
    "continue",
    "do",
    "else",
    "false",
    "for",
    "fun",
    "if",
    "in",
    "interface",
    "is",
    "null",
    "object",
    "package",
    "return",
    "super",
    "this",
    "throw",
    "true",
    "try",
    "typealias",
    "typeof",
    "val",
    "var",
    "when",
    "while",
];

/// A name as it is written.
pub(super) fn escaped(name: &str) -> String {
    let bare = name.bytes().all(|byte| byte == b'_');
    if KEYWORDS.contains(&name) || bare { format!("`{name}`") } else { name.to_owned() }
}

/// A dotted name as it is written.
pub(super) fn escaped_path(path: &str) -> String {
    path.split('.').map(escaped).collect::<Vec<_>>().join(".")
}

/// `quote_id` as `quoteId`, or as `QuoteId`: a word begins behind whatever is no letter.
pub(super) fn camel(name: &str, upper: bool) -> String {
    let mut result = String::new();
    let mut capital = upper;
    for (index, c) in name.chars().enumerate() {
        match c {
            'a'..='z' => {
                result.push(if capital { c.to_ascii_uppercase() } else { c });
                capital = false;
            }
            'A'..='Z' => {
                result.push(if index == 0 && !capital { c.to_ascii_lowercase() } else { c });
                capital = false;
            }
            '0'..='9' => {
                result.push(c);
                capital = true;
            }
            _ => capital = true,
        }
    }
    // Behind the name of a field that the generator has decorated.
    if name.ends_with('#') {
        result.push('_');
    }
    result
}

/// The name of a function of ours: that of a method, with a small letter in front.
pub(super) fn function(name: &str) -> String {
    let name = camel(name, false);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// Getters that messages have anyway, by the names of the fields that would have them.
const FORBIDDEN: &[&str] = &[
    "Class",
    "DefaultInstanceForType",
    "ParserForType",
    "SerializedSize",
    "AllFields",
    "DescriptorForType",
    "InitializationErrorString",
    "UnknownFields",
    "CachedSize",
];

/// What a field is called before it becomes a name of Java's.
fn base(field: &FieldDescriptor) -> String {
    let name = match field.kind() {
        Kind::Message(group) if field.is_group() => group.name().to_owned(),
        _ => field.name().to_owned(),
    };
    if FORBIDDEN.contains(&camel(&name, true).as_str()) { format!("{name}#") } else { name }
}

/// What the accessors of a field end in: `getQuoteId` is `get` and this. Fields whose accessors would have the same names
/// have their numbers behind them.
pub(super) fn accessor(field: &FieldDescriptor) -> String {
    let name = camel(&base(field), true);
    let repeated = |field: &FieldDescriptor| field.is_list() || field.is_map();
    let clash =
        |list: &str, single: &str| ["Count", "List"].iter().any(|end| format!("{list}{end}") == single);
    let conflicts =
        field.parent_message().fields().filter(|other| other.number() != field.number()).any(|other| {
            let theirs = camel(&base(&other), true);
            theirs == name
                || (repeated(field) && !repeated(&other) && clash(&name, &theirs))
                || (!repeated(field) && repeated(&other) && clash(&theirs, &name))
        });
    if conflicts { format!("{name}{}", field.number()) } else { name }
}

/// What the accessors of a oneof begin with: `getEndCase`.
pub(super) fn oneof(oneof: &OneofDescriptor) -> String {
    camel(oneof.name(), true)
}

/// The constant of a oneof's member in its enum of cases.
pub(super) fn case(field: &FieldDescriptor) -> String {
    field.name().to_ascii_uppercase()
}

/// The package that the classes of a file are in; empty for none.
pub(super) fn package(file: &FileDescriptor) -> String {
    let options = file.file_descriptor_proto().options.as_ref();
    let said = options.and_then(|options| options.java_package.clone());
    said.unwrap_or_else(|| file.package_name().to_owned())
}

/// The class of a file, which its messages are in unless it says `java_multiple_files`.
pub(super) fn outer(file: &FileDescriptor) -> String {
    let options = file.file_descriptor_proto().options.as_ref();
    if let Some(name) = options.and_then(|options| options.java_outer_classname.clone()) {
        return name;
    }
    let name = stem(file);
    let clashes = file.messages().any(|message| has_class(&message, &name))
        || file.enums().any(|each| each.name() == name)
        || file.services().any(|service| service.name() == name);
    if clashes { format!("{name}OuterClass") } else { name }
}

/// `pricing/v1/ride_pricing.proto` as `RidePricing`.
fn stem(file: &FileDescriptor) -> String {
    let name = file.name().rsplit('/').next().unwrap_or_default();
    camel(name.strip_suffix(".proto").or_else(|| name.strip_suffix(".protodevel")).unwrap_or(name), true)
}

/// What our file is called by: as the class of the file, whose name people choose where two files would have the same.
pub(super) fn file_stem(file: &FileDescriptor) -> String {
    let options = file.file_descriptor_proto().options.as_ref();
    options.and_then(|options| options.java_outer_classname.clone()).unwrap_or_else(|| stem(file))
}

fn has_class(message: &MessageDescriptor, name: &str) -> bool {
    message.name() == name
        || message.child_messages().any(|inner| has_class(&inner, name))
        || message.child_enums().any(|inner| inner.name() == name)
}

/// Whether messages are classes of their own.
pub(super) fn is_split(file: &FileDescriptor) -> bool {
    file.file_descriptor_proto().options.as_ref().is_some_and(prost_types::FileOptions::java_multiple_files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_called_as_in_java() {
        for (name, lower, upper) in [
            ("quote_id", "quoteId", "QuoteId"),
            ("URL", "uRL", "URL"),
            ("foo1bar", "foo1Bar", "Foo1Bar"),
            ("_1st", "1St", "1St"),
            ("camelCase", "camelCase", "CamelCase"),
            ("class#", "class_", "Class_"),
        ] {
            assert_eq!(
                (camel(name, false), camel(name, true)),
                (lower.to_owned(), upper.to_owned()),
                "{name}"
            );
        }
        assert_eq!(["GetQuote", "1", "get_it"].map(function), ["getQuote", "_1", "getIt"]);
    }

    #[test]
    fn keywords_are_escaped() {
        assert_eq!(escaped_path("com.example.in.object.v1"), "com.example.`in`.`object`.v1");
        assert_eq!((escaped("value"), escaped("_")), ("value".to_owned(), "`_`".to_owned()));
    }
}
