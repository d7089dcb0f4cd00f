//! Importance and the `detail` block.

mod contradicts_validate;
mod drop_default;
mod drop_everything;
mod drop_implicit;
mod drop_map_part;
mod drop_oneof_member;
mod drop_proto2_required;
mod drop_repeated;
mod drop_structural;
mod mask_recursive;
mod path_through_any;
mod path_unknown;
mod read_mask_client_stream;
mod required_implicit;
mod required_oneof_member;
mod required_repeated;
mod required_under_enriching;
mod restore_unsafe;
mod said;
mod trim_mutation;
mod trim_writeback;
mod unreachable;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[
    &drop_proto2_required::RULE,
    &drop_oneof_member::RULE,
    &drop_map_part::RULE,
    &drop_implicit::RULE,
    &drop_default::RULE,
    &drop_repeated::RULE,
    &required_implicit::RULE,
    &required_repeated::RULE,
    &required_oneof_member::RULE,
    &required_under_enriching::RULE,
    &drop_everything::RULE,
    &drop_structural::RULE,
    &trim_mutation::RULE,
    &trim_writeback::RULE,
    &restore_unsafe::RULE,
    &path_unknown::RULE,
    &path_through_any::RULE,
    &mask_recursive::RULE,
    &read_mask_client_stream::RULE,
    &unreachable::RULE,
    &contradicts_validate::RULE,
];
