//! What comes out of a client at its edges.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Message, Span, is_default, verb};

/// One output. In JSON the member named after the output holds its main value: `{"send": 1, …}`. Outputs to an
/// operation are `{"to": op, …}` with a member that tells which: `value`, `loading`, `failed` or `done`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
#[allow(clippy::large_enum_variant, reason = "there are few at a time, and most are deliveries")]
pub enum Out {
    /// A request to the transport.
    Send(Send),
    /// A request cancelled on the wire.
    Abort(Abort),
    /// The priority of a request in flight is raised.
    Raise(Raise),
    /// A question to a credentials hook.
    Ask(Question),
    /// A message of the client's sequence.
    Said(Said),
    /// The end of the client's sequence.
    Closed(Closed),
    /// A probe of an endpoint.
    Probe(Probe),
    /// A probe given up.
    GiveUp(GiveUp),
    /// Requests from now on need new connections.
    NewPath(NewPath),
    /// An event that a rule demands.
    Event(Event),
    /// A delivery.
    To(Delivery),
}

verb::named!(Out {
    "send" => Send, "abort" => Abort, "raise" => Raise, "ask" => Ask, "said" => Said, "closed" => Closed, "probe" => Probe,
    "give_up" => GiveUp, "new_path" => NewPath, "event" => Event, "to" => To,
});

impl Out {
    /// Outputs of one lane have an order within a step; those of different lanes have none.
    #[must_use]
    pub fn lane(&self) -> String {
        match self {
            Out::Send(_) => "requests".into(),
            Out::Abort(Abort { n })
            | Out::Raise(Raise { n })
            | Out::Said(Said { n, .. })
            | Out::Closed(Closed { n }) => format!("request {n}"),
            Out::Probe(_) | Out::GiveUp(_) => "probes".into(),
            Out::NewPath(_) => "paths".into(),
            Out::Ask(_) => "credentials".into(),
            Out::Event(_) => "events".into(),
            Out::To(delivery) => format!("to {}", delivery.to),
        }
    }
}

/// A request to the transport.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// Counts the requests of the story, from 1.
    #[serde(rename = "it")]
    pub n: u64,
    /// The method's name without the service.
    pub method: String,
    /// SERVER_STREAM, CLIENT_STREAM or BIDI_STREAM; unary if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The encoded request.
    pub body: Message,
    /// All of its metadata.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// The name of the endpoint; `prod` if not given.
    #[serde(default = "prod", skip_serializing_if = "is_prod")]
    pub endpoint: String,
    /// BACKGROUND or INTERACTIVE; compared only where it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// How long the attempt may take; compared only where it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
}

fn prod() -> String {
    "prod".into()
}

fn is_prod(endpoint: &String) -> bool {
    endpoint == "prod"
}

/// A request cancelled on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Abort {
    /// Which request.
    #[serde(rename = "it")]
    pub n: u64,
}

/// The priority of a request in flight becomes INTERACTIVE.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raise {
    /// Which request.
    #[serde(rename = "it")]
    pub n: u64,
}

/// A message of the client's sequence goes to the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// On which request.
    #[serde(rename = "it")]
    pub n: u64,
    /// The encoded message.
    pub body: Message,
}

/// The client's sequence ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// On which request.
    #[serde(rename = "it")]
    pub n: u64,
}

/// A probe of an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// Counts the probes of the story, from 1.
    #[serde(rename = "it")]
    pub n: u64,
    /// The name of the endpoint; `prod` if not given.
    #[serde(default = "prod", skip_serializing_if = "is_prod")]
    pub endpoint: String,
}

/// A probe is given up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GiveUp {
    /// Which probe.
    #[serde(rename = "it")]
    pub n: u64,
}

/// Requests from now on need new connections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPath {
    /// `true`.
    #[serde(rename = "it")]
    pub yes: bool,
}

/// A question to a credentials hook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Counts the questions of the story, from 1.
    #[serde(rename = "it")]
    pub n: u64,
    /// The account it is about.
    pub account: super::Account,
    /// The method's name without the service.
    pub method: String,
    /// The name of the endpoint; `prod` if not given.
    #[serde(default = "prod", skip_serializing_if = "is_prod")]
    pub endpoint: String,
    /// What was answered before has been refused.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rejected: bool,
}

/// An event that a rule demands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Which.
    #[serde(rename = "it")]
    pub name: String,
    /// What it says.
    #[serde(flatten)]
    pub fields: BTreeMap<String, Value>,
}

/// A delivery to an operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// The operation.
    #[serde(rename = "it")]
    pub to: String,
    /// The value of a snapshot; the members from `source` to `error` speak of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Message>,
    /// NETWORK, CACHE or REPLAY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// FRESH, STALE or EXPIRED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freshness: Option<String>,
    /// How old the value is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<Span>,
    /// The wall time that the value is of, since the story's start by the first wall clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Span>,
    /// REDUCED; FULL if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The plan that a REDUCED value was reduced by, if it is not the method's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The full value that Withheld accessors look into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_known: Option<Message>,
    /// Of a stream: messages may be missing before this one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub gap: bool,
    /// A refresh is under way.
    #[serde(default, skip_serializing_if = "is_default")]
    pub refreshing: bool,
    /// Why the last refresh failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorOut>,
    /// The first state of an observer.
    #[serde(default, skip_serializing_if = "is_default")]
    pub loading: bool,
    /// For an observer a state (with SIGNED_OUT the last one), for a call its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<ErrorOut>,
    /// The end of a stream with OK; with another status it is `failed`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ended: bool,
    /// How many more messages of its sequence the caller may send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<u32>,
    /// The end of an operation that has no value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub done: bool,
}

/// An error as far as vectors compare it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorOut {
    /// One of rule J7's kinds.
    pub kind: String,
    /// The status code, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// UNUSABLE: the paths that are missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// UNAVAILABLE: what the server asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Span>,
    /// Whether the runtime tries again by itself; compared only where it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub will_retry: Option<bool>,
    /// The server's message; compared only where it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
