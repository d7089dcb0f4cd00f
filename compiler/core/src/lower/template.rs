//! `( literal | "{" ("request." | "response.") path "}" )*`, where `{{` and `}}` are braces.

use super::path::{Ends, resolve};
use crate::ir::{Root, Template, TemplateError, TemplatePart};
use holdover_annotations::policy::field::Kind;
use prost_reflect::MessageDescriptor;
use std::ops::Range;

/// Reads a template over a request and a response.
pub(super) fn parse(
    text: &str,
    request: &MessageDescriptor,
    response: &MessageDescriptor,
) -> Result<Template, TemplateError> {
    let mut parts: Vec<TemplatePart> = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    let syntax = |reason: &str, at: Range<usize>| TemplateError::Syntax {
        text: text.to_owned(),
        reason: reason.to_owned(),
        at,
    };
    if text.is_empty() {
        return Err(syntax("it is empty", 0..0));
    }
    while let Some(character) = text[at..].chars().next() {
        let rest = &text[at..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            literal.push(character);
            at += 2;
        } else if character == '}' {
            return Err(syntax("`}` closes nothing; a literal brace is written `}}`", at..at + 1));
        } else if character == '{' {
            let Some(close) = rest.find('}') else {
                return Err(syntax("`{` is never closed; a literal brace is written `{{`", at..text.len()));
            };
            let inner = &rest[1..close];
            if !literal.is_empty() {
                parts.push(TemplatePart::Literal(std::mem::take(&mut literal)));
            }
            parts.push(value(text, inner, at..at + close + 1, request, response)?);
            at += close + 1;
        } else {
            literal.push(character);
            at += character.len_utf8();
        }
    }
    if !literal.is_empty() {
        parts.push(TemplatePart::Literal(literal));
    }
    Ok(Template { text: text.to_owned(), parts })
}

fn value(
    text: &str,
    inner: &str,
    at: Range<usize>,
    request: &MessageDescriptor,
    response: &MessageDescriptor,
) -> Result<TemplatePart, TemplateError> {
    let (root, path, message) = if let Some(path) = inner.strip_prefix("request.") {
        (Root::Request, path, request)
    } else if let Some(path) = inner.strip_prefix("response.") {
        (Root::Response, path, response)
    } else {
        let reason = match inner {
            "" => "`{}` names no field; write `{request.field}`".to_owned(),
            "request" | "response" => {
                format!("`{{{inner}}}` names a whole message; add a field: `{{{inner}.field}}`")
            }
            _ => format!("`{{{inner}}}` must start with `request.` or `response.`: `{{request.{inner}}}`"),
        };
        return Err(TemplateError::Syntax { text: text.to_owned(), reason, at });
    };
    let path_at = at.end - 1 - path.len()..at.end - 1;
    let text = text.to_owned();
    match resolve(message, path, Ends::Value) {
        Err(error) => Err(TemplateError::Path {
            text,
            root,
            path: path.to_owned(),
            error: Box::new(error),
            at: path_at,
        }),
        Ok(resolved) => {
            let found = match resolved.kind {
                Kind::Message | Kind::Group => "a message",
                Kind::Float | Kind::Double => "a floating-point number, which has no exact spelling",
                _ => return Ok(TemplatePart::Value(root, resolved)),
            };
            Err(TemplateError::Kind { text, root, path: path.to_owned(), found, at: path_at })
        }
    }
}
