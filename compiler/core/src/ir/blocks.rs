//! The blocks of a method's policy.

use super::{FieldPath, Importance, Origin, PathError, Plan, Template, TemplateError, Value};
use holdover_annotations::annotations as vocabulary;
use std::time::Duration;

pub use vocabulary::cache::{Scope, Storage};
pub use vocabulary::delivery::Priority;
pub use vocabulary::detail::Quality;
pub use vocabulary::outbox::OnPark;
pub use vocabulary::status::Code;

/// A block by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Block {
    /// `cache`
    Cache,
    /// `offline`
    Offline,
    /// `delivery`
    Delivery,
    /// `detail`
    Detail,
}

impl Block {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Offline => "offline",
            Self::Delivery => "delivery",
            Self::Detail => "detail",
        }
    }
}

/// Something inherited that does not apply to a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The block.
    pub block: Block,
    /// The part of the block, such as `replay`; `None` for the whole block.
    pub part: Option<&'static str>,
    /// Who said it.
    pub origin: Origin,
    /// Why it does not apply, as a clause: "the method may have side effects".
    pub reason: String,
}

/// A duration as written. Negative and out-of-range ones are errors, but they are carried to the check that says so.
pub type Written = Result<Duration, prost_types::Duration>;

/// How long answers are kept.
#[derive(Clone, Debug)]
pub struct Cache {
    /// The block is written on the method itself, so that what does not apply is an error and not skipped.
    pub own: bool,
    /// Where the nearest block stands.
    pub origin: Origin,
    /// F. `None` on streams.
    pub fresh_for: Option<Value<Written>>,
    /// W.
    pub stale_while_revalidate: Value<Written>,
    /// E.
    pub stale_if_error: Value<Written>,
    /// `None`: the runtime's default.
    pub stale_after: Option<Value<Written>>,
    /// Request paths that are keyed; empty: all.
    pub key: Vec<Value<Result<FieldPath, PathError>>>,
    /// Request paths that are not keyed.
    pub key_ignore: Vec<Value<Result<FieldPath, PathError>>>,
    /// Lower-case metadata names, sorted.
    pub key_metadata: Vec<Value<String>>,
    /// Whose answers these are.
    pub scope: Value<Scope>,
    /// Where entries may live.
    pub storage: Value<Storage>,
    /// Names under which entries can be invalidated.
    pub tags: Vec<Value<Result<Template, TemplateError>>>,
    /// The replay window; server streams only. The inner `None`: `replay` does not say it, which is an error.
    pub replay: Option<Value<Option<Written>>>,
}

impl Cache {
    /// F + E: up to this age an answer is served when the network fails. `None` where one of them is out of range, or
    /// nothing is said.
    pub fn error_window(&self) -> Option<Duration> {
        let fresh_for = self.fresh_for.as_ref()?.value.as_ref().ok()?;
        Some(*fresh_for + *self.stale_if_error.value.as_ref().ok()?)
    }
}

/// What happens offline.
#[derive(Clone, Debug)]
pub struct Offline {
    /// The block is written on the method itself.
    pub own: bool,
    /// Where the nearest block stands.
    pub origin: Origin,
    /// `None`: the default, cached answers and then OFFLINE.
    pub mode: Option<Value<Mode>>,
}

/// What a call does when the device is known to be offline.
#[derive(Clone, Debug)]
pub enum Mode {
    /// Serve what is stored, up to this age; `None`: any.
    ServeStale(Option<Written>),
    /// Send it later.
    Outbox(Box<Outbox>),
    /// Wait for the network.
    Wait,
    /// Fail at once.
    FailFast,
}

/// How calls are queued.
#[derive(Clone, Debug)]
pub struct Outbox {
    /// When an unsent call is parked.
    pub expires_after: Option<Written>,
    /// Calls with the same text are sent in order.
    pub order_by: Option<Result<Template, TemplateError>>,
    /// Calls with the same value replace each other.
    pub coalesce_key: Option<Result<Template, TemplateError>>,
    /// How long the server knows a key.
    pub key_retention: Option<Written>,
    /// 0: the runtime's limit.
    pub max_pending: u32,
    /// What a parked call does to those behind it.
    pub on_park: OnPark,
    /// Codes that park.
    pub park_on: Vec<Code>,
    /// Codes that count as success.
    pub acknowledge_on: Vec<Code>,
    /// Metadata names that are stored.
    pub keep_metadata: Vec<String>,
}

/// How calls reach the server.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The block is written on the method itself.
    pub own: bool,
    /// Where the nearest block stands; the default where there is none.
    pub origin: Origin,
    /// `None`: the runtime's default for the call's priority.
    pub attempt_timeout: Option<Value<Written>>,
    /// `None`: the runtime's default for the call's priority.
    pub total_timeout: Option<Value<Written>>,
    /// `None`: one attempt.
    pub retry: Option<Retry>,
    /// Who gets the network first.
    pub priority: Value<Priority>,
    /// `None`: not deferred.
    pub defer_at_most: Option<Value<Written>>,
    /// The stream opens again by itself.
    pub reconnect: Value<bool>,
}

impl Delivery {
    /// How long a call may be put off, unless that is an explicit 0, which overrides what is inherited.
    pub fn deferral(&self) -> Option<&Value<Written>> {
        self.defer_at_most.as_ref().filter(|defer| !defer.value.is_ok_and(|defer| defer.is_zero()))
    }
}

/// gRPC's retry policy. It has no defaults: what is `None` is missing, which is an error.
#[derive(Clone, Debug)]
pub struct Retry {
    /// Where the nearest block stands.
    pub origin: Origin,
    /// All attempts, the first one included.
    pub max_attempts: Option<Value<u32>>,
    /// The greatest wait before the second attempt.
    pub initial_backoff: Option<Value<Written>>,
    /// The greatest wait.
    pub max_backoff: Option<Value<Written>>,
    /// How much the greatest wait grows.
    pub backoff_multiplier: Option<Value<f32>>,
    /// The codes that are retried.
    pub retryable_status_codes: Value<Vec<Code>>,
}

impl Retry {
    /// Parts that nobody has written, but for the codes.
    pub fn missing(&self) -> Vec<&'static str> {
        let parts = [
            ("max_attempts", self.max_attempts.is_none()),
            ("initial_backoff", self.initial_backoff.is_none()),
            ("max_backoff", self.max_backoff.is_none()),
            ("backoff_multiplier", self.backoff_multiplier.is_none()),
        ];
        parts.into_iter().filter(|(_, is_missing)| *is_missing).map(|(name, _)| name).collect()
    }
}

/// What a response loses on a poor network.
#[derive(Clone, Debug)]
pub struct Detail {
    /// The block is written on the method itself.
    pub own: bool,
    /// Where the nearest block stands.
    pub origin: Origin,
    /// Trim at this quality or worse.
    pub reduce_at: Value<Quality>,
    /// Fetch in full when the network has recovered.
    pub restore: Value<bool>,
    /// How the server is told.
    pub signal: Value<Signal>,
    /// The positive form.
    pub keep: Vec<Value<Result<FieldPath, PathError>>>,
    /// Importance of response paths.
    pub response_overrides: Vec<Override>,
    /// Importance of request paths.
    pub request_overrides: Vec<Override>,
    /// What a trimmed response lacks; empty where nothing is.
    pub response: Plan,
    /// What a trimmed request lacks; empty where nothing is.
    pub request: Plan,
}

/// The importance of a path for one method.
#[derive(Clone, Debug)]
pub struct Override {
    /// Where it leads, and where that is said.
    pub path: Value<Result<FieldPath, PathError>>,
    /// As written.
    pub text: String,
    /// `None`: UNSPECIFIED, so that the override says nothing.
    pub importance: Option<Importance>,
}

/// How the server is told to trim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// `holdover-detail: reduced`.
    Header,
    /// `x-goog-fieldmask`.
    GoogleFieldMask,
    /// A FieldMask field of the request.
    ReadMask(Result<FieldPath, PathError>),
}
