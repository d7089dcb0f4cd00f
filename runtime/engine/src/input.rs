//! Facts, as the driver tells them.

use bytes::Bytes;

use crate::call::{CallOptions, Form, MethodId, OpId};
use crate::credentials::{AskId, CredentialsAnswer};
use crate::metadata::Metadata;
use crate::network::{AttemptId, Failure, NetworkState, Response};
use crate::session::{Account, Session, SessionId, Tag};
use crate::store::{OutboxChoice, StoreAnswer, StoreFault, StoreId};

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
    /// What is known about the network has changed.
    Network(NetworkState),
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
