//! The numbers of the boundary. They never change their meaning.

/// The version of everything here and of `boundary.proto`. A package and a library that differ must not work together.
pub const HOLDOVER_ABI_VERSION: u32 = 1;

// ---- Codes: what functions return, and what events and errors carry. 1 to 13 are the runtime's kinds of errors. ----

/// Done; or in an event: no error.
pub const HOLDOVER_OK: i32 = 0;
/// The network was not used, and nothing that is stored may be served.
pub const HOLDOVER_OFFLINE: i32 = 1;
/// No contact with the server.
pub const HOLDOVER_UNREACHABLE: i32 = 2;
/// No answer in time.
pub const HOLDOVER_TIMEOUT: i32 = 3;
/// Something between here and the server answered.
pub const HOLDOVER_INTERCEPTED: i32 = 4;
/// The server answered that it cannot now.
pub const HOLDOVER_UNAVAILABLE: i32 = 5;
/// The server refused: `Error.status` has its code.
pub const HOLDOVER_REJECTED: i32 = 6;
/// The account has no credentials that the server accepts.
pub const HOLDOVER_SIGN_IN_REQUIRED: i32 = 7;
/// The session was signed out.
pub const HOLDOVER_SIGNED_OUT: i32 = 8;
/// The answer lacks REQUIRED fields, or cannot be read.
pub const HOLDOVER_UNUSABLE: i32 = 9;
/// A parked call holds this call's scope in the outbox.
pub const HOLDOVER_SCOPE_BLOCKED: i32 = 10;
/// The store failed, and the call needs it.
pub const HOLDOVER_STORAGE: i32 = 11;
/// A message or its metadata is over a limit.
pub const HOLDOVER_TOO_LARGE: i32 = 12;
/// An argument, a configuration or a call is wrong: a null pointer, a handle that was closed or is of another kind, bytes
/// that cannot be read. The error says how to mend it.
pub const HOLDOVER_MISUSE: i32 = 13;
/// Of terminal events only: the operation was cancelled.
pub const HOLDOVER_CANCELLED: i32 = 64;
/// A bug in the core was caught at the boundary. Nothing of the call happened as far as the host can rely on it.
pub const HOLDOVER_BUG: i32 = 65;
/// Of `holdover_reply` only: nobody waits for this any more, so stop. No mistake: the core and the host pass each other.
pub const HOLDOVER_GONE: i32 = 66;

// ---- Forms of a call, for `holdover_start`. ----

/// One answer: ends with `HOLDOVER_EVENT_ANSWER`.
pub const HOLDOVER_GET: u32 = 1;
/// The states of an answer: `HOLDOVER_EVENT_STATE` until it is cancelled, or signed out.
pub const HOLDOVER_OBSERVE: u32 = 2;
/// A stream: `HOLDOVER_EVENT_ITEM` as credited, then `HOLDOVER_EVENT_ENDED`, or `HOLDOVER_EVENT_ANSWER` where the method
/// answers once. The request is empty where the client sends a sequence.
pub const HOLDOVER_STREAM: u32 = 3;
/// A warm entry: ends with `HOLDOVER_EVENT_DONE`.
pub const HOLDOVER_PREFETCH: u32 = 4;

// ---- Kinds of events. ----

/// Terminal. `code` 0: `snapshot` is the answer; otherwise `bytes` is an encoded `Error`.
pub const HOLDOVER_EVENT_ANSWER: u32 = 1;
/// The state of an observer, which replaces the one before. `count` is `HOLDOVER_STATE_*`; a value is in `snapshot`, a
/// failure in `code` and `bytes`. Terminal if the failure is `HOLDOVER_SIGNED_OUT` or the runtime has ended.
pub const HOLDOVER_EVENT_STATE: u32 = 2;
/// An item of a stream, in `snapshot`.
pub const HOLDOVER_EVENT_ITEM: u32 = 3;
/// `count` more messages may be sent by `holdover_send`.
pub const HOLDOVER_EVENT_CREDIT: u32 = 4;
/// Terminal: the end of a prefetch, a put or a command. `code` and `bytes` say how it went.
pub const HOLDOVER_EVENT_DONE: u32 = 5;
/// Terminal: the end of a stream. `code` 0: the server ended it with OK.
pub const HOLDOVER_EVENT_ENDED: u32 = 6;
/// Terminal: cancelled by the host, or dropped with the runtime. `code` is `HOLDOVER_CANCELLED`.
pub const HOLDOVER_EVENT_CANCELLED: u32 = 7;

/// The core asks for credentials: `op` is the request's id, `bytes` a `CredentialsAsk`.
pub const HOLDOVER_EVENT_ASK_CREDENTIALS: u32 = 16;
/// The core asks for a key to be wrapped or unwrapped: `op` is the request's id, `bytes` a `KeyAsk`.
pub const HOLDOVER_EVENT_ASK_KEY: u32 = 17;

/// The core sends an HTTP request: `op` is the request's id, `bytes` an `HttpRequest`.
pub const HOLDOVER_EVENT_HTTP_REQUEST: u32 = 32;
/// `bytes` is the next piece of the request's body, raw: as many events as `holdover_credit` allows. With
/// `HOLDOVER_FLAG_LAST`: the body is complete after it.
pub const HOLDOVER_EVENT_HTTP_BODY: u32 = 33;
/// The host may send `count` bytes more of the response's body.
pub const HOLDOVER_EVENT_HTTP_PULL: u32 = 34;
/// Stop the exchange; nobody wants its answer. The host may still be replying, which does no harm. Not sent after the
/// host's HTTP_END or HTTP_FAILED.
pub const HOLDOVER_EVENT_HTTP_CANCEL: u32 = 35;
/// Connections may be dead without a sign: new requests should take new ones. Has no `op`.
pub const HOLDOVER_EVENT_HTTP_SUSPECT: u32 = 36;

/// Something was decided: `bytes` is a `Decision`. Only if the configuration wants `events`.
pub const HOLDOVER_EVENT_DECISION: u32 = 48;
/// The network's class has changed: `count` is the number of a `Quality`. Only if the configuration wants `quality`.
pub const HOLDOVER_EVENT_QUALITY: u32 = 49;

/// Of an event's `flags`: of an operation, this is its terminal event: the one after which nothing comes and the token is
/// the host's again. Of `HOLDOVER_EVENT_HTTP_BODY`: the body ends here.
pub const HOLDOVER_FLAG_LAST: u32 = 1;

/// Nothing may be shown yet.
pub const HOLDOVER_STATE_LOADING: u32 = 0;
/// `snapshot` is the newest value that may be shown.
pub const HOLDOVER_STATE_VALUE: u32 = 1;
/// Nothing may be shown, and `bytes` says why. Another attempt follows, unless the event is terminal.
pub const HOLDOVER_STATE_FAILED: u32 = 2;

// ---- Kinds of replies, for `holdover_reply`. ----

/// `bytes` is a `CredentialsReply`.
pub const HOLDOVER_REPLY_CREDENTIALS: u32 = 1;
/// `bytes` is a `KeyReply`.
pub const HOLDOVER_REPLY_KEY: u32 = 2;
/// `bytes` is an `HttpHead`.
pub const HOLDOVER_REPLY_HTTP_HEAD: u32 = 16;
/// `bytes` is the next piece of the response's body, raw and as it came.
pub const HOLDOVER_REPLY_HTTP_CHUNK: u32 = 17;
/// The response is complete. `bytes` is an `HttpEnd`; nothing, if there are no trailers.
pub const HOLDOVER_REPLY_HTTP_END: u32 = 18;
/// The exchange has failed: `bytes` is an `HttpFailure`.
pub const HOLDOVER_REPLY_HTTP_FAILED: u32 = 19;
// ---- What a snapshot says. ----

/// The value is the answer to a request that this delivery waited for.
pub const HOLDOVER_SOURCE_NETWORK: u8 = 1;
/// The value is from memory or disk.
pub const HOLDOVER_SOURCE_CACHE: u8 = 2;
/// The value is the kept last message of a stream.
pub const HOLDOVER_SOURCE_REPLAY: u8 = 3;

/// Younger than `fresh_for`.
pub const HOLDOVER_FRESH: u8 = 1;
/// Older, or known to be outdated, but still worth showing.
pub const HOLDOVER_STALE: u8 = 2;
/// Past every window.
pub const HOLDOVER_EXPIRED: u8 = 3;

/// The value is all of the answer.
pub const HOLDOVER_DETAIL_FULL: u8 = 1;
/// The value is what the method's plan keeps.
pub const HOLDOVER_DETAIL_REDUCED: u8 = 2;

/// Of a snapshot's `flags`: a newer answer is being fetched.
pub const HOLDOVER_SNAPSHOT_REFRESHING: u8 = 1;
/// Of a snapshot's `flags`: messages of the stream may be missing before this one.
pub const HOLDOVER_SNAPSHOT_GAP: u8 = 2;
/// Of a snapshot's `flags`: the value lacks what the plan of its method drops (`Method.plan`).
pub const HOLDOVER_SNAPSHOT_WITHHELD: u8 = 4;
/// Of a snapshot's `flags`: `last_known` is a message, even if it is empty.
pub const HOLDOVER_SNAPSHOT_LAST_KNOWN: u8 = 8;
