//! The `offline` block. So far only what safety asks for.

mod outbox_no_key;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[&outbox_no_key::RULE];
