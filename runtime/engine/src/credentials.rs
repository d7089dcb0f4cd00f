//! Credentials come from one hook of the host (rule A3).

mod account;

use std::sync::Arc;

use crate::metadata::Metadata;
use crate::session::{Account, Endpoint, SessionId};

pub(crate) use account::{Asker, Credentials, Slot};

/// Names one question to the hook. The engine chooses it and never reuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskId(pub u64);

/// Ask the hook. Answered by [`crate::Input::Credentials`]; until then no other question about the account is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskCredentials {
    /// The name that the answer refers to.
    pub ask: AskId,
    /// The session whose call needs the answer; its hook is to be asked.
    pub session: SessionId,
    /// Whose credentials.
    pub account: Account,
    /// Where they will be sent.
    pub endpoint: Endpoint,
    /// For which method: "/pricing.v1.Pricing/GetQuote".
    pub path: Arc<str>,
    /// What the hook answered last time, if the server has refused it since.
    pub rejected: Option<Metadata>,
}

/// What the hook answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialsAnswer {
    /// Send this. An account without credentials answers with no metadata.
    Use {
        /// Sent with requests, kept in memory only.
        metadata: Metadata,
        /// Wall time, in milliseconds since 1970, from which on the hook is asked again. Unset: until refused.
        expires_ms: Option<i64>,
    },
    /// The user has to sign in.
    SignInRequired,
    /// The hook failed. A transport failure: nobody is signed out.
    Failed {
        /// For people. Must not hold credentials.
        message: String,
    },
}
