//! Accessors of fields that may be withheld.

use super::docs::document;
use super::names::{camel, escaped, function_name};
use super::types::{FieldNames, Place, oneof_name};
use super::{Item, Piece, Swift};
use crate::target::taken::Taken;
use crate::target::writer::CodeWriter;
use crate::target::{Accessor, EnrichedMessage, Part, TargetError, sentences};
use prost_reflect::{FieldDescriptor, Kind, OneofDescriptor};

/// The struct that `message.enriched(withheld)` returns. Messages of other modules have their accessors there.
pub(super) fn accessors(swift: &Swift, enriched: &EnrichedMessage<'_>) -> Result<Piece, TargetError> {
    let file = enriched.message.parent_file();
    if swift.types.module(file.name()).is_some() && !swift.asked.contains(file.name()) {
        return Ok(Piece::nothing());
    }
    let name = swift.name(&Item::Accessors(enriched.message.full_name().to_owned()))?;
    let mut piece = Piece::new(file.name());
    let visibility = swift.visibility();
    let code = &mut piece.code;
    let message = swift.types.message(&enriched.message, &mut Place { file: file.name(), code });

    let mut names = Taken::default();
    let functions: Vec<String> = enriched
        .accessors
        .iter()
        .map(|accessor| names.take(function_name(&camel(accessor.part.name(), false))))
        .collect();
    let (own, view) = (names.take("message"), names.take("withheld"));

    code.block(format!("extension {message}"), |code| {
        document(code, None, sentences::ENRICHED, &[]);
        let open = format!("{visibility}nonisolated func enriched(");
        let parameter = format!("_ withheld: Holdover.Withheld<{message}>");
        code.items(&open, &[parameter], "", &format!(") -> {name} {{"));
        code.nested_body([format!("{name}(self, withheld)")]);
    });
    code.blank();
    document(code, None, &sentences::enriched(&format!("`{message}`")), &[]);
    code.block(format!("{visibility}struct {name}: {}", swift.types.standard("Sendable")), |code| {
        code.line(format!("private nonisolated let {own}: {message}"));
        code.line(format!("private nonisolated let {view}: Holdover.Withheld<{message}>"));
        code.blank();
        let parameters =
            [format!("_ message: {message}"), format!("_ withheld: Holdover.Withheld<{message}>")];
        code.items("fileprivate nonisolated init(", &parameters, "", ") {");
        code.nested_body([format!("self.{own} = message"), format!("self.{view} = withheld")]);
        for (accessor, function) in enriched.accessors.iter().zip(&functions) {
            let (ty, call, pick) = read(swift, file.name(), accessor, code);
            code.blank();
            document(code, accessor.comment, &format!("`{}`", accessor.part.name()), &[]);
            code.block(format!("{visibility}nonisolated var {}: {ty}", escaped(function)), |code| {
                let (function, numbers) = call;
                code.line(format!("{view}.{function}({numbers}, of: {own}) {{ {pick} }}"));
            });
        }
    });
    Ok(piece)
}

/// The type of an accessor, the function of the view that it calls with field numbers, and what picks the value out of a
/// message.
type Read = (String, (&'static str, String), String);

fn read(swift: &Swift, file: &str, accessor: &Accessor<'_>, code: &mut CodeWriter) -> Read {
    let at = &mut Place { file, code };
    match &accessor.part {
        Part::Oneof(oneof) => whole(swift, oneof, at),
        Part::Field(field) if field.is_map() => map(swift, field, accessor, at),
        Part::Field(field) if field.is_list() => list(swift, field, accessor, at),
        Part::Field(field) => singular(swift, field, accessor, at),
    }
}

/// A oneof, which is kept or dropped whole.
fn whole(swift: &Swift, oneof: &OneofDescriptor, at: &mut Place<'_>) -> Read {
    let numbers: Vec<String> = oneof.fields().map(|field| field.number().to_string()).collect();
    let ty = swift.types.oneof(oneof, at);
    (
        format!("Holdover.Enriching<{ty}>"),
        ("oneof", format!("[{}]", numbers.join(", "))),
        format!("$0.{}", oneof_name(oneof)),
    )
}

fn singular(swift: &Swift, field: &FieldDescriptor, accessor: &Accessor<'_>, at: &mut Place<'_>) -> Read {
    let ty = swift.types.value(&field.kind(), at);
    let (ty, function) = match (accessor.viewed, accessor.droppable) {
        (false, _) => (format!("Holdover.Enriching<{ty}>"), "field"),
        (true, true) => {
            (format!("Holdover.Enriching<(value: {ty}, withheld: Holdover.Withheld<{ty}>)>"), "message")
        }
        (true, false) => (format!("(value: {ty}, withheld: Holdover.Withheld<{ty}>)?"), "part"),
    };
    (ty, (function, field.number().to_string()), pick(field))
}

/// The value of a singular field, or nil.
fn pick(field: &FieldDescriptor) -> String {
    let FieldNames { name, has, case } = FieldNames::of(field);
    if let Some(oneof) = field.containing_oneof().filter(|oneof| !oneof.is_synthetic()) {
        let oneof = oneof_name(&oneof);
        return format!("if case {case}(let value)? = $0.{oneof} {{ value }} else {{ nil }}");
    }
    if field.supports_presence() {
        return format!("$0.{has} ? $0.{name} : nil");
    }
    // Without presence, zero counts as absent.
    let is = match field.kind() {
        Kind::String | Kind::Bytes => format!("!$0.{name}.isEmpty"),
        Kind::Bool => format!("$0.{name}"),
        Kind::Float | Kind::Double => format!("$0.{name}.bitPattern != 0"),
        Kind::Enum(_) => format!("$0.{name}.rawValue != 0"),
        _ => format!("$0.{name} != 0"),
    };
    format!("{is} ? $0.{name} : nil")
}

fn list(swift: &Swift, field: &FieldDescriptor, accessor: &Accessor<'_>, at: &mut Place<'_>) -> Read {
    let item = swift.types.value(&field.kind(), at);
    let FieldNames { name, .. } = FieldNames::of(field);
    let (ty, function, pick) = match (accessor.droppable, accessor.viewed) {
        (true, true) => {
            (format!("Holdover.Enriching<Holdover.EnrichedItems<{item}>>"), "list", format!("$0.{name}"))
        }
        (false, _) => (format!("Holdover.EnrichedItems<{item}>"), "items", format!("$0.{name}")),
        (true, false) => {
            (format!("Holdover.Enriching<[{item}]>"), "field", format!("$0.{name}.isEmpty ? nil : $0.{name}"))
        }
    };
    (ty, (function, field.number().to_string()), pick)
}

fn map(swift: &Swift, field: &FieldDescriptor, accessor: &Accessor<'_>, at: &mut Place<'_>) -> Read {
    let entry = field.kind();
    let entry = entry.as_message();
    let mut part = |name: &str| {
        let kind = entry.and_then(|entry| entry.get_field_by_name(name)).map(|field| field.kind());
        kind.map(|kind| swift.types.value(&kind, at)).unwrap_or_default()
    };
    let (key, value) = (part("key"), part("value"));
    let FieldNames { name, .. } = FieldNames::of(field);
    let viewed = format!("(values: [{key}: {value}], withheld: Holdover.Withheld<{value}>)");
    let (ty, function, pick) = match (accessor.droppable, accessor.viewed) {
        (true, true) => (format!("Holdover.Enriching<{viewed}>"), "map", format!("$0.{name}")),
        (false, _) => (viewed, "values", format!("$0.{name}")),
        (true, false) => (
            format!("Holdover.Enriching<[{key}: {value}]>"),
            "field",
            format!("$0.{name}.isEmpty ? nil : $0.{name}"),
        ),
    };
    (ty, (function, field.number().to_string()), pick)
}
