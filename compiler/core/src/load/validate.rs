//! What a descriptor set from elsewhere must satisfy before anything is built from it.
//!
//! protoc guarantees all of this, and prost-reflect and prost-build take it for granted, some of it at the price of a
//! panic.

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, UninterpretedOption,
};

use super::walk;

/// Says what is wrong with a file of a descriptor set.
pub(crate) fn file(file: &FileDescriptorProto) -> Result<(), String> {
    if file.name().is_empty() {
        return Err("a file has no name".to_owned());
    }
    if !file.package().is_empty() && !file.package().split('.').all(is_identifier) {
        return Err(format!("`{}` is no package name", file.package()));
    }
    for index in file.public_dependency.iter().chain(&file.weak_dependency) {
        if usize::try_from(*index).ok().and_then(|index| file.dependency.get(index)).is_none() {
            return Err(format!("public or weak import {index} is not among the imports"));
        }
    }
    for inner in &file.message_type {
        message(inner)?;
    }
    for inner in &file.enum_type {
        enumeration(inner)?;
    }
    for inner in &file.extension {
        extension(inner)?;
    }
    for service in &file.service {
        identifier(service.name(), "service")?;
        for method in &service.method {
            identifier(method.name(), "method")?;
            type_name(method.input_type(), method.name())?;
            type_name(method.output_type(), method.name())?;
        }
    }
    let mut uninterpreted = None;
    walk::options(&mut file.clone(), &mut |element, options: &mut Vec<UninterpretedOption>| {
        if !options.is_empty() {
            uninterpreted.get_or_insert(element.name);
        }
    });
    match uninterpreted {
        Some(name) => Err(format!("the options of `{name}` are not interpreted")),
        None => Ok(()),
    }
}

fn message(message: &DescriptorProto) -> Result<(), String> {
    identifier(message.name(), "message")?;
    let mut members = vec![0usize; message.oneof_decl.len()];
    for oneof in &message.oneof_decl {
        identifier(oneof.name(), "oneof")?;
    }
    for inner in &message.field {
        field(inner)?;
        if inner.extendee.is_some() {
            return Err(format!("`{}` is a field, and extends something", inner.name()));
        }
        match inner.oneof_index.map(|index| usize::try_from(index).ok().and_then(|i| members.get_mut(i))) {
            None if inner.proto3_optional() => {
                return Err(format!("`{}` is optional in proto3, and has no oneof", inner.name()));
            }
            None => {}
            Some(None) => return Err(format!("`{}` is in a oneof that does not exist", inner.name())),
            Some(Some(_)) if inner.label() == Label::Repeated => {
                return Err(format!("`{}` is in a oneof, and repeated", inner.name()));
            }
            Some(Some(count)) => *count += 1,
        }
    }
    if let Some(empty) = members.iter().position(|count| *count == 0) {
        return Err(format!("oneof `{}` has no members", message.oneof_decl[empty].name()));
    }
    for inner in message.field.iter().filter(|field| field.proto3_optional()) {
        let index = inner.oneof_index.and_then(|index| usize::try_from(index).ok());
        if index.and_then(|index| members.get(index)) != Some(&1) {
            return Err(format!("`{}` is optional in proto3, and shares its oneof", inner.name()));
        }
    }
    if message.options.as_ref().is_some_and(prost_types::MessageOptions::map_entry) {
        map_entry(message)?;
    }
    for range in &message.extension_range {
        if range.start() < 1 || range.end() <= range.start() {
            return Err(format!("`{}` has an extension range that is empty", message.name()));
        }
    }
    for inner in &message.extension {
        extension(inner)?;
    }
    for inner in &message.enum_type {
        enumeration(inner)?;
    }
    // As deep as the decoder lets anything be.
    message.nested_type.iter().try_for_each(self::message)
}

fn map_entry(message: &DescriptorProto) -> Result<(), String> {
    let wrong = || format!("`{}` is no map entry, and says it is", message.name());
    let [key, value] = message.field.as_slice() else { return Err(wrong()) };
    let keys = [
        Type::Int32,
        Type::Int64,
        Type::Uint32,
        Type::Uint64,
        Type::Sint32,
        Type::Sint64,
        Type::Fixed32,
        Type::Fixed64,
        Type::Sfixed32,
        Type::Sfixed64,
        Type::Bool,
        Type::String,
    ];
    let good = |field: &FieldDescriptorProto, name: &str, number: i32| {
        field.name() == name
            && field.number() == number
            && field.label() == Label::Optional
            && field.r#type() != Type::Group
    };
    let nothing_else = message.oneof_decl.is_empty()
        && message.nested_type.is_empty()
        && message.enum_type.is_empty()
        && message.extension.is_empty()
        && message.extension_range.is_empty();
    if good(key, "key", 1) && good(value, "value", 2) && keys.contains(&key.r#type()) && nothing_else {
        Ok(())
    } else {
        Err(wrong())
    }
}

fn extension(extension: &FieldDescriptorProto) -> Result<(), String> {
    field(extension)?;
    type_name(extension.extendee(), extension.name())?;
    if extension.oneof_index.is_some() || extension.label() == Label::Required {
        return Err(format!("`{}` is an extension, and required or in a oneof", extension.name()));
    }
    Ok(())
}

fn field(field: &FieldDescriptorProto) -> Result<(), String> {
    identifier(field.name(), "field")?;
    if field.label.is_none_or(|label| Label::try_from(label).is_err()) {
        return Err(format!("`{}` is neither singular nor repeated", field.name()));
    }
    if field.r#type.is_none_or(|kind| Type::try_from(kind).is_err()) {
        return Err(format!("`{}` has no type", field.name()));
    }
    match field.r#type() {
        Type::Message | Type::Group | Type::Enum => type_name(field.type_name(), field.name())?,
        _ if field.type_name.is_some() => {
            return Err(format!("`{}` has a scalar type, and names a type", field.name()));
        }
        Type::Bytes if field.default_value.as_deref().is_some_and(|text| !is_escaped(text)) => {
            return Err(format!("`{}` has a default that is not escaped", field.name()));
        }
        _ => {}
    }
    Ok(())
}

fn enumeration(enumeration: &EnumDescriptorProto) -> Result<(), String> {
    identifier(enumeration.name(), "enum")?;
    if enumeration.value.is_empty() {
        return Err(format!("enum `{}` has no values", enumeration.name()));
    }
    enumeration.value.iter().try_for_each(|value| identifier(value.name(), "enum value"))
}

fn identifier(name: &str, what: &str) -> Result<(), String> {
    if is_identifier(name) { Ok(()) } else { Err(format!("`{name}` is no name for a {what}")) }
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn type_name(name: &str, user: &str) -> Result<(), String> {
    match name.strip_prefix('.') {
        Some(rest) if rest.split('.').all(is_identifier) => Ok(()),
        _ => Err(format!("`{user}` names a type that is not absolute: `{name}`")),
    }
}

/// What protoc writes for bytes: printable ASCII, with the rest as `\n`, `\"` or three octal digits.
fn is_escaped(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = match (first, tail) {
            (
                b'\\',
                [b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' | b'?' | b'\'' | b'"', tail @ ..],
            ) => tail,
            (b'\\', [b'0'..=b'3', b'0'..=b'7', b'0'..=b'7', tail @ ..]) => tail,
            (b'\\', [b'x' | b'X', high, low, tail @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                tail
            }
            (b'\\', _) => return false,
            (byte, tail) if byte.is_ascii_graphic() || *byte == b' ' => tail,
            _ => return false,
        };
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_escaped;

    #[test]
    fn defaults_of_bytes_are_escaped_as_protoc_does_it() {
        assert!(is_escaped("a b\\n\\377\\x7f\\\""));
        for wrong in ["\\", "\\777", "\\3", "\\x\u{e9}", "\u{e9}", "\n", "\\w"] {
            assert!(!is_escaped(wrong), "{wrong:?}");
        }
    }
}
