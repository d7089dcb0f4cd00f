//! What can be wrong with a message, and with a policy.

use std::fmt;

/// Why a message could not be read. The message is corrupt, hostile or larger than the reader allows: callers pass it on
/// untouched (a server), or treat it as a failed answer (a client).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// A field or a length reaches past the end of its message.
    #[error(
        "the message ends inside a field that starts before byte {at}: it was cut off or is not protobuf"
    )]
    Truncated {
        /// Offset in the innermost message that was being read.
        at: usize,
    },
    /// A varint of more than ten bytes, or one that does not fit in 64 bits.
    #[error("the varint at byte {at} does not fit in 64 bits: the message is not protobuf")]
    Varint {
        /// Offset in the innermost message that was being read.
        at: usize,
    },
    /// Field number 0, or one above 2^29 − 1.
    #[error("the field number at byte {at} is not between 1 and 536870911: the message is not protobuf")]
    FieldNumber {
        /// Offset in the innermost message that was being read.
        at: usize,
    },
    /// Wire types 6 and 7 mean nothing.
    #[error("the field at byte {at} has no valid wire type: the message is not protobuf")]
    WireType {
        /// Offset in the innermost message that was being read.
        at: usize,
    },
    /// A group that is closed without having been opened, or by another number.
    #[error("the group that ends at byte {at} was never opened: the message is not protobuf")]
    Group {
        /// Offset in the innermost message that was being read.
        at: usize,
    },
    /// See [`Limits::max_depth`](crate::Limits::max_depth).
    #[error("the message is nested more than {limit} deep: flatten it or raise the limit")]
    TooDeep {
        /// The limit in force.
        limit: usize,
    },
    /// See [`Limits::max_bytes`](crate::Limits::max_bytes).
    #[error("the message has {size} bytes and {limit} are allowed: send less or raise the limit")]
    TooLarge {
        /// The size of the message in bytes.
        size: usize,
        /// The limit in force.
        limit: usize,
    },
    /// See [`Limits::max_items`](crate::Limits::max_items).
    #[error("the message has more than {limit} items to look at: send less or raise the limit")]
    TooManyItems {
        /// The limit in force.
        limit: usize,
    },
    /// See [`Limits::max_tags`](crate::Limits::max_tags).
    #[error("a template renders more than {limit} tags: name fewer repeated fields in it or raise the limit")]
    TooManyTags {
        /// The limit in force.
        limit: usize,
    },
}

/// Why a policy was refused. The bytes are damaged, or were written by a compiler that this runtime does not match.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy is not usable: {place}: {problem}; generate it again with the compiler of this release")]
pub struct PolicyError {
    place: String,
    problem: String,
}

impl PolicyError {
    pub(crate) fn new(place: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self { place: place.to_string(), problem: problem.to_string() }
    }

    /// Where in the policy: a type, or a method and one of its plans.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What is wrong there.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}
