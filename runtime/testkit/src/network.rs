//! A network that does what a test says.

mod live;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use holdover_client::{
    CallRequest, Code, Endpoint, Failure, Head, Metadata, OnProgress, Progress, Received, Response,
    Transport, TransportFailure,
};
use tokio::sync::oneshot;

pub use live::ScriptedStream;

/// Answers requests by a script, and remembers them. Clones are the same network.
#[derive(Clone)]
pub struct ScriptedNetwork(Arc<Mutex<Script>>);

type Probe = dyn Fn(&Endpoint) -> Option<Result<(), Failure>> + Send + Sync;

struct Script {
    answer: Arc<dyn Fn(&CallRequest) -> Reply + Send + Sync>,
    requests: Vec<CallRequest>,
    dropped: usize,
    streams: Vec<ScriptedStream>,
    probe: Arc<Probe>,
    probes: Vec<Endpoint>,
    path_changes: usize,
}

/// What becomes of a request. A stream is answered like a unary request: by a head, one message and the end.
pub enum Reply {
    /// It is answered at once.
    Ok(Bytes),
    /// It is answered at once, with metadata.
    OkWith(Bytes, Metadata),
    /// It fails at once.
    Fail(Failure),
    /// It is answered when the test says so.
    When(Pending),
    /// It is a stream, which the test serves: see [`ScriptedNetwork::stream`]. A unary request hangs.
    Live,
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
        Self(Arc::new(Mutex::new(Script {
            answer: Arc::new(answer),
            requests: Vec::new(),
            dropped: 0,
            streams: Vec::new(),
            probe: Arc::new(|_| Some(Ok(()))),
            probes: Vec::new(),
            path_changes: 0,
        })))
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

    /// The stream that was opened as the so many-th by [`Reply::Live`], from 0 on.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn stream(&self, index: usize) -> ScriptedStream {
        self.script().streams.get(index).cloned().expect("no such stream was opened")
    }

    /// How many streams were opened by [`Reply::Live`].
    pub fn streams(&self) -> usize {
        self.script().streams.len()
    }

    /// Answers probes as the function says from now on; `None` never does. Without this, every endpoint is reached.
    pub fn answer_probes(
        &self,
        answer: impl Fn(&Endpoint) -> Option<Result<(), Failure>> + Send + Sync + 'static,
    ) {
        self.script().probe = Arc::new(answer);
    }

    /// The endpoints that were probed, in order.
    pub fn probes(&self) -> Vec<Endpoint> {
        self.script().probes.clone()
    }

    /// How often the device moved to another network.
    pub fn path_changes(&self) -> usize {
        self.script().path_changes
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
                Reply::Live => std::future::pending().await,
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
        messages: BoxStream<'static, Bytes>,
    ) -> BoxStream<'static, Result<Received, Failure>> {
        let answer = self.script().answer.clone();
        let reply = answer(&request);
        let mut script = self.script();
        script.requests.push(request);
        match reply {
            Reply::Live => {
                let live = ScriptedStream::new();
                script.streams.push(live.clone());
                live.served(messages).boxed()
            }
            Reply::Ok(body) | Reply::OkWith(body, _) => one(body),
            Reply::Fail(failure) => stream::iter([Err(failure)]).boxed(),
            Reply::When(pending) => {
                let mut underway = Underway { network: self.clone(), over: false };
                let arriving = async move {
                    let answer = arrive(pending, &mut (Box::new(|_| {}) as OnProgress)).await;
                    underway.ends();
                    answer
                };
                let answered = stream::once(arriving).flat_map(move |answer| match answer {
                    Ok(body) => one(body),
                    Err(failure) => stream::iter([Err(failure)]).boxed(),
                });
                answered.boxed()
            }
            Reply::Panic => {
                drop(script);
                panic!("the transport breaks, as the test says")
            }
        }
    }

    fn probe(&self, endpoint: Endpoint) -> BoxFuture<'static, Result<(), Failure>> {
        let answer = self.script().probe.clone();
        let reached = answer(&endpoint);
        self.script().probes.push(endpoint);
        match reached {
            Some(reached) => Box::pin(std::future::ready(reached)),
            None => Box::pin(std::future::pending()),
        }
    }

    fn path_changed(&self) {
        self.script().path_changes += 1;
    }
}

/// A stream of one message.
fn one(body: Bytes) -> BoxStream<'static, Result<Received, Failure>> {
    let head = Received::Progress(Progress::Head(Head::default()));
    let end = Received::End { trailers: Metadata::new() };
    stream::iter([head, Received::Message(body), end].map(Ok)).boxed()
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
