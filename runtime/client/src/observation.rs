//! Watching one answer.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use holdover_engine::{Delivered, Input};

use crate::binding::Target;
use crate::driver::{Taken, Ticket};
use crate::options::Options;
use crate::{CacheMode, CallOptions, Completion, DetailMode, Error, ErrorKind, Priority, Snapshot};

/// What an observed answer is now. States, not a log: only the newest counts (rule B3).
#[derive(Clone, Debug, PartialEq)]
pub enum Observed<T> {
    /// Nothing to show yet.
    Loading,
    /// The newest answer. A refresh that failed is said in it: see [`Snapshot::error`].
    Value(Snapshot<T>),
    /// There is no answer that could be shown, and the last attempt to get one failed. Another one follows.
    Failed(Error),
}

/// A stream of the states of one answer, for screens. It starts when it is first polled or refreshed, does not end on
/// errors, and ends when the session or the runtime does. Dropping it stops watching. Runs on any executor.
#[must_use = "an observation starts when it is polled"]
pub struct Observation<T>(State<T>);

enum State<T> {
    Bound(Arc<Watch<T>>),
    /// Of a fake.
    Scripted(Pin<Box<dyn Stream<Item = Observed<T>> + Send>>),
}

struct Watch<T> {
    target: Target<T>,
    stage: Mutex<Stage>,
}

enum Stage {
    NotStarted(Options),
    Started(Ticket),
    /// It could not be started, which is told once.
    Failed(Error),
    Over,
}

impl<T> Observation<T> {
    pub(crate) fn bound(target: Target<T>) -> Self {
        let stage = Mutex::new(Stage::NotStarted(Options::default()));
        Self(State::Bound(Arc::new(Watch { target, stage })))
    }

    /// Goes through the states of a stream: what fakes return, such as `Observation::of(stream::iter([…]))`.
    pub fn of(states: impl Stream<Item = Observed<T>> + Send + 'static) -> Self {
        Self(State::Scripted(Box::pin(states)))
    }

    /// Sends metadata with every request of this observation. A name or value that cannot be sent fails the observation
    /// with MISUSE, and ends it.
    ///
    /// Options have no effect once the observation has started.
    pub fn metadata(self, name: &str, value: impl Into<Bytes>) -> Self {
        self.configure(|options| options.metadata(name, value))
    }

    /// How the cache is used.
    pub fn cache(self, cache: CacheMode) -> Self {
        self.configure(|options| options.set(|options| options.cache = cache))
    }

    /// How complete the answer shall be, however poor the network.
    pub fn detail(self, detail: DetailMode) -> Self {
        self.configure(|options| options.set(|options| options.detail = detail))
    }

    /// How urgent the requests are.
    pub fn priority(self, priority: Priority) -> Self {
        self.configure(|options| options.set(|options| options.priority = Some(priority)))
    }

    /// All options at once.
    pub fn options(self, options: CallOptions) -> Self {
        self.configure(|all| all.set(|all| *all = options))
    }

    fn configure(self, set: impl FnOnce(&mut Options)) -> Self {
        if let State::Bound(watch) = &self.0
            && let Stage::NotStarted(options) = &mut *watch.stage()
        {
            set(options);
        }
        self
    }

    /// The next state, once it is there; `None` when the observation has ended. The same as what the [`Stream`] gives,
    /// without a trait to import. Dropping the future loses no state.
    #[allow(clippy::should_implement_trait, reason = "an iterator would block")]
    pub fn next(&mut self) -> impl Future<Output = Option<Observed<T>>> + Unpin + use<'_, T> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context))
    }

    /// Pull to refresh: asks the network now. The completion may be awaited anywhere, while the observation goes on
    /// elsewhere, and ends or fails when that attempt does.
    pub fn refresh(&self) -> Completion {
        match &self.0 {
            State::Scripted(_) => Completion::known(Ok(())),
            State::Bound(watch) => watch.refresh(),
        }
    }
}

impl<T> Watch<T> {
    fn stage(&self) -> MutexGuard<'_, Stage> {
        // Nothing panics under this lock.
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn started(&self) -> MutexGuard<'_, Stage> {
        let mut stage = self.stage();
        if let Stage::NotStarted(options) = &mut *stage {
            *stage = match options.take().and_then(|options| self.target.observe(options)) {
                Ok(ticket) => Stage::Started(ticket),
                Err(error) => Stage::Failed(error),
            };
        }
        stage
    }

    fn refresh(&self) -> Completion {
        let ended =
            || Error::new(ErrorKind::SignedOut, "the observation has ended; observe on a new session");
        Completion::of(match &*self.started() {
            Stage::Started(ticket) => {
                let observer = ticket.op();
                self.target.driver().start(|op| Input::Refresh { op, observer })
            }
            Stage::Failed(error) => Err(error.clone()),
            Stage::NotStarted(_) | Stage::Over => Err(ended()),
        })
    }

    fn poll(&self, context: &Context<'_>) -> Poll<Option<Observed<T>>> {
        let mut stage = self.started();
        let taken = match &*stage {
            Stage::Started(ticket) => std::task::ready!(ticket.place().take(context)),
            Stage::Failed(error) => Taken::Ended(error.clone()),
            Stage::NotStarted(_) | Stage::Over => Taken::Nothing,
        };
        Poll::Ready(match taken {
            Taken::Delivered(Delivered::Observed(state)) => {
                drop(stage);
                Some(self.target.observed(*state))
            }
            // It was refused, or the runtime has ended.
            Taken::Delivered(Delivered::Ended(Err(error))) | Taken::Ended(error) => {
                *stage = Stage::Over;
                Some(Observed::Failed(error))
            }
            Taken::Delivered(_) | Taken::Nothing => {
                *stage = Stage::Over;
                None
            }
        })
    }
}

impl<T> Stream for Observation<T> {
    type Item = Observed<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.0 {
            State::Bound(watch) => watch.poll(context),
            State::Scripted(states) => states.as_mut().poll_next(context),
        }
    }
}

impl<T> Unpin for Observation<T> {}

impl<T> fmt::Debug for Observation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observation").finish_non_exhaustive()
    }
}
