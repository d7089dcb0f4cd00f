//! The `delivery` block.

mod attempts_bounds;
mod defer_interactive;
mod reconnect_not_server_stream;
mod reconnect_with_replay;
mod retry_code;
mod retry_unsafe;
mod stream_blocks;
mod timeout_budget;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[
    &retry_unsafe::RULE,
    &attempts_bounds::RULE,
    &retry_code::RULE,
    &timeout_budget::RULE,
    &defer_interactive::RULE,
    &reconnect_not_server_stream::RULE,
    &reconnect_with_replay::RULE,
    &stream_blocks::RULE,
];
