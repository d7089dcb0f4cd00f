//! What a rule is.

use super::{Context, Findings};
use crate::diagnostic::{Code, Severity};
use std::fmt::Write;

/// Which part of the vocabulary a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// How annotations are written.
    Schema,
    /// The `cache` block and invalidation.
    Cache,
    /// Importance and the `detail` block.
    Importance,
    /// The `offline` block.
    Offline,
    /// The `delivery` block.
    Delivery,
}

impl Group {
    /// As `holdover rules` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Cache => "cache",
            Self::Importance => "importance",
            Self::Offline => "offline",
            Self::Delivery => "delivery",
        }
    }
}

/// How bad it is to break a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Nothing is generated.
    Error,
    /// Somebody should look, or say in an `allow` why not.
    Warning,
    /// An error, but a warning in some places.
    ErrorOrWarning {
        /// Where it is a warning: "in an overlay".
        warning: &'static str,
    },
}

/// A rule with everything that belongs to it.
#[derive(Debug)]
pub struct Rule {
    /// Its stable name.
    pub code: Code,
    /// What it is about.
    pub group: Group,
    /// How bad it is to break it.
    pub level: Level,
    /// One line for lists.
    pub summary: &'static str,
    /// Its documentation.
    pub page: Page,
    pub(super) check: fn(&Context<'_>, &mut Findings),
}

/// What `explain-rule` says, in markdown.
#[derive(Debug)]
pub struct Page {
    /// What the rule asks for.
    pub means: &'static str,
    /// What would happen without it.
    pub matters: &'static str,
    /// A `.proto` excerpt that breaks it.
    pub wrong: &'static str,
    /// The same, put right.
    pub right: &'static str,
}

impl Rule {
    /// The severity of its findings, where they are not milder.
    pub fn severity(&self) -> Severity {
        match self.level {
            Level::Error | Level::ErrorOrWarning { .. } => Severity::Error,
            Level::Warning => Severity::Warning,
        }
    }

    /// An `allow` may name it.
    pub fn is_allowable(&self) -> bool {
        self.level != Level::Error
    }

    /// The documentation of the rule, as markdown.
    pub fn markdown(&self) -> String {
        let code = self.code;
        let Page { means, matters, wrong, right } = &self.page;
        let mut text =
            format!("# {code} ({}, {})\n\n{}.\n", self.severity(), self.group.name(), self.summary);
        let mut section = |title: &str, body: &str| {
            let _ = write!(text, "\n## {title}\n\n{}\n", body.trim());
        };
        section("What it means", means);
        section("Why it matters", matters);
        section("Wrong", &format!("```proto\n{}\n```", wrong.trim_matches('\n')));
        section("Right", &format!("```proto\n{}\n```", right.trim_matches('\n')));
        let how = format!(
            "Where the warning does not apply, say so next to what it underlines, with a reason for the next reader. On a \
             message, service or file it covers all that is inside.\n\n\
             ```proto\noption (holdover.method).allow = {{ code: \"{code}\" reason: \"…\" }};\n```"
        );
        let allow = match self.level {
            Level::Error => "An error cannot be allowed: nothing is generated until it is gone.".to_owned(),
            Level::Warning => how,
            Level::ErrorOrWarning { warning } => format!("It is only a warning {warning}. {how}"),
        };
        section("How to allow it", &allow);
        text
    }
}
