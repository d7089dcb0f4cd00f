//! Fakes of unary methods.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::{BoxFuture, ready};
use futures_util::stream::BoxStream;

use super::{FakeCall, untold};
use crate::{Error, Observed, Snapshot, UnaryCall};

type Answer<Request, Response> =
    Arc<dyn Fn(Request) -> BoxFuture<'static, Result<Snapshot<Response>, Error>> + Send + Sync>;
type Watch<Request, Response> = Arc<dyn Fn(Request) -> BoxStream<'static, Observed<Response>> + Send + Sync>;
type Peek<Request, Response> = Arc<dyn Fn(&Request) -> Option<Snapshot<Response>> + Send + Sync>;

pub(super) struct State<Request, Response> {
    pub(super) answer: Option<Answer<Request, Response>>,
    pub(super) watch: Option<Watch<Request, Response>>,
    pub(super) peek: Option<Peek<Request, Response>>,
    calls: Vec<FakeCall<Request>>,
    pub(super) observed: Vec<Request>,
    pub(super) prefetched: Vec<Request>,
    pub(super) put: Vec<(Request, Response)>,
}

/// A method that only calls: a closure answers, and calls are remembered.
pub struct FakeUnary<Request, Response> {
    pub(super) method: &'static str,
    state: Arc<Mutex<State<Request, Response>>>,
}

impl<Request, Response> FakeUnary<Request, Response> {
    /// A method that fails until it is told what to answer. Generated code calls this with the method's full name.
    pub fn new(method: &'static str) -> Self {
        let state = State {
            answer: None,
            watch: None,
            peek: None,
            calls: Vec::new(),
            observed: Vec::new(),
            prefetched: Vec::new(),
            put: Vec::new(),
        };
        Self { method, state: Arc::new(Mutex::new(state)) }
    }

    /// A panic in a test must not hide what was remembered.
    pub(super) fn state(&self) -> MutexGuard<'_, State<Request, Response>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Request, Response> FakeUnary<Request, Response>
where
    Request: Clone + Send + 'static,
    Response: Send + Sync + 'static,
{
    /// Answers calls from now on.
    pub fn answer(
        &self,
        answer: impl Fn(Request) -> Result<Snapshot<Response>, Error> + Send + Sync + 'static,
    ) {
        self.answer_later(move |request| ready(answer(request)));
    }

    /// Answers calls from now on, when a future is ready: for tests of what is shown meanwhile.
    pub fn answer_later<F, Fut>(&self, answer: F)
    where
        F: Fn(Request) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Snapshot<Response>, Error>> + Send + 'static,
    {
        self.state().answer = Some(Arc::new(move |request| Box::pin(answer(request))));
    }

    /// The calls that were made, with their options, in order.
    pub fn calls(&self) -> Vec<FakeCall<Request>> {
        self.state().calls.clone()
    }

    /// The requests of the calls that were made, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.state().calls.iter().map(|call| call.request.clone()).collect()
    }

    /// What the generated fake returns for a call. It is remembered when it is awaited.
    pub fn call(&self, request: Request) -> UnaryCall<Response> {
        let fake = self.clone();
        UnaryCall::answered_by(move |options| {
            let answer = {
                let mut state = fake.state();
                state.calls.push(FakeCall { request: request.clone(), options });
                state.answer.clone()
            };
            match answer {
                Some(answer) => answer(request),
                None => Box::pin(ready(Err(untold(fake.method, "`answer` or `answer_later`")))),
            }
        })
    }
}

impl<Request, Response> Clone for FakeUnary<Request, Response> {
    fn clone(&self) -> Self {
        Self { method: self.method, state: Arc::clone(&self.state) }
    }
}

impl<Request, Response> fmt::Debug for FakeUnary<Request, Response> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = self.state().calls.len();
        f.debug_struct("FakeUnary")
            .field("method", &self.method)
            .field("calls", &calls)
            .finish_non_exhaustive()
    }
}
