//! Which part of a message is sensitive.

use super::Context;
use crate::diagnostic::Span;
use crate::lower::reach;

/// A field or a message that is marked.
pub(super) struct Sensitive {
    pub(super) name: String,
    pub(super) span: Option<Span>,
}

/// The first sensitive thing that some messages reach, in the order of names.
pub(super) fn find(context: &Context<'_>, messages: &[&str]) -> Option<Sensitive> {
    let roots: Vec<_> = messages.iter().filter_map(|name| context.message(name)).collect();
    let all = context.annotations;
    for (name, message) in reach::closure(&roots) {
        if all.is_sensitive_message(&name) {
            let span = all.messages.get(&name).and_then(|annotated| annotated.site.span("sensitive"));
            return Some(Sensitive { name, span });
        }
        for field in message.fields() {
            if all.is_sensitive_field(field.full_name()) {
                let span =
                    all.field_span(field.full_name(), "sensitive").or_else(|| context.field_span(&field));
                return Some(Sensitive { name: field.full_name().to_owned(), span });
            }
        }
    }
    None
}
