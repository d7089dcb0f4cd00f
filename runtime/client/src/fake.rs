//! Fakes: what generated `Fake…` types are made of, for tests of apps. No runtime, no network, no clock.
//!
//! ```ignore
//! let fake = FakePricing::new();
//! fake.get_quote.answer(|request| Ok(Snapshot::fresh(Quote { ride_id: request.ride_id, ..Quote::default() })));
//! let screen = QuoteScreen::new(Arc::new(fake.clone()));        // takes an Arc<dyn Pricing>
//! screen.refresh().await;
//! assert_eq!(fake.get_quote.requests(), [GetQuoteRequest { ride_id: "r-17".into() }]);
//! ```
//!
//! Clones of a fake share answers and memory.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::future::{BoxFuture, ready};
use futures_util::stream::BoxStream;

use crate::{CallOptions, Completion, Error, Observation, Observed, Snapshot, UnaryCall};

/// A call that a fake was asked to make.
#[derive(Clone, Debug, PartialEq)]
pub struct FakeCall<Request> {
    /// What was asked.
    pub request: Request,
    /// What the caller said about the call.
    pub options: CallOptions,
}

type Answer<Request, Response> =
    Arc<dyn Fn(Request) -> BoxFuture<'static, Result<Snapshot<Response>, Error>> + Send + Sync>;
type Watch<Request, Response> = Arc<dyn Fn(Request) -> BoxStream<'static, Observed<Response>> + Send + Sync>;
type Peek<Request, Response> = Arc<dyn Fn(&Request) -> Option<Snapshot<Response>> + Send + Sync>;

struct State<Request, Response> {
    answer: Option<Answer<Request, Response>>,
    watch: Option<Watch<Request, Response>>,
    peek: Option<Peek<Request, Response>>,
    calls: Vec<FakeCall<Request>>,
    observed: Vec<Request>,
    prefetched: Vec<Request>,
    put: Vec<(Request, Response)>,
}

/// A method that only calls: a closure answers, and calls are remembered.
pub struct FakeUnary<Request, Response> {
    method: &'static str,
    state: Arc<Mutex<State<Request, Response>>>,
}

/// A method whose answers are kept: it can be observed, peeked at, prefetched and put as well.
pub struct FakeCached<Request, Response> {
    unary: FakeUnary<Request, Response>,
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
    fn state(&self) -> MutexGuard<'_, State<Request, Response>> {
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
                None => Box::pin(ready(Err(Error::misuse(format!(
                    "the fake of {} was not told what to answer; use its `answer` or `answer_later`",
                    fake.method
                ))))),
            }
        })
    }
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
                let error = Error::misuse(format!(
                    "the fake of {} was not told what to show; use its `show` or `answer`",
                    self.unary.method
                ));
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

impl<Request, Response> Clone for FakeUnary<Request, Response> {
    fn clone(&self) -> Self {
        Self { method: self.method, state: Arc::clone(&self.state) }
    }
}

impl<Request, Response> Clone for FakeCached<Request, Response> {
    fn clone(&self) -> Self {
        Self { unary: self.unary.clone() }
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

impl<Request, Response> fmt::Debug for FakeCached<Request, Response> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeCached").field("unary", &self.unary).finish()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use std::time::Duration;

    use super::*;
    use crate::ErrorKind;

    #[test]
    fn calls_are_answered_and_remembered() {
        let fake = FakeUnary::<u32, u32>::new("p.S/M");
        fake.answer(|request| Ok(Snapshot::fresh(request + 1)));
        let unawaited = fake.call(1);
        drop(unawaited);
        assert!(fake.calls().is_empty(), "nothing happens before a call is awaited");
        let answer = fake.call(2).timeout(Duration::from_secs(3)).now_or_never().unwrap().unwrap();
        assert_eq!(answer.value, 3);
        let options = CallOptions { timeout: Some(Duration::from_secs(3)), ..CallOptions::default() };
        assert_eq!(fake.calls(), [FakeCall { request: 2, options }]);
        assert_eq!(fake.clone().requests(), [2]);
    }

    #[test]
    fn a_fake_that_was_told_nothing_says_so() {
        let fake = FakeCached::<u32, u32>::new("p.S/M");
        let error = fake.call(1).now_or_never().unwrap().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Misuse);
        assert!(error.message.contains("p.S/M"), "{error}");
        let states: Vec<_> = fake.observe(1).collect::<Vec<_>>().now_or_never().unwrap();
        assert!(matches!(&states[..], [Observed::Failed(error)] if error.kind == ErrorKind::Misuse));
        assert!(fake.cached(&1).is_none());
    }

    #[test]
    fn observers_see_the_answer_or_what_they_are_shown() {
        let fake = FakeCached::<u32, u32>::new("p.S/M");
        fake.answer(|request| Ok(Snapshot::fresh(request)));
        let mut states = fake.observe(7);
        assert!(matches!(states.next().now_or_never(), Some(Some(Observed::Loading))));
        assert!(matches!(states.next().now_or_never(), Some(Some(Observed::Value(v))) if v.value == 7));
        assert!(states.next().now_or_never().is_none(), "an observation does not end");
        fake.show(|_| futures_util::stream::iter([Observed::Loading]));
        assert_eq!(fake.observe(8).collect::<Vec<_>>().now_or_never().unwrap(), [Observed::Loading]);
        assert_eq!(fake.observed(), [7, 8]);
    }

    #[test]
    fn memory_is_what_it_is_said_to_be() {
        let fake = FakeCached::<u32, u32>::new("p.S/M");
        fake.keep(|request| (*request == 1).then(|| Snapshot::fresh(10)));
        assert_eq!(fake.cached(&1).unwrap().value, 10);
        assert!(fake.cached(&2).is_none());
        drop(fake.prefetch(&3));
        drop(fake.put(&4, &40));
        assert_eq!((fake.prefetched(), fake.stored()), (vec![3], vec![(4, 40)]));
    }
}
