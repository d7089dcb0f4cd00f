//! Sessions: one account at one endpoint, bound for life (rules A1, A2).

use std::sync::Arc;

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
    /// A signed-in user.
    #[must_use]
    pub fn user(id: impl Into<Arc<str>>) -> Self {
        Self::User(id.into())
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
