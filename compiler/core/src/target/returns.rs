//! What the functions of a client give, in every language that shows kinds of calls by types.

use crate::ir::Kind;

/// What a function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Returns {
    Answer,
    ServerStream,
    ClientStream,
    BidiStream,
    Observation,
    Cached,
    Prefetched,
    Put,
}

impl Returns {
    /// The functions that a cached method has besides, by the verbs that their names begin with, in the order of
    /// [`super::sentences::derived`].
    pub(super) const DERIVED: [(&'static str, Self); 4] = [
        ("observe", Self::Observation),
        ("cached", Self::Cached),
        ("prefetch", Self::Prefetched),
        ("put", Self::Put),
    ];

    /// Of the call itself.
    pub(super) fn of(kind: Kind) -> Self {
        match kind {
            Kind::Unary | Kind::Unspecified => Self::Answer,
            Kind::ServerStream => Self::ServerStream,
            Kind::ClientStream => Self::ClientStream,
            Kind::BidiStream => Self::BidiStream,
        }
    }

    /// The place among [`Self::DERIVED`]; `None` for the call itself.
    pub(super) fn derived(self) -> Option<usize> {
        Self::DERIVED.iter().position(|(_, returns)| *returns == self)
    }
}
