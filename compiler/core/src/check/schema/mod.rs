//! How annotations are written.

pub(super) mod allow_invalid;
pub(super) mod allow_unused;
mod conflicting_blocks;
mod idempotency_contradiction;
mod metadata_name;
pub(super) mod overlay_name;
mod unknown_option;
mod wrong_target;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[
    &wrong_target::RULE,
    &conflicting_blocks::RULE,
    &idempotency_contradiction::RULE,
    &unknown_option::RULE,
    &metadata_name::RULE,
    &overlay_name::RULE,
    &allow_invalid::RULE,
    &allow_unused::RULE,
];
