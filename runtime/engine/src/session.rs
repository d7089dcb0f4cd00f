//! Sessions: one account at one endpoint, bound for life (rules A1, A2).

use std::sync::Arc;

use crate::error::Error;
use crate::metadata::Metadata;

/// Names a session. The driver chooses it, and never reuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// Whose data a session reads and writes. Accounts never see one another's data (rule A7).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// A signed-in user, by an id that is stable and unique within the app.
    User(Arc<str>),
    /// Nobody is signed in. A guest is an account too: its data persists.
    Guest,
}

impl Account {
    /// A signed-in user. An empty id is nobody's: sessions of it refuse everything as
    /// [MISUSE](crate::ErrorKind::Misuse), so that users whose id is not known yet never share a cache.
    #[must_use]
    pub fn user(id: impl Into<Arc<str>>) -> Self {
        Self::User(id.into())
    }

    /// That the account says whose it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) for a user whose id is empty.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Self::User(id) if id.is_empty() => Err(Error::misuse(
                "the account has an empty id, which users would share: open the session when the user's id is known, or use Account::Guest",
            )),
            Self::User(_) | Self::Guest => Ok(()),
        }
    }
}

/// The name of an endpoint ("prod"). It enters every key; its address is the transport's business and does not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint(pub Arc<str>);

impl Endpoint {
    /// An endpoint by name.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }
}

/// What a session is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose data it is.
    pub account: Account,
    /// Where calls go.
    pub endpoint: Endpoint,
    /// Ambient metadata, sent with every request (locale, app version).
    pub metadata: Metadata,
    /// Lower-case names of ambient metadata whose values enter every key.
    pub varies: Vec<String>,
}

/// One part of a tag's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagPart {
    /// What the template says outside of braces, with its escapes undone.
    Literal(String),
    /// A value as JSON text, as [`crate::json`] writes it: `"r-17"` (in quotes), `42`, `true`.
    Value(String),
}

/// A tag, as parts and never as a flat string, so that no value can pass for a literal (rule D4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(pub Vec<TagPart>);

impl Tag {
    /// The tag that a template with these parts renders.
    pub(crate) fn rendered(&self) -> holdover_wire::Tag {
        let parts: Vec<_> = self
            .0
            .iter()
            .map(|part| match part {
                TagPart::Literal(text) => holdover_wire::TagPart::Literal(text),
                TagPart::Value(text) => holdover_wire::TagPart::Value(text),
            })
            .collect();
        holdover_wire::Tag::from_parts(&parts)
    }
}
