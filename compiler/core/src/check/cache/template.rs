//! All templates of a method, and where something inside one stands.

use crate::annotation::inside;
use crate::check::Context;
use crate::diagnostic::Span;
use crate::ir::{Method, Mode, Origin, TemplateError};
use std::ops::Range;

/// A template that is none.
pub(super) struct Broken<'a> {
    pub(super) what: &'static str,
    pub(super) error: &'a TemplateError,
    pub(super) origin: &'a Origin,
}

/// The templates of a method that cannot be used.
pub(super) fn broken(method: &Method) -> Vec<Broken<'_>> {
    let mut broken = Vec::new();
    let tags = method.cache.iter().flat_map(|cache| &cache.tags).map(|tag| ("tag", tag));
    for (what, tag) in tags.chain(method.invalidates.iter().map(|tag| ("tag", tag))) {
        if let Err(error) = &tag.value {
            broken.push(Broken { what, error, origin: &tag.origin });
        }
    }
    let mode = method.offline.as_ref().and_then(|offline| offline.mode.as_ref());
    if let Some((Mode::Outbox(outbox), origin)) = mode.map(|mode| (&mode.value, &mode.origin)) {
        if let Some(Err(error)) = &outbox.order_by {
            broken.push(Broken { what: "`order_by`", error, origin });
        }
        if let Some(Err(error)) = &outbox.coalesce_key {
            broken.push(Broken { what: "`coalesce.key`", error, origin });
        }
    }
    broken
}

/// The place of a range of a template's text; the whole template where that cannot be told.
pub(super) fn span(context: &Context<'_>, broken: &Broken<'_>, at: &Range<usize>) -> Option<Span> {
    let whole = broken.origin.span?;
    // The origin covers `tags: "…"`; the text starts at the quote.
    let text = context.loaded.sources().slice(whole)?;
    let value = text.find(['"', '\'']).map(|quote| {
        let file = context.loaded.sources().bytes(whole).unwrap_or_default();
        context.loaded.sources().span(whole.file, file.start + quote..file.end)
    })?;
    inside(Some(value), context.loaded.sources().slice(value), broken.error.text(), at)
}
