//! What an app is to do, as a host of any language reads it: complete, in raw bytes and numbers, with nothing left out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Bytes; in JSON lower-case hex digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hex(pub Vec<u8>);

impl TryFrom<String> for Hex {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.as_bytes();
        let mut bytes = Vec::with_capacity(digits.len() / 2);
        let mut valid = digits.len().is_multiple_of(2);
        for pair in digits.chunks_exact(2) {
            let (high, low) = (VALUES[usize::from(pair[0])], VALUES[usize::from(pair[1])]);
            valid &= high | low < 16;
            bytes.push(high << 4 | low & 15);
        }
        if valid { Ok(Hex(bytes)) } else { Err("bytes are pairs of lower-case hex digits".to_owned()) }
    }
}

impl From<Hex> for String {
    fn from(hex: Hex) -> String {
        let mut text = String::with_capacity(2 * hex.0.len());
        for byte in hex.0 {
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        text
    }
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// What each character stands for; 255 for what is no digit. Stories hold messages of megabytes.
const VALUES: [u8; 256] = {
    let mut values = [255; 256];
    let mut value = 0;
    while value < 16 {
        values[DIGITS[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// One thing to do: in JSON an object with one member, which is named after it and holds its parts. Durations are
/// nanoseconds. Operations and sessions have names, which are never used twice in a process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// A process begins: let go of everything that was, reports included, and build a runtime on the edges of the story.
    Start {
        /// Names of endpoints, the default one first.
        endpoints: Vec<String>,
        /// Names of session metadata that enters keys.
        varies: Vec<String>,
        /// The budget of memory in bytes, if it is not the default.
        memory: Option<usize>,
    },
    /// Make a session.
    Open {
        /// Its name.
        session: String,
        /// The user's id; of the guest's account null.
        user: Option<String>,
        /// The endpoint's name.
        endpoint: String,
        /// Its ambient metadata.
        metadata: BTreeMap<String, String>,
    },
    /// Replace a session's ambient metadata.
    SetMetadata {
        /// Of which session.
        session: String,
        /// All of it.
        metadata: BTreeMap<String, String>,
    },
    /// Say that a session has new credentials.
    CredentialsChanged {
        /// Which session.
        session: String,
    },
    /// Make a unary call.
    Get(Call),
    /// Observe the answer to a call.
    Observe(Call),
    /// Open a stream of any kind.
    Stream(Call),
    /// Read memory, at once; report `done` if there is nothing.
    Cached(Call),
    /// Warm an entry.
    Prefetch(Call),
    /// Store a value.
    Put {
        /// The operation's name.
        op: String,
        /// The session's.
        session: String,
        /// The method's, without the service.
        method: String,
        /// The method's place in the policy.
        index: usize,
        /// The encoded request.
        request: Hex,
        /// The encoded response.
        value: Hex,
    },
    /// Take more items of a stream.
    Take {
        /// The stream.
        op: String,
        /// How many more.
        items: u32,
    },
    /// Send the next message of the client's sequence.
    Say {
        /// The stream.
        op: String,
        /// The encoded message.
        message: Hex,
    },
    /// End the client's sequence.
    Close {
        /// The stream.
        op: String,
    },
    /// Pull to refresh.
    Refresh {
        /// The operation's name.
        op: String,
        /// The observer.
        of: String,
    },
    /// Let go of an operation.
    Cancel {
        /// Which.
        op: String,
    },
    /// Invalidate a tag.
    Invalidate {
        /// The operation's name.
        op: String,
        /// The session's.
        session: String,
        /// The tag's parts.
        tag: Vec<TagPart>,
    },
    /// Sign a session out.
    SignOut {
        /// The operation's name.
        op: String,
        /// The session's.
        session: String,
        /// Hold the outbox instead of discarding it.
        hold: bool,
    },
    /// Erase an account that has no session.
    Erase {
        /// The operation's name.
        op: String,
        /// The user's id; of the guest's account null.
        user: Option<String>,
    },
    /// Say whether the user sees the app.
    App {
        /// Or it is in the background.
        foreground: bool,
    },
    /// Pause the runtime.
    Pause {
        /// The operation's name.
        op: String,
    },
    /// Resume it.
    Resume {},
    /// Say that memory is short.
    MemoryPressure {},
    /// Turn parts of policies off, in place of what was off.
    Disable {
        /// The operation's name.
        op: String,
        /// What is off.
        switches: Vec<Switch>,
    },
    /// Say how good the network is.
    Quality {
        /// OFFLINE, VERY_POOR, POOR, MODERATE or GOOD; null takes it back.
        class: Option<String>,
    },
    /// Give an estimate of the network.
    Estimate {
        /// Null takes it back.
        numbers: Option<Numbers>,
    },
    /// Say what the platform knows of the network.
    Platform(Platform),
}

/// A read or a mutation with its options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The operation's name.
    pub op: String,
    /// The session's.
    pub session: String,
    /// The method's, without the service.
    pub method: String,
    /// The method's place in the policy.
    pub index: usize,
    /// UNARY, SERVER_STREAM, CLIENT_STREAM or BIDI_STREAM.
    pub kind: String,
    /// The encoded request.
    pub request: Hex,
    /// How long the caller waits.
    pub timeout: Option<u64>,
    /// Metadata of this call alone.
    pub metadata: BTreeMap<String, String>,
    /// `default`, `cache_only`, `network_only` or `max_age`.
    pub cache: String,
    /// Of `max_age`.
    pub max_age: Option<u64>,
    /// Trimmed answers only as a fallback.
    pub full: bool,
    /// INTERACTIVE or BACKGROUND, if it is not the method's.
    pub priority: Option<String>,
    /// Of a stream: how many items are taken at first; null: as many as come.
    pub takes: Option<u32>,
}

/// A part of a tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagPart {
    /// Text of the template.
    Literal(String),
    /// The JSON text of a value.
    Value(String),
}

/// A part of policies that is off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// `cache`, `detail`, `replay` or `outbox`.
    pub part: String,
    /// Full names of methods; null: of all.
    pub methods: Option<Vec<String>>,
}

/// How good a network is, in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// From sending to the head of the answer.
    pub request_time: Option<u64>,
    /// In kbit/s.
    pub downlink: Option<u32>,
}

/// What a platform knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// Whether it sees a way out, if it says.
    pub reachable: Option<bool>,
    /// UNKNOWN, ETHERNET, WIFI, CELLULAR_2G to CELLULAR_5G or BLUETOOTH.
    pub interface: String,
    /// Another number is another network.
    pub path: u64,
    /// The user wants to save data.
    pub data_saver: bool,
}

impl Action {
    /// The operation that it starts.
    #[must_use]
    pub fn starts(&self) -> Option<&str> {
        match self {
            Self::Get(call)
            | Self::Observe(call)
            | Self::Stream(call)
            | Self::Cached(call)
            | Self::Prefetch(call) => Some(&call.op),
            Self::Put { op, .. }
            | Self::Refresh { op, .. }
            | Self::Invalidate { op, .. }
            | Self::SignOut { op, .. }
            | Self::Erase { op, .. }
            | Self::Pause { op }
            | Self::Disable { op, .. } => Some(op),
            _ => None,
        }
    }
}
