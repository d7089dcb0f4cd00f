//! What to say about a path that leads nowhere.

use super::Context;
use crate::ir::PathError;
use crate::lower::describe_path_error;

/// What is wrong, as a clause.
pub(super) fn what(error: &PathError) -> String {
    describe_path_error(error)
}

/// What is to be seen at the path, and what to do about it. `root` is the type that the path starts at.
pub(super) fn explain(context: &Context<'_>, error: &PathError, root: &str) -> (String, String) {
    match error {
        PathError::Empty => (
            "a name is missing".to_owned(),
            format!("write the names of fields of `{root}`, joined by dots: `a.b`"),
        ),
        PathError::Unknown { message, name, similar } => {
            let help = if matches!(name.as_str(), "request" | "response") && message == root {
                format!("leave `{name}.` out: this path starts at `{root}` already")
            } else if let Some(similar) = similar {
                format!("did you mean `{similar}`?")
            } else {
                let fields = context.message(message).map(|message| {
                    message.fields().map(|field| format!("`{}`", field.name())).collect::<Vec<_>>().join(", ")
                });
                match fields.filter(|fields| !fields.is_empty()) {
                    Some(fields) => format!("`{message}` has {fields}"),
                    None => format!("`{message}` has no fields"),
                }
            };
            (format!("not a field of `{message}`"), help)
        }
        PathError::NotMessage { field } => {
            (format!("`{field}` has no fields"), "end the path before it".to_owned())
        }
        PathError::ThroughAny { field } => (
            format!("`{field}` is a google.protobuf.Any"),
            "end the path at the Any: what is inside is not known when the policy is made".to_owned(),
        ),
        PathError::MapPart { field, part } => (
            format!("`{part}` is a part of the map `{field}`"),
            "maps are gone through without being written: name the map, or a field of its values".to_owned(),
        ),
    }
}
