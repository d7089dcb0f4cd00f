//! What happens to streams: at the caller's edge and at the wire's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::vector::Message;

/// The caller takes more items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Take {
    /// The stream.
    #[serde(rename = "it")]
    pub op: String,
    /// How many more.
    pub items: u32,
}

/// The caller sends the next message of its sequence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Say {
    /// The stream.
    #[serde(rename = "it")]
    pub op: String,
    /// The encoded message.
    pub body: Message,
}

/// The caller has sent its last message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// The stream.
    #[serde(rename = "it")]
    pub op: String,
}

/// The wire has taken messages of the client's sequence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Which request.
    #[serde(rename = "it")]
    pub send: u64,
    /// How many.
    pub messages: u32,
}

/// A message of a response. It waits at the wire until it is pulled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Which request.
    #[serde(rename = "it")]
    pub send: u64,
    /// The encoded message.
    pub body: Message,
}

/// The server ends a stream with OK. It waits behind the messages that have not been pulled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// Which request.
    #[serde(rename = "it")]
    pub send: u64,
    /// The trailers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub trailers: BTreeMap<String, String>,
}
