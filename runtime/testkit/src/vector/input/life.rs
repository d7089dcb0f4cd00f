//! The life of the app.

use serde::{Deserialize, Serialize};

use crate::vector::is_default;

/// The app came to the foreground or went to the background.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// Where it is now.
    #[serde(rename = "it")]
    pub state: AppWord,
}

/// Where an app can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AppWord {
    /// The user sees it.
    Foreground,
    /// The user does not.
    Background,
}

/// Stops working and closes the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Names the operation.
    #[serde(rename = "it")]
    pub op: String,
}

/// Something that only happens: `true`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Happens {
    /// `true`.
    #[serde(rename = "it")]
    pub yes: bool,
}

/// Turns parts of policies off, in place of what was off before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disable {
    /// Names the operation.
    #[serde(rename = "it")]
    pub op: String,
    /// What is off.
    #[serde(default, skip_serializing_if = "is_default")]
    pub switches: Vec<Switch>,
}

/// A part that is off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// Which part.
    pub part: PartWord,
    /// For which methods, without the service; all if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<String>>,
}

/// What can be turned off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartWord {
    /// The cache.
    Cache,
    /// Trimming.
    Detail,
    /// The outbox.
    Outbox,
    /// Replay of streams.
    Replay,
}
