//! What goes into a client at its edges.

mod device;
mod life;
mod network;
mod stream;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use device::{Boot, Clock, Hint, HintKind, Numbers, Off, Store, StoreState, Wall};
pub use life::{App, AppWord, Disable, Happens, PartWord, Pause, Switch};
pub use network::{Contact, NoContact, Progress, Transferred};
pub use stream::{Close, End, Item, Say, Take, Written};

use super::{Message, Session, Span, is_default, verb};

/// Whose data it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Account {
    /// A signed-in user.
    User(String),
    /// The guest.
    Guest,
}

/// One input. In JSON the member named after the input holds its main value: `{"get": "op", …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub enum In {
    /// A call.
    Get(Call),
    /// An observer.
    Observe(Call),
    /// A stream.
    Stream(Call),
    /// A caller taking more items of a stream.
    Take(Take),
    /// A caller sending a message of its sequence.
    Say(Say),
    /// A caller ending its sequence.
    Close(Close),
    /// The synchronous read of memory.
    Cached(Call),
    /// Warming an entry.
    Prefetch(Call),
    /// Storing a value that the app has.
    Put(Put),
    /// Pull-to-refresh.
    Refresh(Refresh),
    /// Invalidating a tag.
    Invalidate(Invalidate),
    /// Signing a session out.
    SignOut(SignOut),
    /// Erasing an account that has no session.
    Erase(Erase),
    /// Making a session.
    Open(Open),
    /// Replacing a session's ambient metadata.
    SetMetadata(SetMetadata),
    /// A caller going away.
    Cancel(Cancel),
    /// The answer of a credentials hook.
    Credentials(Reply),
    /// A response head.
    Head(Head),
    /// A successful response.
    Answer(Answer),
    /// A failure of a request.
    Fail(Fail),
    /// A message of a stream.
    Item(Item),
    /// A stream's end with OK.
    End(End),
    /// The wire taking messages of the client's sequence.
    Written(Written),
    /// Bytes arriving.
    Progress(Progress),
    /// A measured transfer.
    Transferred(Transferred),
    /// A probe that succeeded.
    Contact(Contact),
    /// A probe that failed.
    NoContact(NoContact),
    /// The app coming to the foreground or going to the background.
    App(App),
    /// Pausing.
    Pause(Pause),
    /// Going on after a pause.
    Resume(Happens),
    /// The platform asking for memory back.
    MemoryPressure(Happens),
    /// Turning parts of policies off.
    Disable(Disable),
    /// Something the platform says.
    Hint(Hint),
    /// How the store behaves from now on.
    Store(Store),
    /// The process dies and starts again in the same boot.
    Restart(Boot),
    /// The device restarts.
    Reboot(Boot),
    /// The wall clock is set.
    Clock(Clock),
}

verb::named!(In {
    "get" => Get, "observe" => Observe, "stream" => Stream, "take" => Take, "say" => Say, "close" => Close,
    "item" => Item, "end" => End, "written" => Written, "progress" => Progress, "transferred" => Transferred,
    "contact" => Contact, "no_contact" => NoContact, "app" => App, "pause" => Pause, "resume" => Resume,
    "memory_pressure" => MemoryPressure, "disable" => Disable, "cached" => Cached, "prefetch" => Prefetch, "put" => Put,
    "refresh" => Refresh, "invalidate" => Invalidate, "sign_out" => SignOut, "erase" => Erase, "open" => Open,
    "set_metadata" => SetMetadata, "cancel" => Cancel, "credentials" => Credentials, "head" => Head,
    "answer" => Answer, "fail" => Fail, "hint" => Hint, "store" => Store, "restart" => Restart,
    "reboot" => Reboot, "clock" => Clock,
});

/// A read or a mutation, with the options of rule B7.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Names the operation in the outputs.
    #[serde(rename = "it")]
    pub op: String,
    /// The method's name without the service.
    pub method: String,
    /// The encoded request.
    pub request: Message,
    /// The session; may be left out where there is only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// How long the caller waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// Metadata of this call alone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// How the cache is used.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cache: CacheMode,
    /// `full`: trimmed answers only as a fallback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<FullWord>,
    /// Of a stream: how many items the caller takes at first; as many as come if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes: Option<u32>,
    /// `BACKGROUND` or `INTERACTIVE`, if not the method's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
}

/// The word `full`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FullWord {
    /// See [`Call::detail`].
    Full,
}

/// The `cache` option of rule B7.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheMode {
    /// As the policy says.
    #[default]
    Default,
    /// Never the network.
    CacheOnly,
    /// Never the cache; the answer is stored.
    NetworkOnly,
    /// Older entries are row 2 at best.
    MaxAge(Span),
}

/// Stores a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Put {
    /// Names the operation.
    #[serde(rename = "it")]
    pub op: String,
    /// The method's name without the service.
    pub method: String,
    /// The encoded request.
    pub request: Message,
    /// The encoded response to store.
    pub value: Message,
    /// The session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// Refreshes what an observer shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// Names the operation.
    #[serde(rename = "it")]
    pub op: String,
    /// The observer.
    pub of: String,
}

/// Invalidates a tag for the session's account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invalidate {
    /// Names the operation.
    #[serde(rename = "it")]
    pub op: String,
    /// The parts of the tag.
    pub tag: Vec<Part>,
    /// The session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// A part of a tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Part {
    /// Text of the template.
    Literal(String),
    /// A value, whose JSON text is the part.
    Value {
        /// The value.
        value: Value,
    },
}

/// Signs a session out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignOut {
    /// Names the operation.
    #[serde(rename = "it")]
    pub op: String,
    /// Holds the outbox instead of discarding it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hold: bool,
    /// The session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// Erases an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erase {
    /// Names the operation.
    #[serde(rename = "it")]
    pub op: String,
    /// The account.
    pub account: Account,
}

/// Makes a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Open {
    /// Names the session.
    #[serde(rename = "it")]
    pub name: String,
    /// What it is made of.
    #[serde(flatten)]
    pub session: Session,
}

/// Replaces the ambient metadata of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetMetadata {
    /// All of it.
    #[serde(rename = "it")]
    pub metadata: BTreeMap<String, String>,
    /// The session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// A caller goes away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    /// The operation.
    #[serde(rename = "it")]
    pub op: String,
}

/// The answer of a credentials hook; exactly one of the three.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Which question.
    #[serde(rename = "it")]
    pub ask: u64,
    /// Credentials to send.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
    /// How long they are good for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Span>,
    /// The user has to sign in.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sign_in_required: bool,
    /// The hook failed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub throws: bool,
}

/// A response head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Which request.
    #[serde(rename = "it")]
    pub send: u64,
    /// The response's headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// How long it took by the transport's clock; since the sending if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Span>,
}

/// A successful response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Which request.
    #[serde(rename = "it")]
    pub send: u64,
    /// The encoded response.
    pub body: Message,
    /// The response's headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// The response's trailers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub trailers: BTreeMap<String, String>,
}

/// A failed request; exactly one of `status`, `transport` and `intercepted`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fail {
    /// Which request.
    #[serde(rename = "it")]
    pub send: u64,
    /// A status code in the protocol's framing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The status's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The response's metadata.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// A failure below the protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<Breakage>,
    /// A response without the protocol's framing: its HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intercepted: Option<u16>,
}

/// Failures below the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Breakage {
    /// No connection, and nobody there: proof that nothing was sent.
    Connect,
    /// The connection was refused: proof that nothing was sent.
    Refused,
    /// TLS failed, other than by trust: proof that nothing was sent.
    Tls,
    /// The connection broke.
    Broken,
    /// The transport gave up waiting.
    Timeout,
    /// The peer broke the protocol.
    Protocol,
    /// The answer is over a limit of size.
    TooLarge,
}
