//! Fakes of methods that send or receive a sequence of messages.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_core::Stream;
use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, ready};
use futures_util::stream::{self, BoxStream};
use tokio::sync::mpsc;

use super::script::{Items, Running, Script, Sent};
use super::{FakeCall, untold};
use crate::{BidiStream, CallOptions, ClientStream, Error, Snapshot, Streaming};

/// A sequence of messages that a fake was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct FakeSequence<Request> {
    /// What was sent, in order.
    pub messages: Vec<Request>,
    /// The caller has said that there is no other message.
    pub closed: bool,
    /// What the caller said about the stream.
    pub options: CallOptions,
}

/// What a fake was told to do, and what was done to it.
struct Memory<Act: ?Sized, Call> {
    act: Option<Arc<Act>>,
    calls: Vec<Call>,
}

type Shared<Act, Call> = Arc<Mutex<Memory<Act, Call>>>;
type Answers<Request, Response> =
    dyn Fn(Vec<Request>) -> BoxFuture<'static, Result<Snapshot<Response>, Error>> + Send + Sync;
type Talks<Request, Response> = dyn Fn(BoxStream<'static, Request>) -> Items<Response> + Send + Sync;
type Shows<Request, Response> = dyn Fn(Request) -> Items<Response> + Send + Sync;

fn nothing<Act: ?Sized, Call>() -> Shared<Act, Call> {
    Arc::new(Mutex::new(Memory { act: None, calls: Vec::new() }))
}

/// A panic in a test must not hide what was remembered.
fn lock<Act: ?Sized, Call>(memory: &Shared<Act, Call>) -> MutexGuard<'_, Memory<Act, Call>> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A method whose server sends a sequence: a closure says what comes, and calls are remembered.
pub struct FakeServerStream<Request, Response> {
    method: &'static str,
    memory: Shared<Shows<Request, Response>, FakeCall<Request>>,
}

/// A method whose client sends a sequence for one answer: a closure answers, and what is sent is remembered.
pub struct FakeClientStream<Request, Response> {
    method: &'static str,
    memory: Shared<Answers<Request, Response>, FakeSequence<Request>>,
}

/// A method with sequences both ways: a closure sees what is sent and says what comes, and what is sent is remembered.
pub struct FakeBidiStream<Request, Response> {
    method: &'static str,
    memory: Shared<Talks<Request, Response>, FakeSequence<Request>>,
}

impl<Request, Response> FakeServerStream<Request, Response>
where
    Request: Clone + Send + 'static,
    Response: Send + Sync + 'static,
{
    /// A method that fails until it is told what comes. Generated code calls this with the method's full name.
    pub fn new(method: &'static str) -> Self {
        Self { method, memory: nothing() }
    }

    /// Streams that start from now on give these items, and end: `fake.watch.answer(|_| [Ok(Snapshot::fresh(…))])`.
    pub fn answer<F, All>(&self, answer: F)
    where
        F: Fn(Request) -> All + Send + Sync + 'static,
        All: IntoIterator<Item = Result<Snapshot<Response>, Error>>,
        All::IntoIter: Send + 'static,
    {
        self.items(move |request| stream::iter(answer(request)));
    }

    /// Streams that start from now on give the items of a stream, whenever it has them.
    pub fn items<F, All>(&self, items: F)
    where
        F: Fn(Request) -> All + Send + Sync + 'static,
        All: Stream<Item = Result<Snapshot<Response>, Error>> + Send + 'static,
    {
        lock(&self.memory).act = Some(Arc::new(move |request| items(request).boxed()));
    }

    /// The streams that were started, with their options, in order.
    pub fn calls(&self) -> Vec<FakeCall<Request>> {
        lock(&self.memory).calls.clone()
    }

    /// The requests of the streams that were started, in order.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.memory).calls.iter().map(|call| call.request.clone()).collect()
    }

    /// What the generated fake returns. It is remembered when it is polled.
    pub fn call(&self, request: Request) -> Streaming<Response> {
        let fake = self.clone();
        Streaming::new(Arc::new(Script::<(), Response>::new(move |options| {
            let mut memory = lock(&fake.memory);
            memory.calls.push(FakeCall { request: request.clone(), options });
            let act = memory.act.clone();
            drop(memory);
            let items = act.map_or_else(|| refused(fake.method, "`answer` or `items`"), |act| act(request));
            Running { items, sent: Box::new(|_| {}) }
        })))
    }
}

impl<Request, Response> FakeClientStream<Request, Response>
where
    Request: Clone + Send + 'static,
    Response: Send + Sync + 'static,
{
    /// A method that fails until it is told what to answer. Generated code calls this with the method's full name.
    pub fn new(method: &'static str) -> Self {
        Self { method, memory: nothing() }
    }

    /// Answers sequences from now on, when they are complete.
    pub fn answer(
        &self,
        answer: impl Fn(Vec<Request>) -> Result<Snapshot<Response>, Error> + Send + Sync + 'static,
    ) {
        self.answer_later(move |messages| ready(answer(messages)));
    }

    /// Answers sequences from now on, when they are complete and a future is ready.
    pub fn answer_later<F, Fut>(&self, answer: F)
    where
        F: Fn(Vec<Request>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Snapshot<Response>, Error>> + Send + 'static,
    {
        lock(&self.memory).act = Some(Arc::new(move |messages| Box::pin(answer(messages))));
    }

    /// The sequences that were started, in order.
    pub fn calls(&self) -> Vec<FakeSequence<Request>> {
        lock(&self.memory).calls.clone()
    }

    /// Every message of every sequence, in order.
    pub fn sent(&self) -> Vec<Request> {
        lock(&self.memory).calls.iter().flat_map(|call| call.messages.clone()).collect()
    }

    /// What the generated fake returns. It is remembered when it is first used.
    pub fn call(&self) -> ClientStream<Request, Response> {
        let fake = self.clone();
        let script = Arc::new(Script::new(move |options| {
            let (sent, messages) = sequence(&fake.memory, options);
            let act = lock(&fake.memory).act.clone();
            let items = match act {
                None => refused(fake.method, "`answer` or `answer_later`"),
                Some(act) => stream::once(async move { act(messages.collect().await).await }).boxed(),
            };
            Running { items, sent }
        }));
        ClientStream::new(script.clone(), script)
    }
}

impl<Request, Response> FakeBidiStream<Request, Response>
where
    Request: Clone + Send + 'static,
    Response: Send + Sync + 'static,
{
    /// A method that fails until it is told what comes. Generated code calls this with the method's full name.
    pub fn new(method: &'static str) -> Self {
        Self { method, memory: nothing() }
    }

    /// Every message that is sent from now on is answered by these items; the stream ends when its client is done.
    pub fn answer<F, All>(&self, answer: F)
    where
        F: Fn(Request) -> All + Send + Sync + 'static,
        All: IntoIterator<Item = Result<Snapshot<Response>, Error>>,
        All::IntoIter: Send + 'static,
    {
        let answer = Arc::new(answer);
        self.items(move |messages| {
            let answer = answer.clone();
            messages.flat_map(move |message| stream::iter(answer(message)))
        });
    }

    /// Streams that start from now on give the items of a stream, which is made of the messages that are sent.
    pub fn items<F, All>(&self, items: F)
    where
        F: Fn(BoxStream<'static, Request>) -> All + Send + Sync + 'static,
        All: Stream<Item = Result<Snapshot<Response>, Error>> + Send + 'static,
    {
        lock(&self.memory).act = Some(Arc::new(move |messages| items(messages).boxed()));
    }

    /// The streams that were started, in order.
    pub fn calls(&self) -> Vec<FakeSequence<Request>> {
        lock(&self.memory).calls.clone()
    }

    /// Every message that was sent, stream by stream.
    pub fn sent(&self) -> Vec<Request> {
        lock(&self.memory).calls.iter().flat_map(|call| call.messages.clone()).collect()
    }

    /// What the generated fake returns. It is remembered when it is first used.
    pub fn call(&self) -> BidiStream<Request, Response> {
        let fake = self.clone();
        let script = Arc::new(Script::new(move |options| {
            let (sent, messages) = sequence(&fake.memory, options);
            let act = lock(&fake.memory).act.clone();
            let items = act.map_or_else(|| refused(fake.method, "`answer` or `items`"), |act| act(messages));
            Running { items, sent }
        }));
        BidiStream::new(script.clone(), script)
    }
}

fn refused<Response: Send + Sync + 'static>(method: &str, ways: &str) -> Items<Response> {
    stream::iter([Err(untold(method, ways))]).boxed()
}

/// Remembers a sequence that starts, and gives its messages to the script as well.
fn sequence<Act, Request>(
    memory: &Shared<Act, FakeSequence<Request>>,
    options: CallOptions,
) -> (Sent<Request>, BoxStream<'static, Request>)
where
    Act: ?Sized + Send + Sync + 'static,
    Request: Clone + Send + 'static,
{
    let mut remembered = lock(memory);
    let index = remembered.calls.len();
    remembered.calls.push(FakeSequence { messages: Vec::new(), closed: false, options });
    drop(remembered);
    let memory = memory.clone();
    let (sender, mut messages) = mpsc::unbounded_channel();
    let mut sender = Some(sender);
    let sent = move |message: Option<&Request>| {
        let mut remembered = lock(&memory);
        let call = &mut remembered.calls[index];
        match message {
            None => {
                call.closed = true;
                sender = None;
            }
            Some(message) => {
                call.messages.push(message.clone());
                if let Some(sender) = &sender {
                    // The script may have stopped listening.
                    let _ = sender.send(message.clone());
                }
            }
        }
    };
    (Box::new(sent), stream::poll_fn(move |context| messages.poll_recv(context)).boxed())
}

macro_rules! shared_fake {
    ($name:ident) => {
        impl<Request, Response> Clone for $name<Request, Response> {
            fn clone(&self) -> Self {
                Self { method: self.method, memory: Arc::clone(&self.memory) }
            }
        }

        impl<Request, Response> fmt::Debug for $name<Request, Response> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let calls = lock(&self.memory).calls.len();
                f.debug_struct(stringify!($name))
                    .field("method", &self.method)
                    .field("calls", &calls)
                    .finish_non_exhaustive()
            }
        }
    };
}
shared_fake!(FakeServerStream);
shared_fake!(FakeClientStream);
shared_fake!(FakeBidiStream);
