//! Fakes of methods whose answers are kept.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures_core::Stream;
use futures_util::StreamExt as _;

use super::{FakeCall, FakeUnary, untold};
use crate::{Completion, Error, Observation, Observed, Snapshot, UnaryCall};

/// A method whose answers are kept: it can be observed, peeked at, prefetched and put as well.
pub struct FakeCached<Request, Response> {
    unary: FakeUnary<Request, Response>,
}

impl<Request, Response> FakeCached<Request, Response> {
    /// See [`FakeUnary::new`].
    pub fn new(method: &'static str) -> Self {
        Self { unary: FakeUnary::new(method) }
    }
}

impl<Request, Response> FakeCached<Request, Response>
where
    Request: Clone + Send + 'static,
    Response: Clone + Send + Sync + 'static,
{
    /// See [`FakeUnary::answer`]. Observers see the same answer, unless [`FakeCached::show`] says otherwise.
    pub fn answer(
        &self,
        answer: impl Fn(Request) -> Result<Snapshot<Response>, Error> + Send + Sync + 'static,
    ) {
        self.unary.answer(answer);
    }

    /// See [`FakeUnary::answer_later`]. Observers see `Loading` until then.
    pub fn answer_later<F, Fut>(&self, answer: F)
    where
        F: Fn(Request) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Snapshot<Response>, Error>> + Send + 'static,
    {
        self.unary.answer_later(answer);
    }

    /// Shows observers these states from now on: `fake.get_quote.show(|_| stream::iter([Observed::Loading, …]))`.
    pub fn show<F, States>(&self, show: F)
    where
        F: Fn(Request) -> States + Send + Sync + 'static,
        States: Stream<Item = Observed<Response>> + Send + 'static,
    {
        self.unary.state().watch = Some(Arc::new(move |request| show(request).boxed()));
    }

    /// Says what memory holds from now on: for `cached_…`. Without it there is nothing.
    pub fn keep(&self, keep: impl Fn(&Request) -> Option<Snapshot<Response>> + Send + Sync + 'static) {
        self.unary.state().peek = Some(Arc::new(keep));
    }

    /// See [`FakeUnary::calls`].
    pub fn calls(&self) -> Vec<FakeCall<Request>> {
        self.unary.calls()
    }

    /// See [`FakeUnary::requests`].
    pub fn requests(&self) -> Vec<Request> {
        self.unary.requests()
    }

    /// The requests that were observed, in order.
    pub fn observed(&self) -> Vec<Request> {
        self.unary.state().observed.clone()
    }

    /// The requests that were prefetched, in order.
    pub fn prefetched(&self) -> Vec<Request> {
        self.unary.state().prefetched.clone()
    }

    /// The answers that were put, in order.
    pub fn stored(&self) -> Vec<(Request, Response)> {
        self.unary.state().put.clone()
    }

    /// See [`FakeUnary::call`].
    pub fn call(&self, request: Request) -> UnaryCall<Response> {
        self.unary.call(request)
    }

    /// What the generated fake returns for an observation.
    pub fn observe(&self, request: Request) -> Observation<Response> {
        let (watch, answer) = {
            let mut state = self.unary.state();
            state.observed.push(request.clone());
            (state.watch.clone(), state.answer.clone())
        };
        match (watch, answer) {
            (Some(watch), _) => Observation::of(watch(request)),
            (None, Some(answer)) => {
                let answered = futures_util::stream::once(answer(request)).map(|answer| match answer {
                    Ok(snapshot) => Observed::Value(snapshot),
                    Err(error) => Observed::Failed(error),
                });
                let states = futures_util::stream::iter([Observed::Loading]).chain(answered);
                // An observation does not end because there is nothing new.
                Observation::of(states.chain(futures_util::stream::pending()))
            }
            (None, None) => {
                let error = untold(self.unary.method, "`show` or `answer`");
                Observation::of(futures_util::stream::iter([Observed::Failed(error)]))
            }
        }
    }

    /// What the generated fake returns for a look at memory.
    pub fn cached(&self, request: &Request) -> Option<Snapshot<Response>> {
        let peek = self.unary.state().peek.clone();
        peek.and_then(|peek| peek(request))
    }

    /// What the generated fake does for a prefetch.
    pub fn prefetch(&self, request: &Request) -> Completion {
        self.unary.state().prefetched.push(request.clone());
        Completion::known(Ok(()))
    }

    /// What the generated fake does for a put.
    pub fn put(&self, request: &Request, value: &Response) -> Completion {
        self.unary.state().put.push((request.clone(), value.clone()));
        Completion::known(Ok(()))
    }
}

impl<Request, Response> Clone for FakeCached<Request, Response> {
    fn clone(&self) -> Self {
        Self { unary: self.unary.clone() }
    }
}

impl<Request, Response> fmt::Debug for FakeCached<Request, Response> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeCached").field("unary", &self.unary).finish()
    }
}
