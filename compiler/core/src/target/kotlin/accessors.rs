//! Accessors of fields that may be withheld.

use super::docs::document;
use super::names::{accessor as java, case, escaped, function, oneof as java_oneof};
use super::types::{Class, Scope, member};
use super::{Item, Kotlin, Piece};
use crate::target::spelling::capitalized;
use crate::target::taken::Taken;
use crate::target::writer::CodeWriter;
use crate::target::{Accessor, EnrichedMessage, Part, TargetError, sentences};
use prost_reflect::{FieldDescriptor, Kind, OneofDescriptor};

/// The class that `message.enriched(withheld)` returns, and one for each oneof that may be dropped.
pub(super) fn accessors(kotlin: &Kotlin, enriched: &EnrichedMessage<'_>) -> Result<Piece, TargetError> {
    let file = enriched.message.parent_file();
    let name = kotlin.name(&Item::Accessors(enriched.message.full_name().to_owned()))?;
    let mut piece = Piece::new(file.name());
    let visibility = kotlin.visibility();
    let code = &mut piece.code;
    kotlin.write(file.name(), |scope| {
        let class = Class::message(&enriched.message);
        let message = scope.name(&class);
        let withheld = scope.holdover("Withheld");
        let fields = scope.binding("Fields");

        // Java's objects have it.
        let mut names: Taken = ["getClass"].into_iter().collect();
        let properties: Vec<String> = enriched
            .accessors
            .iter()
            .map(|accessor| names.take_by(function(accessor.part.name()), getter))
            .collect();
        let own = names.take_by("fields", getter);

        document(code, None, sentences::ENRICHED, &[]);
        let open = format!("{visibility} fun {message}.enriched(");
        code.items(&open, &[format!("withheld: {withheld}<{message}>")], ",", &format!("): {name} ="));
        code.continued([format!("{name}({fields}(this, withheld))")]);
        code.blank();
        document(code, None, &sentences::enriched(&format!("[{message}]")), &[]);
        let mut reads = Vec::new();
        for accessor in &enriched.accessors {
            reads.push(match &accessor.part {
                Part::Oneof(oneof) => {
                    let name = kotlin.name(&Item::Oneof(oneof.full_name().to_owned()))?;
                    whole(scope, &message, oneof, name)
                }
                Part::Field(field) => read(scope, field, accessor),
            });
        }
        let open = format!("{visibility} class {name} internal constructor(");
        code.items(&open, &[format!("private val {own}: {fields}<{message}>")], ",", ") {");
        code.inside(|code| {
            for ((accessor, property), (ty, body)) in enriched.accessors.iter().zip(&properties).zip(reads) {
                code.blank();
                document(code, accessor.comment, &format!("`{}`", accessor.part.name()), &[]);
                code.line(format!("public val {}: {ty}", escaped(property)));
                code.continued(format!("get() = {own}.{body}").lines());
            }
        });
        for accessor in &enriched.accessors {
            if let Part::Oneof(oneof) = &accessor.part {
                code.blank();
                members(kotlin, scope, oneof, code)?;
            }
        }
        Ok(())
    })?;
    Ok(piece)
}

/// How the getter of a property is called on the JVM.
fn getter(property: &str) -> String {
    let is =
        property.strip_prefix("is").is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase()));
    if is { property.to_owned() } else { format!("get{}", capitalized(property)) }
}

/// What a oneof that may be dropped is read as: one of these.
fn members(
    kotlin: &Kotlin,
    scope: &mut Scope,
    oneof: &OneofDescriptor,
    code: &mut CodeWriter,
) -> Result<(), TargetError> {
    let name = kotlin.name(&Item::Oneof(oneof.full_name().to_owned()))?;
    let visibility = kotlin.visibility();
    let names = member_names(oneof);
    document(code, None, &format!("One of the members of `{}`.", oneof.name()), &[]);
    code.block(format!("{visibility} sealed interface {name}"), |code| {
        for (field, member) in oneof.fields().zip(&names) {
            let ty = scope.value_beside(&field.kind(), &names);
            code.blank();
            document(code, None, &format!("`{}`", field.name()), &[]);
            code.line(format!("public data class {}(public val value: {ty}) : {name}", escaped(member)));
        }
    });
    Ok(())
}

fn member_names(oneof: &OneofDescriptor) -> Vec<String> {
    let mut names = Taken::default();
    oneof.fields().map(|field| names.take(member(field.name()))).collect()
}

/// A type, and the lines of the function that reads it with what picks the value out of a message.
type Read = (String, String);

fn enriching(scope: &mut Scope, ty: &str) -> String {
    format!("{}<{ty}>", scope.holdover("Enriching"))
}

/// A oneof, which is kept or dropped whole.
fn whole(scope: &mut Scope, message: &str, oneof: &OneofDescriptor, name: &str) -> Read {
    let numbers: Vec<String> = oneof.fields().map(|field| field.number().to_string()).collect();
    let java_name = java_oneof(oneof);
    let cases: Vec<String> = oneof
        .fields()
        .zip(member_names(oneof))
        .map(|(field, member)| {
            format!(
                "        {message}.{java_name}Case.{} -> {name}.{}(it.get{}())\n",
                case(&field),
                escaped(&member),
                java(&field)
            )
        })
        .collect();
    let (cases, numbers) = (cases.concat(), numbers.join(", "));
    let choice = format!("    when (it.get{java_name}Case()) {{\n{cases}        else -> null\n    }}\n");
    (enriching(scope, name), format!("field({numbers}) {{\n{choice}}}"))
}

fn read(scope: &mut Scope, field: &FieldDescriptor, accessor: &Accessor<'_>) -> Read {
    let number = field.number();
    let name = java(field);
    let (droppable, viewed) = (accessor.droppable, accessor.viewed);
    if field.is_map() {
        let entry = field.kind();
        let entry = entry.as_message();
        let mut part = |name: &str| {
            let kind = entry.and_then(|entry| entry.get_field_by_name(name)).map(|field| field.kind());
            kind.map(|kind| scope.value(&kind)).unwrap_or_default()
        };
        let (key, value) = (part("key"), part("value"));
        let parts = format!("{}<{key}, {value}>", scope.holdover("Parts"));
        return match (droppable, viewed) {
            (true, true) => (enriching(scope, &parts), format!("map({number}) {{ it.get{name}Map() }}")),
            (false, _) => (parts, format!("values({number}) {{ it.get{name}Map() }}")),
            (true, false) => {
                let map = format!("{}<{key}, {value}>", scope.kotlin("Map"));
                (
                    enriching(scope, &map),
                    format!("field({number}) {{ it.get{name}Map().ifEmpty {{ null }} }}"),
                )
            }
        };
    }
    let value = scope.value(&field.kind());
    if field.is_list() {
        let part = if viewed { format!("{}<{value}>", scope.holdover("Part")) } else { value };
        let list = format!("{}<{part}>", scope.kotlin("List"));
        return match (droppable, viewed) {
            (true, true) => (enriching(scope, &list), format!("list({number}) {{ it.get{name}List() }}")),
            (false, _) => (list, format!("items({number}) {{ it.get{name}List() }}")),
            (true, false) => (
                enriching(scope, &list),
                format!("field({number}) {{ it.get{name}List().ifEmpty {{ null }} }}"),
            ),
        };
    }
    let pick = pick(field, &name);
    match (viewed, droppable) {
        (false, _) => (enriching(scope, &value), format!("field({number}) {{ {pick} }}")),
        (true, true) => {
            let part = format!("{}<{value}>", scope.holdover("Part"));
            (enriching(scope, &part), format!("message({number}) {{ {pick} }}"))
        }
        (true, false) => {
            (format!("{}<{value}>?", scope.holdover("Part")), format!("part({number}) {{ {pick} }}"))
        }
    }
}

/// The value of a singular field, or null.
fn pick(field: &FieldDescriptor, name: &str) -> String {
    if field.supports_presence() {
        return format!("if (it.has{name}()) it.get{name}() else null");
    }
    // Without presence, zero counts as absent.
    let is = match field.kind() {
        Kind::String | Kind::Bytes => format!("!it.get{name}().isEmpty()"),
        Kind::Bool => format!("it.get{name}()"),
        Kind::Float => format!("it.get{name}().toRawBits() != 0"),
        Kind::Double => format!("it.get{name}().toRawBits() != 0L"),
        Kind::Enum(_) => format!("it.get{name}Value() != 0"),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint64 | Kind::Fixed64 => {
            format!("it.get{name}() != 0L")
        }
        _ => format!("it.get{name}() != 0"),
    };
    format!("if ({is}) it.get{name}() else null")
}
