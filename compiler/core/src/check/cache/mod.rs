//! The `cache` block and invalidation.

mod cache_client_stream;
mod device_scope_sensitive;
mod duration_range;
mod invalidates_on_read;
mod key_any;
mod key_omits;
mod key_unknown;
mod key_volatile;
mod replay_not_server_stream;
mod sensitive_on_disk;
mod stream_windows;
mod tag_orphan;
mod tag_syntax;
mod tag_unresolved;
mod template;
mod unsafe_cache;
mod window_without_fresh;

use super::Rule;

pub(super) const RULES: &[&Rule] = &[
    &unsafe_cache::RULE,
    &cache_client_stream::RULE,
    &replay_not_server_stream::RULE,
    &stream_windows::RULE,
    &key_unknown::RULE,
    &key_any::RULE,
    &key_omits::RULE,
    &key_volatile::RULE,
    &duration_range::RULE,
    &window_without_fresh::RULE,
    &device_scope_sensitive::RULE,
    &sensitive_on_disk::RULE,
    &tag_unresolved::RULE,
    &tag_syntax::RULE,
    &tag_orphan::RULE,
    &invalidates_on_read::RULE,
];
