//! Pruning, presence checks, keys and tags on encoded protobuf messages, without decoding them.
#![forbid(unsafe_code)]
