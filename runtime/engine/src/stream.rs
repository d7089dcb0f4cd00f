//! Streams: what is on the wire, who reads it, and what is kept of it (section G).

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;

use crate::call::{CacheMode, DetailMode, OpId, Priority};
use crate::clock::Stamp;
use crate::detail::Applied;
use crate::entry::{Answer, Entry};
use crate::error::Error;
use crate::metadata::Metadata;
use crate::network::AttemptId;
use crate::operation::Spec;
use crate::snapshot::{Detail, PlanHash, Snapshot};
use crate::store::{PartitionKey, TagHash};
use crate::time::Instant;
use crate::timer::TimerId;

/// How many messages of its sequence a caller may be ahead of the wire.
pub(crate) const CREDIT: u32 = 8;

/// Names a stream within the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StreamId(pub(crate) u64);

/// What the policy promises of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Promise {
    /// Nothing: it is passed through (rule G1).
    PassThrough,
    /// It is opened again when it breaks (rule G3).
    Reconnect,
    /// And its last message is kept (rule G2).
    Replay,
}

/// One stream, over all its openings, with those who read it.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) spec: Arc<Spec>,
    pub(crate) promise: Promise,
    pub(crate) priority: Priority,
    /// The detail of its present opening, or of the next one as far as is known (rule F8).
    pub(crate) want: Detail,
    pub(crate) readers: BTreeSet<OpId>,
    pub(crate) phase: Phase,
    /// Its credentials were refused once since it last brought a message.
    pub(crate) refused: bool,
    /// When it was last opened again at once because its credentials were refused.
    pub(crate) repeated: Option<Instant>,
    /// It was reduced although nobody asked for that, and has been opened once more (rule F5).
    pub(crate) refetched: bool,
    /// How often in a row it broke without a message.
    pub(crate) failures: u32,
    /// When a change of network ended its backoff last.
    pub(crate) hurried: Option<Instant>,
    /// When it last moved to another network.
    pub(crate) moved: Option<Instant>,
    /// It was taken off the wire since it last brought a message: the next one may have a gap before it.
    pub(crate) broken: bool,
    /// Why it broke last, until it brings a message.
    pub(crate) error: Option<Box<Error>>,
    /// The client's sequence, where the method takes one.
    pub(crate) sending: Sending,
    /// The answer of a method that answers once, and the plan that it was reduced by, until the end shows that it is all.
    pub(crate) answer: Option<(Bytes, Option<PlanHash>)>,
    /// What is kept of it; `None` where nothing is.
    pub(crate) kept: Option<Kept>,
}

/// Where a stream is.
#[derive(Debug)]
pub(crate) enum Phase {
    /// What is kept of it is being looked up.
    Looking,
    /// It waits for the credentials hook.
    Asking,
    /// It is on the wire.
    Open(Box<Opening>),
    /// It broke, and is opened again when the timer is due, or when its endpoint can be reached.
    Waiting(Option<TimerId>),
    /// It is off the wire as long as the app is in the background or paused.
    Suspended,
}

/// A stream on the wire.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) id: AttemptId,
    /// What the hook answered.
    pub(crate) credentials: Option<Metadata>,
    /// When the head must have come.
    pub(crate) head: Option<TimerId>,
    /// The server has begun to answer.
    pub(crate) live: bool,
    /// What the head says of the detail.
    pub(crate) said: Option<Applied>,
    /// How many messages the wire has been asked for that have not come.
    pub(crate) pulled: u32,
    /// The newest message that it brought.
    pub(crate) newest: Option<Newest>,
    /// It has brought a message.
    pub(crate) brought: bool,
}

/// The newest message of an opening, for readers that have not taken it.
#[derive(Clone, Debug)]
pub(crate) struct Newest {
    pub(crate) answer: Answer,
    pub(crate) plan: Option<PlanHash>,
    pub(crate) error: Option<Error>,
}

/// The sequence that the client sends.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    /// How many messages the caller may send.
    pub(crate) credit: u32,
    /// The credit of the beginning has been given.
    pub(crate) granted: bool,
    /// Messages for which there is no opening yet.
    pub(crate) queued: VecDeque<Bytes>,
    /// How many the wire has been given and not taken.
    pub(crate) unwritten: u32,
    /// The caller has sent something: it cannot be sent again.
    pub(crate) begun: bool,
    pub(crate) closed: bool,
}

/// What is kept of a stream (rule G2).
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) entry: Entry,
    /// The tags of all messages, where the request alone gives them, by the name of their partition.
    pub(crate) tags: Option<(PartitionKey, Arc<[TagHash]>)>,
    /// A full message has made the reduced one on disk useless.
    pub(crate) outgrown: bool,
    /// When it goes to disk next.
    pub(crate) save: Option<TimerId>,
    /// When it went to disk last.
    pub(crate) saved: Option<Instant>,
}

/// Who reads a stream.
#[derive(Debug)]
pub(crate) struct Reader {
    /// `None`: its partition is being opened, or the stream has ended.
    pub(crate) stream: Option<StreamId>,
    pub(crate) spec: Arc<Spec>,
    pub(crate) mode: CacheMode,
    pub(crate) detail: DetailMode,
    pub(crate) priority: Priority,
    /// How many items it takes.
    pub(crate) demand: u32,
    pub(crate) unread: Unread,
    /// Messages were skipped since its last item.
    pub(crate) missed: bool,
    /// The stream was opened again since its last live item.
    pub(crate) gap: bool,
    /// When it gives up.
    pub(crate) deadline: Option<Instant>,
    pub(crate) wait: Option<TimerId>,
    /// It waits until tags are durable.
    pub(crate) settling: bool,
    /// The stream has ended, and this is left to be delivered.
    pub(crate) parting: Option<Box<Parting>>,
}

/// What a reader has not taken yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    Nothing,
    /// What was kept, or the current message of a stream that it joined.
    Current,
    /// A message that came while it took none.
    Message,
}

/// The last item of a stream that has ended, and its end.
#[derive(Debug)]
pub(crate) struct Parting {
    /// As it was when the stream ended.
    pub(crate) item: Snapshot,
    /// When that was: the item ages until it is taken.
    pub(crate) ended: Stamp,
    pub(crate) end: Result<(), Error>,
}

impl Stream {
    pub(crate) fn opening(&self) -> Option<&Opening> {
        match &self.phase {
            Phase::Open(opening) => Some(opening),
            _ => None,
        }
    }

    pub(crate) fn opening_mut(&mut self) -> Option<&mut Opening> {
        match &mut self.phase {
            Phase::Open(opening) => Some(opening),
            _ => None,
        }
    }

    /// Whether it is opened again when it breaks.
    pub(crate) fn reconnects(&self) -> bool {
        self.promise >= Promise::Reconnect
    }

    /// Whether the server is answering it.
    pub(crate) fn is_live(&self) -> bool {
        self.opening().is_some_and(|opening| opening.live)
    }
}
