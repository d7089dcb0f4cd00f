//! Facts, as the driver tells them.

use std::time::Duration;

use bytes::Bytes;

use crate::call::{CallOptions, Form, MethodId, OpId};
use crate::credentials::{AskId, CredentialsAnswer};
use crate::lifecycle::AppState;
use crate::metadata::Metadata;
use crate::network::{AttemptId, Estimate, Failure, Head, Platform, Quality, Response};
use crate::session::{Account, Session, SessionId, Tag};
use crate::store::{OutboxChoice, StoreAnswer, StoreFault, StoreId};
use crate::switches::Switch;

/// A fact. Unknown ids of attempts, questions, store commands and operations are ignored: the driver and the engine
/// cancel past each other without locks.
#[derive(Clone, Debug)]
pub enum Input {
    /// A session begins. No effect if the id is taken.
    OpenSession {
        /// Its id.
        session: SessionId,
        /// What it is made of.
        config: Session,
    },
    /// The ambient metadata of a session is replaced, for calls from now on.
    SetMetadata {
        /// Of which session.
        session: SessionId,
        /// The new metadata.
        metadata: Metadata,
    },
    /// Nobody can start calls on the session any more. Running ones go on.
    CloseSession {
        /// Which.
        session: SessionId,
    },
    /// Sign the session's account out (rule A6). Ends with [`crate::Delivered::Done`].
    SignOut {
        /// The operation that ends when everything is destroyed.
        op: OpId,
        /// Whose account.
        session: SessionId,
        /// What becomes of the outbox.
        outbox: OutboxChoice,
    },
    /// Destroy the data of an account that has no session. Ends with [`crate::Delivered::Done`].
    Erase {
        /// The operation that ends when everything is destroyed.
        op: OpId,
        /// Which account.
        account: Account,
    },
    /// A call starts.
    Call {
        /// Its operation.
        op: OpId,
        /// On which session.
        session: SessionId,
        /// Which method.
        method: MethodId,
        /// The encoded request message.
        request: Bytes,
        /// How.
        options: CallOptions,
        /// What is wanted.
        form: Form,
    },
    /// The caller does not want the operation any more: nothing is delivered for it from now on.
    Cancel {
        /// Which.
        op: OpId,
    },
    /// Pull to refresh (rule B5). Ends with [`crate::Delivered::Answer`] when the network has been asked.
    Refresh {
        /// The operation that ends.
        op: OpId,
        /// The observer whose entry is fetched.
        observer: OpId,
    },
    /// Store a value that the app already has, as STALE (rule B6). Ends with [`crate::Delivered::Done`].
    Put {
        /// Its operation.
        op: OpId,
        /// On which session.
        session: SessionId,
        /// Which method it would be an answer of.
        method: MethodId,
        /// To which request.
        request: Bytes,
        /// The encoded response message.
        value: Bytes,
        /// Only keyed metadata counts.
        options: CallOptions,
    },
    /// Entries with this tag are outdated (rule D4). Ends with [`crate::Delivered::Done`] when that is durable.
    Invalidate {
        /// Its operation.
        op: OpId,
        /// Whose entries, beside the device's.
        session: SessionId,
        /// Which.
        tag: Tag,
    },
    /// The caller of a stream can take this many more items (rule G5). Without it nothing is delivered but the end.
    Demand {
        /// The stream's operation.
        op: OpId,
        /// How many more, on top of what was demanded before.
        items: u32,
    },
    /// The caller of a method that takes a sequence sends its next message: one for each [`crate::Delivered::Credit`].
    SendMessage {
        /// The stream's operation.
        op: OpId,
        /// The encoded message.
        message: Bytes,
    },
    /// The caller has sent its last message.
    CloseSend {
        /// The stream's operation.
        op: OpId,
    },
    /// The app came to the foreground or went to the background.
    App(AppState),
    /// Stop working and close the store (rule J1). Ends with [`crate::Delivered::Done`] when that is done.
    Pause {
        /// The operation that ends.
        op: OpId,
    },
    /// Work again after [`Input::Pause`].
    Resume,
    /// Drop what memory holds (rule E4).
    MemoryPressure,
    /// Turn parts of policies off (rule J5). Replaces what was turned off before, and outlives the process. Ends with
    /// [`crate::Delivered::Done`] when that is durable.
    Disable {
        /// The operation that ends.
        op: OpId,
        /// What is off.
        switches: Vec<Switch>,
    },
    /// What the platform says of the network has changed.
    Platform(Platform),
    /// The app says how good the network is, or (`None`) takes that back (rule H5).
    PinQuality(Option<Quality>),
    /// The app has an estimate of its own, which replaces the engine's, or (`None`) takes it back (rule H5).
    OwnEstimate(Option<Estimate>),
    /// The hook answered.
    Credentials {
        /// Which question.
        ask: AskId,
        /// What.
        answer: CredentialsAnswer,
    },
    /// The host has new credentials for an account: kept ones are forgotten, and SIGN_IN_REQUIRED ends.
    CredentialsChanged {
        /// Whose.
        account: Account,
    },
    /// The head of a response has arrived.
    Head {
        /// Of which attempt.
        attempt: AttemptId,
        /// What it says.
        head: Head,
    },
    /// Bytes of a response have arrived since the last input about it. Told at most once a second and response.
    Progress {
        /// Of which attempt.
        attempt: AttemptId,
    },
    /// So many bytes of a response have arrived in so much time (rule H2).
    Transferred {
        /// Of which attempt.
        attempt: AttemptId,
        /// As they were on the wire.
        bytes: u64,
        /// Since the first of them was awaited: time in which the caller did not read is not counted.
        over: Duration,
    },
    /// A message of a stream has arrived.
    Message {
        /// Of which attempt.
        attempt: AttemptId,
        /// The encoded message, decompressed.
        message: Bytes,
    },
    /// A stream has ended with OK.
    Ended {
        /// Which attempt.
        attempt: AttemptId,
        /// Trailers, without the protocol's own.
        trailers: Metadata,
    },
    /// Messages of the client's sequence have been taken by the wire.
    Written {
        /// Of which attempt.
        attempt: AttemptId,
        /// How many.
        messages: u32,
    },
    /// A probe has reached its endpoint.
    Contact {
        /// Which.
        attempt: AttemptId,
    },
    /// A complete OK answer has arrived.
    Response {
        /// Of which attempt.
        attempt: AttemptId,
        /// The answer.
        response: Response,
    },
    /// An attempt has failed.
    Failed {
        /// Which.
        attempt: AttemptId,
        /// How.
        failure: Failure,
    },
    /// The store has carried out a command, or not.
    Stored {
        /// Which.
        id: StoreId,
        /// The outcome.
        result: Result<StoreAnswer, StoreFault>,
    },
    /// The time of [`crate::Output::Timeout`] has come. Harmless at any time.
    Tick,
}
