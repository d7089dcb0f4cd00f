//! What a host says came to its operations.

use serde::{Deserialize, Serialize};

use super::action::Hex;
use crate::vector::{Delivery, ErrorOut, Message, Span};
use crate::world::{Clock, START};

/// A delivery, in the order in which they came. The members are those of a vector's `{"to": …}`, in raw bytes and
/// numbers: durations are nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Report {
    /// The operation.
    pub to: String,
    /// The value of a snapshot, whose other members follow.
    pub value: Option<Hex>,
    /// NETWORK, CACHE or REPLAY.
    pub source: Option<String>,
    /// FRESH, STALE or EXPIRED.
    pub freshness: Option<String>,
    /// How old the value is.
    pub age: Option<u64>,
    /// When it was given: milliseconds since 1970.
    pub as_of: Option<i64>,
    /// The value may lack parts.
    pub reduced: bool,
    /// The hash of the plan that a reduced value was reduced by, in hex. Of hosts that are told no more: `own`, that of
    /// the method, or `unknown`.
    pub plan: Option<String>,
    /// The full value that accessors look into.
    pub last_known: Option<Hex>,
    /// Messages may be missing before this one.
    pub gap: bool,
    /// A refresh is under way.
    pub refreshing: bool,
    /// Why the last refresh failed.
    pub error: Option<ErrorReport>,
    /// The first state of an observer.
    pub loading: bool,
    /// A state of an observer, or the end of another operation.
    pub failed: Option<ErrorReport>,
    /// A stream has ended with OK.
    pub ended: bool,
    /// So many more messages may be sent.
    pub credit: Option<u32>,
    /// An operation without a value has ended, or a refresh whose host is not told the value, or memory has nothing.
    pub done: bool,
}

/// An error (rule J7).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ErrorReport {
    /// The kind's name, such as UNAVAILABLE.
    pub kind: String,
    /// The name of the status code, if there was one.
    pub code: Option<String>,
    /// The paths that are missing.
    pub paths: Vec<String>,
    /// What the server asked for.
    pub retry_after: Option<u64>,
    /// Whether the runtime tries again by itself.
    pub will_retry: bool,
    /// The server's message.
    pub message: Option<String>,
}

impl Report {
    /// As vectors say it, and the wall time that goes without saying.
    pub(super) fn read(self, clock: &Clock, usual_plan: Option<&String>) -> (Delivery, Option<i128>) {
        let age = self.age.map(i128::from);
        let whole_ms = |nanos: i128| nanos.div_euclid(1_000_000) * 1_000_000;
        let expected = age.map(|age| whole_ms(clock.wall() - age));
        let delivery = Delivery {
            to: self.to,
            value: self.value.map(|hex| Message(hex.0)),
            source: self.source,
            freshness: self.freshness,
            age: age.map(Span),
            as_of: self.as_of.map(|ms| Span(i128::from(ms) * 1_000_000 - START)),
            detail: self.reduced.then(|| "REDUCED".into()),
            plan: self.plan.filter(|plan| {
                let own = plan == "own" && usual_plan.is_some();
                !own && Some(plan) != usual_plan
            }),
            last_known: self.last_known.map(|hex| Message(hex.0)),
            gap: self.gap,
            refreshing: self.refreshing,
            error: self.error.map(ErrorReport::read),
            loading: self.loading,
            failed: self.failed.map(ErrorReport::read),
            ended: self.ended,
            credit: self.credit,
            done: self.done,
        };
        (delivery, expected)
    }
}

impl ErrorReport {
    fn read(self) -> ErrorOut {
        ErrorOut {
            kind: self.kind,
            code: self.code,
            paths: self.paths,
            will_retry: Some(self.will_retry),
            retry_after: self.retry_after.map(|wait| Span(i128::from(wait))),
            message: self.message.filter(|message| !message.is_empty()),
        }
    }
}
