//! A unary call that has not been made yet, and its options.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use holdover_engine::Delivered;

use crate::binding::Target;
use crate::driver::{Started, Taken, Ticket};
use crate::options::Options;
use crate::{CacheMode, CallOptions, DetailMode, Error, ErrorKind, Priority, Snapshot};

/// One unary call: set options, then `.await`. Nothing happens before that, and dropping it cancels.
///
/// ```ignore
/// let quote = pricing.get_quote(request).timeout(Duration::from_secs(2)).detail(DetailMode::Full).await?;
/// ```
///
/// Runs on any executor.
#[must_use = "a call is made when it is awaited"]
pub struct UnaryCall<T> {
    options: Options,
    state: State<T>,
}

type Answer<T> = BoxFuture<'static, Result<Snapshot<T>, Error>>;

enum State<T> {
    /// Not started, on a runtime.
    Bound(Target<T>),
    /// Started, on a runtime.
    Waiting(Target<T>, Ticket),
    /// Not started, of a fake.
    Scripted(Box<dyn FnOnce(CallOptions) -> Answer<T> + Send>),
    /// Started, of a fake.
    Running(Answer<T>),
    Done,
}

impl<T> UnaryCall<T> {
    pub(crate) fn bound(target: Target<T>) -> Self {
        Self { options: Options::default(), state: State::Bound(target) }
    }

    /// A call that a function answers: what fakes return.
    pub fn answered_by<F, Fut>(answer: F) -> Self
    where
        F: FnOnce(CallOptions) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Snapshot<T>, Error>> + Send + 'static,
    {
        let start = Box::new(|options| Box::pin(answer(options)) as Answer<T>);
        Self { options: Options::default(), state: State::Scripted(start) }
    }

    /// How long to wait. The request itself may go on for others.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set(|options| options.timeout = Some(timeout))
    }

    /// Sends metadata with this call only. A name or value that cannot be sent ends the call with MISUSE.
    pub fn metadata(mut self, name: &str, value: impl Into<Bytes>) -> Self {
        self.options.metadata(name, value);
        self
    }

    /// How the cache is used.
    pub fn cache(self, cache: CacheMode) -> Self {
        self.set(|options| options.cache = cache)
    }

    /// How complete the answer shall be, however poor the network.
    pub fn detail(self, detail: DetailMode) -> Self {
        self.set(|options| options.detail = detail)
    }

    /// How urgent the call is.
    pub fn priority(self, priority: Priority) -> Self {
        self.set(|options| options.priority = Some(priority))
    }

    /// All options at once.
    pub fn options(self, options: CallOptions) -> Self {
        self.set(|all| *all = options)
    }

    fn set(mut self, set: impl FnOnce(&mut CallOptions)) -> Self {
        self.options.set(set);
        self
    }
}

impl<T: Send + Sync + 'static> UnaryCall<T> {
    /// A call whose answer is known: what fakes return.
    pub fn ready(answer: Result<Snapshot<T>, Error>) -> Self {
        Self::answered_by(|_| std::future::ready(answer))
    }
}

impl<T> Future for UnaryCall<T> {
    type Output = Result<Snapshot<T>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            self.state = match std::mem::replace(&mut self.state, State::Done) {
                State::Bound(target) => match target.call(self.options.take()?)? {
                    Started::Hit(raw) => return Poll::Ready(target.snapshot(*raw)),
                    Started::Waiting(ticket) => State::Waiting(target, ticket),
                },
                State::Waiting(target, ticket) => match ticket.place().take(context) {
                    Poll::Ready(taken) => return Poll::Ready(read(&target, taken)),
                    Poll::Pending => {
                        self.state = State::Waiting(target, ticket);
                        return Poll::Pending;
                    }
                },
                State::Scripted(start) => State::Running(start(self.options.take()?)),
                State::Running(mut answer) => match answer.as_mut().poll(context) {
                    Poll::Ready(answer) => return Poll::Ready(answer),
                    Poll::Pending => {
                        self.state = State::Running(answer);
                        return Poll::Pending;
                    }
                },
                State::Done => panic!("UnaryCall polled after it was ready"),
            };
        }
    }
}

fn read<T>(target: &Target<T>, taken: Taken) -> Result<Snapshot<T>, Error> {
    match taken {
        Taken::Delivered(Delivered::Answer(answer)) => answer.and_then(|raw| target.snapshot(raw)),
        Taken::Ended(error) => Err(error),
        Taken::Delivered(_) | Taken::Nothing => Err(Error::new(
            ErrorKind::Unusable,
            "the runtime ended the call without an answer; report this bug",
        )),
    }
}

impl<T> Unpin for UnaryCall<T> {}

impl<T> fmt::Debug for UnaryCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnaryCall").field("options", &self.options).finish_non_exhaustive()
    }
}
