//! The effective policy of a method, for people: every value with its origin, what is not applied and why, the key, and
//! what a poor network costs.

mod blocks;
mod paths;
mod render;
mod sensitive;

use crate::diagnostic::Span;
use crate::ir::{Idempotency, Level, Method, Origin};
use crate::load::{Loaded, closest};
use crate::pipeline::Compilation;
use holdover_annotations::policy::Feature;
use serde::Serialize;
use std::fmt;

/// Everything that is to be said about a method. [`fmt::Display`] renders it for a terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// `pricing.v1.Pricing/GetQuote`
    pub method: String,
    /// `unary`, `server stream`, …
    pub kind: &'static str,
    /// How it may be repeated.
    pub idempotency: Line,
    /// The blocks in force, and `delivery`, which always is.
    pub blocks: Vec<Block>,
    /// What enters the key of a cached answer; empty where nothing is cached.
    pub key: Vec<Line>,
    /// What a trimmed response lacks.
    pub dropped: Vec<Line>,
    /// What a trimmed request lacks.
    pub dropped_request: Vec<Line>,
    /// What a usable response has.
    pub required: Vec<Line>,
    /// What is never on disk unsealed, in a log or shared between accounts.
    pub sensitive: Vec<Line>,
    /// What was inherited but does not apply, and why.
    pub skipped: Vec<Line>,
    /// What a runtime must be able to do to honour this.
    pub required_features: Vec<String>,
    /// Those of them that no runtime can do yet.
    pub not_enforced: Vec<String>,
}

/// A block of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    /// `cache`
    pub name: &'static str,
    /// Its values.
    pub lines: Vec<Line>,
}

/// A name, what holds for it, and who said so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// `fresh_for`
    pub name: String,
    /// `2 s`
    pub value: String,
    /// `method`, `service`, `file`, `type` or `default`.
    pub level: &'static str,
    /// `pricing/v1/pricing.proto:22:7`, where it is known.
    pub place: Option<String>,
}

/// There is no such method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMethod {
    /// What was asked for.
    pub name: String,
    /// The method that was probably meant.
    pub similar: Option<String>,
    /// All methods.
    pub known: Vec<String>,
}

impl fmt::Display for UnknownMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no method `{}`", self.name)?;
        match &self.similar {
            Some(similar) => write!(f, "; did you mean `{similar}`?"),
            None if self.known.is_empty() => f.write_str("; the files have no services"),
            None => write!(f, "; there are {}", self.known.join(", ")),
        }
    }
}

impl std::error::Error for UnknownMethod {}

/// Explains a method by its name, `pricing.v1.Pricing/GetQuote`.
///
/// # Errors
/// [`UnknownMethod`], if no compiled file has a method of this name.
pub fn explain(compilation: &Compilation, name: &str) -> Result<Explanation, UnknownMethod> {
    let ir = &compilation.ir;
    let method = ir.method(name).ok_or_else(|| {
        let known: Vec<String> = ir.methods().map(Method::full_name).collect();
        let similar = closest(name, known.iter().map(String::as_str));
        UnknownMethod { name: name.to_owned(), similar, known }
    })?;
    let places = Places { loaded: &compilation.loaded };
    Ok(Explanation {
        method: method.full_name(),
        kind: blocks::kind(method),
        idempotency: idempotency(&places, method),
        blocks: blocks::all(&places, method),
        key: paths::key(compilation, &places, method),
        dropped: method
            .detail
            .iter()
            .flat_map(|d| paths::dropped(compilation, &places, &d.response))
            .collect(),
        dropped_request: method
            .detail
            .iter()
            .flat_map(|d| paths::dropped(compilation, &places, &d.request))
            .collect(),
        required: paths::required(compilation, &places, method),
        sensitive: sensitive::lines(compilation, &places, method),
        skipped: skipped(&places, method),
        required_features: names(&crate::policy::features(method)),
        not_enforced: names(&crate::policy::not_enforced(method)),
    })
}

fn names(features: &[Feature]) -> Vec<String> {
    features.iter().map(|feature| feature.as_str_name().to_owned()).collect()
}

fn idempotency(places: &Places<'_>, method: &Method) -> Line {
    let value = match method.idempotency.value {
        Idempotency::NoSideEffects => "NO_SIDE_EFFECTS",
        Idempotency::Idempotent => "IDEMPOTENT",
        Idempotency::Unspecified => "may have side effects",
    };
    let mut line = places.line("idempotency", value, &method.idempotency.origin);
    // The native option has no annotation to point at.
    if line.place.is_none() && !method.idempotency.is_default() {
        let statements = places.loaded.statements(&method.file, &method.path);
        let native = statements
            .iter()
            .find(|statement| statement.name.first().is_some_and(|name| name.name == "idempotency_level"));
        line.place = native.map(|statement| places.place(statement.span));
    }
    line
}

fn skipped(places: &Places<'_>, method: &Method) -> Vec<Line> {
    method
        .skipped
        .iter()
        .map(|skipped| {
            let name = match skipped.part {
                Some(part) => format!("{}.{part}", skipped.block.word()),
                None => skipped.block.word().to_owned(),
            };
            places.line(name, &skipped.reason, &skipped.origin)
        })
        .collect()
}

/// Makes lines.
struct Places<'a> {
    loaded: &'a Loaded,
}

impl Places<'_> {
    fn line(&self, name: impl Into<String>, value: impl Into<String>, origin: &Origin) -> Line {
        let level = match origin.level {
            Level::Default => "default",
            Level::File => "file",
            Level::Service => "service",
            Level::Method => "method",
            Level::Type => "type",
        };
        Line {
            name: name.into(),
            value: value.into(),
            level,
            place: origin.span.map(|span| self.place(span)),
        }
    }

    fn place(&self, span: Span) -> String {
        self.loaded.sources().place(span)
    }
}
