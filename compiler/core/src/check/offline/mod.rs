//! The `offline` block. Of the outbox only what safety asks for.

mod order_by_response;
mod outbox_no_key;
mod outbox_stream;
mod stale_max_age;
mod stale_without_cache;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[
    &stale_without_cache::RULE,
    &stale_max_age::RULE,
    &outbox_stream::RULE,
    &outbox_no_key::RULE,
    &order_by_response::RULE,
];
