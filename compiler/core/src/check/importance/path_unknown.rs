//! PATH_UNKNOWN

use super::said::last_field;
use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule, path};
use crate::diagnostic::Code;
use crate::ir::{FieldPath, Method, Origin, PathError, Signal};
use crate::lower::message_of;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("PATH_UNKNOWN"),
    group: Group::Importance,
    level: Level::Error,
    summary: "A path of a `detail` block leads nowhere",
    page: Page {
        means: "A path in `keep`, `response`, `request` or `read_mask` names a field that does not exist. Paths are field \
                names as in the `.proto`, joined by dots; lists and maps are gone through without being written. \
                `read_mask` names a google.protobuf.FieldMask field of the request.",
        matters: "A path that leads nowhere keeps or drops nothing, and the wrong fields would go over a poor network.",
        wrong: r#"
option (holdover.method).detail.keep = "quoteid";"#,
        right: r#"
option (holdover.method).detail.keep = "quote_id";"#,
    },
    check,
};

/// A path of a `detail` block.
pub(super) struct Written<'a> {
    pub(super) root: &'a str,
    pub(super) path: &'a Result<FieldPath, PathError>,
    pub(super) origin: &'a Origin,
}

impl<'a> Written<'a> {
    pub(super) fn error(&self) -> Result<(), &'a PathError> {
        self.path.as_ref().map(|_| ())
    }
}

/// All paths of a method's `detail` block.
pub(super) fn paths(method: &Method) -> Vec<Written<'_>> {
    let Some(detail) = &method.detail else { return Vec::new() };
    let (request, response) = (method.request.as_str(), method.response.as_str());
    let mut all: Vec<Written<'_>> = detail
        .keep
        .iter()
        .map(|path| Written { root: response, path: &path.value, origin: &path.origin })
        .collect();
    let overrides = [(response, &detail.response_overrides), (request, &detail.request_overrides)];
    for (root, said) in overrides.into_iter().flat_map(|(root, all)| all.iter().map(move |said| (root, said)))
    {
        all.push(Written { root, path: &said.path.value, origin: &said.path.origin });
    }
    if let Signal::ReadMask(path) = &detail.signal.value {
        all.push(Written { root: request, path, origin: &detail.signal.origin });
    }
    all
}

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        for written in paths(method) {
            // Other errors have rules of their own.
            let Err(error @ (PathError::Empty | PathError::Unknown { .. } | PathError::NotMessage { .. })) =
                written.error()
            else {
                continue;
            };
            let (label, help) = path::explain(context, error, written.root);
            out.push(
                element(method),
                out.found(format!("a path of `{}` leads nowhere: {}", method.name, path::what(error)))
                    .at_origin(written.origin, label)
                    .help(help),
            );
        }
        read_mask(context, method, out);
    }
}

fn read_mask(context: &Context<'_>, method: &Method, out: &mut Findings) {
    let Some(signal) = method.detail.as_ref().map(|detail| &detail.signal) else { return };
    let Signal::ReadMask(Ok(path)) = &signal.value else { return };
    let is_mask = last_field(context, path).is_some_and(|field| {
        let message = message_of(&field);
        !path.repeated && message.is_some_and(|message| message.full_name() == "google.protobuf.FieldMask")
    });
    if !is_mask {
        out.push(
            element(method),
            out.found(format!(
                "`{}` is not a google.protobuf.FieldMask, so it cannot be the read mask",
                path.text
            ))
            .at_origin(&signal.origin, "not a field mask")
            .help("name the request's FieldMask field, or say `header {}` or `google_field_mask {}` instead"),
        );
    }
}
