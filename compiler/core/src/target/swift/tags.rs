//! Constructors of tags.

use super::docs::{document, literal};
use super::names::{camel, escaped, function_name};
use super::{Item, Piece, Swift};
use crate::ir::TagPart;
use crate::target::taken::Taken;
use crate::target::{Package, TargetError};
use holdover_annotations::policy::field::Kind;

/// A namespace with a function for each shape of tag: `Pricing_V1_Tags.ride(rideID: "r-17")`.
pub(super) fn tags(swift: &Swift, package: &Package<'_>) -> Result<Piece, TargetError> {
    let (false, Some(first)) = (package.tags.is_empty(), package.services.first()) else {
        return Ok(Piece::nothing());
    };
    let mut piece = Piece::new(&first.ir.file);
    let code = &mut piece.code;
    let visibility = swift.visibility();
    document(code, None, "Names of what answers are about, for `Session.invalidate`.", &[]);
    let mut functions = Taken::default();
    code.block(format!("{visibility}enum {}", swift.name(&Item::Tags(package.name.clone()))?), |code| {
        for tag in &package.tags {
            let name = functions.take(function_name(&camel(&tag.name, false)));
            let mut arguments = Taken::default();
            let mut parameters = Vec::new();
            let mut parts = Vec::new();
            for part in &tag.parts {
                match part {
                    TagPart::Literal(text) => parts.push(format!(".literal({})", literal(text))),
                    TagPart::Value { name, kind } => {
                        let argument = escaped(&arguments.take(camel(name, false)));
                        parameters.push(format!("{argument}: {}", swift.types.standard(value_type(*kind))));
                        parts.push(format!(".of({argument})"));
                    }
                }
            }
            code.blank();
            document(code, None, &format!("`{}`", tag.text.replace('`', "'")), &[]);
            let head = format!(
                "{visibility}nonisolated static func {}({}) -> Holdover.Tag",
                escaped(&name),
                parameters.join(", ")
            );
            code.block(head, |code| code.line(format!("Holdover.Tag([{}])", parts.join(", "))));
        }
    });
    Ok(piece)
}

/// What a value is given as; an enum as its number.
fn value_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "Bool",
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 | Kind::Enum => "Int32",
        Kind::Uint32 | Kind::Fixed32 => "UInt32",
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => "Int64",
        Kind::Uint64 | Kind::Fixed64 => "UInt64",
        _ => "String",
    }
}
