//! Evidence of the network: what a transport measures, and what comes of probes.

use serde::{Deserialize, Serialize};

use super::Breakage;
use crate::vector::Span;

/// Bytes of a response have arrived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Which request.
    #[serde(rename = "it")]
    pub send: u64,
}

/// So many bytes have arrived in so much time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transferred {
    /// Which request.
    #[serde(rename = "it")]
    pub send: u64,
    /// On the wire.
    pub bytes: u64,
    /// How long it took.
    pub over: Span,
}

/// A probe has reached its endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Which probe.
    #[serde(rename = "it")]
    pub probe: u64,
}

/// A probe has failed; one of the two says how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoContact {
    /// Which probe.
    #[serde(rename = "it")]
    pub probe: u64,
    /// A failure below the protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<Breakage>,
    /// A response of somebody else: its HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intercepted: Option<u16>,
}
