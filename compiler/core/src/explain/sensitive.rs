//! What is sensitive in a method's messages, and who says so.

use super::{Line, Places};
use crate::ir::{Level, Method, Origin};
use crate::lower::{reach, type_origin};
use crate::pipeline::Compilation;
use prost_reflect::FieldDescriptor;

/// More lines than this help nobody.
const MAX_LINES: usize = 100;

/// Fields and types that are marked, by `sensitive` or natively, of all that the request and the response reach.
pub(super) fn lines(compilation: &Compilation, places: &Places<'_>, method: &Method) -> Vec<Line> {
    let sides = [
        ("request", &method.request, method.sensitive_request),
        ("response", &method.response, method.sensitive_response),
    ];
    let mut lines = Vec::new();
    for (side, root, sensitive) in sides {
        let root = compilation.pool.get_message_by_name(root).filter(|_| sensitive);
        for (name, message) in reach::closure(root.as_slice()) {
            let all = &compilation.annotations;
            if let Some(annotated) = all.messages.get(&name).filter(|_| all.is_sensitive_message(&name)) {
                lines.push(places.line(side, name, &type_origin(annotated, "sensitive")));
            }
            for field in message.fields().filter(|field| all.is_sensitive_field(field.full_name())) {
                lines.push(of_field(compilation, places, side, &field));
            }
        }
    }
    lines.truncate(MAX_LINES);
    lines
}

fn of_field(compilation: &Compilation, places: &Places<'_>, side: &str, field: &FieldDescriptor) -> Line {
    let annotated = compilation.annotations.fields.get(field.full_name());
    if let Some(annotated) = annotated.filter(|annotated| annotated.policy.sensitive == Some(true)) {
        return places.line(side, field.full_name(), &type_origin(annotated, "sensitive"));
    }
    // The native option has no annotation to point at.
    let file = field.parent_file();
    let statements = places.loaded.statements(file.name(), field.path());
    let native = statements
        .iter()
        .find(|statement| statement.name.first().is_some_and(|name| name.name == "debug_redact"))
        .map(|statement| statement.span);
    let origin = Origin { level: Level::Type, span: native, overlay: false };
    places.line(side, format!("{} (debug_redact)", field.full_name()), &origin)
}
