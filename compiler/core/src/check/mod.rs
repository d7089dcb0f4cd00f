//! The rules that annotations are held to.
//!
//! One file per rule: its code, level, page and check stand together. `RULES` is the registry; nothing else knows
//! which rules there are.

mod allow;
mod cache;
mod context;
mod delivery;
mod importance;
mod offline;
mod path;
mod rule;
mod schema;
mod sensitive;

pub use rule::{Group, Level, Page, Rule};

pub(crate) use context::{Context, Findings};

use crate::annotation::Annotations;
use crate::diagnostic::Diagnostics;
use crate::ir::Ir;
use crate::load::Loaded;

/// Codes of rules that are found before checks run.
pub(crate) mod codes {
    use crate::diagnostic::Code;

    pub(crate) const OVERLAY_NAME: Code = super::schema::overlay_name::RULE.code;
}

/// Every rule, by group and then as the vocabulary lists them.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    [schema::RULES, cache::RULES, importance::RULES, offline::RULES, delivery::RULES]
        .into_iter()
        .flatten()
        .copied()
}

/// The rule with this code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.code.as_str() == code)
}

/// Holds the annotations of the loaded files to all rules. Warnings that an `allow` silences are left out.
///
/// Errors are found wherever they are; warnings only in the files that were asked for, because those of an import are
/// somebody else's.
pub fn check(loaded: &Loaded, annotations: &Annotations, ir: &Ir) -> Diagnostics {
    let context = Context::new(loaded, annotations, ir);
    let mut findings = Findings::default();
    for rule in rules() {
        findings.rule = Some(rule);
        (rule.check)(&context, &mut findings);
    }
    allow::apply(&context, findings.items)
}
