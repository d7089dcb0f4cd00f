//! Vectors: timed inputs and expected outputs as data. The format is specified in `tests/vectors/README.md`.

mod input;
mod output;
mod print;
#[cfg(test)]
mod tests;
mod verb;

pub use input::{
    Account, Answer, App, AppWord, Boot, Breakage, CacheMode, Call, Cancel, Clock, Close, Contact, Disable,
    End, Erase, Fail, FullWord, Happens, Head, Hint, HintKind, In, Invalidate, Item, NoContact, Numbers, Off,
    Open, Part, PartWord, Pause, Progress, Put, Refresh, Reply, Say, SetMetadata, SignOut, Store, StoreState,
    Switch, Take, Transferred, Wall, Written,
};
pub use output::{
    Abort, Closed, Delivery, ErrorOut, Event, GiveUp, NewPath, Out, Probe, Question, Raise, Said, Send,
};

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{body, span};

/// One story: a setting and steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// What the vector shows, as a sentence.
    pub title: String,
    /// The rules it is about, and which side of each it shows.
    pub rules: BTreeMap<String, Shows>,
    /// What a reader has to know to see that the expectations follow from the rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Sessions that exist from the start; empty: one, `me`, of user `u1`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sessions: BTreeMap<String, Session>,
    /// The quality of the network as the app says at the start; GOOD if not given, `measured` if it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<String>,
    /// Events that are outputs beside those that are so always.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listen: Vec<String>,
    /// How many bytes memory may hold; 8 MB if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<usize>,
    /// How many bytes the store may hold; 64 MB if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<u64>,
    /// The seed of all randomness.
    #[serde(default, skip_serializing_if = "is_default")]
    pub seed: u64,
    /// What happens, and what must come of it.
    pub steps: Vec<Step>,
}

/// Which side of a rule a vector shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shows {
    /// The rule at work.
    Holds,
    /// Where it begins or ends.
    Boundary,
    /// What it forbids, or where it does not apply.
    #[serde(rename = "must not")]
    MustNot,
}

/// A time, an input, and the outputs up to the next step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Since the story began; the time of the previous step if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Span>,
    /// What happens then; without it time passes and that is all.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub input: Option<In>,
    /// Everything that comes out, timers due on the way included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub out: Vec<Out>,
}

/// What a session is made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// The user's id; without it, `guest` must be true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The guest account.
    #[serde(default, skip_serializing_if = "is_default")]
    pub guest: bool,
    /// The name of the endpoint; `prod` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// How its credentials hook answers.
    #[serde(default, skip_serializing_if = "Credentials::is_default")]
    pub credentials: Credentials,
    /// Ambient metadata at the start.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Names of ambient metadata that enter every key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub varies: Vec<String>,
}

impl Session {
    /// The session's account.
    ///
    /// # Errors
    /// When it is neither a user's nor the guest's, or both.
    pub fn account(&self) -> Result<Account, String> {
        match (&self.user, self.guest) {
            (Some(user), false) => Ok(Account::User(user.clone())),
            (None, true) => Ok(Account::Guest),
            _ => Err("a session has either `user` or `guest: true`".into()),
        }
    }

    /// The name of the session's endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        self.endpoint.as_deref().unwrap_or("prod")
    }
}

/// How a session's credentials hook answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Credentials {
    /// At once, with this metadata, for ever; its questions are not outputs.
    Use(BTreeMap<String, String>),
    /// `"ask"`: each question is an output and waits for an input.
    Ask(AskWord),
}

/// The word `ask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AskWord {
    /// See [`Credentials::Ask`].
    Ask,
}

impl Default for Credentials {
    fn default() -> Self {
        Credentials::Use(BTreeMap::new())
    }
}

impl Credentials {
    fn is_default(&self) -> bool {
        *self == Credentials::default()
    }
}

/// A duration, in nanoseconds; written as in [`span`].
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(pub i128);

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        span::parse(&text).map(Span)
    }
}

impl From<Span> for String {
    fn from(span: Span) -> String {
        span::print(span.0)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&span::print(self.0))
    }
}

/// An encoded message; written as in [`body`].
#[derive(Clone, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Message(pub Vec<u8>);

impl TryFrom<Value> for Message {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        body::encode(&value).map(Message)
    }
}

impl From<Message> for Value {
    fn from(message: Message) -> Value {
        body::render(&message.0)
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", body::render(&self.0))
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Vector {
    /// Reads a vector.
    ///
    /// # Errors
    /// Says where the text is not a vector.
    pub fn parse(text: &str) -> Result<Vector, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
}
