//! Constructors of tags.

use super::docs::{document, literal};
use super::names::{camel, escaped, function};
use super::{Item, Kotlin, Piece};
use crate::ir::TagPart;
use crate::target::taken::Taken;
use crate::target::{Package, TargetError};
use holdover_annotations::policy::field::Kind;

/// An object with a function for each shape of tag: `Tags.ride("r-17")`.
pub(super) fn tags(kotlin: &Kotlin, package: &Package<'_>) -> Result<Piece, TargetError> {
    let (false, Some(first)) = (package.tags.is_empty(), package.services.first()) else {
        return Ok(Piece::nothing());
    };
    let mut piece = Piece::new(&first.ir.file);
    let code = &mut piece.code;
    let visibility = kotlin.visibility();
    let name = kotlin.name(&Item::Tags(package.name.clone()))?;
    kotlin.write(&first.ir.file, |scope| {
        document(code, None, "Names of what answers are about, for `Session.invalidate`.", &[]);
        let holdover = scope.holdover("Tag");
        let mut functions = Taken::default();
        code.block(format!("{visibility} object {name}"), |code| {
            for tag in &package.tags {
                let name = functions.take(function(&tag.name));
                let mut arguments = Taken::default();
                let mut parameters = Vec::new();
                let mut parts = Vec::new();
                for part in &tag.parts {
                    match part {
                        TagPart::Literal(text) => {
                            parts.push(format!("{holdover}.literal({})", literal(text)));
                        }
                        TagPart::Value { name, kind } => {
                            let argument = escaped(&arguments.take(camel(name, false)));
                            let (ty, unsigned) = value_type(*kind);
                            parameters.push(format!("{argument}: {}", scope.kotlin(ty)));
                            parts.push(format!("{holdover}.value({argument}{unsigned})"));
                        }
                    }
                }
                code.blank();
                document(code, None, &format!("`{}`", tag.text.replace('`', "'")), &[]);
                code.line(format!(
                    "public fun {}({}): {holdover} = {holdover}({})",
                    escaped(&name),
                    parameters.join(", "),
                    parts.join(", ")
                ));
            }
        });
        Ok(())
    })?;
    Ok(piece)
}

/// What a value is given as, which is how messages have it, and what makes it unsigned; an enum as its number.
fn value_type(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Bool => ("Boolean", ""),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 | Kind::Enum => ("Int", ""),
        Kind::Uint32 | Kind::Fixed32 => ("Int", ".toUInt()"),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => ("Long", ""),
        Kind::Uint64 | Kind::Fixed64 => ("Long", ".toULong()"),
        _ => ("String", ""),
    }
}
