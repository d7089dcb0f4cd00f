//! Rules of protobuf that protoc checks, and neither protox-parse nor prost-reflect does.

use std::collections::HashMap;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, UninterpretedOption};

use super::file::LoadedFile;
use super::names::index_of;
use super::{codes, path};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Checks one file whose names are absolute.
pub(crate) fn check(file: &LoadedFile, diagnostics: &mut Diagnostics) {
    let proto3 = file.descriptor.syntax() == "proto3";
    let mut rules = Rules { file, proto3, path: Vec::new(), diagnostics };
    for (i, message) in file.descriptor.message_type.iter().enumerate() {
        rules.within(path::file::MESSAGE, i, |r| r.message(message));
    }
    for (i, enumeration) in file.descriptor.enum_type.iter().enumerate() {
        rules.within(path::file::ENUM, i, |r| r.enumeration(enumeration));
    }
    for (i, extension) in file.descriptor.extension.iter().enumerate() {
        rules.within(path::file::EXTENSION, i, |r| r.field(extension));
    }
    for (element, written) in &file.options {
        for (i, option) in written.options.iter().enumerate() {
            if is(option, "uninterpreted_option") {
                let diagnostic = invalid("`uninterpreted_option` is protobuf's own", "remove the option");
                diagnostics.push(match file.statement_span(element, written.target, i) {
                    Some(span) => diagnostic.at(span, "this option"),
                    None => diagnostic,
                });
            }
        }
    }
}

fn invalid(message: impl Into<String>, help: &str) -> Diagnostic {
    Diagnostic::error(codes::SCHEMA_INVALID, message).help(help)
}

fn is(option: &UninterpretedOption, name: &str) -> bool {
    matches!(option.name.as_slice(), [part] if !part.is_extension && part.name_part == name)
}

struct Rules<'a> {
    file: &'a LoadedFile,
    proto3: bool,
    path: Vec<i32>,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Rules<'a> {
    fn within(&mut self, tag: i32, index: usize, inner: impl FnOnce(&mut Self)) {
        self.path.extend([tag, index_of(index)]);
        inner(self);
        self.path.truncate(self.path.len() - 2);
    }

    /// Reports something about a place below this one.
    fn report(&mut self, below: &[i32], diagnostic: Diagnostic, label: &str) {
        let mut at = self.path.clone();
        at.extend(below);
        self.diagnostics.push(match self.file.span(&at) {
            Some(span) => diagnostic.at(span, label),
            None => diagnostic,
        });
    }

    /// The value of an option of Google's that is written here.
    fn option(&self, name: &str) -> Option<&'a UninterpretedOption> {
        self.file.options.get(&self.path)?.options.iter().find(|option| is(option, name))
    }

    fn is_set(&self, name: &str) -> bool {
        self.option(name).is_some_and(|option| option.identifier_value.as_deref() == Some("true"))
    }

    fn message(&mut self, message: &'a DescriptorProto) {
        let name = message.name();
        // Ends of ranges are exclusive here, and inclusive in enums.
        let mut ranges: Vec<(i64, i64, [i32; 2])> = Vec::new();
        for (i, range) in message.reserved_range.iter().enumerate() {
            let at = [path::message::RESERVED_RANGE, index_of(i)];
            ranges.push((range.start().into(), i64::from(range.end()) - 1, at));
        }
        for (i, range) in message.extension_range.iter().enumerate() {
            let at = [path::message::EXTENSION_RANGE, index_of(i)];
            ranges.push((range.start().into(), i64::from(range.end()) - 1, at));
            if self.proto3 {
                self.report(
                    &at,
                    invalid(
                        format!("`{name}` is a proto3 message, which cannot be extended"),
                        "remove the range, or use a field of type `google.protobuf.Any`",
                    ),
                    "extension range",
                );
            }
        }
        self.ranges(ranges);
        let names = message.field.iter().map(FieldDescriptorProto::name);
        self.reserved_names(
            &message.reserved_name,
            path::message::RESERVED_NAME,
            names,
            path::message::FIELD,
        );
        if self.is_set("message_set_wire_format") && (self.proto3 || !message.field.is_empty()) {
            self.report(
                &[path::message::OPTIONS],
                invalid(
                    "a message set is a proto2 message without fields",
                    "remove `message_set_wire_format`",
                ),
                "message set",
            );
        }
        if self.option("map_entry").is_some() {
            self.report(
                &[path::message::OPTIONS],
                invalid("`map_entry` is protobuf's own", "write a field of type `map<…, …>`"),
                "this option",
            );
        }
        for (i, field) in message.field.iter().enumerate() {
            self.within(path::message::FIELD, i, |r| r.field(field));
        }
        for (i, extension) in message.extension.iter().enumerate() {
            self.within(path::message::EXTENSION, i, |r| r.field(extension));
        }
        for (i, inner) in message.nested_type.iter().enumerate() {
            self.within(path::message::MESSAGE, i, |r| r.message(inner));
        }
        for (i, inner) in message.enum_type.iter().enumerate() {
            self.within(path::message::ENUM, i, |r| r.enumeration(inner));
        }
    }

    fn field(&mut self, field: &FieldDescriptorProto) {
        let repeated = field.label() == Label::Repeated;
        let kind = field.r#type();
        let packable = repeated && !matches!(kind, Type::String | Type::Bytes | Type::Message | Type::Group);
        if self.is_set("packed") && !packable {
            self.report(
                &[path::field::OPTIONS],
                invalid("only repeated numbers, booleans and enums can be packed", "remove `packed`"),
                "this option",
            );
        }
        if (self.is_set("lazy") || self.is_set("unverified_lazy")) && kind != Type::Message {
            self.report(
                &[path::field::OPTIONS],
                invalid("only messages can be lazy", "remove the option"),
                "this option",
            );
        }
        let wide = matches!(kind, Type::Int64 | Type::Uint64 | Type::Sint64 | Type::Fixed64 | Type::Sfixed64);
        let jstype = self.option("jstype").and_then(|option| option.identifier_value.as_deref());
        if jstype.is_some_and(|jstype| jstype != "JS_NORMAL") && !wide {
            self.report(
                &[path::field::OPTIONS],
                invalid("`jstype` is for 64-bit integers", "remove it"),
                "this option",
            );
        }
        if let Some(json_name) = field.json_name.as_deref() {
            if json_name.starts_with('[') && json_name.ends_with(']') {
                self.report(
                    &[path::field::JSON_NAME],
                    invalid(
                        "names in brackets are those of extensions in JSON",
                        "choose another `json_name`",
                    ),
                    "this name",
                );
            }
            // Tools write the default name into descriptors of extensions; only sources say it by hand.
            let by_hand =
                self.file.spans.exact(&[&self.path[..], &[path::field::JSON_NAME]].concat()).is_some();
            if field.extendee.is_some() && by_hand {
                self.report(
                    &[path::field::JSON_NAME],
                    invalid("an extension's name in JSON is its full name", "remove `json_name`"),
                    "this name",
                );
            }
        }
    }

    fn enumeration(&mut self, enumeration: &'a EnumDescriptorProto) {
        let mut ranges: Vec<(i64, i64, [i32; 2])> = Vec::new();
        for (i, range) in enumeration.reserved_range.iter().enumerate() {
            let at = [path::enumeration::RESERVED_RANGE, index_of(i)];
            ranges.push((range.start().into(), range.end().into(), at));
        }
        self.ranges(ranges);
        let names = enumeration.value.iter().map(prost_types::EnumValueDescriptorProto::name);
        self.reserved_names(
            &enumeration.reserved_name,
            path::enumeration::RESERVED_NAME,
            names,
            path::enumeration::VALUE,
        );
        let mut numbers: Vec<i32> =
            enumeration.value.iter().map(prost_types::EnumValueDescriptorProto::number).collect();
        numbers.sort_unstable();
        if self.is_set("allow_alias") && numbers.windows(2).all(|pair| pair[0] != pair[1]) {
            self.report(
                &[path::enumeration::OPTIONS],
                invalid(
                    format!("no values of `{}` share a number", enumeration.name()),
                    "remove `allow_alias`",
                ),
                "this option",
            );
        }
        if self.proto3 {
            self.alike(enumeration);
        }
    }

    /// Values of a proto3 enum must differ by more than case and the name of the enum, because generated code shortens
    /// them.
    fn alike(&mut self, enumeration: &'a EnumDescriptorProto) {
        let mut seen: HashMap<String, (&str, i32)> = HashMap::new();
        for (i, value) in enumeration.value.iter().enumerate() {
            let short = pascal_case(without_prefix(value.name(), enumeration.name()));
            match seen.get(&short) {
                // The same name twice is reported as such, and an alias may be alike.
                Some((first, number)) if *first != value.name() && *number != value.number() => {
                    let message =
                        format!("`{}` and `{first}` become one name in generated code", value.name());
                    self.report(
                        &[path::enumeration::VALUE, index_of(i), path::NAME],
                        invalid(message, "rename one of them"),
                        "this value",
                    );
                }
                Some(_) => {}
                None => {
                    seen.insert(short, (value.name(), value.number()));
                }
            }
        }
    }

    fn ranges(&mut self, ranges: Vec<(i64, i64, [i32; 2])>) {
        for (start, end, at) in &ranges {
            if end < start {
                self.report(
                    at,
                    invalid(format!("the range ends ({end}) before it starts ({start})"), "swap its ends"),
                    "this range",
                );
            }
        }
        let mut sorted = ranges;
        sorted.sort_unstable();
        // A range that reaches far may overlap many that follow.
        let mut furthest: Option<(i64, i64)> = None;
        for (start, end, at) in sorted {
            if let Some((other, last)) = furthest.filter(|(_, last)| start <= *last) {
                let message = format!("the range {start} to {end} overlaps {other} to {last}");
                self.report(&at, invalid(message, "say every number once"), "this range");
            }
            furthest = furthest.filter(|(_, last)| *last >= end).or(Some((start, end)));
        }
    }

    #[expect(single_use_lifetimes, reason = "an elided lifetime may not stand in an `impl Trait` argument")]
    fn reserved_names<'n>(
        &mut self,
        reserved: &'a [String],
        tag: i32,
        names: impl Iterator<Item = &'n str>,
        names_tag: i32,
    ) {
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for (i, name) in reserved.iter().enumerate() {
            if seen.insert(name, i).is_some() {
                self.report(
                    &[tag, index_of(i)],
                    invalid(format!("`{name}` is reserved twice"), "remove one of the two"),
                    "reserved again",
                );
            }
        }
        for (i, name) in names.enumerate() {
            if seen.contains_key(name) {
                self.report(
                    &[names_tag, index_of(i), path::NAME],
                    invalid(format!("`{name}` is a reserved name"), "choose a name that was never used"),
                    "this name",
                );
            }
        }
    }
}

/// A value's name without that of its enum in front, if something is left then; underscores and case do not count.
fn without_prefix<'a>(value: &'a str, enumeration: &str) -> &'a str {
    let mut prefix = enumeration.bytes().filter(|b| *b != b'_').map(|b| b.to_ascii_lowercase());
    let mut rest = value;
    for wanted in &mut prefix {
        rest = rest.trim_start_matches('_');
        match rest.as_bytes().first() {
            Some(found) if found.to_ascii_lowercase() == wanted => rest = &rest[1..],
            _ => return value,
        }
    }
    match rest.trim_start_matches('_') {
        "" => value,
        rest => rest,
    }
}

fn pascal_case(name: &str) -> String {
    let mut upper = true;
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else {
            out.push(if upper { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() });
            upper = false;
        }
    }
    out
}
