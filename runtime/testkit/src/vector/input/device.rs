//! What happens to the device: hints of the platform, its store, restarts and clocks.

use serde::{Deserialize, Serialize};

use crate::vector::{Span, is_default};

/// What the platform says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hint {
    /// Which.
    #[serde(rename = "it")]
    pub what: HintKind,
}

/// Kinds of hints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HintKind {
    /// The class of the network, as the app says; `measured` takes that back.
    Quality(String),
    /// The user wants to save data.
    DataSaver(bool),
    /// Whether the platform sees a way out; `null`: it does not say.
    Reachable(Option<bool>),
    /// The type of the interface: WIFI, ETHERNET, CELLULAR_2G to CELLULAR_5G, BLUETOOTH or UNKNOWN.
    Interface(String),
    /// Another number is another network.
    Path(u64),
    /// An estimate of the app's own; `null` takes it back.
    Estimate(Option<Numbers>),
    /// The account of this session has new credentials.
    Credentials(String),
}

/// How good a network is, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// From sending to the head of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_time: Option<Span>,
    /// In kbit/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downlink: Option<u32>,
}

/// How the store behaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// `ok` or the fault.
    #[serde(rename = "it")]
    pub state: StoreState,
}

/// States of a scripted store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreState {
    /// Works.
    #[default]
    Ok,
    /// Held by another process.
    Held,
    /// Locked for now.
    Locked,
    /// The disk is full.
    Full,
    /// The disk cannot be written.
    ReadOnly,
    /// What is there is no store.
    Corrupt,
}

/// A restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boot {
    /// Nothing else.
    #[serde(rename = "it")]
    pub how: Off,
}

/// How long the process was gone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Off {
    /// Time that passes between death and start.
    #[serde(default, skip_serializing_if = "is_default")]
    pub off: Span,
}

/// A step of the wall clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// By how much.
    #[serde(rename = "it")]
    pub by: Wall,
}

/// See [`Clock`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wall {
    /// Forward, or back if negative.
    pub wall: Span,
}
