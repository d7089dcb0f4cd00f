//! A network that does what a test says.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use holdover_client::{
    CallRequest, Code, Endpoint, Failure, Head, Metadata, OnProgress, Progress, Received, Response,
    Transport, TransportFailure,
};
use tokio::sync::oneshot;

/// Answers requests by a script, and remembers them. Clones are the same network.
#[derive(Clone)]
pub struct ScriptedNetwork(Arc<Mutex<Script>>);

struct Script {
    answer: Arc<dyn Fn(&CallRequest) -> Reply + Send + Sync>,
    requests: Vec<CallRequest>,
    dropped: usize,
}

/// What becomes of a request.
pub enum Reply {
    /// It is answered at once.
    Ok(Bytes),
    /// It is answered at once, with metadata.
    OkWith(Bytes, Metadata),
    /// It fails at once.
    Fail(Failure),
    /// It is answered when the test says so.
    When(Pending),
    /// The transport itself breaks.
    Panic,
}

impl Reply {
    /// A status in the protocol's own framing.
    pub fn status(code: Code) -> Self {
        let message = "as the test says".to_owned();
        Self::Fail(Failure::Status { code, message, details: Bytes::new(), metadata: Metadata::new() })
    }

    /// Nobody is there.
    pub fn unreachable() -> Self {
        let message = "nobody is there".to_owned();
        Self::Fail(Failure::Transport { kind: TransportFailure::Unreachable, unsent: true, message })
    }
}

/// The network's side of an answer that is held back.
pub struct Pending {
    head: oneshot::Receiver<()>,
    answer: oneshot::Receiver<Result<Bytes, Failure>>,
}

/// The test's side of an answer that is held back.
pub struct Held {
    head: Option<oneshot::Sender<()>>,
    answer: oneshot::Sender<Result<Bytes, Failure>>,
}

impl Held {
    /// Both sides of one.
    pub fn new() -> (Self, Pending) {
        let (head, head_comes) = oneshot::channel();
        let (answer, answer_comes) = oneshot::channel();
        (Self { head: Some(head), answer }, Pending { head: head_comes, answer: answer_comes })
    }

    /// The head of the response arrives.
    pub fn head(&mut self) {
        if let Some(head) = self.head.take() {
            // The request may have been cancelled.
            let _ = head.send(());
        }
    }

    /// The rest of it arrives, or does not.
    pub fn answer(mut self, answer: Result<Bytes, Failure>) {
        self.head();
        // The request may have been cancelled.
        let _ = self.answer.send(answer);
    }
}

impl ScriptedNetwork {
    /// Answers as the function says, which sees each request.
    pub fn new(answer: impl Fn(&CallRequest) -> Reply + Send + Sync + 'static) -> Self {
        Self(Arc::new(Mutex::new(Script { answer: Arc::new(answer), requests: Vec::new(), dropped: 0 })))
    }

    /// Answers differently from now on.
    pub fn now(&self, answer: impl Fn(&CallRequest) -> Reply + Send + Sync + 'static) {
        self.script().answer = Arc::new(answer);
    }

    /// Holds back the answer to the next request; later ones hang until they are cancelled.
    pub fn hold(&self) -> Held {
        let (held, pending) = Held::new();
        let pending = Mutex::new(Some(pending));
        self.now(move |_| {
            let next = pending.lock().unwrap_or_else(PoisonError::into_inner).take();
            Reply::When(next.unwrap_or_else(|| Held::new().1))
        });
        held
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<CallRequest> {
        self.script().requests.clone()
    }

    /// How many requests there were.
    pub fn sent(&self) -> usize {
        self.script().requests.len()
    }

    /// How many requests were cancelled before they were answered.
    pub fn cancelled(&self) -> usize {
        self.script().dropped
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a request as cancelled unless it comes to its end.
struct Underway {
    network: ScriptedNetwork,
    over: bool,
}

impl Underway {
    fn ends(&mut self) {
        self.over = true;
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        if !self.over {
            self.network.script().dropped += 1;
        }
    }
}

impl Transport for ScriptedNetwork {
    fn unary(
        &self,
        request: CallRequest,
        on_progress: OnProgress,
    ) -> BoxFuture<'static, Result<Response, Failure>> {
        let answer = self.script().answer.clone();
        let reply = answer(&request);
        self.script().requests.push(request);
        let mut underway = Underway { network: self.clone(), over: false };
        Box::pin(async move {
            let mut on_progress = on_progress;
            let (body, metadata) = match reply {
                Reply::Ok(body) => (Ok(body), Metadata::new()),
                Reply::OkWith(body, metadata) => (Ok(body), metadata),
                Reply::Fail(failure) => (Err(failure), Metadata::new()),
                Reply::When(pending) => (arrive(pending, &mut on_progress).await, Metadata::new()),
                Reply::Panic => {
                    underway.ends();
                    panic!("the transport breaks, as the test says")
                }
            };
            underway.ends();
            let body = body?;
            on_progress(Progress::Sent { bytes: 1 });
            on_progress(Progress::Transferred { bytes: 1, over: Duration::ZERO });
            Ok(Response { metadata, body, trailers: Metadata::new() })
        })
    }

    fn stream(
        &self,
        request: CallRequest,
        _messages: BoxStream<'static, Bytes>,
    ) -> BoxStream<'static, Result<Received, Failure>> {
        self.script().requests.push(request);
        Box::pin(futures_util::stream::pending())
    }

    fn probe(&self, _endpoint: Endpoint) -> BoxFuture<'static, Result<(), Failure>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn path_changed(&self) {}
}

async fn arrive(pending: Pending, on_progress: &mut OnProgress) -> Result<Bytes, Failure> {
    if pending.head.await.is_ok() {
        on_progress(Progress::Head(Head::default()));
    }
    match pending.answer.await {
        Ok(answer) => answer,
        // The test lost interest.
        Err(_) => std::future::pending().await,
    }
}

impl fmt::Debug for ScriptedNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedNetwork").field("sent", &self.sent()).finish_non_exhaustive()
    }
}
