//! The `delivery` block.

mod attempts_bounds;
mod retry_code;
mod retry_unsafe;
mod timeout_budget;

use super::Rule;

pub(super) const RULES: &[&Rule] =
    &[&retry_unsafe::RULE, &attempts_bounds::RULE, &retry_code::RULE, &timeout_budget::RULE];
